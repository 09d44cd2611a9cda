"""Rules for new passwords, and how passwords are hashed."""
