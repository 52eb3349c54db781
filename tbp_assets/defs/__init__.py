"""Only Dagster definitions: what a person sees in the UI. Each module builds one kind from settings."""
