"""The formats in which applications store passwords: one class for each, which reads and writes them."""
