"""Processes of `tbp` for tests, without the seconds that its libraries take to be imported.

`server` holds the libraries and forks; `launcher` is what tests use in place of `subprocess`; `typed` is `tbp` on the
PATH of a shell. A process begins with the modules of libraries in memory and none of ours; all else is as if Python had
started it. Where starting is the subject (imports, services, an interrupt at the first moment), tests use `subprocess`.
"""
