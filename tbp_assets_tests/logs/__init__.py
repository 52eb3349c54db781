"""Log lines, their files, and what is never in them."""
