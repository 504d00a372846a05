"""A report's experiments, run here, beside the figures that it printed."""
