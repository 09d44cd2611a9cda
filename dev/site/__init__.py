"""The demo's own pages: the front page, the inbox and the sign-in page."""
