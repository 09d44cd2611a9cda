"""The flood within the limits: `flood` measures, `flood_report` formats the results.

`python -m benchmarks.flooding` measures one chosen flood.
"""
