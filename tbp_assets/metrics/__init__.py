"""What Prometheus is told: read at each scrape from ledger, facts, journals, quality tables and Dagster's storage.

Runs are short and leave their numbers in what they store; nothing here lives inside one. `catalogue.py` names every
metric, a module a subject reads its values, `collector.py` puts them together. Nothing is started, migrated or written.
"""
