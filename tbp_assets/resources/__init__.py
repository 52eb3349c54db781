"""What Dagster configures and shows: source, stores and database as ConfigurableResource. No secret is a field."""
