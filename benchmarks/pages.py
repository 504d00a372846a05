"""What benchmarks.engine measured, as a page, a figure and a line of the README.

`python -m benchmarks.pages README.md` refreshes that line from engine.json.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.arms import SHAPES
from mtbert.reporting.results import refresh

# Why a target may not be met
LIMITS = (
    "Joint pairs in batches of similar length have as little padding as packed rows; ours keep "
    "the order of the data. Terms take a pass for each task, as `per-task gradients` do: that "
    "factor comes on top of FGM's 2 passes and PGD's 10/3. PCGrad pays it, too. A bare stage has "
    "one input, ours have six on average: hashing them takes a sixth of a `dvc repro` without "
    "work, most of it folders of code, and reading params.yaml anew for eleven stages a twelfth."
)
# Said of records of version 0.2
CASTS = " Version 0.2 cast all weights anew in each pass in bf16, which later ones do once a step."
RECORD = Path(__file__).with_name("engine.json")


def flops(shape: str, own: Sequence[int] = ()) -> float:
    """FLOPs of a token, forward and backward, without attention's products (0.5 % here).

    `own` are layers, hidden size and intermediate size of the plan's encoder.
    """
    if shape == "own":
        layers, hidden, inner = own
    else:
        layers, hidden = SHAPES[shape]["num_hidden_layers"], SHAPES[shape]["hidden_size"]
        inner = 4 * hidden
    return 6.0 * layers * (4 * hidden**2 + 2 * hidden * inner)


def render(report: Mapping[str, Any]) -> str:
    """The page."""
    peak = report["peak"]["before"]
    peaks = ", ".join(f"{value / 1e9:,.0f} GFLOP/s in {name}" for name, value in peak.items())
    lines = [
        "# The engine, side by side",
        "Written by `python -m benchmarks.engine`; do not edit.",
        f"{report['hardware']}, threads: {report['threads']}. Peak, a product of two matrices of "
        f"2048 × 2048: {peaks}.",
        "Tokens are real ones, per second of CPU time; ratios are of the first arm to each, median "
        f"(quartiles) over {report['order']}. Gate, in fp32 without dropout: losses of ours and "
        f"of the padded loop differ by {report['gate']:.0e} at most.",
    ]
    casts = CASTS if report["versions"]["mtbert"].startswith("0.2") else ""
    lines += ["## Targets", f"{targets_table(report)}\n{no_op()}", LIMITS + casts]
    for name, arms in report["comparisons"].items():
        lines += [f"## {name}", table(name, arms, peak, report["encoder"])]
    if report.get("solvers"):
        lines += ["## aggregators: weights of three tasks", solver_table(report["solvers"])]
    versions = ", ".join(f"{key} {value}" for key, value in report["versions"].items())
    lines += [f"{versions}.", f"```sh\n{report['command']}\n```"]
    return "\n\n".join(lines) + "\n"


def table(
    name: str, arms: Mapping[str, Any], peak: Mapping[str, float], encoder: Sequence[int]
) -> str:
    """One comparison."""
    unit = "texts/s" if name.startswith("inference") else "tokens/s"
    first = next(iter(arms))
    rows = [
        f"| | {unit} | {first} / this | of the peak | real tokens | memory, MB |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    for arm, row in arms.items():
        low, middle, high = row["first_to_this"]
        share = "–" if unit == "texts/s" else f"{of_peak(row, peak, encoder):.0%}"
        fill = "–" if unit == "texts/s" else f"{row['fill']:.1%}"
        ratio = f"{middle:.2f} ({low:.2f} – {high:.2f})"
        rate, memory = f"{row['per_second']:,.0f}", f"{row['memory']:,}"
        rows.append(f"| {arm} | {rate} | {ratio} | {share} | {fill} | {memory} |")
    return "\n".join(rows)


def of_peak(row: Mapping[str, Any], peak: Mapping[str, float], encoder: Sequence[int]) -> float:
    """Share of the machine's peak that an arm's real tokens need."""
    spec = row["spec"]
    return float(row["per_second"] * flops(spec["shape"], encoder) / peak[spec["precision"]])


class Target(NamedTuple):
    """What we want of a comparison, and what was measured."""

    text: str
    value: float
    bound: float
    at_least: bool

    def __str__(self) -> str:
        value = round(self.value, 2)  # as shown
        met = value >= self.bound if self.at_least else value <= self.bound
        bound = f"{'≥' if self.at_least else '≤'} {self.bound:.2f}"
        return f"| {self.text} | {bound} | {value:.2f} | {'yes' if met else 'no'} |"


def no_op() -> Target:
    """What benchmarks.repro measured, on a machine and a day of its own."""
    ratio = json.loads(RECORD.with_name("repro.json").read_text())["ratio"]
    return Target("`dvc repro` without work, in those of as many bare stages", ratio, 1.3, False)


def targets_table(report: Mapping[str, Any]) -> str:
    """The targets that the report's comparisons decide."""
    lines = ["| | target | measured | met |", "| :-- | --: | --: | :-- |"]
    for name, arms in report["comparisons"].items():
        peak, encoder = report["peak"]["before"], report["encoder"]
        lines += map(str, targets(name, arms, peak, encoder))
        if name.startswith("surgery"):
            lines += map(str, solver_targets(report.get("solvers", {}), arms["pcgrad"]))
    return "\n".join(lines)


