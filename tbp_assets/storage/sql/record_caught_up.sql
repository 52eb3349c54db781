UPDATE alert_channels
SET caught_up_at = :now, quiet_until = NULL
WHERE data_type = :data_type
  AND data_source = :data_source
  AND channel = :channel
