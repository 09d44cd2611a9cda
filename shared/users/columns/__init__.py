"""The columns of the users table: how their values are read as text, compared, and written in their own types."""
