"""The pipeline's stages as modules of this package: `python -m mtbert.stages.train`.

Projects that `mtbert init` makes call them so. A clone has the stages, dvc.yaml and params.yaml at
its top; a wheel has them in mtbert/_project, since a package `stages` could be anybody's.
"""

from pathlib import Path

_HERE = Path(__file__).parent
_SHIPPED = _HERE / "_project"
# Folder of dvc.yaml, params.yaml and stages/
PROJECT = _SHIPPED if _SHIPPED.is_dir() else _HERE.parent
# With a path, a module is a package.
__path__ = [str(PROJECT / "stages")]
