"""What happened, as lines that a person and a program can read: one file for every process of a TBP_HOME.

`events` names what is logged, `days` tells of trading dates, `dagster_events` of runs; `starting` sets a process up and
`reading` reads the lines back. Log at the boundaries (assets, IO managers, resources, commands): rows are no events.
"""
