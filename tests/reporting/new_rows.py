"""Made-up facts of the stage `augment`, as its JSON has them."""

import json
from pathlib import Path
from typing import Any

from mtbert.core.params import read_yaml, write_yaml

ON = {
    "sentiment": "wordnet",
    "antonyms": True,
    "numbers": True,
    "negations": True,
    "duplicates": True,
    "held_out": True,
}
OFF = {**dict.fromkeys(ON, False), "sentiment": "none"}


def facts() -> dict[str, Any]:
    """A set with two tasks, one with all guards on, one with all of them off."""
    shared = [
        {"train": "sst train", "held_out": "sst dev", "texts": 11, "rows": 12},
        {"train": "sts train", "held_out": "para test", "texts": 13},
    ]
    return {
        "lexicon": {
            "file": "a_lexicon",
            "lines": 9007,
            "pairs": 8008,
            "broken": [{"line": line, "reason": f"no *{line}*"} for line in range(2001, 2008)],
        },
        "tasks": {
            "sst": {
                "method": "wordnet",
                "seed": 31,
                "rows": {"before": 1001, "after": 1402, "missing": 3},
                "words": {"before": 20001, "after": 30002, "replaced": 4003},
                "rows_without_replaceable_words": 17,
                "copies_given_up": 19,
                "guards": {
                    "settings": ON,
                    "words_kept": {"sentiment": 301, "negations": 303, "stop_words": 305},
                    "candidates_refused": {"antonyms": 307},
                    "draws_refused": {"equals_source": 309, "equals_held_out": 311},
                },
                "examples": [
                    {"source": "a1", "texts": {"text_a": text("A fine `` film", **{"1": "o k"})}},
                    {"source": "a_2", "texts": {"text_a": text("2 * 3 <b> ~ x_y", **{"2": "|"})}},
                ],
            },
            "sts": {
                "method": "ppdb",
                "seed": 32,
                "rows": {"before": 501, "after": 602, "missing": 0},
                "words": {"before": 7001, "after": 8002, "replaced": 904},
                "rows_without_replaceable_words": 0,
                "copies_given_up": 0,
                "guards": {
                    "settings": OFF,
                    "words_kept": {},
                    "candidates_refused": {},
                    "draws_refused": {},
                },
                "examples": [
                    {
                        "source": "b1",
                        "texts": {"text_a": text("It stays"), "text_b": text("Go", **{"0": "Run"})},
                    }
                ],
            },
        },
        "shared_texts": {"original": shared, "augmented": shared},
    }


def text(words: str, **replaced: str) -> dict[str, Any]:
    """A text of an example."""
    return {"words": words.split(), "replaced": replaced}


def write_set(root: Path, name: str, content: dict[str, Any], **tokens: int) -> None:
    """Write a set below a workspace, and the tokens of the tasks that are given."""
    params = read_yaml(root / "params.yaml")
    params["augment"]["sets"].setdefault(name, {})
    write_yaml(root / "params.yaml", params)
    folders = [root / f"reports/data/{kind}" for kind in ("augmented", "augmented_tokens")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    (folders[0] / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    if tokens:
        tasks = {task: {"train": {"tokens": count}} for task, count in tokens.items()}
        counted = {"max_length": 128, "vocabulary": 3987, "tasks": tasks}
        (folders[1] / f"{name}.json").write_text(json.dumps(counted), encoding="utf-8")
