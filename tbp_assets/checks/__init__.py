"""Makes asset checks from the rules and books of `bars/`: what is looked at, and how a day's result reaches Dagster."""
