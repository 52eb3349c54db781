SELECT max(date) FROM data_quality_days WHERE data_type = :dataset AND data_source = :data_source
