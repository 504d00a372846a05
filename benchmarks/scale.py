"""Write docs/scale.md and its figure from the record of benchmarks.cluster and .recording."""

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("cluster.json")
PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
WORKERS = (1, 2, 4, 8, 16, 64, 256, 1000)
MINUTES = (1, 10, 60)  # of a run
TEXT = """# Cost and scale of runs side by side

Written by `benchmarks.cluster`; do not edit.

What breaks first is the machine on which you call `mtbert run`, because it records every run.
With {most} runs in dvc.lock, a run of MiniLM's size takes {seconds:.2f} s of its CPU time, so that
it keeps up with {limit:,.0f} workers at ten minutes a run. Up to there, more workers finish
proportionally more runs.

![Runs an hour against workers](scale.svg)

| workers | {heads} |
| --: | {rule} |
{rows}

Lines and table are computed; nothing beyond 8 workers was run.

## Recording

| runs in dvc.lock | before the first starts, s | recording one, s | each further, s | workers |
| --: | --: | --: | --: | --: |
{counts}

Seconds of CPU time in a copy of this project, with {tiny:.1f} MB of files a run. Workers: computed
for MiniLM's size ({bytes:.0f} MB, {extra:.2f} s more a run) and ten minutes a run. "Each further":
in a batch of {batch}; larger batches take more a run, how much was not measured.

Recording a single run takes so long because DVC reads dvc.yaml and rewrites all of dvc.lock. That
only delays: runs that end meanwhile are recorded together, and workers start their next run at
once. With a DVC remote, this machine also pulls the files of each run, one run after the other: at
100 MB/s, {pull:.1f} s more for MiniLM's size, which leaves {remote:,.0f} workers (computed).

Medians of {turns}, the second column once; commit {commit}, {processor}, while
other processes used its two cores, too.

## Side by side on {cores} cores

Eight tiny runs, {steps} steps each, trained and evaluated; the same bits in every case.

| how | seconds | times the serial speed |
| :-- | --: | --: |
| `dvc repro`, one after the other | {serial:.0f} | 1 |
{measured}

Importing torch is most of a tiny run: workers do it once. Real runs gain as much as there are
cores or GPUs for. Every run had one thread, those of `dvc repro` as well, which by default have all
cores.

## Nodes that die

In {where}, two nodes worked on {runs} runs; {killed} times one of them was killed (SIGKILL) at a
random moment and replaced. Every run was finished once, with the bits of a serial `dvc repro`;
{again} runs were started again.

## A remote that goes away

For {away} s a file took the remote's place, in which nothing can be stored: all {kept} runs were
finished and recorded by the same command.

## How far to trust this

Runs side by side, nodes and the remote were measured once each, on {older}.
Nodes were processes of one machine, the remote was a folder on the same disk. Networks and
fractions of GPUs are unmeasured.

```sh
python -m benchmarks.cluster
```
"""


def write_page(record: dict[str, Any]) -> None:
    """Write record, page and figure."""
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    PAGE.write_text(page(record))
    draw_figure(record, PAGE.with_name("scale.svg"))


def page(record: dict[str, Any]) -> str:
    """The page, from the record alone."""
    recording, rate, kills = (record[part] for part in ("recording", "rate", "kills"))
    sizes, counts, sessions = recording["sizes"], recording["counts"], kills["sessions"]
    most = max(counts, key=int)
    seconds, pull = seconds_per_run(recording, most), sizes["MiniLM"]["bytes"] / 100e6
    rates = {m: [runs_an_hour(n, m, seconds) for n in WORKERS] for m in MINUTES}
    rows = [
        f"| {n:,} | {' | '.join(f'{rates[m][i]:,.0f}' for m in MINUTES)} |"
        for i, n in enumerate(WORKERS)
    ]
    measured = [
        f"| `mtbert run --jobs {jobs}` | {took:.0f} | {rate['serial'] / took:.2f} |"
        for jobs, took in rate["jobs"].items()
    ]
    batches = [
        f"| {count} | {own['start']:.1f} | {own['single']:.1f} "
        f"| {each_further(recording, own):.2f} | {600 / seconds_per_run(recording, count):,.0f} |"
        for count, own in counts.items()
    ]
    return TEXT.format(
        **{"most": most, "seconds": seconds, "limit": 600 / seconds, "rows": "\n".join(rows)},
        **{"heads": " | ".join(f"{m} min a run" for m in MINUTES)},
        **{"rule": " | ".join("--:" for _ in MINUTES), "counts": "\n".join(batches)},
        **{"tiny": sizes["tiny"]["bytes"] / 1e6, "bytes": sizes["MiniLM"]["bytes"] / 1e6},
        **{"extra": extra_of_minilm(recording), "pull": pull, "remote": 600 / (seconds + pull)},
        **{key: recording[key] for key in ("batch", "turns", "commit", "processor")},
        **{key: rate[key] for key in ("cores", "steps", "serial")},
        **{"measured": "\n".join(measured), "older": origins(rate, kills, record["remote"])},
        **{"where": "one session" if sessions == 1 else f"{sessions} sessions"},
        **{key: kills[key] for key in ("runs", "killed", "again")},
        **{"away": record["remote"]["seconds"], "kept": record["remote"]["runs"]},
    )


def origins(*parts: dict[str, Any]) -> str:
    """Processors and commits of parts of the record."""
    names = (f"{part['processor']}, at commit {part['commit']}" for part in parts)
    return "; ".join(dict.fromkeys(names))


def each_further(recording: dict[str, Any], own: dict[str, float]) -> float:
    """Seconds of each run of a batch but the first."""
    return (own["batch"] - own["single"]) / (recording["batch"] - 1)


def extra_of_minilm(recording: dict[str, Any]) -> float:
    """Seconds that a run of MiniLM's size takes longer than a tiny one."""
    sizes = recording["sizes"]
    return each_further(recording, sizes["MiniLM"]) - each_further(recording, sizes["tiny"])


def seconds_per_run(recording: dict[str, Any], count: str) -> float:
    """Seconds of each further run of MiniLM's size, with so many runs in dvc.lock."""
    return each_further(recording, recording["counts"][count]) + extra_of_minilm(recording)


def runs_an_hour(workers: int, minutes: float, seconds: float) -> float:
    """Runs an hour where each takes some minutes of a worker and some seconds of the driver."""
    return 3600 / max(60 * minutes / workers, seconds)


def draw_figure(record: dict[str, Any], path: Path) -> None:
    """Runs an hour against workers: points measured, lines computed."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "mtbert"
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes, workers = figure.add_subplot(), [2**i for i in range(13)]
    recording, jobs = record["recording"], record["rate"]["jobs"]
    seconds = seconds_per_run(recording, max(recording["counts"], key=int))
    for minutes in MINUTES:
        rates = [runs_an_hour(n, minutes, seconds) for n in workers]
        axes.plot(workers, rates, label=f"MiniLM, {minutes} min a run (computed)")
    points = [3600 * 8 / took for took in jobs.values()]
    label = f"tiny runs, {record['rate']['cores']} cores (measured)"
    axes.plot([int(n) for n in jobs], points, "ko", label=label)
    axes.set(xscale="log", yscale="log", xlabel="workers", ylabel="runs an hour")
    axes.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
