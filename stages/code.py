"""Write one digest for each package of the code, which stages of the studies depend on.

The studies are a DVC repository of their own. The code lies outside it, where DVC would hash byte
code too, so that every fresh clone looked stale; and hundreds of runs that each name folders of
code would make DVC slow.
"""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

import mtbert
import stages
from mtbert.core.commands import run
from mtbert.core.outputs import new_folder, write_text


def main(out: Annotated[Path, typer.Argument(help="Folder to write: {package}.md5")]) -> None:
    """Write {package}.md5 for each package of mtbert, and stages.md5."""
    packages = {path.name: path for path in Path(mtbert.__path__[0]).iterdir() if path.is_dir()}
    packages["stages"] = Path(stages.__path__[0])
    with new_folder(out) as folder:
        for name, package in packages.items():
            if digest := digest_of(package):
                write_text(folder / f"{name}.md5", digest + "\n")


def digest_of(package: Path) -> str | None:
    """MD5 over the paths and contents of a package's files but byte code; None without any."""
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    digest = hashlib.md5(usedforsecurity=False)
    for path in files:
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest())
    return digest.hexdigest() if files else None


if __name__ == "__main__":
    run(main)
