-- Alerts that were not told by the channel yet. One that happened before its like was repaired is part of what was told
-- then. Another process that is telling the same is waited for: if it succeeds, nothing is left to insert here.
INSERT INTO alerts_sent (data_type, data_source, channel, kind, identity, days, what, happened_at)
SELECT :data_type, :data_source, :channel, alert.kind, alert.identity, alert.days, alert.what, alert.happened_at
FROM jsonb_to_recordset(CAST(:alerts AS jsonb))
    AS alert (kind text, identity text, days date[], what text, happened_at timestamptz)
WHERE NOT EXISTS (
    SELECT FROM alerts_sent AS told
    WHERE told.data_type = :data_type
      AND told.data_source = :data_source
      AND told.channel = :channel
      AND told.identity = alert.identity
      AND told.ended_at >= alert.happened_at
)
ORDER BY alert.identity
ON CONFLICT (data_type, data_source, channel, identity) WHERE ended_at IS NULL DO NOTHING
RETURNING identity
