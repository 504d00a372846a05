"""Stands in for stages/train.py where a test is about the DAG: the same files, no training.

test_end_to_end.py holds it against the real stage.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML


def main(plan_file, seed, out, record, *options):
    plan = YAML(typ="safe").load(Path(plan_file))
    trained = [t for t in plan["train"]["tasks"] if t not in plan["train"]["evaluation_only"]]
    predictions, logs = Path(out) / "predictions", Path(record)
    (Path(out) / "best").mkdir(parents=True)
    predictions.mkdir()
    logs.mkdir(parents=True)
    (Path(out) / "best" / "settings.json").write_text(json.dumps([plan["train"], seed]))
    for task, files in plan["tokens"].items():
        for split in {"dev"} | ({"test"} - {o.removeprefix("--no-") for o in options}):
            rows = pq.read_table(files[split]["path"], columns=["id", "label"])
            labels = plan["tasks"][task]["labels"]
            width = labels["count"] if labels["kind"] == "classes" else 1
            order = [[i * int(seed) % 7 + j for j in range(width)] for i in range(len(rows))]
            outputs = [[value / 7 for value in row] for row in order]
            rows = rows.append_column("output", pa.array(outputs, pa.list_(pa.float32())))
            pq.write_table(rows, predictions / f"{task}-{split}.parquet")
    write_logs(logs, plan, trained, int(seed))


def write_logs(logs, plan, trained, seed):
    columns = ["step", "epoch", "tasks", "learning_rate", "loss", *(f"loss_{t}" for t in trained)]
    columns += [*(f"weight_{t}" for t in trained), "gradient_norm", "tokens", "tokens_per_second"]
    columns += [f"examples_{t}" for t in trained]
    many = len(trained)
    values = [1, 1, "+".join(trained), 1e-3, 1.0, *[0.5] * many, *[1] * many, 1.0, 99, 9]
    write_csv(logs / "steps.csv", columns, [*values, *[4] * many])
    scores = [f"{task}_{metric}" for task, metric in plan["metrics"].items()]
    write_csv(
        logs / "epochs.csv", ["epoch", "step", *scores, "score"], [1, 1, *[0.5] * len(scores), 0.5]
    )
    pair = ["step", "epoch", "first", "second", "cosine", "norm_first", "norm_second"]
    write_csv(logs / "conflicts.csv", pair, [1, 1, trained[0], trained[-1], 0.1, 1.0, 1.0])
    part = {"total": 10, "trainable": 10}
    choice = {"requested": "fp32", "used": "fp32", "reason": ""}
    facts = {
        **{key: plan[key] for key in ("strategy", "data_source")},
        **{"seed": seed, "settings": plan["train"], "device": "cpu", "hardware": "none"},
        **{"encoder": {key: plan["encoder"][key] for key in ("kind", "name")}},
        **{"threads": 1, "processes": 1},
        **{"versions": {"python": "3", "mtbert": "0.1.0+stub"}, "precision": choice},
        **{"layout": choice, "parameters": {**part, "parts": {"encoder": part}}},
        **{"examples": dict.fromkeys(trained, 40), "epochs": 1, "steps": 1, "best_epoch": 1},
        **{"real_tokens": 99, "packed_share": 0.95, "tokens_per_second": 9.0},
        **{f"{phase}_seconds": 0.1 for phase in ("ahead", "setup", "train", "total")},
        "joules": {"processor": None, "gpu": None},
        "resumed_after": None,
    }
    (logs / "run.json").write_text(json.dumps(facts))


def write_csv(path, columns, row):
    path.write_text(",".join(columns) + "\n" + ",".join(map(str, row)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
