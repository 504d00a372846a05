"""A run is one strategy with one seed: here the rooms meet around the training loop.

Stands above the rooms, like `strategies`.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtbert.core.environment import seed_everything
from mtbert.core.schemas import Tokens, read_tokens
from mtbert.evaluation.metrics import main_score
from mtbert.experiments.plans import Plan
from mtbert.modeling.architectures import takes_bf16, usable_layout
from mtbert.modeling.checkpoint import read_sequences, save_checkpoint
from mtbert.modeling.encoder import load_encoder, read_config
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import Batch, Examples, Shape, collate
from mtbert.modeling.perturbation import input_embeddings
from mtbert.modeling.prediction import chosen, encode_splits, predict
from mtbert.modeling.settings import ModelSettings
from mtbert.modeling.vectors import Encoded
from mtbert.training.auxiliaries.paraphrase_clusters import paraphrase_clusters
from mtbert.training.balancing import Setup
from mtbert.training.log import Log
from mtbert.training.loop import train
from mtbert.training.losses import TERM_NAMES, TaskData, TaskLosses
from mtbert.training.optimizers import parameter_groups
from mtbert.training.precision import usable
from mtbert.training.resuming import Resuming


class Run:
    """Everything that one run holds in memory."""

    def __init__(self, plan: Plan, *, seed: int) -> None:
        self.started = time.perf_counter()
        self.plan, self.seed = plan, seed
        self.name = f"{plan.strategy}-{seed}"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        seed_everything(seed)
        self.folder = Path(plan.sequences.path).parent
        sequences = read_sequences(self.folder)
        source = Path(plan.encoder.folder)
        config = read_config(source)
        self.layout, self.layout_reason = usable_layout(plan.train.layout, config)
        self.shape = Shape.of(
            sequences, row_length=plan.train.row_length, packed=self.layout == "packed"
        )
        self.tokens = {split: self._read(split) for split in ("train", "dev", "test")}
        self.precision, self.fallback = usable(plan.train.precision, self.device)
        if self.precision == "bf16" and not takes_bf16(config):
            kind = config["model_type"]
            self.precision, self.fallback = "fp32", f"model_type {kind} does not run in bf16"
        fields = {name: getattr(plan.train, name) for name in ModelSettings.model_fields}
        self.settings = ModelSettings.model_construct(**fields)
        encoder = load_encoder(
            source, vocabulary=sequences["vocabulary"], pooler=self.settings.needs_pooler
        )
        self.model = MultiTaskModel(encoder=encoder, settings=self.settings, tasks=plan.tasks)
        self.model.to(self.device)
        self._encoded: dict[str, Encoded] = {}
        if any(term.perturbs for task in plan.train.trained for term in plan.train.terms(task)):
            input_embeddings(self.model.encoder)  # or say that there are none, before any work

    def _read(self, split: str) -> dict[str, Tokens]:
        return {
            task: read_tokens(Path(files[split].path), paired=self.plan.tasks[task].paired)
            for task, files in self.plan.tokens.items()
            if split in files
        }

    def tell_fallbacks(self) -> None:
        """Print what differs from what was asked for, and why."""
        if self.fallback:
            asked = self.plan.train.precision
            print(f"{self.name}: training in fp32, not {asked}: {self.fallback}")
        if self.layout_reason:
            print(f"{self.name}: padded batches, not packed rows: {self.layout_reason}")

    def encoded(self, split: str) -> Encoded | None:
        """The vectors of a split where training never changes them; worked out once."""
        if self.model.fixed and self.tokens[split] and split not in self._encoded:
            with self.autocast():
                self._encoded[split] = encode_splits(self.model, self.tokens[split], self.shape)
        return self._encoded.get(split)

    def collate(self, rows: Mapping[str, np.ndarray]) -> Batch | Encoded:
        """Assemble a training batch of some rows of each task."""
        if (encoded := self.encoded("train")) is not None:
            return chosen(encoded, rows)
        splits = self.tokens["train"]
        examples = {
            task: Examples(splits[task].a, splits[task].b, item, joint=self.model.joint[task])
            for task, item in rows.items()
        }
        return collate(examples, self.shape).to(self.device)

    def task_data(self) -> dict[str, TaskData]:
        """Each trained task's train split, and how it is trained on."""
        settings, data = self.plan.train, {}
        for task, split in self.tokens["train"].items():
            terms = settings.terms(task)
            clustered = any(term.needs_clusters for term in terms) and not self.model.joint[task]
            data[task] = TaskData(
                labels=torch.tensor(split.labels, dtype=torch.float32, device=self.device),
                bounds=self.plan.tasks[task].labels.bounds,
                ids=split.example_ids,
                objective=settings.objectives[task],
                batch_size=settings.batch_size[task],
                terms=terms,
                subset=settings.examples.get(task),
                balanced=settings.resampling.get(task) == "balanced",
                paraphrase_clusters=self._clusters(task) if clustered else None,
            )
        return data

    def _clusters(self, task: str) -> Tensor:
        """Number of the cluster of paraphrases of a task's train sentences, (example, side)."""
        split, labels = self.tokens["train"][task], self.plan.tasks[task].labels
        duplicates = split.labels > 0.5 if labels.kind == "binary" else None
        sides = [side for side in (split.a, split.b) if side is not None]
        return torch.from_numpy(paraphrase_clusters(sides, duplicates)).to(self.device)

    def log(self, folder: Path) -> Log:
        """Open the log of this run."""
        train = self.plan.train
        terms = [
            f"{TERM_NAMES[type(term)]}_{task}"
            for task in train.trained
            for term in train.terms(task)
        ]
        return Log(folder, list(train.trained), name=self.name, terms=terms)

    def train(
        self,
        end_epoch: Callable[[int, int, bool], None],
        log: Log,
        resuming: Resuming | None = None,
    ) -> None:
        """Run the training loop; where no task is trained, only evaluate the start.

        Raises:
            NotFiniteError: a loss or the gradient norm is NaN or inf.
        """
        settings, tasks = self.plan.train, self.task_data()
        if not tasks:
            end_epoch(0, 0, True)
            return
        losses = TaskLosses(
            self.model, tasks, collate=self.collate, autocast=self.autocast, seed=self.seed
        )
        balancer = settings.balancing.begin(
            Setup(
                tasks=list(tasks),
                shared=self.model.shared_parameters(),
                seed=self.seed,
                regressions=frozenset(t for t in tasks if tasks[t].objective.regression),
                device=self.device,
            )
        )
        groups = parameter_groups(
            self.model,
            peaks={
                "encoder": settings.learning_rate,
                "adapter": settings.adapter_learning_rate,
                "heads": settings.head_learning_rate,
            },
            layer_decay=settings.layer_decay,
            weight_decay=settings.weight_decay,
        )
        train(
            self.model,
            losses=losses,
            balancer=balancer,
            optimizer=settings.optimizer.build([*groups, *balancer.groups()]),
            average=settings.averaging.begin(losses.parameters),
            sampler=settings.sampler,
            epochs=settings.epochs,
            steps=settings.steps,
            schedule=settings.schedule,
            warmup=settings.warmup,
            clip=settings.clip,
            conflicts_every=settings.conflicts_every,
            evaluate_every=settings.evaluate_every,
            seed=self.seed,
            end_epoch=end_epoch,
            log=log,
            resuming=resuming,
        )

    def save(self, folder: Path) -> None:
        """Save the model as it is."""
        save_checkpoint(
            folder,
            self.model,
            settings=self.settings,
            tasks=self.plan.tasks,
            tokens=self.folder,
        )

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which a forward pass runs; weights stay in fp32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def predict(self, split: str) -> dict[str, np.ndarray]:
        """Outputs of every example of a split, (example, width) for each task."""
        with self.autocast():
            tokens, encoded = self.tokens[split], self.encoded(split)
            return predict(self.model, tokens, self.shape, encoded=encoded)

    def scores(self, outputs: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Each task's main metric of outputs on dev, and `score`, which chooses the best epoch.

        It is the mean over the trained tasks: chance must not choose. Where none is trained there
        is nothing to choose, and it is the mean over all.
        """
        metrics = self.plan.metrics
        found = {
            task: main_score(
                metrics[task],
                self.plan.tasks[task].labels,
                output,
                self.tokens["dev"][task].labels,
            )
            for task, output in outputs.items()
        }
        choosing = [found[task] for task in self.plan.train.trained or found]
        named = {f"{task}_{metrics[task]}": value for task, value in found.items()}
        return {**named, "score": sum(choosing) / len(choosing)}
