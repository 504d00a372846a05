"""Packages that only some commands need: extras of the distribution."""

from importlib import import_module

from mtbert.core.errors import InputError

EXTRAS = {
    "cluster": ("ray", "rich"),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "serve": ("fastapi", "uvicorn"),
}


def need(extra: str) -> None:
    """Refuse to go on without an extra's packages.

    Raises:
        InputError: one is not installed; the message names the command that installs it.
    """
    for name in EXTRAS[extra]:
        try:
            import_module(name)
        except ImportError:
            raise InputError(
                f"{name} is not installed: install mtbert with its extra {extra}, pip install "
                f"'mtbert-….whl[{extra}]', or run `make setup` in a clone"
            ) from None
