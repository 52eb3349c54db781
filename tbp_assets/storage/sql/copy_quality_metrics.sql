COPY data_quality_metrics
    (ticker, total_rows, accepted_rows, rejected_rows, modified_rows, rejection_reasons, flags, date, data_type,
     data_source)
FROM STDIN (FORMAT csv)