def targets(
    name: str, arms: Mapping[str, Any], peak: Mapping[str, float], encoder: Sequence[int]
) -> Iterator[Target]:
    """Targets of one comparison; the machine's peak is reached in large products alone."""
    kind, bf16 = name.split()[0], "bf16" in name
    ratio = {arm: row["first_to_this"][1] for arm, row in arms.items()}
    if "trainer" in arms:
        shares = {"own": 0.25 if bf16 else 0.65, "bert-base": 0.40 if bf16 else 0.75}
        yield Target(
            f"{name}: of the peak", of_peak(arms["ours"], peak, encoder), shares[kind], True
        )
        bounds = {"trainer": 3.0 if bf16 else 2.0}
        bounds |= dict.fromkeys(("grouped", "trainer_grouped"), 1.5 if bf16 else 1.15)
        for arm, bound in bounds.items():
            yield Target(f"{name}: ours / {arm}", ratio[arm], bound, True)
    elif kind == "dropout":
        yield Target(f"{name}: its share of a step", 1 - ratio["without"], 0.05, False)
    elif kind == "surgery":
        yield Target(f"{name}: PCGrad, in plain steps", ratio["pcgrad"], 1.10, False)
        rival = ratio["TorchJD pcgrad"] / ratio["pcgrad"]
        yield Target(f"{name}: ours / TorchJD's backward", rival, 1.5, True)
    elif kind == "regularizers":
        for arm, bound in {"fgm": 2.1, "pgd": 3.5, "smart": 2.9}.items():
            yield Target(f"{name}: {arm}, in plain steps", ratio[arm], bound, False)
    elif kind == "inference":
        text = f"{name}: ours / SentenceTransformer.encode"
        yield Target(text, ratio["encode"], 1.3, True)


def solver_targets(solvers: Mapping[str, float], pcgrad: Mapping[str, Any]) -> Iterator[Target]:
    """A step of each aggregator, in steps of PCGrad: they differ in the solver's time alone."""
    for name, milliseconds in solvers.items():
        more = (milliseconds - solvers["pcgrad"]) / 1e3 / pcgrad["step"]
        yield Target(f"{name}: a step, in steps of PCGrad", 1 + more, 1.02, False)


def solver_table(solvers: Mapping[str, float]) -> str:
    """The solvers' times."""
    rows = [f"| {name} | {milliseconds:.2f} |" for name, milliseconds in solvers.items()]
    return "\n".join(["| | ms of CPU time |", "| :-- | --: |", *rows])


