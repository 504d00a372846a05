"""`mtbert info`: what a checkpoint is."""

from mtbert.cli.predict import Checkpoint


def info(checkpoint: Checkpoint) -> None:
    """Print a checkpoint's tasks, labels, scores on dev, data and settings.

    Example: mtbert info data/runs/main-1/best
    """
    from mtbert.modeling.manifest import read_manifest

    print(read_manifest(checkpoint).card())
