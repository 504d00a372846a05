"""What is known of a checkpoint and its run, as lines and as a model card of the hub."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mtbert.core.params import read_json
from mtbert.core.schemas import read_table
from mtbert.core.sequences import read_sequences
from mtbert.evaluation.predictions import decode
from mtbert.evaluation.scoring import origin
from mtbert.inference.scores import Score, score_predictions
from mtbert.modeling.manifest import Manifest, read_manifest

UNSTATED = "no licence stated; the terms of data and encoder hold"
# Encoders whose authors list data of a task here among those of their own training
SEEN = re.compile(r"(all-(MiniLM|mpnet|distilroberta|roberta)|paraphrase-)")
OVERLAP = (
    "The encoder's authors list Quora's duplicate questions among its training data: scores on "
    "Quora's pairs are likely too high, also on dev and test."
)
SAMPLE = "The data are the embedded sample of mtbert, made-up texts: scores mean little."
DEV = "The best epoch was chosen on dev: scores on dev are a little too high."
INTERVAL = "± is half of a 95 % interval over examples; it says nothing of other seeds."
USE = """\
```python
import mtbert

model = mtbert.load("{repository}")
print(model.card)
model.predict("{task}", {texts})
```
"""
ENCODER = """
`AutoModel.from_pretrained("{repository}")` of Transformers loads the trained encoder alone.
"""
SENTENCES = """
`SentenceTransformer("{repository}")` of sentence-transformers gives the texts' vectors.
"""


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
        names = {"data_source": facts.data_source, "encoder": {"name": facts.encoder}}
        update = origin(names) | ({"encoder": facts.encoder} if self.base_model else {})
        return manifest.model_copy(update={"training": facts.model_copy(update=update)})

    @property
    def run(self) -> dict[str, Any]:
        """Content of the run's run.json."""
        run = self.checkpoint.resolve().parent
        return self._json(f"logs/{run.name}/run.json")

    @property
    def base_model(self) -> str | None:
        """Name of the encoder on the hub, if it came from there."""
        source, facts = (
            self._json("raw/encoder/SOURCE.json"),
            read_manifest(self.checkpoint).training,
        )
        same = facts is not None and source.get("name") == facts.encoder
        return facts.encoder if facts and same and "revision" in source else None

    def _json(self, name: str) -> dict[str, Any]:
        """A file of the project, whose data/ holds runs/NAME/best; empty if there is none."""
        path = self.checkpoint.resolve().parents[2] / name
        return read_json(path) if path.is_file() else {}

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
            examples = ", ".join(f"{task} {count:,}" for task, count in run["examples"].items())
            facts["examples"] = f"{examples}; {run['steps']:,} updates"
            facts["parameters"] = f"{run['parameters']['total']:,}"
            hardware = f"{run['hardware']}, {run['precision']['used']}"
            facts["hardware"] = f"{hardware}, {run['total_seconds'] / 60:.1f} min"
            joules = {part: value for part, value in run["joules"].items() if value is not None}
            energy = (f"{part} {value / 3600:.2f} Wh" for part, value in joules.items())
            facts["energy"] = ", ".join(energy) or "not measured: no counter could be read"
        return facts

    def terms(self) -> dict[str, str]:
        """Terms of use of each task's files, where the download stage recorded them."""
        source, training = self._json("raw/corpora/SOURCE.json"), self.manifest.training
        if training is None or source.get("source") not in training.data_source.split(", "):
            return {}
        named: dict[str, list[str]] = {}
        for file, facts in source["files"].items():
            named.setdefault(file.partition("/")[0], []).append(facts["terms"])
        return {
            task: "; ".join(dict.fromkeys(named[task]))
            for task in self.manifest.tasks
            if task in named
        }

    def limits(self) -> list[str]:
        """What a reader of the scores and a user should know."""
        training, size = self.manifest.training, read_sequences(self.checkpoint).max_length
        lines = [f"Of a text, or of a pair that is read as one, the first {size} tokens are read."]
        lines += [DEV, INTERVAL]
        if training and SEEN.match(Path(training.encoder).name):
            lines.append(OVERLAP)
        if training and "sample" in training.data_source.split(", "):
            lines.append(SAMPLE)
        return lines


