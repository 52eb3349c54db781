"""The tests that read a clock, on other dates than today."""
