CREATE TEMPORARY TABLE staged_bars (
    ticker text COLLATE "C" NOT NULL,
    timestamp timestamptz NOT NULL,
    open double precision NOT NULL,
    high double precision NOT NULL,
    low double precision NOT NULL,
    close double precision NOT NULL,
    volume double precision NOT NULL,
    transactions bigint
) ON COMMIT DROP
