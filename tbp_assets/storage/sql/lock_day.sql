-- One writer a day; held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(:day_key, 0))
