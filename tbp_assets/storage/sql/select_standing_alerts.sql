-- What was told and may be repaired one day; a restatement stays what it is.
SELECT id, channel, kind, identity, days, what, happened_at, sent_at
FROM alerts_sent
WHERE data_type = :data_type
  AND data_source = :data_source
  AND ended_at IS NULL
  AND kind <> 'restatement'
ORDER BY id
