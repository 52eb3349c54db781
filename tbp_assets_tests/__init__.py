"""Tests, laid out as the package is. Real servers and protocols; nothing needs a key."""
