"""In what order the runs behind claims are made: what decides a claim soonest comes first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from mtbert.claims.claim import Claim
from mtbert.experiments.strategies import TrainSettings
from mtbert.studies.budgets import read_budget
from mtbert.studies.results import missing_runs
from mtbert.studies.study import read_experiments, read_study
from mtbert.training.run_steps import RunSteps

StudyRun = tuple[str, str, int]  # study, experiment, seed
FORWARD = 1 / 3  # cost of a forward pass, in those of a training step


def ordered_runs(folder: Path, claims: Sequence[Claim]) -> list[StudyRun]:
    """Runs that claims lack at the active budget, first those of the claim that needs the least.

    That is, the fewest training examples; then those of the next claim, without what was listed.

    Raises:
        InputError: a study or the budget does not fit.
    """
    costs: dict[StudyRun, float] = {}
    seeds: dict[str, dict[str, tuple[int, ...]]] = {}
    params = folder / "params.yaml"
    for study in dict.fromkeys(claim.study for claim in claims):
        own = run_costs(folder / study / "params.yaml", params)
        costs |= {(study, *run): cost for run, cost in own.items()}
        seeds[study] = read_study(folder / study / "params.yaml").runs()
    wanted = [
        {
            (claim.study, name, seed)
            for name in claim.all_named
            for seed in seeds[claim.study][name][: claim.seeds]
        }
        & costs.keys()
        for claim in claims
    ]
    ordered: dict[StudyRun, None] = {}
    while wanted := [runs for own in wanted if (runs := own - ordered.keys())]:
        cheapest = min(wanted, key=lambda runs: sum(costs[run] for run in runs))
        by_seed = sorted(cheapest, key=lambda run: (run[2], costs[run], run[1]))
        ordered |= dict.fromkeys(by_seed)
    return list(ordered)


def run_costs(path: Path, params: Path) -> dict[tuple[str, int], float]:
    """By missing run of a study, the training examples that it draws at the active budget."""
    budget, content = read_budget(params)
    kind = "scratch" if content.encoder["pretrained"] == "scratch" else "pretrained"
    experiments = read_experiments(path, params, encoder=kind)
    sizes = content.studies.printed or content.studies.examples
    missing = missing_runs(path, budget=budget)
    costs = {name: cost(experiments[name], sizes) for name in {name for name, _ in missing}}
    return {(name, seed): costs[name] for name, seed in missing}


def cost(settings: TrainSettings, sizes: Mapping[str, int]) -> float:
    """Training examples of a run, in all tasks; a frozen encoder reads each once."""
    if settings.adaptation.fixed or not settings.trained:
        return FORWARD * sum(sizes.get(task, 0) for task in settings.trained)
    return sum(examples_drawn(settings, sizes).values())


def examples_drawn(settings: TrainSettings, sizes: Mapping[str, int]) -> dict[str, int]:
    """By task, the examples that a run draws of tables of some sizes."""
    own = {
        task: settings.examples[task].count if task in settings.examples else sizes.get(task, 1)
        for task in settings.trained
    }
    steps = RunSteps(settings.sampler, own, settings.batch_size, seed=1)
    length = steps.length(
        epochs=settings.epochs, steps=settings.steps, examples_seen=settings.examples_seen
    )
    counts: Counter[str] = Counter()
    for drawn in islice(steps.drawn(length.sampler_epochs), length.steps):
        counts.update(drawn)
    return dict(counts)
