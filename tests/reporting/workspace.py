"""A made-up workspace after all evaluations: some strategies, two seeds, eight epochs.

`PYTHONPATH=tests:. python -m reporting.workspace FOLDER [STRATEGY …]` writes it, to look at a page
with one's own eyes.
"""

import csv
import json
import sys
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.core.tasks import read_tasks
from mtbert.experiments.plans import EncoderFiles, File, Plan, plan_of_params
from mtbert.experiments.strategies import resolve_strategy
from mtbert.training.settings import Recipe

PARAMS = Path(__file__).parents[2] / "params.yaml"
STRATEGIES: dict[str, dict[str, Any]] = {
    "main": {},
    "round_robin": {"sampler": "round_robin"},
    "joint": {"encoding": {"para": "joint", "sts": "joint"}, "heads": {"sts": "linear"}},
    "annealed": {"sampler": "anneal"},
    "four_tasks": {"tasks": ["sst", "para", "sts", "cfimdb"]},
    "sst-alone": {"evaluation_only": ["para", "sts"]},
    "as-drawn": {"evaluation_only": ["sst", "para", "sts"]},
}
N = {"sst": 1101, "para": 20212, "sts": 863, "cfimdb": 245}
BATCH = {"sst": 16, "para": 32, "sts": 16, "cfimdb": 8}
# Final dev scores of seed 0; a seed adds a little.
FINAL = {
    "main": {"sst": 0.5, "para": 0.8, "sts": 0.8},
    "round_robin": {"sst": 0.49, "para": 0.79, "sts": 0.81},
    "joint": {"sst": 0.51, "para": 0.86, "sts": 0.86},
    "annealed": {"sst": 0.5, "para": 0.81, "sts": 0.82},
    "four_tasks": {"sst": 0.49, "para": 0.8, "sts": 0.79, "cfimdb": 0.83},
    "sst-alone": {"sst": 0.52, "para": 0.45, "sts": 0.02},
    "as-drawn": {"sst": 0.14, "para": 0.55, "sts": -0.02},
}
METRIC = {"sst": "accuracy", "para": "accuracy", "sts": "pearson", "cfimdb": "accuracy"}
# Strategies whose steps have a single task.
ALONE = ("round_robin", "annealed")


def write_workspace(
    root: Path,
    *,
    names: tuple[str, ...] = ("main", "round_robin", "joint"),
    seeds: tuple[int, ...] = (1, 2),
    epochs: int = 8,
) -> None:
    """Write params.yaml, data/plans and reports below a folder."""
    params = read_yaml(PARAMS)
    params |= {"strategies": {name: STRATEGIES[name] for name in names}, "seeds": list(seeds)}
    params["report"] = {"title": "mtbert", "baseline": "main"}
    params["recipes"]["scratch"]["epochs"] = epochs
    params["data"]["source"] = "sample"
    (root / "data/plans").mkdir(parents=True)
    write_yaml(root / "params.yaml", params)
    for name in names:
        _write_plan(root / f"data/plans/{name}.yaml", name, params, epochs)
        for seed in seeds:
            _write_run(root / "reports", name, seed, epochs)
    _write_data(root / "reports/data")


def _write_plan(path: Path, name: str, params: dict[str, Any], epochs: int) -> None:
    tasks = read_tasks(PARAMS)
    recipe = validate(Recipe, {**params["recipes"]["scratch"], "epochs": epochs}, where="recipe")
    train = resolve_strategy(
        name,
        train=params["train"],
        changes=STRATEGIES[name],
        recipe=recipe,
        tasks=tasks,
        where="params",
    )
    plan = Plan(
        strategy=name,
        **plan_of_params(train, tasks, "sample"),
        encoder=EncoderFiles(folder="data/raw/encoder", kind="scratch", name="scratch", files=()),
        sequences=File(path="sequences.json", md5="0"),
        tokenizer=File(path="tokenizer.json", md5="0"),
        tokens={},
    )
    write_yaml(path, plan.model_dump(mode="json"))


