"""Training options of section `train`, and section `recipes`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mtbert.core.errors import InputError, located
from mtbert.core.params import FaultsError, Settings
from mtbert.core.registry import by_task, entry, to_spec
from mtbert.training.auxiliaries import AUXILIARIES
from mtbert.training.averaging import AVERAGINGS
from mtbert.training.balancing import BALANCINGS
from mtbert.training.batches import Subset
from mtbert.training.objectives import OBJECTIVES
from mtbert.training.optimizers import OPTIMIZERS
from mtbert.training.regularizers import REGULARIZERS
from mtbert.training.samplers import SAMPLERS
from mtbert.training.schedule import SCHEDULES
from mtbert.training.term import TaskFacts, Term

Epochs = Annotated[int, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0)]
Precision = Literal["fp32", "bf16"]
NO_EXTRA = "none"


def _without_all(examples: Any) -> Any:
    """Leave out the tasks of which `all` are drawn: that undoes a number of section `train`."""
    if not isinstance(examples, Mapping):
        return examples
    return {task: count for task, count in examples.items() if count != "all"}


class TrainingSettings(Settings):
    """Sampler, balancing, optimizer and budget; keyed by task where tasks may differ."""

    sampler: entry(SAMPLERS, "sampler")  # type: ignore[valid-type]
    balancing: entry(BALANCINGS, "balancing")  # type: ignore[valid-type]
    # Steps between two logs of the cosines of per-task gradients; 0: never
    conflicts_every: Annotated[int, Field(ge=0)]
    regularizers: by_task(REGULARIZERS, "regularizer", stack=True)  # type: ignore[valid-type]
    auxiliaries: by_task(AUXILIARIES, "auxiliary loss", stack=True)  # type: ignore[valid-type]
    averaging: entry(AVERAGINGS, "averaging")  # type: ignore[valid-type]
    optimizer: entry(OPTIMIZERS, "optimizer")  # type: ignore[valid-type]
    objectives: dict[str, entry(OBJECTIVES, "objective")]  # type: ignore[valid-type]
    batch_size: dict[str, Annotated[int, Field(gt=0)]]
    # Parts of a batch, one after the other. At 1 it is left out of plans, so that those of older
    # versions, and their runs, stay as they are.
    accumulate: Annotated[int, Field(gt=0, exclude_if=lambda parts: parts == 1)] = 1
    extra_data: str  # a set of section `augment`, whose new rows join the train splits
    examples: Annotated[dict[str, Subset], BeforeValidator(_without_all)]
    resampling: dict[str, Literal["none", "balanced"]]
    epochs: Epochs
    steps: Annotated[int, Field(gt=0)] | None  # instead of `epochs`
    examples_seen: Annotated[int, Field(gt=0)] | None = None  # of all tasks; instead of both
    evaluate_every: Epochs  # epochs; the last one always is
    learning_rate: LearningRate
    head_learning_rate: LearningRate
    adapter_learning_rate: LearningRate
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    precision: Precision
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal[tuple(SCHEDULES)]  # type: ignore[valid-type]
    warmup: Annotated[float, Field(ge=0, lt=1)]
    clip: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _ends_once(self) -> "TrainingSettings":
        if self.steps is not None and self.examples_seen is not None:
            rule = f"{self.steps}, and examples_seen: {self.examples_seen} ends the run, too; "
            raise FaultsError([(("steps",), rule + "expected null for one of them")])
        return self

    def terms(self, task: str) -> tuple[Term, ...]:
        """What is added to a task's loss: its regularizers and auxiliary losses."""
        return (*self.regularizers.get(task, ()), *self.auxiliaries.get(task, ()))

    def check_balancing(
        self, tasks: Sequence[str], *, all_tasks: Iterable[str], shares: bool
    ) -> None:
        """Refuse a balancing that has nothing to balance, naming the key and what would fit.

        Args:
            tasks: The strategy's trained tasks.
            all_tasks: All tasks of the params file.
            shares: Whether any trained parameter is shared by the tasks.
        """
        with located("balancing", link="."):
            self.balancing.check(list(all_tasks))
        with located("sampler", link="."):
            self.sampler.check(tasks)
        name = to_spec(BALANCINGS, self.balancing)["name"]
        if self.balancing.needs_several and self.sampler.one_task:
            fit = sorted(name for name, kind in SAMPLERS.items() if not kind.one_task)
            raise InputError(
                f"sampler: balancing {name} needs several tasks in a step, and "
                f"{to_spec(SAMPLERS, self.sampler)['name']} gives one; samplers that fit: "
                f"{', '.join(fit)}"
            )
        if self.balancing.needs_several and len(tasks) < 2:
            raise InputError(f"balancing: {name} needs several tasks, found {tasks[0]} alone")
        if self.balancing.combines and not shares:
            raise InputError(
                f"balancing: {name} combines the tasks' gradients of the encoder, and this "
                f"adaptation trains no parameter that they share; a balancing of losses, such as "
                f"sum, fits"
            )

    def check_terms(self, task: str, facts: TaskFacts) -> None:
        """Refuse terms that do not fit their task, and any kind given twice."""
        for key, registry in (("regularizers", REGULARIZERS), ("auxiliaries", AUXILIARIES)):
            terms = getattr(self, key).get(task, ())
            kinds = [type(term) for term in terms]
            for term in terms:
                with located(f"{key}.{task}"), located(str(to_spec(registry, term)["name"])):
                    if kinds.count(type(term)) > 1:
                        raise InputError("given twice; list each kind once per task")
                    if self.accumulate > 1 and term.whole_batch:
                        raise InputError(
                            f"needs whole batches; expected accumulate: 1, found {self.accumulate}"
                        )
                    term.check(facts)


class Recipe(Settings):
    """What `auto` in section `train` stands for."""

    epochs: Epochs
    learning_rate: LearningRate
    head_learning_rate: LearningRate
    adapter_learning_rate: LearningRate
    precision: Precision


class Recipes(Settings):
    """A recipe for each kind of encoder."""

    scratch: Recipe
    pretrained: Recipe
