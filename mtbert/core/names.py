"""Names that become parts of stages, paths and command lines, and names of places."""

import re
from collections.abc import Mapping
from pathlib import Path

from mtbert.core.documents import MAPPING, read_yaml
from mtbert.core.errors import InputError
from mtbert.core.seeds import read_seeds

LONGEST = 64
# In ASCII: what no shell, file system or template of DVC takes for anything but a name
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def check_name(name: object, *, where: str, dots: bool = False) -> str:
    """Give a name as text, if it has letters, digits, `_` and `-` alone and at most 64 of them.

    Names of files and folders may have `dots` too; in keys of params.yaml a dot parts two keys.

    Raises:
        InputError: it does not; `where` opens the message.
    """
    word = str(name)
    if NAME.fullmatch(word) and len(word) <= LONGEST and (dots or "." not in word):
        return word
    signs = "_, . and" if dots else "_ and"
    raise InputError(
        f"{where}: a name has letters a-z, A-Z, digits, {signs}, inside, - only, begins with a "
        f"letter or digit and has at most {LONGEST} characters, found {name!r}"
    )


def without_place(source: str) -> str:
    """Of a folder outside the project the last part: what a run writes names no home."""
    path = Path(source)
    outside = path.is_absolute() or source.startswith("~") or ".." in path.parts
    return path.name if outside else source


def check_pipeline_names(params: Path) -> None:
    """Check every name that dvc.yaml puts into commands: sets, strategies, ensembles and seeds.

    A section that the file does not have is not checked.

    Raises:
        InputError: a name does not fit, or a section is not a mapping.
    """
    sections = read_yaml(params)
    augment = sections.get("augment")
    named = {
        "augment.sets": augment.get("sets") if isinstance(augment, Mapping) else augment,
        **{key: sections.get(key) for key in ("strategies", "ensembles")},
    }
    for place, names in named.items():
        if not isinstance(names, Mapping | None):
            raise InputError(f"{params}: {place}: {MAPPING}, found {names!r}")
        for name in names or ():
            check_name(name, where=f"{params}: {place}")
    if "seeds" in sections:
        read_seeds(params)
