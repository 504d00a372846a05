"""A run holds a plan, its data and its model, with one seed."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mtbert.core.energy import EnergyMeter
from mtbert.core.environment import gpu_uuid, seed_everything
from mtbert.core.errors import InputError
from mtbert.core.progress import progress_bar
from mtbert.core.schemas import Tokens, read_tokens
from mtbert.core.sequences import read_sequences
from mtbert.core.tasks import SPLITS, Task
from mtbert.evaluation.metrics import main_score
from mtbert.experiments.plans import Plan
from mtbert.modeling.architectures import usable_layout
from mtbert.modeling.checkpoint import save_checkpoint
from mtbert.modeling.encoder import load_encoder, read_config
from mtbert.modeling.manifest import CheckpointTask, TrainingFacts
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import RowShape, TaskExamples, TokenBatch, collate
from mtbert.modeling.passes import input_embeddings
from mtbert.modeling.prediction import encode_splits, predict
from mtbert.modeling.settings import ModelSettings, ModelTask
from mtbert.modeling.vectors import VectorBatch
from mtbert.training.auxiliaries.paraphrase_clusters import paraphrase_clusters
from mtbert.training.balancing import Balancer, Setup
from mtbert.training.devices import Devices, SplitBackward
from mtbert.training.fitted_start import fit_heads
from mtbert.training.log import Log
from mtbert.training.loop import Training
from mtbert.training.losses import TERM_NAMES, TaskData, TaskLosses
from mtbert.training.optimizers import parameter_groups
from mtbert.training.precision import choose_precision
from mtbert.training.resuming import Resuming
from mtbert.training.tracking import Tracker

if TYPE_CHECKING:
    from tqdm import tqdm

# Settings that the training loop takes as they are
LOOP = (
    *("sampler", "epochs", "steps", "examples_seen", "schedule", "warmup", "clip"),
    *("conflicts_every", "evaluate_every"),
)


# Attention's dropout, which is no module, in the config.json of encoders
ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")


class ResolvedOption(NamedTuple):
    """An option's requested value, the one in use, and the reason where they differ."""

    requested: str
    used: str
    reason: str


