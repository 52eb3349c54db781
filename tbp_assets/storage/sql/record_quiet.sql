INSERT INTO alert_channels (data_type, data_source, channel, quiet_until)
VALUES (:data_type, :data_source, :channel, :until)
ON CONFLICT (data_type, data_source, channel) DO UPDATE SET quiet_until = excluded.quiet_until
