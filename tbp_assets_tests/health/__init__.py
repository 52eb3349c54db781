"""Tests of what `tbp doctor` and the job `health` ask: each line as it is when all is well, and when it is not."""
