"""Tests of tbp_assets.alerts."""