def _write_run(reports: Path, name: str, seed: int, epochs: int) -> None:
    random = Random(f"{name}-{seed}")
    final = {task: value + 0.004 * seed for task, value in FINAL[name].items()}
    folder = reports / f"runs/{name}-{seed}"
    folder.mkdir(parents=True)
    trained = [task for task in final if task not in STRATEGIES[name].get("evaluation_only", ())]
    epochs = epochs if trained else 0
    _write_epochs(folder / "epochs.csv", final, epochs, random)
    _write_steps(folder / "steps.csv", name, trained, epochs, random)
    _write_conflicts(folder / "conflicts.csv", name, trained, epochs * 40)
    _write_json(folder / "run.json", _facts(name, seed, epochs))
    _write_json(reports / f"metrics/{name}-{seed}.json", _metrics(final))
    for task, count in (("sst", 5), ("para", 2), ("sts", 6), ("cfimdb", 2)):
        if task not in final:
            continue
        rows = []
        for _ in range(min(N[task], 2000) if task != "sts" else 2000):
            actual = random.randrange(count)
            near = min(count - 1, max(0, actual + random.choice((-1, 1))))
            rows.append([actual, actual if random.random() < final[task] else near])
        _write_csv(reports / f"confusion/{name}-{seed}/{task}.csv", ["actual", "predicted"], rows)


def _write_epochs(path: Path, final: dict[str, float], epochs: int, random: Random) -> None:
    header = ["epoch", "step", *(f"{task}_{METRIC[task]}" for task in final), "score"]
    rows = []
    for epoch in range(1, epochs + 1) if epochs else [0]:
        rise = (1 - 0.6**epoch) / (1 - 0.6**epochs) if epochs else 1.0
        scores = [v * (0.5 + 0.5 * rise) + random.uniform(-0.01, 0.01) for v in final.values()]
        rows.append([epoch, epoch * 40, *scores, sum(scores) / len(scores)])
    _write_csv(path, header, rows)


def _write_steps(path: Path, name: str, tasks: list[str], epochs: int, random: Random) -> None:
    header = ["step", "epoch", "tasks", "learning_rate", "loss"]
    header += [*(f"loss_{task}" for task in tasks), "gradient_norm", "tokens", "tokens_per_second"]
    header += [f"examples_{task}" for task in tasks]
    rows: list[list[Any]] = []
    for step in range(1, epochs * 40 + 1):
        epoch = 1 + (step - 1) // 40
        drawn = _drawn(name, tasks, step, (epoch - 1) / max(epochs - 1, 1))
        fall = 0.3 + 0.7 * 0.99**step
        start = {"sst": 1.6, "para": 0.7, "sts": 2.5, "cfimdb": 0.7}
        losses = {task: start[task] * fall + random.uniform(0, 0.1) for task in drawn}
        row: list[Any] = [step, epoch, "+".join(drawn), 1e-3, sum(losses.values())]
        row += [*(losses.get(task, "") for task in tasks), 1.0, 2000, 21000.5]
        rows.append([*row, *(BATCH[task] if task in drawn else "" for task in tasks)])
    _write_csv(path, header, rows)


def _drawn(name: str, tasks: list[str], step: int, progress: float) -> list[str]:
    if name == "round_robin":
        return [tasks[step % 3]]
    if name == "annealed":
        weights = [N[task] ** (1 - 0.8 * progress) for task in tasks]
        return Random(f"{name}-{step}").choices(tasks, weights)
    return tasks


