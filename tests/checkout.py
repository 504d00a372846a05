"""A copy of the project in which the real pipeline runs on a handful of rows and steps."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from tiny import ROOT

# Connections fail in every process of the pipeline: on the sample, not even download needs one.
NO_NETWORK = """
import socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX:
        raise OSError(f"the test cuts the network off: {address}")
    return _connect(self, address)
socket.socket.connect = connect
"""


@dataclass
class Project:
    """A checkout with its own git repository, DVC cache and small params."""

    folder: Path
    offline: Path
    programs: Path  # where python, mtbert and dvc start fast

    @property
    def environment(self):
        """What commands run in: byte-code writing on, the network off."""
        who = {"NAME": "t", "EMAIL": "t@example.org"}
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
            **{f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who},
            **{"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
            "PATH": os.pathsep.join(
                [str(self.programs), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            # The packages of this copy also where a stage stands in a folder below, as in studies/.
            "PYTHONPATH": f"{self.offline}{os.pathsep}{self.folder}",
        }

    def run(self, *words, ok=True):
        """Run a command; return what it prints."""
        options = {"cwd": self.folder, "env": self.environment, "stderr": subprocess.STDOUT}
        done = subprocess.run(words, **options, stdout=subprocess.PIPE, text=True, check=False)
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def repro(self, *words):
        """Run `dvc repro`; return the stages that it executed."""
        return executed(self.run("dvc", "repro", *words))

    def experiment(self, *words):
        """Run `dvc exp run` with `-S` changes, then put the workspace back; return the stages."""
        printed = self.run("dvc", "exp", "run", *(part for word in words for part in ("-S", word)))
        self.restore()
        return executed(printed)

    def restore(self):
        """Go back to the commit, outputs included."""
        self.run("git", "reset", "-q", "--hard")
        self.run("git", "clean", "-fdq")  # files of strategies and sets that the commit has not
        self.run("dvc", "checkout", "-q")

    def copy(self, folder):
        """Copy the sources alone, as an archive of them would hold."""
        for name in self.run("git", "ls-files").splitlines():
            if not name.startswith("reports/") and not name.endswith("dvc.lock"):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.folder / name, target)
        return Project(folder, self.offline, self.programs)

    def commit(self):
        """Commit everything."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", "state")


def executed(printed):
    """Names of the stages that DVC says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", printed))


def arriving(project, run):
    """Check that each usable row of the files of a run's tasks is in its tables, once, in order.

    Returns the number of rows by task and split.
    """
    data, counts = project.folder / "data", {}
    params = YAML(typ="safe").load(project.folder / "params.yaml")
    summary = json.loads((data / "summaries" / "text.json").read_text())
    for path in sorted((data / "predictions" / run).glob("*.parquet")):
        task, _, split = path.stem.rpartition("-")
        name, file = params["tasks"][task]["columns"].get("id"), params["tasks"][task]["files"]
        for part in ("train", split):
            source, facts = data / "raw" / "corpora" / task / file[part], summary[task][part]
            if source.suffix == ".parquet":
                frame = pd.read_parquet(source)
            else:
                separator = "\t" if "\t" in source.read_text() else ","
                frame = pd.read_csv(source, sep=separator, keep_default_na=False)
            ids = frame[name] if name else [f"{part}-{row}" for row in range(1, len(frame) + 1)]
            unusable = {row["line"] for row in facts["unusable"]}  # of Parquet, rows
            usable = [str(own) for row, own in enumerate(ids, 1) if row not in unusable]
            assert (facts["rows"], facts["usable"]) == (len(frame), len(usable))
            tables = [data / kind / task / f"{part}.parquet" for kind in ("text", "tokens")]
            for table in [*tables, path] if part == split else tables:
                assert pd.read_parquet(table, columns=["id"])["id"].tolist() == usable
            counts[task, part] = len(usable)
    return counts


def build(place, programs, *, stub):
    """Copy the sources, shrink them, commit them; nothing is run yet."""
    folder, offline = place / "mtbert", place / "offline"
    shutil.copytree(ROOT, folder, ignore=_not_source)
    offline.mkdir()
    (offline / "sitecustomize.py").write_text(NO_NETWORK)
    shrink(folder)
    if stub:
        shutil.copy(ROOT / "tests" / "pipeline" / "stub_train.py", folder / "stages" / "train.py")
    project = Project(folder, offline, programs)
    project.run("git", "init", "-q")
    project.commit()
    return project


def _not_source(folder, names):
    """What a checkout does not bring along."""
    place = Path(folder).relative_to(ROOT)
    drop = {".git", ".venv", ".tools", "__pycache__", "dvc.lock"}
    drop |= {name for name in names if name.endswith("_cache")}
    if place == Path():
        drop |= {"dist", "site", "tests"}
    if place == Path("data"):
        drop |= set(names) - {"own", "sample", ".gitignore"}
    if place == Path("reports"):
        drop |= set(names) - {".gitignore"}
    if place.parts[:1] == ("studies",):
        drop |= {"data", "results"}
    if place.name == ".dvc":
        drop |= {"cache", "tmp", "config.local"}
    return sorted(drop & set(names))


def shrink(folder):
    """Cut the sample to some examples and training to some steps; keep all else as it is."""
    for path in (folder / "data" / "sample").glob("*.csv"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:41]))
    yaml = YAML()
    for path in (folder / "params.yaml", folder / "studies" / "params.yaml"):
        params = yaml.load(path)
        size = {"hidden_size": 16, "heads": 2, "intermediate_size": 16, "layers": 1}
        params["encoder"]["scratch"].update(size)
        params["train"]["steps"] = 3
        if "seeds" in params:
            params["seeds"] = [1]
        else:
            params["budgets"]["smoke"]["studies"]["examples"] = dict.fromkeys(
                ("sst", "para", "sts"), 20
            )
        yaml.dump(params, path)
