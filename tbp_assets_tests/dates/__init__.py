"""Tests on other dates than today."""
