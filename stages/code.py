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
from mtbert.core.commands import run
from mtbert.core.outputs import new_folder, write_text


def main(out: Annotated[Path, typer.Argument(help="Output folder")]) -> None:
    """Write {package}.md5 for each package of mtbert, and stages.{name}.md5 for each stage."""
    sources = {path.name: path for path in Path(mtbert.__path__[0]).iterdir() if path.is_dir()}
    sources |= {f"stages.{path.stem}": path for path in Path(__file__).parent.glob("*.py")}
    with new_folder(out) as folder:
        for name, source in sources.items():
            if digest := digest_of(source):
                write_text(folder / f"{name}.md5", digest + "\n")


def digest_of(source: Path) -> str | None:
    """MD5 over the paths and contents of a package's files but byte code; None without any.

    Args:
        source: A package's folder, or a single file.
    """
    files = [
        path
        for path in ([source] if source.is_file() else sorted(source.rglob("*")))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    digest = hashlib.md5(usedforsecurity=False)
    for path in files:
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest())
    return digest.hexdigest() if files else None


if __name__ == "__main__":
    run(main)
