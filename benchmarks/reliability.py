"""Write docs/reliability.md from the records of benchmarks.faults and benchmarks.fuzz."""

import fcntl
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reliability.md"
FAULTS, FUZZ = (Path(__file__).with_name(f"{name}.json") for name in ("faults", "fuzz"))
CUT = "a file of DVC is cut off"
GRACE = 10.0  # seconds that a stage may outlive what was killed
TEXT = """# Reliability

Written by `benchmarks.faults` and `benchmarks.fuzz`; do not edit.

## Kills, and writes that fail

**Went wrong: {wrong} of {trials:,}.** {where}

Each of {trials:,} trials broke a run of a stage in a tiny copy of the project, {kills:,} by a
signal at a random moment, {writes:,} by a write that failed and all after it (a short write: that
one). Then `dvc repro --force` ran the stage again. It went wrong where that was refused, where a
file differed from an undisturbed run's (times aside), where a stage outlived what was killed by
{grace:.0f} s (the longest: {longest} s), or where a failed write ended in a traceback, in another
exit code than 1, or without a file's name. DVC and stages were forks of one process that had
imported torch before, with the parents and the sessions that they have in life.
DVC writes dvc.lock and .dvc/tmp/rwlock in place. Where it was killed just then ({cuts} times) the
file had to be deleted before the next run; that counts as wrong, too.

{tables}

```sh
{command}
```

## Broken input

**Went wrong: {failed} of {inputs:,}; on the last commit {last_failed} of {last:,}.** {versions}

{inputs:,} broken files were given to their readers, each to be read or refused with a message.
Anything else counts as wrong: a traceback; a hang of more than 5 seconds; other content, where a
file is under a checksum.

{readers}

```sh
{fuzz_command}
```

## The same run, the same bits

Training asks torch for kernels that repeat their results, and no option turns that off.
`mtbert verify` scores a run again.
"""


def commit() -> str:
    """The commit of this checkout, shortened."""
    words = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def append(record: Path, run: Mapping[str, Any], trial: Mapping[str, Any] | None = None) -> None:
    """Add a run, or a trial to it, though other processes add theirs, and write the page."""
    folder = os.open(record.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        runs = recorded(record)
        if trial is None or not (same := [own for own in runs if own.items() >= run.items()]):
            runs.append({**run, **({} if trial is None else {"trials": [trial]})})
        else:
            same[0]["trials"].append(trial)
        text = json.dumps(runs, indent=1)
        # What holds nothing else stands on a line.
        text = re.sub(r"\{\n[^{}]*\}", lambda found: " ".join(found[0].split()), text)
        record.write_text(text + "\n")
        PAGE.write_text(page(recorded(FAULTS), recorded(FUZZ)))
    finally:
        os.close(folder)


def recorded(record: Path) -> list[dict[str, Any]]:
    return json.loads(record.read_text()) if record.is_file() else []


def page(broken: Sequence[Mapping[str, Any]], fuzzed: Sequence[Mapping[str, Any]]) -> str:
    """The page, of the trials of runs that broke a stage, and of all broken input of runs."""
    trials = [trial for run in broken for trial in run["trials"] if trial["ran"]]
    counts = Counter(trial["kind"] for trial in trials)
    orphans = [trial["orphan"] for trial in trials if trial["kind"] == "kill"]
    rows: dict[str, Counter[str]] = {}
    for run in fuzzed:
        for name, results in run["readers"].items():
            rows.setdefault(name, Counter()).update(results)
    inputs = sum((row for row in rows.values()), Counter[str]())
    last = sum(map(Counter, fuzzed[-1]["readers"].values() if fuzzed else ()), Counter[str]())
    return TEXT.format(
        **{"trials": len(trials), "kills": counts["kill"], "writes": counts["write"]},
        **{"grace": GRACE, "longest": max(orphans, default=0), "where": at(broken)},
        wrong=sum(bool(trial["wrong"]) for trial in trials),
        cuts=sum(trial["wrong"] == CUT for trial in trials),
        tables="\n\n".join(trial_table(trials, key) for key in ("case", "stage")),
        **{"inputs": inputs.total(), "failed": failed(inputs), "readers": reader_table(rows)},
        **{"last": last.total(), "last_failed": failed(last), "versions": at(fuzzed)},
        command=broken[-1]["command"] if broken else "",
        fuzz_command=fuzzed[-1]["command"] if fuzzed else "",
    )


def at(runs: Sequence[Mapping[str, Any]]) -> str:
    """Say of which commits and versions the runs are."""
    if not runs:
        return ""
    commits = ", ".join(dict.fromkeys(run["commit"] for run in runs))
    versions = {key: value for key, value in runs[-1]["versions"].items() if key != "mtbert"}
    return f"Commits: {commits}; " + ", ".join(f"{k} {v}" for k, v in versions.items()) + "."


def failed(results: Mapping[str, int]) -> int:
    return sum(count for name, count in results.items() if name not in ("read", "refused"))


def trial_table(trials: Sequence[Mapping[str, Any]], key: str) -> str:
    counts = Counter(trial[key] for trial in trials)
    wrong = Counter(trial[key] for trial in trials if trial["wrong"])
    lines = [f"| {key} | trials | went wrong |", "| :-- | --: | --: |"]
    lines += [f"| {name} | {count} | {wrong[name]} |" for name, count in sorted(counts.items())]
    return "\n".join(lines)


def reader_table(rows: Mapping[str, Mapping[str, int]]) -> str:
    lines = ["| file | read | refused | went wrong |", "| :-- | --: | --: | --: |"]
    for name, row in sorted(rows.items()):
        lines.append(f"| {name} | {row['read']:,} | {row['refused']:,} | {failed(row)} |")
    return "\n".join(lines)
