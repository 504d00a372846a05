"""Put what identifies some source files into one file, which stages may depend on in their place.

DVC looks at every dependency of every stage whenever it is called: hundreds of runs that each name
dozens of files make it slow.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    out: Annotated[Path, typer.Argument(help="JSON file to write: path -> MD5 of its content")],
    sources: Annotated[list[Path], typer.Argument(help="source files, and folders of them")],
) -> None:
    """Write the digests of all source files."""
    from mtbert.core.errors import InputError
    from mtbert.core.outputs import write_text

    files = [file for path in sources for file in (path.rglob("*.py") if path.is_dir() else [path])]
    if lost := [str(file) for file in files if not file.is_file()]:
        raise InputError(f"{lost[0]}: no such file")
    found = {
        file.as_posix(): hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        for file in sorted(set(files))
    }
    write_text(out, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