def _write_conflicts(path: Path, name: str, tasks: list[str], steps: int) -> None:
    """Every fourth step; the later ones disagree more, and sst and sts most of all."""
    random = Random(f"{path.parent.name}-conflicts")
    norms = {"sst": 2.1, "para": 0.9, "sts": 0.4, "cfimdb": 1.3}
    rows: list[list[Any]] = []
    for step in range(1, steps + 1, 4) if name not in ALONE else ():
        own = {task: norms[task] * random.uniform(0.7, 1.4) for task in tasks}
        for first, second in combinations(tasks, 2):
            middle = (0.02 if "para" in (first, second) else -0.04) - 0.04 * step / steps
            cosine = f"{random.gauss(middle, 0.06):.5f}"
            sizes = [f"{own[first]:.5f}", f"{own[second]:.5f}"]
            rows.append([step, 1 + (step - 1) // 40, first, second, cosine, *sizes])
    header = ["step", "epoch", "first", "second", "cosine", "norm_first", "norm_second"]
    _write_csv(path, header, rows)


def _facts(name: str, seed: int, epochs: int) -> dict[str, Any]:
    return {
        "strategy": name,
        "seed": seed,
        "device": "cpu",
        "hardware": "2 cores of a made-up processor",
        "precision": {"asked": "bf16", "used": "fp32", "reason": "no bf16 on this device"},
        "versions": {"python": "3.11.7", "torch": "2.15.0", "transformers": "5.23.0"},
        "parameters": {"total": 1_051_271, "trainable": 1_051_271},
        "examples": {"sst": 700, "para": 1200, "sts": 600},
        "steps": epochs * 40,
        "epochs": epochs,
        "real_tokens": 640_000,
        "tokens_per_second": 21000.5 + 100 * seed if epochs else None,
        "packed_share": 0.962 if epochs else None,
        "train_seconds": 30.2 + seed,
        "total_seconds": 35.9 + seed,
        "best_epoch": max(epochs - 1, 0),
        "encoder": {"kind": "scratch", "name": "scratch"},
        "data_source": "sample",
    }


def _metrics(final: dict[str, float]) -> dict[str, Any]:
    sst, para, sts, *more = final.values()
    cfimdb = {"accuracy": more[0], "majority": 0.51, "n": N["cfimdb"]} if more else None
    return {
        "sst": {"accuracy": sst, "macro_f1": sst - 0.03, "majority": 0.2625, "n": N["sst"]},
        "para": {"accuracy": para, "f1": para - 0.05, "majority": 0.6249, "n": N["para"]},
        "sts": {"pearson": sts, "spearman": sts - 0.01, "mse": 1.1, "rmse": 1.05, "n": N["sts"]},
        **({"cfimdb": cfimdb} if cfimdb else {}),
        "overall": {
            "mean": (sst + para + sts) / 3,
            "leaderboard": (sst + para + (sts + 1) / 2) / 3,
        },
    }


def _write_data(folder: Path) -> None:
    classes = {str(label): 100 + 40 * label for label in range(5)}
    bins = {"edges": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "counts": [90, 120, 150, 130, 110]}
    histogram = {"min": 0.0, "mean": 2.6, "max": 5.0, "histogram": bins}
    labels = {"sst": classes, "para": {"0": 750, "1": 450}, "sts": histogram}
    text: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    for task, distribution in labels.items():
        text[task], counts[task] = {}, {}
        for split, rows in (("train", 900), ("dev", 200), ("test", 200)):
            text[task][split] = {
                "file": f"{task}-{split}.csv",
                "rows": rows,
                "usable": rows,
                "unusable": [],
                "label_distribution": None if split == "test" else distribution,
                "words": {"mean": 11.2, "max": 31},
            }
            counts[task][split] = {"mean_tokens": 15.7, "longest": 140, "truncated_texts": 3}
    text["para"]["train"] |= {
        "usable": 898,
        "unusable": [
            {"line": 17, "reason": "label missing"},
            {"line": 90, "reason": "text | empty"},
        ],
    }
    _write_json(folder / "text.json", text)
    tokens = {"vocabulary": 3987, "max_length": 128, "tasks": counts}
    _write_json(folder / "tokens.json", tokens)


def _write_json(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    write_workspace(Path(sys.argv[1]), names=tuple(sys.argv[2:]) or tuple(STRATEGIES))
