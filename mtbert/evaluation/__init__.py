"""From raw head outputs to predictions, metrics and submission files."""
