"""What others would train with, each at its best: fused AdamW, SDPA, texts tokenized ahead.

The loops take the same weights, heads, objectives and rows as ours (`arms.prepared`), and bring
their own batches: padded to the longest sentence of each side, as a tokenizer in a collate function
pads. The grouped ones draw batches of similar length, which is another order of the data.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arms import PREDICTED, Clock, Measured, Spec, order, prepared

MEGABATCH = 50  # batches that are sorted by length together, as in Transformers' sampler


def padded(spec: Spec, measured: Measured) -> None:
    """A plain loop in PyTorch: each task, each side of a pair, a padded batch of its own."""
    run = prepared(spec)
    loop(run, list(order(run, spec.steps))[: spec.steps], spec, measured)


def grouped(spec: Spec, measured: Measured) -> None:
    """The same on batches of similar length."""
    run = prepared(spec)
    loop(run, list(by_length(run, spec.steps)), spec, measured)


def loop(run: Any, plan: Iterable[dict[str, np.ndarray]], spec: Spec, measured: Measured) -> None:
    """Train on the rows of each step."""
    import torch

    losses, optimizer, schedule = PaddedLosses(run), *optimizer_of(run, spec.steps)
    run.model.train()
    clock = Clock()
    for rows in plan:
        total = torch.stack([losses(task, item) for task, item in rows.items()]).sum()
        total.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.plan.train.clip)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        measured.losses.append(total.item())
        measured.seconds.append(clock.tick())
        measured.tokens.append(losses.tokens)
        measured.slots.append(losses.slots)
        losses.tokens = losses.slots = 0


def optimizer_of(run: Any, steps: int) -> tuple[Any, Any]:
    """The optimizer and schedule of the plan, from torch and Transformers."""
    from transformers import get_linear_schedule_with_warmup

    from mtbert.training.optimizers import parameter_groups

    train = run.plan.train
    peaks = {"encoder": train.learning_rate, "adapter": 0.0, "heads": train.head_learning_rate}
    groups = parameter_groups(
        run.model, peaks=peaks, layer_decay=1.0, weight_decay=train.weight_decay
    )
    optimizer = train.optimizer.build(groups)
    warmup = int(train.warmup * steps)
    return optimizer, get_linear_schedule_with_warmup(optimizer, warmup, steps)


class PaddedLosses:
    """Each task's loss from padded batches."""

    def __init__(self, run: Any) -> None:
        self.run, self.model = run, run.model
        self.model.encoder.set_attn_implementation("sdpa")
        data = run.task_data()
        self.objectives = {task: item.loss(task, seed=run.seed) for task, item in data.items()}
        self.labels = {task: item.labels for task, item in data.items()}
        self.shape = run.shape.__class__(**{**vars(run.shape), "packed": False})
        self.tokens = self.slots = 0

    def __call__(self, task: str, rows: np.ndarray) -> Any:
        """The mean loss of some examples, ()."""
        split = self.run.tokens["train"][task]
        sides = [split.a] if self.model.joint[task] or split.b is None else [split.a, split.b]
        with self.run.autocast():
            vectors = [self.encode(side, split, task, rows) for side in sides]
            u, v = vectors[0], vectors[1] if len(vectors) > 1 else None
            logits = self.model.heads[task]((u, v))
        return self.objectives[task](logits.float(), self.labels[task][rows])

    def encode(self, side: Any, split: Any, task: str, rows: np.ndarray) -> Any:
        """Mean of the hidden states of one side, (example, size)."""
        from mtbert.modeling.packing import TaskExamples, collate

        joint = self.model.joint[task]
        examples = TaskExamples(side, split.b if joint else None, rows, joint=joint)
        batch = collate({task: examples}, self.shape).to(self.run.device)
        real = batch.real()
        self.tokens, self.slots = self.tokens + batch.tokens, self.slots + batch.slots
        hidden = self.model.encoder(
            input_ids=batch.input_ids, attention_mask=real, token_type_ids=batch.token_type_ids
        ).last_hidden_state
        mask = real.unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1)


