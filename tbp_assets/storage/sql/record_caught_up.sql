INSERT INTO alert_channels (data_type, data_source, channel, caught_up_at)
VALUES (:data_type, :data_source, :channel, :now)
ON CONFLICT (data_type, data_source, channel) DO UPDATE SET caught_up_at = excluded.caught_up_at, quiet_until = NULL
