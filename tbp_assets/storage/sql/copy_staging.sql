COPY staged_bars (ticker, timestamp, open, high, low, close, volume, transactions) FROM STDIN (FORMAT binary)