def lengths_of(run: Any, task: str) -> np.ndarray:
    """Tokens of each train example, both sides together, (example,)."""
    split = run.tokens["train"][task]
    return split.a.lengths + (0 if split.b is None else split.b.lengths)


def by_length(run: Any, steps: int) -> Iterator[dict[str, np.ndarray]]:
    """Batches of each task whose examples have similar lengths."""
    generator = np.random.default_rng(run.seed)
    batches = {}
    for task, size in run.plan.train.batch_size.items():
        lengths, chosen = lengths_of(run, task), []
        rows = generator.permutation(len(lengths))
        for start in range(0, len(rows), size * MEGABATCH):
            mega = rows[start : start + size * MEGABATCH]
            mega = mega[np.argsort(-lengths[mega], kind="stable")]
            chosen += [mega[i : i + size] for i in range(0, len(mega), size)]
        batches[task] = [chosen[i] for i in generator.permutation(len(chosen))]
    for step in range(steps):
        yield {task: items[step % len(items)] for task, items in batches.items()}


def trainer(spec: Spec, measured: Measured, *, strategy: str = "sequential") -> None:
    """Transformers' Trainer on the examples of all tasks, padded by its collator to one width."""
    from datasets import Dataset
    from torch import nn
    from transformers import Trainer, TrainerCallback, TrainingArguments

    run = prepared(spec)
    losses = PaddedLosses(run)
    # Grouping needs more examples to choose from than the measured steps take.
    count = spec.steps if strategy == "sequential" else max(spec.steps, MEGABATCH)
    plan = list(order(run, count))[:count]
    items = [
        {"task": task, "row": int(row), "length": int(lengths_of(run, task)[row])}
        for rows in plan
        for task, item in rows.items()
        for row in item
    ]

    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = run.model

        def forward(self, batch: Any, rows: Any) -> dict[str, Any]:
            logits = self.model(batch)
            parts = [
                losses.objectives[task](item.float(), losses.labels[task][rows[task]])
                for task, item in logits.items()
            ]
            return {"loss": sum(parts)}

    def collator(examples: list[dict[str, Any]]) -> dict[str, Any]:
        from mtbert.modeling.packing import TaskExamples, collate

        rows: dict[str, Any] = {}
        for example in examples:
            rows.setdefault(example["task"], []).append(example["row"])
        rows = {task: np.array(item) for task, item in rows.items()}
        splits = run.tokens["train"]
        batch = collate(
            {
                task: TaskExamples(
                    splits[task].a, splits[task].b, item, joint=run.model.joint[task]
                )
                for task, item in rows.items()
            },
            losses.shape,
        )
        measured.tokens.append(batch.tokens)
        measured.slots.append(batch.slots)
        return {"batch": batch, "rows": rows}

    class Ticks(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            measured.seconds.append(clock.tick())

    model, clock = Mixed(), Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=sum(len(item) for item in plan[0].values()),
            max_steps=spec.steps,
            bf16=spec.precision == "bf16",
            use_cpu=run.device.type == "cpu",
            train_sampling_strategy=strategy,
            length_column_name="length",
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
        )
        Trainer(
            model,
            arguments,
            data_collator=collator,
            train_dataset=Dataset.from_list(items),
            optimizers=optimizer_of(run, spec.steps),
            callbacks=[Ticks()],
        ).train()
    # The collator works one batch ahead.
    del measured.tokens[spec.steps :], measured.slots[spec.steps :]


def trainer_grouped(spec: Spec, measured: Measured) -> None:
    """The same with batches of similar length."""
    trainer(spec, measured, strategy="group_by_length")


def texts_of(spec: Spec, task: str, columns: list[str]) -> dict[str, list[Any]]:
    """Columns of a task's train split, before tokenizing."""
    import pyarrow.parquet as pq

    folder = Path(spec.plan).parents[1] / "text" / task / "train.parquet"
    return pq.read_table(folder, columns=columns).to_pydict()


