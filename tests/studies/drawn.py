"""How many examples a run draws, counted in its schedule."""

from collections import Counter

from mtbert.training.batches import stream
from mtbert.training.loop import run_length

SIZES = {"sst": 14000, "para": 141498, "sts": 16000}


def examples_drawn(settings):
    """By task, the examples that a run with these settings draws."""
    own = {
        t: settings.examples[t].count if t in settings.examples else SIZES[t]
        for t in settings.trained
    }
    batches = {task: -(-own[task] // settings.batch_size[task]) for task in own}
    _, epochs, total = run_length(
        settings.sampler, own, batches, epochs=settings.epochs, steps=settings.steps
    )
    counts = Counter()
    for epoch in range(1, epochs + 1):
        options = {"epoch": epoch, "epochs": epochs, "sizes": own, "batches": batches}
        generator = stream(1, "tasks of the steps", epoch)
        steps = settings.sampler.epoch_steps(**options, generator=generator)[:total]
        total -= len(steps)
        place = Counter()
        for task in (task for step in steps for task in step):
            size = min(settings.batch_size[task], own[task] - place[task])
            counts[task] += size
            place[task] = (place[task] + size) % own[task]
    return dict(counts)
