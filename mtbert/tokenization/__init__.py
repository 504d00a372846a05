"""TEXT to TOKENS."""
