SELECT channel, caught_up_at, quiet_until
FROM alert_channels
WHERE data_type = :data_type
  AND data_source = :data_source
