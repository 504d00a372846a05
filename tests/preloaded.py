"""`python`, `mtbert` and `dvc` that fork from one process, which has imported torch and DVC before.

Imports take nearly all the time of a pipeline of a few rows; whatever runs `folder/python` for
`python` pays them once. Programs import this project's packages themselves, from where they stand.
"""

import importlib
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import traceback
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

MODULES = """
    torch torch._dynamo torch.export transformers peft pandas pyarrow.parquet scipy.stats
    statsmodels.api matplotlib.figure matplotlib.backends.backend_svg typer jinja2 ruamel.yaml
    pydantic tokenizers onnx onnxscript onnxruntime fastapi uvicorn
    dvc.cli.parser dvc.repo.reproduce dvc.repo.experiments scmrepo.git dvc_render networkx
"""
CLIENT = """\
#!{python} -IS
import json, os, signal, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
socket.send_fds(connection, [b"."], [0, 1, 2])
connection.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
connection.shutdown(socket.SHUT_WR)
answers = connection.makefile()
child = int(answers.readline())
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
sys.exit(int(answers.readline() or 1))
"""


@contextmanager
def programs():
    """Give a folder with the three programs, to be put first in PATH."""
    with TemporaryDirectory(prefix="programs-") as place:
        folder, address = Path(place, "bin"), f"{place}/socket"
        folder.mkdir()
        for name in ("python", "mtbert", "dvc"):
            (folder / name).write_text(CLIENT.format(python=sys.executable, address=address))
            (folder / name).chmod(0o755)
        words = [sys.executable, __file__, address]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdout.readline() == b"ready\n"
            yield folder
            server.stdin.close()  # the server ends


def preload():
    """Import what takes time."""
    for name in MODULES.split():
        with suppress(ImportError):
            importlib.import_module(name)


def serve(address):
    """Fork for each client until standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    preload()
    print("ready", flush=True)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        with suppress(ChildProcessError):  # their time counts as ours once they are waited for
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            os._exit(child(connection))
        connection.close()
    os._exit(0)  # at once, without taking so many modules apart


def child(connection):
    """Run what a client asks for, with its streams; send it process and exit status."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    argv, folder, environment = json.load(connection.makefile())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    connection.sendall(f"{os.getpid()}\n".encode())
    status = outcome(argv)
    connection.sendall(f"{status}\n".encode())
    return status


def outcome(argv):
    """Run a program in this process; return its exit status."""
    try:
        run(argv)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def run(argv):
    """Do what `python -m MODULE`, `python FILE`, `mtbert` or `dvc` does."""
    program, argv = Path(argv[0]).name, argv[1:]
    own = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    sys.path[:1] = own  # instead of this file's folder
    for start in (Path(part, "sitecustomize.py") for part in own):
        if start.is_file():
            runpy.run_path(str(start))
    if argv[0] == "-m":
        sys.path.insert(0, str(Path.cwd()))
        sys.argv = argv[1:]
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    elif program == "python":
        sys.path.insert(0, str(Path(argv[0]).parent))
        sys.argv = argv
        runpy.run_path(argv[0], run_name="__main__")
    else:
        sys.argv = [program, *argv]
        module = importlib.import_module({"mtbert": "mtbert.cli.main", "dvc": "dvc.cli"}[program])
        sys.exit(module.main())


if __name__ == "__main__":
    serve(sys.argv[1])
