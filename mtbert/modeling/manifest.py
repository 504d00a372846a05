"""What a checkpoint says of itself: how to rebuild the model, and what it was trained on.

Light: imports neither torch nor transformers.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import model_validator

from mtbert.core.errors import InputError, printable
from mtbert.core.labels import MAIN_METRICS, classes
from mtbert.core.params import FaultsError, Settings, read_json, validate
from mtbert.core.tasks import Columns, Task
from mtbert.modeling.settings import ModelSettings, ModelTask

MANIFEST = "mtbert.json"
# 1 was model.yaml, with the whole model in one file of weights.
FORMAT = 2


class CheckpointTask(ModelTask):
    """A task as a trained model knows it."""

    title: str = ""
    metric: str  # that the best epoch was chosen by
    columns: Columns | None = None  # of the files that it was trained on

    @classmethod
    def of(cls, task: Task | ModelTask) -> "CheckpointTask":
        """Reduce a task to these."""
        if isinstance(task, CheckpointTask):
            return task
        own = cls(labels=task.labels, paired=task.paired, metric=MAIN_METRICS[task.labels.kind])
        if isinstance(task, Task):
            texts = {"title": task.title, "metric": task.main_metric, "columns": task.columns}
            return own.model_copy(update=texts)
        return own


class TrainingFacts(Settings):
    """What a checkpoint was trained on, and its scores."""

    strategy: str
    seed: int
    data_source: str
    encoder: str
    epoch: int
    step: int
    dev: dict[str, float]  # each task's main metric, {task}_{metric}, and `score`
    dev_examples: dict[str, int]  # by task
    settings: dict[str, Any]  # section `train`, complete


class Manifest(Settings):
    """Content of mtbert.json."""

    format: int
    version: str  # of mtbert
    model: ModelSettings
    tasks: dict[str, CheckpointTask]
    training: TrainingFacts | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Manifest":
        keyed = {"tasks": self.tasks, "heads": self.model.heads}
        keyed |= {"pooling": self.model.pooling, "projections": self.model.projections}
        if self.training is not None:
            keyed["training.dev_examples"] = self.training.dev_examples
        faults = [
            ((key,), f"no entry for {task}, one of the model's tasks")
            for key, entries in keyed.items()
            for task in self.model.tasks
            if not isinstance(entries, dict) or task not in entries
        ]
        if faults:
            raise FaultsError(faults)
        self.model.check_projections()
        return self

    def card(self) -> str:
        """Describe the model as text: tasks, labels, scores on dev, and where it comes from."""
        facts = [f"{key}: {value}" for key, value in self.facts().items()]
        return "\n".join(map(printable, [*self.task_lines(), *facts]))

    def task_lines(self) -> list[str]:
        """A line on each task: what it reads, labels, score on dev."""
        return [_describe(name, self.tasks[name], self.training) for name in self.model.tasks]

    def facts(self) -> dict[str, str]:
        """Where the model comes from; nothing for one without training."""
        if (facts := self.training) is None:
            return {}
        settings = ("adaptation", "sampler", "balancing", "epochs", "learning_rate", "precision")
        words = {key: facts.settings[key] for key in settings if key in facts.settings}
        named = {k: v.get("name", v) if isinstance(v, dict) else v for k, v in words.items()}
        return {
            "encoder": facts.encoder,
            "data": facts.data_source,
            "trained": f"strategy {facts.strategy}, seed {facts.seed}; kept: epoch {facts.epoch}, "
            f"step {facts.step}",
            "settings": ", ".join(f"{key} {value}" for key, value in named.items()),
            "mtbert": self.version,
        }


def new_manifest(
    settings: ModelSettings, tasks: dict[str, CheckpointTask], training: TrainingFacts | None
) -> Manifest:
    """The manifest that this version writes."""
    return Manifest(
        format=FORMAT, version=version("mtbert"), model=settings, tasks=tasks, training=training
    )


def read_manifest(folder: Path) -> Manifest:
    """Read what a checkpoint says of itself.

    Raises:
        InputError: the folder is no checkpoint, an older or a newer one, or a broken one.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; expected a checkpoint's: data/runs/main-1/best"
        )
    if not path.is_file():
        raise InputError(f"{folder}: not a checkpoint: {_why_none(folder)}")
    content = read_json(path)
    number = content.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise InputError(
            f"{path}: format: {number}, written by mtbert {content.get('version')}; this one, "
            f"{version('mtbert')}, reads {FORMAT}: install a newer mtbert"
        )
    return validate(Manifest, content, where=str(path))


def _why_none(folder: Path) -> str:
    if (folder / "model.yaml").is_file():
        return "it has an older format, model.yaml; train again"
    if (folder / "best" / MANIFEST).is_file():
        return f"a run; its checkpoint is {folder / 'best'}"
    return f"it has no {MANIFEST}; expected best/ or last/ of a run, data/runs/main-1/best"


def _describe(name: str, task: CheckpointTask, training: TrainingFacts | None) -> str:
    """A line on a task."""
    title = f" ({task.title})" if task.title not in ("", name) else ""
    low, high = task.labels.bounds
    similarity = task.labels.kind == "similarity"
    labels = f"{low:g} to {high:g}" if similarity else ", ".join(classes(task.labels))
    what = "pairs of texts" if task.paired else "texts"
    line = f"{name}{title}: {what} → {task.labels.kind}: {labels}"
    score = training and training.dev.get(f"{name}_{task.metric}")
    if training is None or score is None:
        return line
    return f"{line}; dev {task.metric} {score:.3f} on {training.dev_examples[name]:,} examples"
