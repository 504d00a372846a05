"""A model card of the hub: what is known of a checkpoint and its run."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mtbert.core.errors import printable
from mtbert.inference.model_facts import ModelFacts, shown_score
from mtbert.inference.scores import Score

UNSTATED = "no licence stated; the terms of data and encoder hold"
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
            cells = (task, split, metric, shown_score(score), f"{score.baseline:.3f}")
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
    yield from _list(facts.terms())
    yield f"- the weights: {escape(license or UNSTATED)}"
    yield "\n## Limits\n"
    yield from (f"- {escape(line)}" for line in facts.limits())
    yield ""


def _list(facts: Mapping[str, str]) -> Iterator[str]:
    return (f"- {escape(key)}: {escape(value)}" for key, value in facts.items())


def escape(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&$!])", r"\\\1", printable(" ".join(text.split())))