class Run:
    """Everything that one run holds in memory."""

    def __init__(self, plan: Plan, *, seed: int, tasks: Mapping[str, Task] | None = None) -> None:
        self.started = time.perf_counter()
        self.plan, self.seed = plan, seed
        self.tasks = checkpoint_tasks(plan, tasks or {})
        self.name = f"{plan.strategy}-{seed}"
        self.devices = Devices.find()
        self.device = self.devices.device
        # One of several GPUs would stand for all.
        self.energy = EnergyMeter(gpu=gpu_uuid(self.device) if self.devices.count == 1 else None)
        seed_everything(seed)
        self.folder = Path(plan.sequences.path).parent
        sequences = read_sequences(self.folder).model_dump()
        config = read_config(Path(plan.encoder.folder))
        self.layout = ResolvedOption(plan.train.layout, *usable_layout(plan.train.layout, config))
        self.shape = RowShape.of(
            sequences, row_length=plan.train.row_length, packed=self.layout.used == "packed"
        )
        precision = plan.train.precision
        chosen = choose_precision(precision, self.device, config)
        self.precision = ResolvedOption(precision, *chosen)
        self.tokens: dict[str, dict[str, Tokens]] = {split: {} for split in SPLITS}
        for task, files in plan.tokens.items():
            paired = plan.tasks[task].paired
            for split, file in files.items():
                self.tokens[split][task] = read_tokens(Path(file.path), paired=paired)
        fields = {name: getattr(plan.train, name) for name in ModelSettings.model_fields}
        self.settings = ModelSettings.model_construct(**fields)
        encoder = load_encoder(
            Path(plan.encoder.folder),
            vocabulary=sequences["vocabulary"],
            pooler=self.settings.needs_pooler,
        )
        self.model = MultiTaskModel(encoder=encoder, settings=self.settings, tasks=plan.tasks)
        self.model.to(self.device)
        self._encoded: dict[str, VectorBatch] = {}
        self._terms = {task: plan.train.terms(task) for task in plan.train.trained}
        self.devices.check(self._terms)
        if any(term.perturbs for terms in self._terms.values() for term in terms):
            input_embeddings(self.model.encoder)  # raises before any work if there are none
        self._check_dropout()

    def _check_dropout(self) -> None:
        """Refuse a term on passes that differ by dropout alone where there is none."""
        model = self.model
        attention = [getattr(model.encoder.config, key, 0) for key in ATTENTION_DROPOUT]
        for task, terms in self._terms.items():
            for term in (term for term in terms if term.needs_dropout_of):
                parts = [model.encoder, model.projections[model.projection_owner[task]]]
                parts += [model.heads[task]] if term.needs_dropout_of == "logits" else []
                modules = [module for part in parts for module in part.modules()]
                rates = [module.p for module in modules if isinstance(module, nn.Dropout)]
                if not any([*attention, *rates]):
                    raise InputError(
                        f"{self.name}: {TERM_NAMES[type(term)]} of {task} compares the "
                        f"{term.needs_dropout_of} of two passes, which differ by dropout alone, "
                        f"and all dropout rates before them are 0; expected one above 0, such as "
                        f"input_dropout of a projection"
                    )

    def print_fallbacks(self) -> None:
        """Print which options the hardware or the encoder does not allow, and why."""
        if self.precision.reason:
            print(f"{self.name}: training in fp32, not bf16: {self.precision.reason}")
        if self.layout.reason:
            print(f"{self.name}: padded batches, not packed rows: {self.layout.reason}")
        for task, terms in self._terms.items():
            names = [TERM_NAMES[type(term)] for term in terms if term.needs_fp32]
            if names and self.precision.used == "bf16":
                reason = f"{' and '.join(names)} would be rounded away"
                print(f"{self.name}: training {task} in fp32, not bf16: {reason}")

    def encoded(self, split: str) -> VectorBatch | None:
        """Sentence vectors of a split, computed once; None if training changes them."""
        if self.model.fixed and self.tokens[split] and split not in self._encoded:
            with self.autocast(), self._bar(split, "encoding") as bar:
                self._encoded[split] = encode_splits(
                    self.model, self.tokens[split], self.shape, advance=bar.update
                )
        return self._encoded.get(split)

    def collate(self, rows: Mapping[str, np.ndarray]) -> TokenBatch | VectorBatch:
        """Assemble a training batch of some rows of each task."""
        if (encoded := self.encoded("train")) is not None:
            return encoded.select(rows)
        splits = self.tokens["train"]
        examples = {
            task: TaskExamples(splits[task].a, splits[task].b, item, joint=self.model.joint[task])
            for task, item in rows.items()
        }
        return collate(examples, self.shape).to(self.device)

    def task_data(self) -> dict[str, TaskData]:
        """Each trained task's train split, and how it is trained on."""
        settings, data = self.plan.train, {}
        for task, split in self.tokens["train"].items():
            terms = self._terms[task]
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
        """Number of the paraphrase cluster of each train sentence of a task, (example, side)."""
        split, labels = self.tokens["train"][task], self.plan.tasks[task].labels
        duplicates = split.labels > 0.5 if labels.kind == "binary" else None
        sides = [side for side in (split.a, split.b) if side is not None]
        return torch.from_numpy(paraphrase_clusters(sides, duplicates)).to(self.device)

    def log(self, folder: Path, tracker: Tracker | None = None) -> Log:
        """Open the log of this run."""
        names = {t: [TERM_NAMES[type(term)] for term in terms] for t, terms in self._terms.items()}
        terms = [f"{name}_{task}" for task in names for name in names[task]]
        return Log(folder, list(names), name=self.name, terms=terms, tracker=tracker)

    def train(
        self,
        end_epoch: Callable[[int, int, bool], None],
        log: Log,
        resuming: Resuming | None = None,
    ) -> None:
        """Run the training loop; if no task is trained, only evaluate the start.

        Raises:
            NotFiniteError: a loss or the gradient norm is NaN or inf.
        """
        settings, tasks = self.plan.train, self.task_data()
        if not tasks:
            end_epoch(0, 0, True)
            return
        how: Any = {"collate": self.collate, "autocast": self.autocast, "seed": self.seed}
        if resuming is None or resuming.saved is None:
            for task, count in fit_heads(self.model, tasks, **how).items():
                print(f"{self.name}: head of {task} fitted to {count:,} examples", flush=True)
        self.devices.copy_from_first(p.data for p in self.model.parameters())
        losses = TaskLosses(self.model, tasks, **how)
        balancer = self._balancer(losses)
        optimizer = settings.optimizer.build([*self._groups(), *balancer.groups()])
        Training(
            model=self.model,
            losses=losses,
            balancer=balancer,
            optimizer=optimizer,
            average=settings.averaging.begin(losses.parameters),
            **{key: getattr(settings, key) for key in LOOP},
            log=log,
            seed=self.seed,
        ).run(end_epoch, resuming)

    def _balancer(self, losses: TaskLosses) -> Balancer:
        tasks, balancing = losses.tasks, self.plan.train.balancing
        setup = Setup(
            tasks=list(tasks),
            shared=self.model.shared_parameters(),
            seed=self.seed,
            regressions=frozenset(t for t in tasks if tasks[t].objective.regression),
            device=self.device,
        )
        if self.devices.count * self.plan.train.accumulate == 1:
            return balancing.begin(setup)  # type: ignore[no-any-return]
        split = SplitBackward(losses, self.devices, self.plan.train.accumulate)
        balancer: Balancer = balancing.begin(replace(setup, backward=split))
        split.parameters += [p for group in balancer.groups() for p in group["params"]]
        return balancer

    def _groups(self) -> list[dict[str, Any]]:
        settings = self.plan.train
        peaks = {
            "encoder": settings.learning_rate,
            "adapter": settings.adapter_learning_rate,
            "heads": settings.head_learning_rate,
        }
        decay = {"layer_decay": settings.layer_decay, "weight_decay": settings.weight_decay}
        return parameter_groups(self.model, peaks=peaks, **decay)

    def save(self, folder: Path, *, epoch: int, step: int, dev: Mapping[str, float]) -> None:
        """Save the model as it is, with its scores on dev."""
        facts = TrainingFacts(
            strategy=self.plan.strategy,
            seed=self.seed,
            data_source=self.plan.data_source,
            encoder=self.plan.encoder.name,
            epoch=epoch,
            step=step,
            dev=dict(dev),
            dev_examples={task: len(split) for task, split in self.tokens["dev"].items()},
            settings=self.plan.train.model_dump(mode="json"),
        )
        save_checkpoint(
            folder,
            self.model,
            settings=self.settings,
            tasks=self.tasks,
            tokens=self.folder,
            training=facts,
        )

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which a forward pass runs; weights stay in fp32."""
        bf16 = self.precision.used == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bf16)

    def predict(self, split: str, model: MultiTaskModel | None = None) -> dict[str, np.ndarray]:
        """Outputs of every example of a split, (example, width) for each task.

        `model`, if not the one in training, is a checkpoint of this run.
        """
        encoded, tokens = self.encoded(split), self.tokens[split]
        with self.autocast(), self._bar(split, "predicting") as bar:
            return predict(
                model or self.model, tokens, self.shape, encoded=encoded, advance=bar.update
            )

    def _bar(self, split: str, what: str) -> "tqdm[Any]":
        count = sum(map(len, self.tokens[split].values()))
        return progress_bar(f"{self.name}: {what} {split}", count, "examples")

    def scores(self, outputs: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Each task's main metric of outputs on dev, and `score`, which chooses the best epoch.

        `score` is the mean over the trained tasks, or over all if none is trained.
        """
        scores = {}
        for task, logits in outputs.items():
            labels, actual = self.plan.tasks[task].labels, self.tokens["dev"][task].labels
            scores[task] = main_score(self.plan.metrics[task], labels, logits, actual)
        choosing = [scores[task] for task in self.plan.train.trained or scores]
        named = {f"{task}_{self.plan.metrics[task]}": value for task, value in scores.items()}
        return {**named, "score": sum(choosing) / len(choosing)}


def checkpoint_tasks(plan: Plan, tasks: Mapping[str, Task]) -> dict[str, CheckpointTask]:
    """Give the plan's tasks with titles and columns of `tasks`, where these are the same tasks."""
    own = {}
    for name, task in plan.tasks.items():
        same = name in tasks and ModelTask.of(tasks[name]) == task
        entry = CheckpointTask.of(tasks[name] if same else task)
        own[name] = entry.model_copy(update={"metric": plan.metrics[name]})
    return own
