"""`make bench` compares Latchkey's speed with that of others, on the same machine and in the same run.

Each part has a module that measures and a `..._report` that formats the results: `accepting` (with `phases`),
`mailing`, `hashing` (with `resetters`), `growth` (with `sides`, `limiter_keys`), `timing` and `arrival` (both in
`channels`), and `flood` (in `flooding`). They start the programs with `services`, `sink`, `databases` and
`contenders`, send requests with `load`, measure CPU and memory with `program`, and compute statistics with `figures`.
`__main__` runs the parts; `results`, `report`, `picture`, `machine` and `logs` format and save what they return.
`slow_relays` is a separate program.
"""
