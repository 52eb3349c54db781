"""Pure arithmetic on rows and days: rules, parsing, accounting, day states, sessions. No I/O, no Dagster."""
