"""The demo's own pages: the front page, the inbox and the page to sign in."""
