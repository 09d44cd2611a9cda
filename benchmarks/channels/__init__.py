"""The channels that could tell who has an account: `timing` of the answers, and `arrival` of one's own mail.

`arrival` also measures what a viewer of task events and of Redis's memory sees (`viewer`, `memory`), on `stacks` of
their own. `python -m benchmarks.channels` measures `arrival` for chosen processes and relays only.
"""
