"""A report's experiments as strategies, and what a budget cuts them down to."""
