"""Start a stage's command in a process forked from one that has imported torch."""

import os
import runpy
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mtbert.core.commands import set_environment
from mtbert.core.lifetime import end_with_parent

# Imported once per worker, not once per run. Not our own packages: a run imports those of the
# folder in which it works.
PRELOADED = ["torch", "torch._dynamo", "transformers", "transformers.models.bert.modeling_bert"]
PRELOADED += ["transformers.models.auto.modeling_auto", "pandas", "pyarrow.parquet", "scipy.stats"]
PRELOADED += ["pydantic", "tokenizers", "safetensors.torch"]
INTERVAL = 0.5  # seconds between two checks of the log


def run_stage_command(
    command: str, folder: Path, log: Path, environment: Mapping[str, str], wait: Callable[[], None]
) -> int:
    """Run a stage's command in a folder, append its output to a log, and return its exit status.

    The command is `python -m …`. `wait` is called regularly. If it raises, as on Ctrl-C, the
    command gets SIGTERM, on which a run saves the state that it resumes from.
    """
    import multiprocessing

    set_environment()
    # Otherwise children would run the script of Ray's worker, which imports Ray.
    sys.modules["__main__"].__dict__.pop("__file__", None)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=_child, args=(command, folder, log, dict(environment)))
    process.start()
    try:
        while process.exitcode is None:
            process.join(INTERVAL)
            wait()
    finally:
        process.terminate()
        process.join()
    return process.exitcode or 0


def _child(command: str, folder: Path, log: Path, environment: dict[str, str]) -> None:
    end_with_parent(os.getppid())
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    _, _, module, *values = shlex.split(command)  # python -m …
    sys.argv = [module, *values]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
