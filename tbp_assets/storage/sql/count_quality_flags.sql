-- How often each flag was raised on each measured day of a range; a day without any has one row, without a rule.
SELECT day.date AS trading_date, flag.rule, count(flag.rule) AS flags
FROM data_quality_days AS day
LEFT JOIN data_quality_flags AS flag
    ON flag.date = day.date AND flag.data_type = day.data_type AND flag.data_source = day.data_source
WHERE day.data_type = :dataset
  AND day.data_source = :data_source
  AND day.date BETWEEN :first_day AND :last_day
GROUP BY day.date, flag.rule
ORDER BY day.date
