"""Broken input for every reader: what the pipeline writes, with bytes changed.

python -m benchmarks.fuzz --minutes 10 --processes 2

A reader must read it, or raise InputError. All else is counted and its input kept: tracebacks;
hangs, over 5 seconds; and silent differences, where a file with a checksum is read as another.
"""

import contextlib
import io
import random
import resource
import shlex
import signal
import sys
import tempfile
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from benchmarks.readers import Reader, readers
from benchmarks.reliability import FUZZ, append, commit
from mtbert.core.commands import run
from mtbert.core.environment import versions

HANG = 5  # seconds of CPU time: on a busy machine a clock would call anything a hang
MEMORY = 16 * 2**30  # bytes of addresses; asking for more ends in a MemoryError, a traceback


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Flip a bit, cut the end or a piece, repeat a part, or put a strange value in."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        match chance.randrange(5):
            case 0 if data:
                data[a % len(data)] ^= 1 << chance.randrange(8)
            case 1:
                del data[b:]
            case 2:
                data[a:a] = data[a:b][:99]
            case 3:
                del data[a : min(b, a + 9)]
            case _:
                strange = (b"null", b"-1", b"1e999", b"{}", b"[", b'"', b"\0", b"\xff\xff\xff\xff")
                data[a : a + 4] = chance.choice(strange)
    return bytes(data)


def attempt(reader: Reader, path: Path) -> tuple[str, Any]:
    """What comes of reading a file: read, refused, traceback or hang."""
    from mtbert.core.errors import InputError

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, HANG)
    try:
        return "read", repr(reader(path))
    except InputError as error:
        return "refused", error
    except TimeoutError as error:
        return "hang", error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # panics of libraries in Rust are no Exceptions
        return "traceback", f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def work(seed: int, seconds: float, least: int, keep: Path) -> dict[str, Counter[str]]:
    """Try mutations until the time is over: `least` with each reader, then as long with each."""
    tempfile.tempdir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a disk is slower
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chance, spent = random.Random(seed), Counter[str]()
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        cases, broken = readers(Path(folder)), Path(folder) / "broken"
        broken.mkdir()
        whole = {name: attempt(reader, path) for name, (path, reader, _) in cases.items()}
        assert {result for result, _ in whole.values()} == {"read"}, whole
        sources = {name: path.read_bytes() for name, (path, _, _) in cases.items()}
        counts, end = {name: Counter[str]() for name in cases}, time.monotonic() + seconds
        while (started := time.monotonic()) < end:
            name = min(cases, key=lambda own: (counts[own].total() >= least, spent[own]))
            source, reader, sealed = cases[name]
            path = broken / source.name
            path.write_bytes(mutated(sources[name], chance))
            result, shown = attempt(reader, path)
            if result == "read" and sealed and shown not in (whole[name][1], repr("none")):
                result = "silent difference"
            counts[name][result] += 1
            spent[name] += time.monotonic() - started
            if result not in ("read", "refused") and counts[name][result] <= 20:
                kept = keep / f"{name}-{result}-{seed}-{counts[name][result]}{source.suffix}"
                kept.write_bytes(path.read_bytes())
                kept.with_name(f"{kept.name}.txt").write_text(str(shown)[:9999], errors="replace")
    return counts


def fuzz(
    minutes: Annotated[float, typer.Option(help="How long to try")] = 10,
    processes: Annotated[int, typer.Option(min=1, help="Side by side, each its seed")] = 2,
    seed: Annotated[int, typer.Option(help="The first one's; decides what is changed")] = 1,
    least: Annotated[int, typer.Option(help="Inputs of each reader and process at least")] = 0,
    keep: Annotated[Path, typer.Option(help="Folder of failing inputs")] = Path("fuzz"),
) -> None:
    """Try broken files on every reader; record how many were read, refused, or went wrong."""
    keep.mkdir(parents=True, exist_ok=True)
    origin = {"commit": commit(), "versions": versions()}
    with get_context("spawn").Pool(processes) as pool:
        jobs = [(seed + n, minutes * 60, least, keep) for n in range(processes)]
        results = pool.starmap(work, jobs)
    counts = {name: sum((own[name] for own in results), Counter[str]()) for name in results[0]}
    for name, row in counts.items():
        print(f"{name}: {', '.join(f'{result} {n:,}' for result, n in sorted(row.items()))}")
    print(f"{sum(row.total() for row in counts.values()):,} tried")
    command = shlex.join(["python", "-m", "benchmarks.fuzz", *sys.argv[1:]])
    append(FUZZ, {**origin, "command": command, "readers": counts})


if __name__ == "__main__":
    run(fuzz)
