"""The matrix of faults: each is injected over a real protocol, and the rows are counted in the database afterwards."""
