-- Loads that changed or removed bars, or brought bars of a newer file or under newer rules; newest first. With a ticker,
-- what happened to that ticker alone.
WITH ordered AS (
    SELECT batch_id, trading_date, loaded_at, source_sha256, rules, inserted,
           CAST(trading_date AS timestamp) AT TIME ZONE 'America/New_York' AS day_start,
           CAST(trading_date + 1 AS timestamp) AT TIME ZONE 'America/New_York' AS day_end,
           lag(source_sha256) OVER earlier AS earlier_sha256, lag(rules) OVER earlier AS earlier_rules
    FROM load_ledger
    WHERE dataset = :dataset
      AND data_source = :data_source
      AND trading_date BETWEEN :first_day AND :last_day
    WINDOW earlier AS (PARTITION BY trading_date ORDER BY batch_id)
), moved AS (
    SELECT replaced_by,
           count(*) FILTER (WHERE change = 'changed') AS changed,
           count(*) FILTER (WHERE change = 'dropped') AS dropped,
           count(*) FILTER (WHERE change = 'rejected') AS rejected,
           count(*) FILTER (WHERE change = 'outside_validity') AS outside_validity
    FROM market_data_revisions
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND timestamp >= :range_start
      AND timestamp < :range_end
      AND (CAST(:ticker AS text) IS NULL OR ticker = CAST(:ticker AS text))
    GROUP BY replaced_by
), counted AS (
    SELECT ordered.*, coalesce(changed, 0) AS changed, coalesce(dropped, 0) AS dropped,
           coalesce(rejected, 0) AS rejected, coalesce(outside_validity, 0) AS outside_validity,
           CASE
               WHEN (source_sha256, rules) IS NOT DISTINCT FROM (earlier_sha256, earlier_rules) THEN 0
               WHEN CAST(:ticker AS text) IS NULL THEN inserted
               ELSE (
                   SELECT count(*) FROM market_data_at_batch(ordered.batch_id) AS version
                   WHERE version.batch_id = ordered.batch_id
                     AND version.ticker = CAST(:ticker AS text)
                     AND version.timeframe = :timeframe
                     AND version.data_source = :data_source
                     AND version.timestamp >= ordered.day_start
                     AND version.timestamp < ordered.day_end
               ) - coalesce(changed, 0)
           END AS added
    FROM ordered
    LEFT JOIN moved ON moved.replaced_by = ordered.batch_id
    WHERE earlier_sha256 IS NOT NULL
)
SELECT trading_date, batch_id, loaded_at, earlier_sha256, source_sha256, changed, dropped, rejected, outside_validity,
       added
FROM counted
WHERE changed + dropped + rejected + outside_validity + added > 0
ORDER BY batch_id DESC
LIMIT :most
