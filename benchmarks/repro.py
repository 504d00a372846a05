"""CPU time of a `dvc repro` that has nothing to do, against a project with as many bare stages.

`python -m benchmarks.repro` in a project whose `dvc status` is clean writes repro.json, of which
benchmarks.pages makes a line of engine.md and fp32.md.
"""

import json
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

TURNS = 5  # there and back
RECORD = Path(__file__).with_name("repro.json")
DVC = [sys.executable, "-m", "dvc"]


def cpu_seconds(folder: Path) -> float:
    """CPU time of one `dvc repro`, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*DVC, "repro", "-q"], cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_pipeline(stages: int) -> dict[str, dict[str, object]]:
    """dvc.yaml of so many stages, each with the output of the one before as its only input."""
    return {
        "stages": {
            f"stage{n}": {"cmd": f"echo {n} > {n + 1}", "deps": [str(n)], "outs": [str(n + 1)]}
            for n in range(stages)
        }
    }


def measure(project: Path) -> dict[str, object]:
    """Run both in turns; the medians, in seconds, and their ratio."""
    subprocess.run([*DVC, "status", "-q"], cwd=project, check=True)  # fails where there is work
    listed = subprocess.run(
        [*DVC, "stage", "list"], cwd=project, check=True, capture_output=True, text=True
    )
    stages = len(listed.stdout.splitlines())
    with TemporaryDirectory() as name:
        bare = Path(name)
        (bare / "0").write_text("")
        (bare / "dvc.yaml").write_text(json.dumps(bare_pipeline(stages)))
        for command in (["git", "init", "-q"], [*DVC, "init", "-q"], [*DVC, "repro", "-q"]):
            subprocess.run(command, cwd=bare, check=True)
        (bare / ".dvc/config").write_text((project / ".dvc/config").read_text())
        turns = [[cpu_seconds(at) for at in (bare, project, project, bare)] for _ in range(TURNS)]
    ours = median(t for turn in turns for t in turn[1:3])
    theirs = median(t for turn in turns for t in (turn[0], turn[3]))
    seconds = {"project": round(ours, 3), "bare": round(theirs, 3)}
    return {"stages": stages, **seconds, "ratio": round(ours / theirs, 2), "dvc": version("dvc")}


if __name__ == "__main__":
    RECORD.write_text(json.dumps(measure(Path.cwd()), indent=2) + "\n")
    print(RECORD.read_text(), end="")
