"""The whole way, over the real protocols: S3, PostgreSQL, GraphQL, and processes that are killed."""
