"""`mtbert info`: what a checkpoint is, and the run around it."""

from mtbert.cli.predict import Checkpoint


def info(checkpoint: Checkpoint) -> None:
    """Print a checkpoint's tasks, labels, scores with intervals, data, settings and hardware.

    Example: mtbert info data/runs/main-1/best
    """
    from mtbert.inference.model_facts import ModelFacts, describe_model

    print(describe_model(ModelFacts(checkpoint)))
