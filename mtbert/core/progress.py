"""Progress of long work: a bar on a terminal; elsewhere, as in a log file, a line now and then."""

import sys
from typing import TYPE_CHECKING, Any

from mtbert.core.processes import process_rank

if TYPE_CHECKING:
    from tqdm import tqdm

EVERY = 5.0  # seconds between two lines, and before the first one
LINE = "{desc}: {n_fmt} of {total_fmt} {unit}, {remaining} left{postfix}"
BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} {unit}, {remaining} left{postfix}"


class _Lines:
    """A file that makes a line of each state that tqdm would draw over the one before."""

    def write(self, text: str) -> None:
        if text.strip():
            print(text.strip(), file=sys.stderr, flush=True)

    def flush(self) -> None:
        pass


def progress_bar(
    what: str, total: int, unit: str, *, done: int = 0, shown: bool | None = None
) -> "tqdm[Any]":
    """Begin to show progress on standard error; `update` it, and close it or use it in a `with`.

    Args:
        what: What is done, at the beginning of the line.
        total: How many units it has; 0 if that is unknown.
        unit: In the plural; B counts bytes in kB, MB and so on.
        done: How many of them were done before.
        shown: By default what takes a second on a terminal, or `EVERY` seconds elsewhere.
    """
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    options: dict[str, Any] = {"bar_format": BAR, "delay": 1.0, "leave": False}
    if not terminal:
        options = {"bar_format": LINE, "delay": EVERY, "mininterval": EVERY, "position": 0}
        options["file"] = _Lines()
    if shown:
        options["delay"] = 0.0
    return tqdm(
        desc=what,
        total=total or None,
        unit=unit,
        unit_scale=unit == "B",
        initial=done,
        disable=shown is False or process_rank() > 0,
        miniters=1,
        **options,
    )


def print_line(text: str) -> None:
    """Print a line at once, above a bar if there is one."""
    from tqdm import tqdm

    tqdm.write(text)
    sys.stdout.flush()
