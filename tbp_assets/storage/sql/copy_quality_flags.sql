COPY data_quality_flags (date, ticker, rule, observed, reference, detail, data_type, data_source)
FROM STDIN (FORMAT csv, FORCE_NOT_NULL (detail))
