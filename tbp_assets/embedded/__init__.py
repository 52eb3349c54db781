"""What stands in on a fresh machine: a PostgreSQL server of our own and an invented market. Never in production."""
