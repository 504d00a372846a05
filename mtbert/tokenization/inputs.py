"""What tokenization is given: a folder of TEXT tables, an encoder's config.json."""

from pathlib import Path

from mtbert.errors import InputError
from mtbert.params import read_json
from mtbert.tasks import SPLITS


def find_tables(text: Path) -> dict[tuple[str, str], Path]:
    """Find the TEXT table of each task and split, `{task}/{split}.parquet`.

    Raises:
        InputError: there is none, or a task has no train split.
    """
    paths = {(path.parent.name, path.stem): path for path in sorted(text.glob("*/*.parquet"))}
    if not paths:
        raise InputError(f"{text}: no tables {{task}}/{{split}}.parquet; `dvc repro` makes them")
    for task in sorted({task for task, _ in paths}):
        if (task, SPLITS[0]) not in paths:
            raise InputError(f"{text / task}: no {SPLITS[0]}.parquet; `dvc repro` makes it")
    return paths


def whole_number(config: Path, key: str, *, default: int | None = None) -> int:
    """Read a number above 0 from an encoder's config.json.

    Raises:
        InputError: the file cannot be read, or holds no such number.
    """
    value = read_json(config).get(key, default)
    if type(value) is not int or value < 1:
        raise InputError(f"{config}: {key}: expected a whole number above 0, found {value!r}")
    return value
