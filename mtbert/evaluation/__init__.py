"""From raw head outputs to predictions, metrics and hand-in files."""
