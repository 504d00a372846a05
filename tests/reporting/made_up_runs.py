"""A made-up workspace after all evaluations, with numbers that are easy to work out."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.tasks import OVERALL, read_tasks
from mtbert.evaluation.metrics import score
from mtbert.evaluation.overall import overall
from mtbert.evaluation.predictions import Predictions
from mtbert.reporting.runs import COSINE

PARAMS = Path(__file__).parents[2] / "params.yaml"
STRATEGIES = {
    "main": {},
    "round_robin": {"sampler": "round_robin", "balancing": "sum"},
    "four_tasks": {"tasks": ["sst", "para", "sts", "cfimdb"]},
    "as-drawn": {"evaluation_only": ["sst", "para", "sts"]},
}
EPOCHS, STEPS = 2, 6  # steps of an epoch
BATCH = {"sst": 16, "para": 32, "sts": 16, "cfimdb": 8}
DEV = 40
METRIC = {"sst": "accuracy", "para": "accuracy", "sts": "pearson", "cfimdb": "accuracy"}
KINDS = {"sst": 5, "para": 2, "sts": 6, "cfimdb": 2}


def write_workspace(root, *, names=("main", "round_robin"), seeds=(1, 2), ensembles=()):
    """Write params.yaml, data/ and reports/metrics/runs below a folder; ensembles are of main."""
    params = read_yaml(PARAMS)
    params["strategies"] = {name: STRATEGIES[name] for name in names}
    own = {"of": ["main"], "average": "predictions"}
    params["ensembles"] = dict.fromkeys(ensembles, own)
    params["seeds"], params["report"] = list(seeds), {"title": "A <title>", "baseline": "main"}
    (root / "data/plans").mkdir(parents=True)
    (root / "reports/metrics/runs").mkdir(parents=True)
    write_yaml(root / "params.yaml", params)
    for name in names:
        train = {"tasks": ["sst", "para", "sts"], "layout": "packed", **STRATEGIES[name]}
        write_yaml(root / f"data/plans/{name}.yaml", {"strategy": name, "train": train})
        for seed in seeds:
            _write_run(root, name, seed, train)
    for name in ensembles:
        runs = [f"main-{seed}" for seed in seeds]
        _write_ensemble(root, name, runs)
    _write_summaries(root / "data/summaries")


def _write_ensemble(root, name, runs):
    """An ensemble that errs on 3 examples fewer than the first of its runs."""
    folder, scores = root / f"data/predictions/{name}", {}
    folder.mkdir()
    for task in ("sst", "para", "sts"):
        own = _predictions("main", -2, task)
        own.table().to_pandas().to_parquet(folder / f"{task}-dev.parquet")
        scores[task] = score(read_tasks(PARAMS)[task].labels, own)
    scores[OVERALL] = overall({task: own[METRIC[task]] for task, own in scores.items()})
    training = {"updates": 24, "examples": {"sst": 400, "para": 800, "sts": 400}}
    measured = {"dev": scores, **training}
    measured["ensemble"] = {"average": "predictions", "members": runs}
    (root / f"reports/metrics/runs/{name}.json").write_text(json.dumps(measured))


def _write_run(root, name, seed, train):
    logs, predictions = (root / f"data/{kind}/{name}-{seed}" for kind in ("logs", "predictions"))
    logs.mkdir(parents=True)
    predictions.mkdir(parents=True)
    trained = [task for task in train["tasks"] if task not in train.get("evaluation_only", ())]
    steps = _steps(name, trained)
    steps.to_csv(logs / "steps.csv", index=False)
    _cosines(name, trained, seed).to_csv(logs / "conflicts.csv", index=False)
    values = {f"{task}_{METRIC[task]}": [0.4, 0.5] for task in train["tasks"]}
    epochs = pd.DataFrame({"epoch": [1, 2], "step": [6, 12], **values, "score": 0.5})
    epochs.to_csv(logs / "epochs.csv", index=False)
    speed = None if name == "as-drawn" else 20000.0
    facts = {
        **{"settings": train, "data_source": "sample", "device": "cpu", "epochs": EPOCHS},
        **{"encoder": {"kind": "scratch", "name": "scratch"}, "hardware": "a made-up processor"},
        **{"precision": {"requested": "bf16", "used": "fp32"}, "versions": {"torch": "2.15.0"}},
        **{"parameters": {"total": 1000, "trainable": 900}, "examples": {"sst": 700}},
        **{"train_seconds": 10.0 * seed, "total_seconds": 12.5, "tokens_per_second": speed},
    }
    (logs / "run.json").write_text(json.dumps(facts))
    scores = {}
    for task in train["tasks"]:
        own = _predictions(name, seed, task)
        own.table().to_pandas().to_parquet(predictions / f"{task}-dev.parquet")
        scores[task] = score(read_tasks(PARAMS)[task].labels, own)
    scores[OVERALL] = overall({task: own[METRIC[task]] for task, own in scores.items()})
    drawn = {task: int(steps[f"examples_{task}"].sum()) for task in trained}
    measured = {"dev": scores, "updates": len(steps), "examples": drawn}
    measured |= {"data_source": "sample", "encoder": "scratch"}
    (root / f"reports/metrics/runs/{name}-{seed}.json").write_text(json.dumps(measured))


def _predictions(name, seed, task):
    """`main` errs on 8 + seed of 40 examples, each other strategy on 2 fewer."""
    actual = np.arange(DEV) % KINDS[task]
    wrong = np.arange(DEV) < 8 + seed - 2 * (name != "main")
    values = np.where(wrong, (actual + 1) % KINDS[task], actual)
    probabilities = None
    if task != "sts":
        certain = np.eye(KINDS[task])[values] * 0.8 + 0.2 / KINDS[task]
        probabilities = certain if task == "sst" else certain[:, 1]
    ids = [f"i{place}" for place in range(DEV)]
    return Predictions(ids, actual.astype(float), values.astype(float), probabilities)


def _steps(name, trained):
    """Six steps an epoch; round_robin draws one task a step, the others all."""
    steps = np.arange(1, EPOCHS * STEPS + 1) if trained else np.array([])
    table = pd.DataFrame({"step": steps, "epoch": 1 + (steps - 1) // STEPS})
    for place, task in enumerate(trained):
        drawn = name != "round_robin" or steps % len(trained) == place
        table[f"loss_{task}"] = np.where(drawn, 1 / steps, np.nan)
        table[f"weight_{task}"] = 1.0
        table[f"examples_{task}"] = np.where(drawn, BATCH[task], np.nan)
    return table


def _cosines(name, trained, seed):
    """Every other step; sst and para conflict in half of them, by 0.1 · seed."""
    rows = [
        (step, 1 + (step - 1) // STEPS, first, second, 0.1 * seed * (-1) ** (step // 2), 2.0, 1.0)
        for step in range(1, EPOCHS * STEPS + 1, 2)
        for first, second in combinations(trained, 2)
        if name != "round_robin"
    ]
    return pd.DataFrame(rows, columns=COSINE)


def _write_summaries(folder):
    """The first examples of dev lie farthest from train."""
    (folder / "neighbours").mkdir(parents=True)
    near = {"id": [f"i{i}" for i in range(DEV)][::-1], "neighbour": ["t"] * DEV}
    near["cosine"] = np.linspace(1, 0.5, DEV)
    pd.DataFrame(near).to_parquet(folder / "neighbours" / "sst.parquet")
    sizes = {"file": "f.csv", "rows": 900, "usable": 899, "words": {"mean": 11.25, "max": 31}}
    unusable = {"sst": [{"line": 17, "reason": "text <b> | empty"}], "sts": []}
    bins = {"edges": [0.0, 2.5, 5.0], "counts": [1, 3]}
    labels = {
        "sst": {"0": 1, "1": 3},
        "sts": {"min": 0.0, "mean": 2.6, "max": 5.0, "histogram": bins},
    }
    text = {
        task: {"train": {**sizes, "unusable": unusable[task], "label_distribution": own}}
        for task, own in labels.items()
    }
    shares = {"unknown_words": 0.0612, "unknown_words_within_train": 0.05, "rows_of_train": 0.02}
    drift = {"lengths": 0.034, "labels": None, **shares, "notable": ["rows of train"]}
    text["sst"]["dev"] = {**sizes, "drift": drift}
    tokens = {task: {"train": {"tokens": 1000, "mean_tokens": 15.7}} for task in labels}
    words = {"words": ["a", "<i>film</i>"], "replaced": {"1": "movie"}}
    guards = {
        "settings": {"sentiment": "opinion_words", "antonyms": True, "numbers": False},
        **{"words_kept": {"sentiment": 7}, "candidates_refused": {"antonyms": 3}},
        "draws_refused": {},
    }
    growth = {
        **{"method": "ppdb", "seed": 1, "guards": guards, "copies_given_up": 0},
        "rows": {"before": 900, "after": 1000, "missing": 2},
        "words": {"before": 9000, "after": 9999, "replaced": 120},
        "rows_without_replaceable_words": 2,
        "examples": [{"source": "s1", "texts": {"text_a": words}}],
    }
    shared = {"train": "sst train", "held_out": "sst dev", "texts": 3, "rows": None}
    grown = {
        "tasks": {"sst": growth},
        "shared_texts": {"original": [shared], "augmented": [shared | {"texts": 4}]},
        "lexicon": {
            **{"file": "l.txt", "lines": 9, "pairs": 8},
            "broken": [{"line": 3, "reason": "no"}],
        },
    }
    for name, data in {
        "text": text,
        "tokens": {"vocabulary": 3987, "max_length": 128, "tasks": tokens},
        "augmented/synonyms": grown,
        "augmented_tokens/synonyms": {"tasks": {"sst": {"train": {"tokens": 1100}}}},
    }.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
