"""Measures what needs no reading on the sample: ``python data/sample/baselines.py``.

Prints a Markdown table of the dev scores of constant answers, of text length, and of bags
of words without order. Needs scikit-learn; the writer itself needs the standard library only.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

TASKS = {"SST": "ids-sst", "Quora": "quora", "STS": "sts", "CFIMDB": "ids-cfimdb"}
GRADED = {"STS"}


@dataclass(frozen=True)
class Split:
    """Texts (one or two a row) and labels of one file."""

    texts: list[list[str]]
    labels: np.ndarray


def load(folder: Path, stem: str, name: str) -> Split:
    """Reads a labelled file."""
    with (folder / f"{stem}-{name}.csv").open(encoding="utf-8", newline="") as handle:
        _, *rows = csv.reader(handle, delimiter="\t")
    return Split([row[2:-1] for row in rows], np.array([float(row[-1]) for row in rows]))


def bags(train: Split, dev: Split) -> tuple[np.ndarray, np.ndarray]:
    """Unigram counts; for pairs the overlap, then the counts' difference and product."""
    vectorizer = CountVectorizer(token_pattern=r"[^\s.,;:!?\"()]+")
    vectorizer.fit([text for row in train.texts for text in row])
    return _bag(vectorizer, train), _bag(vectorizer, dev)


def _bag(vectorizer: CountVectorizer, split: Split) -> np.ndarray:
    first, *others = (
        vectorizer.transform(column).toarray().astype(float)
        for column in zip(*split.texts, strict=True)
    )
    if not others:
        return first
    second = others[0]
    union = np.maximum(first, second).sum(axis=1, keepdims=True)
    overlap = np.minimum(first, second).sum(axis=1, keepdims=True) / union
    return np.hstack([overlap, abs(first - second), first * second])


def lengths(split: Split) -> np.ndarray:
    """The number of words of each text."""
    return np.array([[len(text.split()) for text in row] for row in split.texts])


def measure(task: str, train: Split, dev: Split) -> list[float]:
    """Dev scores of a constant, of length alone, of the best single word and of all words."""
    graded = task in GRADED
    tree = DecisionTreeRegressor if graded else DecisionTreeClassifier
    all_words = Ridge(alpha=3.0) if graded else LogisticRegression(C=0.3, max_iter=2000)
    wordy, short = bags(train, dev), (lengths(train), lengths(dev))
    paired = len(train.texts[0]) - 1
    models = [
        (tree(max_depth=4), short),
        (tree(max_depth=1), [bag[:, paired:] for bag in wordy]),
        (all_words, wordy),
    ]
    guesses = [
        model.fit(inputs, train.labels).predict(held_out) for model, (inputs, held_out) in models
    ]
    constant = DummyClassifier().fit(wordy[0], train.labels)
    scores = [_pearson(g, dev) if graded else float((g == dev.labels).mean()) for g in guesses]
    return [0.0 if graded else constant.score(wordy[1], dev.labels), *scores]


def _pearson(guesses: np.ndarray, dev: Split) -> float:
    return float(np.corrcoef(guesses, dev.labels)[0, 1])


def table(folder: Path) -> str:
    """The Markdown table of all tasks."""
    header: Sequence[str] = (
        "| Task | Score | Constant | Length only | One word | Bag of words | Ceiling |",
        "|---|---|---:|---:|---:|---:|---:|",
    )
    lines = list(header)
    for task, stem in TASKS.items():
        scores = measure(task, load(folder, stem, "train"), load(folder, stem, "dev"))
        kind = "Pearson" if task in GRADED else "accuracy"
        cells = " | ".join(f"{score:.2f}" for score in (*scores, 1.0))
        lines.append(f"| {task} | {kind} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Reads the folder from the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    print(table(parser.parse_args().folder))


if __name__ == "__main__":
    main()
