"""The settings of the API: what it shares with the worker, and its own limits, origins, proxies and logo."""
