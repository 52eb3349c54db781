UPDATE alerts_sent
SET ended_at = :now
WHERE id = ANY(:ids)
  AND ended_at IS NULL
RETURNING id
