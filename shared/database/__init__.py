"""The database: bounded connections to each kind, and what its errors mean."""
