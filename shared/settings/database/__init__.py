"""The settings of the database: its address, and the SQL that operators write."""
