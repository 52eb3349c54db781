"""The `tbp` command: what a person types. Each module is one command's work; `app` is its words and options."""
