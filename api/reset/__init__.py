"""Setting a new password: POST /reset-password, checking a link, and GET /password-policy."""
