"""Writes the embedded sample corpus: ``python data/sample/write_sample.py``."""

import argparse
from pathlib import Path

from writer.corpus import split_rows, write_split
from writer.questions import QUESTIONS
from writer.reviews import REVIEWS
from writer.sentiment import SENTIMENT
from writer.similarity import SIMILARITY

TASKS = (SENTIMENT, QUESTIONS, SIMILARITY, REVIEWS)


def write_all(folder: Path, seed: int) -> list[Path]:
    """Writes every split of every task below a folder and returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_split(task, name, rows, seed, folder)
        for task in TASKS
        for name, rows in split_rows(task, seed).items()
    ]


def main() -> None:
    """Reads the command line and reports the files it wrote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seed", type=int, default=231)
    arguments = parser.parse_args()
    for path in sorted(write_all(arguments.out, arguments.seed)):
        print(f"{path.stat().st_size:>9,} {path}")


if __name__ == "__main__":
    main()
