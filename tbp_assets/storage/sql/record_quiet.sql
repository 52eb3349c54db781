UPDATE alert_channels
SET quiet_until = :until
WHERE data_type = :data_type
  AND data_source = :data_source
  AND channel = :channel