def draw(comparisons: Mapping[str, Any], path: Path) -> None:
    """Tokens per second of every comparison as bars; how cost grows, as lines beneath."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    shown = {
        n: arms for n, arms in comparisons.items() if not n.startswith(("inference", "growth"))
    }
    heights = [0.5 + 0.25 * len(arms) for arms in shown.values()]
    growth = [arms for name, arms in comparisons.items() if name.startswith("growth")]
    figure = plt.figure(figsize=(7, sum(heights) + 3.5 * len(growth)), layout="constrained")
    parts = figure.subfigures(
        len(shown) + len(growth), 1, squeeze=False, height_ratios=[*heights, *[3.5] * len(growth)]
    )[:, 0]
    for part, (name, arms) in zip(parts, shown.items(), strict=False):
        axis, names = part.subplots(), list(arms)
        axis.barh(names, [arms[arm]["per_second"] for arm in names], color="#3b6fb6", height=0.7)
        axis.invert_yaxis()
        axis.set_title(f"{name}: real tokens per second", fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for part, arms in zip(parts[len(shown) :], growth, strict=True):
        draw_growth(arms, part)
    with mpl.rc_context({"svg.hashsalt": "mtbert"}):
        figure.savefig(path, metadata={"Date": None})


def draw_growth(arms: Mapping[str, Any], figure: Any) -> None:
    """Tokens per second, and memory, against each size that grows."""
    series: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for arm, row in arms.items():
        number = next(int(word) for word in arm.split() if word.isdigit())
        series.setdefault(arm.replace(str(number), "").strip(), []).append((number, row))
    axes = figure.subplots(2, len(series), sharey="row", squeeze=False)
    for column, (name, points) in enumerate(series.items()):
        for axis, key in zip(axes[:, column], ("per_second", "memory"), strict=True):
            axis.plot(
                [n for n, _ in points], [row[key] for _, row in points], "o-", color="#3b6fb6"
            )
            axis.set_xscale("log", base=2)
            axis.set_xticks([n for n, _ in points], [str(n) for n, _ in points])
            axis.tick_params(labelsize=8)
            axis.spines[["top", "right"]].set_visible(False)
        axes[1, column].set_xlabel(name, fontsize=9)
    for row, key in zip(axes, ("per_second", "memory"), strict=True):
        row[0].set_ylim(0, 1.1 * max(arm[key] for arm in arms.values()))  # of all columns
    axes[0, 0].set_ylabel("real tokens per second", fontsize=8)
    axes[1, 0].set_ylabel("memory, MB", fontsize=8)


def summary(report: Mapping[str, Any]) -> str:
    """Our loop against the others, siamese and joint, in one sentence."""
    both = [report["comparisons"][f"own bf16 {encoding}"] for encoding in ("siamese", "joint")]
    ratios = {
        name: " / ".join(f"{arms[name]['first_to_this'][1]:.2f}" for arms in both)
        for name in both[0]
    }
    return (
        f"MiniLM trains on {both[0]['ours']['per_second']:,.0f} real tokens a second, on one "
        f"thread of {report['hardware']} in bf16. With siamese / joint pairs that is "
        f"{ratios['padded']} × a padded loop in PyTorch, {ratios['grouped']} × one with batches of "
        "similar length, "
        f"{ratios['trainer']} × Transformers' Trainer, {ratios['trainer_grouped']} × the same "
        "grouping by length ([benchmarks/engine.md](benchmarks/engine.md))."
    )


def record(report: Mapping[str, Any], out: Path) -> str:
    """Write the page and the figure beside the JSON file; give the page."""
    page = render(report)
    out.with_suffix(".md").write_text(page, encoding="utf-8")
    draw(report["comparisons"], out.with_suffix(".svg"))
    return page


if __name__ == "__main__":
    refresh(Path(sys.argv[1]), [summary(json.loads(RECORD.read_text()))], mark="speed")
