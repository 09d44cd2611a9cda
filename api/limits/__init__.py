"""Rate limits for clients, addresses and links."""