def sentence_model(spec: Spec, run: Any) -> Any:
    """The plan's encoder with mean pooling, in sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    folder = Path(tempfile.mkdtemp())
    run.model.encoder.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((run.folder / "tokenizer.json").read_bytes())
    module = Transformer(str(folder), max_seq_length=run.shape.max_length)
    pooling = Pooling(module.get_embedding_dimension())
    return SentenceTransformer(modules=[module, pooling], device=run.device.type)


def sentence_transformers(spec: Spec, measured: Measured) -> None:
    """Its trainer over the tasks on pairs, in turn, with its loss of cosines."""
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
        losses,
    )
    from transformers import TrainerCallback

    run = prepared(spec)
    model, data = sentence_model(spec, run), {}
    for task in run.plan.tasks:
        columns = texts_of(spec, task, ["text_a", "text_b", "label"])
        high = run.plan.tasks[task].labels.bounds[1]
        columns["label"] = [float(label) / high for label in columns["label"]]
        size = spec.steps * run.plan.train.batch_size[task]
        data[task] = Dataset.from_dict(columns).select(range(size))

    class Ticks(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            sizes.clear()  # of examples for its model card

        def on_step_end(self, *_: Any, **__: Any) -> None:
            measured.seconds.append(clock.tick())

    tokenize = model.preprocess

    def count(*args: Any, **kwargs: Any) -> Any:
        features = tokenize(*args, **kwargs)
        sizes.append((int(features["attention_mask"].sum()), features["input_ids"].numel()))
        return features

    sizes: list[tuple[int, int]] = []
    model.preprocess = count
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            folder,
            per_device_train_batch_size=max(run.plan.train.batch_size.values()),
            max_steps=spec.steps,
            bf16=spec.precision == "bf16",
            use_cpu=run.device.type == "cpu",
            multi_dataset_batch_sampler="round_robin",
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=data,
            loss=dict.fromkeys(data, losses.CosineSimilarityLoss(model)),
            callbacks=[Ticks()],
        ).train()
    for first, second in zip(sizes[::2], sizes[1::2], strict=False):
        measured.tokens.append(first[0] + second[0])
        measured.slots.append(first[1] + second[1])
    del measured.tokens[spec.steps :], measured.slots[spec.steps :]


def encode(spec: Spec, measured: Measured) -> None:
    """SentenceTransformer.encode on the texts of each train split; it sorts them by length."""
    import torch

    run = prepared(spec)
    model = sentence_model(spec, run)
    if spec.precision == "bf16":
        model = model.bfloat16()
    clock = Clock()
    for task, split in run.tokens["train"].items():
        columns = texts_of(spec, task, ["text_a", "text_b"])
        texts = [*columns["text_a"][:PREDICTED]]
        if split.b is not None:
            texts += columns["text_b"][:PREDICTED]
        clock.tick()
        with torch.inference_mode():
            model.encode(texts, batch_size=64, show_progress_bar=False)
        measured.seconds.append(clock.tick())
        measured.tokens.append(0)
        measured.slots.append(1)
        measured.sequences.append(len(texts))


def torchjd(spec: Spec, measured: Measured) -> None:
    """PCGrad by TorchJD's own backward pass, on our packed batches, a task's gradient at a time."""
    import torch
    from torchjd.aggregation import PCGrad
    from torchjd.autojac import jac_to_grad, mtl_backward

    from mtbert.modeling.vectors import VectorBatch

    run = prepared(spec)
    losses, (optimizer, schedule) = PaddedLosses(run), optimizer_of(run, spec.steps)
    run.model.train()
    shared, clock = run.model.shared_parameters(), Clock()
    for rows in list(order(run, spec.steps))[: spec.steps]:
        batch = run.collate(rows)
        with run.autocast():
            vectors = run.model.encode(batch)
            logits = run.model(VectorBatch(vectors))
        features = [side for pair in vectors.values() for side in pair if side is not None]
        parts = [
            losses.objectives[task](item.float(), losses.labels[task][rows[task]])
            for task, item in logits.items()
        ]
        mtl_backward(parts, features=features, parallel_chunk_size=1)
        reached = [p for p in shared if getattr(p, "jac", None) is not None]
        jac_to_grad(reached, PCGrad(), optimize_gramian_computation=True)
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.plan.train.clip)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        measured.losses.append(sum(float(part) for part in parts))
        measured.seconds.append(clock.tick())
        measured.tokens.append(batch.tokens)
        measured.slots.append(batch.slots)
