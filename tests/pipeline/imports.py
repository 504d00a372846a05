"""What each stage imports, from the import graph."""

from functools import cache
from pathlib import Path

import grimp


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("mtbert", "stages", cache_dir=None)


def imported_files(module: str, root: Path) -> set[str]:
    """Source files, relative to the root, that running a module may import, its own included."""
    found = {module, *graph().find_upstream_modules(module)}
    # Importing a module runs the __init__ of every package around it, and what these import.
    while parents := {m.rpartition(".")[0] for m in found if "." in m} - found:
        found |= parents
        for parent in parents:
            found |= graph().find_upstream_modules(parent)
    return {str(source_file(module, root).relative_to(root)) for module in found}


def source_file(module: str, root: Path) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def as_deps(files: set[str], root: Path) -> list[str]:
    """Shorten a set of files: a folder stands for itself where all of its modules are in."""
    folders = {str(parent) for file in files for parent in Path(file).parents} - {"."}
    whole = {
        folder
        for folder in folders
        if {str(p.relative_to(root)) for p in (root / folder).rglob("*.py")} <= files
        and folder not in ("mtbert", "stages")
    }
    deps = {file for file in files if not {str(p) for p in Path(file).parents} & whole}
    return sorted(deps | {f for f in whole if not {str(p) for p in Path(f).parents} & whole})


if __name__ == "__main__":
    here = Path(__file__).parent.parent.parent
    for stage in sorted((here / "stages").glob("[a-z]*.py")):
        print(f"\n{stage.stem}:")
        for dep in as_deps(imported_files(f"stages.{stage.stem}", here), here):
            print(f"      - {dep}")
