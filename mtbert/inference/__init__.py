"""From a checkpoint to predictions, vectors and scores of any texts."""
