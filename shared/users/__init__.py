"""Access to the users table, which belongs to the application."""
