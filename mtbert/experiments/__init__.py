"""From a strategy to its plan, and from a plan and a seed to a trained run."""
