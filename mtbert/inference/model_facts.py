"""What is known of a checkpoint and its run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AliasPath, ConfigDict, Field

from mtbert.core.errors import printable
from mtbert.core.names import without_place
from mtbert.core.params import Settings, read_json, validate
from mtbert.core.schemas import read_table
from mtbert.core.sequences import read_sequences
from mtbert.evaluation.predictions import decode
from mtbert.inference.scores import Score, score_predictions
from mtbert.modeling.manifest import Manifest, read_manifest

# Encoders whose authors list data of a task here among those of their own training
SEEN = re.compile(r"(all-(MiniLM|mpnet|distilroberta|roberta)|paraphrase-)")
OVERLAP = (
    "The encoder's authors list Quora's duplicate questions among its training data: scores on "
    "Quora's pairs are likely too high, also on dev and test."
)
SAMPLE = "The data are the embedded sample of mtbert, made-up texts: scores mean little."
DEV = "The best epoch was chosen on dev: scores on dev are a little too high."
UNKNOWN = "terms not recorded"
INTERVAL = "± is half of a 95 % interval over examples; it says nothing of other seeds."


class Recorded(Settings):
    """What a card has of a file; the file has more."""

    model_config = ConfigDict(extra="ignore")


R = TypeVar("R", bound=Recorded)


class RunFacts(Recorded):
    """What a card has of run.json; runs of older versions have no `joules`."""

    examples: dict[str, int]
    steps: int
    parameters: Annotated[int, Field(validation_alias=AliasPath("parameters", "total"))]
    hardware: str
    precision: Annotated[str, Field(validation_alias=AliasPath("precision", "used"))]
    total_seconds: float
    joules: dict[str, float | None] = Field(default_factory=dict)


class SourceFile(Recorded):
    """What a card has of a file in SOURCE.json."""

    terms: str = UNKNOWN


class Source(Recorded):
    """What a card has of the SOURCE.json of corpora, or of an encoder."""

    source: str = ""
    name: str | None = None
    revision: str | None = None
    files: dict[str, SourceFile] = Field(default_factory=dict)


@dataclass(frozen=True)
class ModelFacts:
    """What a checkpoint says of itself, and the run around it, if it lies in one."""

    checkpoint: Path

    @cached_property
    def manifest(self) -> Manifest:
        """Of the checkpoint, with names instead of paths of local folders."""
        manifest = read_manifest(self.checkpoint)
        if (facts := manifest.training) is None:
            return manifest
        sources = ", ".join(map(without_place, facts.data_source.split(", ")))
        names = {"data_source": sources, "encoder": without_place(facts.encoder)}
        return manifest.model_copy(update={"training": facts.model_copy(update=names)})

    @property
    def run(self) -> RunFacts | None:
        """The run's run.json, where the run is at hand."""
        return self._read(f"logs/{self.checkpoint.resolve().parent.name}/run.json", RunFacts)

    @property
    def base_model(self) -> str | None:
        """Name of the encoder on the hub, if it came from there."""
        source, facts = self._read("raw/encoder/SOURCE.json", Source), self.manifest.training
        if source is None or source.revision is None or facts is None:
            return None
        return facts.encoder if source.name == facts.encoder else None

    def _read(self, name: str, kind: type[R]) -> R | None:
        """A file of the folder that holds runs/NAME/best; None if there is none."""
        parents = self.checkpoint.resolve().parents
        if len(parents) < 3 or parents[1].name != "runs":
            return None
        path = parents[2] / name
        return validate(kind, read_json(path), where=str(path)) if path.is_file() else None

    def scores(self) -> Iterator[tuple[str, str, str, Score]]:
        """Task, split, metric and score of what the run predicted with this checkpoint."""
        folder = self.checkpoint.resolve().parent / "predictions"
        for name, task in self.manifest.tasks.items():
            for split in ("dev", "test"):
                path = folder / f"{name}-{split}.parquet"
                if self.checkpoint.resolve().name != "best" or not path.is_file():
                    continue
                labelled = split == "dev"
                table = read_table(path)
                predicted = decode(table, task.labels, labelled=labelled, where=str(path))
                if predicted.labelled:
                    for metric, score in score_predictions(task, predicted).items():
                        yield name, split, metric, score

    def facts(self) -> dict[str, str]:
        """Where the model comes from, and what its training took."""
        facts, run = self.manifest.facts(), self.run
        if run:
            examples = ", ".join(f"{task} {count:,}" for task, count in run.examples.items())
            facts["examples"] = f"{examples}; {run.steps:,} updates"
            facts["parameters"] = f"{run.parameters:,}"
            facts["hardware"] = f"{run.hardware}, {run.precision}, {run.total_seconds / 60:.1f} min"
            joules = {part: value for part, value in run.joules.items() if value is not None}
            energy = (f"{part} {value / 3600:.2f} Wh" for part, value in joules.items())
            facts["energy"] = ", ".join(energy) or "not measured: no counter could be read"
        return facts

    def terms(self) -> dict[str, str]:
        """Terms of use of each task's files, as the download stage recorded them."""
        source, training = self._read("raw/corpora/SOURCE.json", Source), self.manifest.training
        named: dict[str, list[str]] = {}
        if source and training and source.source in training.data_source.split(", "):
            for file, facts in source.files.items():
                named.setdefault(file.partition("/")[0], []).append(facts.terms)
        return {
            task: "; ".join(dict.fromkeys(named.get(task, [UNKNOWN])))
            for task in self.manifest.tasks
        }

    def limits(self) -> list[str]:
        """What a reader of the scores and a user should know."""
        training, size = self.manifest.training, read_sequences(self.checkpoint).max_length
        lines = [f"Of a text, or of a pair that is read as one, the first {size} tokens are read."]
        lines += [DEV, INTERVAL]
        titles = " ".join(task.title for task in self.manifest.tasks.values())
        if training and "Quora" in titles and SEEN.match(Path(training.encoder).name):
            lines.append(OVERLAP)
        if training and "sample" in training.data_source.split(", "):
            lines.append(SAMPLE)
        return lines


def describe_model(facts: ModelFacts) -> str:
    """Describe a checkpoint as lines of text."""
    lines = facts.manifest.task_lines()
    lines += [f"{key}: {value}" for key, value in facts.facts().items()]
    main = {(name, task.metric) for name, task in facts.manifest.tasks.items()}
    for task, split, metric, score in facts.scores():
        if (task, metric) in main:
            lines.append(
                f"{task} {split}: {metric} {shown_score(score)}, {score.examples:,} examples"
            )
    return "\n".join(map(printable, lines))


def shown_score(score: Score) -> str:
    """A score with half of its interval."""
    if score.value is None:
        return "undefined"
    return f"{score.value:.3f}" + ("" if score.half_width is None else f" ± {score.half_width:.3f}")
