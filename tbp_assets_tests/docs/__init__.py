"""Tests of the pages that are written from code."""
