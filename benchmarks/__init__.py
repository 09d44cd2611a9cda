"""How fast Latchkey is, beside others on the same machine and in the same run: `make bench`.

Each part is a module that measures and one that says what was seen: `accepting` (with `phases`), `mailing`, `hashing`
(with `resetters`), `growth` (with `sides`, `limiter_keys`) and `timing`, each with its `..._report`. They start what
is measured with `services`, `sink`, `databases` and `contenders`, ask and watch it with `load` and `program`, and
learn from `figures` what the samples say. `__main__` runs the parts; `results`, `report`, `picture`, `machine` and
`logs` show and keep what they return. `slow_relays` stands alone.
"""
