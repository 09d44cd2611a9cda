"""The embedded default of `make run`: everything Latchkey needs, on this machine, for trying it out."""
