"""dvc.yaml and params.yaml of a new project, made from the ones that this version is tested with.

The code is installed, not part of the project, so no stage depends on its files; each depends on
the version in params.yaml instead. Augmentation is left out: it needs lexicons first.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from io import StringIO
from typing import Any

from mtbert.core.params import read_yaml
from mtbert.stages import PROJECT

VERSION = "mtbert"  # section of params.yaml: the version that the project runs on
LEFT_OUT = ("lexicons", "augment")
CODE = ("mtbert/", "stages/", "data/own", "data/sample")
COMMAND = 500  # characters, so that no command is folded
HEADING = """\
# The pipeline of mtbert {version}: `dvc repro` runs what changes in params.yaml or files call for.

"""
NOTE = """\
# Version of mtbert that the project runs on. After an upgrade, write the new one here: all stages
# then run again.
"""


def pipeline_text(folders: Sequence[str]) -> str:
    """The content of dvc.yaml for tasks whose files lie in some folders."""
    stages = {}
    for name, stage in read_yaml(PROJECT / "dvc.yaml")["stages"].items():
        # Stages of each set of new rows, and of their lexicons
        if name == "download_lexicons" or "${augment." in str(stage):
            continue
        deps = [
            dep for dep in stage["deps"] if not dep.startswith((*CODE, "data/tokens_augmented"))
        ]
        if name == "download_corpora":
            deps = [*folders, *deps]
        params = [key for key in stage.get("params", []) if key.split(".")[0] not in LEFT_OUT]
        own = {"desc": stage["desc"], "cmd": None, "deps": deps, "params": [VERSION, *params]}
        own |= {key: value for key, value in stage.items() if key not in own}
        own["cmd"] = " ".join(stage["cmd"].split()).replace("-m stages.", "-m mtbert.stages.")
        order = ("desc", "matrix", "cmd", "deps", "params", "outs", "metrics")
        stages[name] = {key: own[key] for key in order if own.get(key)}
    return HEADING.format(version=version("mtbert")) + _dump({"stages": stages}, width=COMMAND)


def params_text(values: Mapping[str, Any]) -> str:
    """The content of params.yaml, comments included, with some values replaced: key → value.

    The key of a value inside a section is `section.key`.
    """
    paragraphs = (PROJECT / "params.yaml").read_text(encoding="utf-8").split("\n\n")
    kept = [p for p in paragraphs if not any(f"\n{name}:" in f"\n{p}" for name in LEFT_OUT)]
    kept.insert(1, NOTE + _dump({VERSION: version("mtbert")}).rstrip())
    lines = "\n\n".join(kept).splitlines()
    for key, value in values.items():
        lines = _replace(lines, key.split("."), value)
    return "\n".join(lines) + "\n"


def _replace(lines: list[str], keys: Sequence[str], value: Any) -> list[str]:
    """Replace what stands behind a key: the rest of its line, and deeper lines below."""
    at = 0
    for depth, key in enumerate(keys):
        begin = "  " * depth + f"{key}:"
        at = next(n for n, line in enumerate(lines) if n >= at and line.startswith(begin))
    depth = len(keys) - 1
    end = at + 1
    while end < len(lines) and lines[end].startswith("  " * (depth + 1)):
        end += 1
    new = ["  " * depth + line for line in _dump({keys[-1]: _flow(value, depth)}).splitlines()]
    return [*lines[:at], *new, *lines[end:]]


def _flow(value: Any, depth: int) -> Any:
    """Write mappings in braces, but those at the top of a section; lists in brackets."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, Mapping):
        entries = CommentedMap({key: _flow(own, depth + 1) for key, own in value.items()})
        if depth > 1 or not any(isinstance(own, Mapping) for own in value.values()):
            entries.fa.set_flow_style()
        return entries
    if isinstance(value, list | tuple):
        items = CommentedSeq(value)
        items.fa.set_flow_style()
        return items
    return value


def _dump(data: Mapping[str, Any], *, width: int = 96) -> str:
    from ruamel.yaml import YAML

    yaml, text = YAML(), StringIO()
    yaml.width = width
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(dict(data), text)
    return text.getvalue()
