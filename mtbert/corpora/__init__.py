"""Fetch corpora, lexicons and encoders; parse and validate task files."""
