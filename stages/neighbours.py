"""Find the nearest training example of each dev example, for the report's section on errors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run, set_environment

if TYPE_CHECKING:
    import pyarrow as pa

set_environment()

COMPARED = 20_000  # train examples of a task at most, spread evenly over its rows


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables and the tokenizer")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="Output folder: TASK.parquet")],
) -> None:
    """Write, for each task, `id`, `neighbour` and `cosine` of its dev examples."""
    import pyarrow as pa
    import torch

    from mtbert.core.environment import hold_memory, seed_everything
    from mtbert.core.outputs import new_folder
    from mtbert.core.progress import progress_bar
    from mtbert.core.schemas import TOKENS, decode_tokens, read_table, write_table
    from mtbert.core.sequences import read_sequences
    from mtbert.modeling.architectures import usable_layout
    from mtbert.modeling.encoder import load_encoder, read_config
    from mtbert.modeling.neighbours import nearest
    from mtbert.modeling.packing import RowShape

    hold_memory()
    sequences = read_sequences(tokens).model_dump()
    packed = usable_layout("packed", read_config(encoder))[0] == "packed"
    shape = RowShape.of(sequences, row_length=64, packed=packed)
    seed_everything(0)  # of an encoder from scratch
    model = load_encoder(encoder, vocabulary=sequences["vocabulary"])
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    with new_folder(out) as folder:
        for path in sorted(tokens.glob("*/dev.parquet")):
            task, other = path.parent.name, read_table(path, TOKENS)
            some = spread_rows(read_table(path.with_name("train.parquet"), TOKENS))
            paired = not other["ids_b"].null_count
            train, dev = (decode_tokens(it, paired=paired) for it in (some, other))
            texts = (1 + paired) * (len(train) + len(dev))
            with progress_bar(f"{task}: encoded", texts, "texts") as bar:
                rows, cosines = nearest(model, train, dev, shape, bar.update)
            near = [train.example_ids[row] for row in rows]
            table = pa.table({"id": dev.example_ids, "neighbour": near, "cosine": cosines})
            write_table(folder / f"{task}.parquet", table)
            print(f"{task}: mean cosine to train {cosines.mean():.3f}", flush=True)


def spread_rows(table: "pa.Table") -> "pa.Table":
    """At most `COMPARED` of its rows, at equal distances."""
    import numpy as np

    rows = np.linspace(0, len(table) - 1, min(len(table), COMPARED)).astype(int)
    return table.take(rows)


if __name__ == "__main__":
    run(main)
