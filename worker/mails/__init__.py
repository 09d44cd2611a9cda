"""Writing emails: messages, headers and templates."""
