"""Speaks to what we own: landing zone, lake, database. Knows no provider and no Dagster."""
