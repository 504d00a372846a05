"""Refresh what the README shows of the pipeline: `python docs/readme.py stages` or `… tour`.

`stages` takes the table of stages from dvc.yaml; `tour` runs DVC's commands in a clone of the last
commit, with this checkout's cache, and shows what they print. The results are `make readme`'s.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
# A command and the lines of its output to show; the others become one "…".
TOUR: list[tuple[str, str]] = [
    (
        "dvc exp run -n rr -S train.sampler=round_robin",
        r"Running stage|didn't change|is cached|^Ran|applied",
    ),
    ("dvc params diff", "."),
    ("dvc metrics diff --targets reports/metrics/main-1.json", "."),
    (
        "dvc exp show --md --drop .* --keep Experiment|train.sampler|.*main-1.json:overall.mean",
        ".",
    ),
    ("dvc plots diff", "."),
    ("dvc exp run --queue -n slow -S train.sampler=sequential", "."),
    ("dvc exp run --queue -n short -S train.sampler={name:all_tasks,stop:shortest}", "."),
    ("dvc queue start", "."),
    ("dvc queue status", "."),
]


def stages_table() -> str:
    """The stages of dvc.yaml as a Markdown table."""
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    axes = {
        name: "-".join(f"<{axis}>" for axis in row.get("matrix", ()))
        for name, row in stages.items()
    }
    rows = [
        f"| `{name}{'@' if axes[name] else ''}{axes[name]}` | {row['desc']} |"
        for name, row in stages.items()
    ]
    return "\n".join(["| stage | what it does |", "| :-- | :-- |", *rows])


def tour() -> str:
    """The commands of the tour with their real output, from a clone of the last commit."""
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "mtbert"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        cache = f"[cache]\n    dir = {ROOT / '.dvc' / 'cache'}\n"
        (clone / ".dvc" / "config.local").write_text(cache)
        subprocess.run(["dvc", "checkout", "-q", "dvc.yaml"], cwd=clone, check=True)
        blocks = []
        for command, shown in TOUR:
            words = command.split()
            told = subprocess.run(words, cwd=clone, text=True, capture_output=True, check=False)
            text = (told.stdout + told.stderr).replace(str(clone), "<project>")
            if told.returncode:
                raise SystemExit(f"{command}: exit code {told.returncode}\n{text}")
            if command == "dvc queue start":
                for name in ("slow", "short"):
                    subprocess.run(["dvc", "queue", "logs", "-f", name], cwd=clone, check=True)
            quoted = " ".join(f"'{w}'" if re.search(r"[*|{]", w) else w for w in words)
            blocks.append(f"$ {quoted}\n{excerpt(text, shown)}".rstrip())
    return "```console\n" + "\n\n".join(blocks) + "\n```"


def excerpt(text: str, shown: str) -> str:
    """Keep the lines that match; put one … where others were left out."""
    lines: list[str] = []
    for line in text.splitlines():
        if re.search(shown, line):
            lines.append(line.rstrip())
        elif line.strip() and lines[-1:] != ["…"]:
            lines.append("…")
    return "\n".join(lines)


def refresh(name: str, block: str) -> None:
    """Put a block between its marks in the README."""
    path = ROOT / "README.md"
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, rest = path.read_text(encoding="utf-8").split(begin)
    tail = rest.split(end)[1]
    path.write_text(f"{head}{begin}\n\n{block}\n\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        refresh(wanted, {"stages": stages_table, "tour": tour}[wanted]())
