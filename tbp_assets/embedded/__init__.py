"""What stands in on a fresh machine: a PostgreSQL server of our own and an invented market. Never in production.

And a fake provider, with which tests and demonstrations show what becomes of a provider's faults.
"""
