DELETE FROM data_quality_metrics WHERE data_type = :dataset AND data_source = :data_source AND date = :trading_date
