"""The synthetic market, read back the way a stranger to its code would read it."""
