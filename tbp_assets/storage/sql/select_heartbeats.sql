-- The column timestamp has no zone; the body has seconds since 1970.
SELECT daemon_type, CAST(CAST(body AS json) ->> 'timestamp' AS double precision) AS beaten_at FROM daemon_heartbeats