def describe(facts: ModelFacts) -> str:
    """Describe a checkpoint as lines of text."""
    lines = facts.manifest.task_lines()
    lines += [f"{key}: {value}" for key, value in facts.facts().items()]
    main = {(name, task.metric) for name, task in facts.manifest.tasks.items()}
    for task, split, metric, score in facts.scores():
        if (task, metric) in main:
            lines.append(f"{task} {split}: {metric} {_value(score)}, {score.examples:,} examples")
    return "\n".join(lines)


def model_card(facts: ModelFacts, repository: str, *, license: str | None = None) -> str:
    """A model card: metadata that the hub reads, and Markdown."""
    from huggingface_hub import ModelCard, ModelCardData

    sentences = (facts.checkpoint / "modules.json").is_file()
    scores = list(facts.scores())
    data = ModelCardData(
        base_model=facts.base_model,
        eval_results=list(_results(facts, scores)) or None,
        library_name="mtbert",
        license=license,
        model_name=repository.rpartition("/")[2],
        pipeline_tag="sentence-similarity" if sentences else "text-classification",
        tags=["mtbert", "multi-task", *["sentence-transformers"] * sentences],
    )
    text = "\n".join(_sections(facts, repository, scores, license, sentences=sentences))
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{text}"))


def _results(facts: ModelFacts, scores: list[tuple[str, str, str, Score]]) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    for task, split, metric, score in scores:
        own = facts.manifest.tasks[task]
        similarity = own.labels.kind == "similarity"
        if score.value is not None:
            yield EvalResult(
                task_type="sentence-similarity" if similarity else "text-classification",
                dataset_type=task,
                dataset_name=own.title or task,
                dataset_split={"dev": "validation"}.get(split, split),
                metric_type=metric,
                metric_value=round(score.value, 4),
            )


def _sections(
    facts: ModelFacts,
    repository: str,
    scores: list[tuple[str, str, str, Score]],
    license: str | None,
    *,
    sentences: bool,
) -> Iterator[str]:
    """The Markdown of a card, section by section."""
    manifest = facts.manifest
    yield f"# {escape(repository.rpartition('/')[2])}\n"
    yield f"One encoder with {len(manifest.tasks)} heads, trained by mtbert {manifest.version}.\n"
    yield "## Tasks\n"
    yield from (f"- {escape(line)}" for line in manifest.task_lines())
    if scores:
        yield "\n## Scores\n\n| task | split | metric | score | best constant | examples |"
        yield "| :-- | :-- | :-- | --: | --: | --: |"
        for task, split, metric, score in scores:
            cells = (task, split, metric, _value(score), f"{score.baseline:.3f}")
            yield f"| {' | '.join(map(escape, cells))} | {score.examples:,} |"
    yield "\n## Use\n"
    task, own = next(iter(manifest.tasks.items()))
    texts = ", ".join(['"A text ."', '"Another one ."'][: 1 + own.paired])
    yield USE.format(repository=repository, task=task, texts=texts)
    if manifest.model.adaptation.plain:
        yield ENCODER.format(repository=repository)
    if sentences:
        yield SENTENCES.format(repository=repository)
    yield "## Training\n"
    yield from _list(facts.facts())
    yield "\n## Data and licence\n"
    unknown = "terms not recorded"
    yield from _list({task: facts.terms().get(task, unknown) for task in manifest.tasks})
    yield f"- the weights: {escape(license or UNSTATED)}"
    yield "\n## Limits\n"
    yield from (f"- {escape(line)}" for line in facts.limits())
    yield ""


def _list(facts: Mapping[str, str]) -> Iterator[str]:
    return (f"- {escape(key)}: {escape(value)}" for key, value in facts.items())


def _value(score: Score) -> str:
    if score.value is None:
        return "undefined"
    return f"{score.value:.3f}" + ("" if score.half_width is None else f" ± {score.half_width:.3f}")


def escape(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&$!])", r"\\\1", " ".join(text.split()))
