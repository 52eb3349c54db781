"""What Dagster configures and shows: sources, file stores and the database as ConfigurableResource. No secret is a field."""
