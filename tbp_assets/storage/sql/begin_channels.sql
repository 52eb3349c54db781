-- A channel that was never looked at begins at a moment.
INSERT INTO alert_channels (data_type, data_source, channel, caught_up_at)
SELECT :data_type, :data_source, channel, :since
FROM unnest(CAST(:channels AS text[])) AS channel
ON CONFLICT (data_type, data_source, channel) DO NOTHING
