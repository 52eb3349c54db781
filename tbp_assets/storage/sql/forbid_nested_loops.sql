-- A chunk that was never analysed looks empty to the planner, which then compares a day with itself row by row:
-- 5 s instead of 12 ms for 10,000 bars.
SET LOCAL enable_nestloop = off
