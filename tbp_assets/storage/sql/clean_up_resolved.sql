DELETE FROM failed_downloads WHERE resolved_at < clock_timestamp() - :age
