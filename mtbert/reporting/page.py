"""index.html: the whole report on one page that needs nothing from anywhere else."""

from pathlib import Path
from typing import Any

from mtbert.reporting import (
    augmentation,
    conditions,
    corpora,
    figures,
    gradients,
    markdown,
    mixing,
    scoreboard,
    step_figures,
)
from mtbert.reporting.comparison import main_metrics
from mtbert.reporting.confusion import confusions
from mtbert.reporting.panels import looks
from mtbert.reporting.results import Results

TEMPLATES = Path(__file__).parent / "templates"


def html_page(results: Results) -> str:
    """Write index.html."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.jinja")
    return (
        page.render(
            scope=results.scope,
            strategies=results.strategies,
            sample_note=conditions.sample_note(results),
            looks=looks(results),
            tables=_tables(results),
            further=[scoreboard.further(results, task) for task in results.tasks],
            labels=[one for task in results.text if (one := corpora.labels(results, task))],
            settings={one.name: conditions.settings(one) for one in results.strategies},
            score_line=markdown.score_line(results),
            noise_line=markdown.noise_line(results),
            augmentation=_augmentation(results),
            **_pictures(results),
            **_steps(results),
        )
        + "\n"
    )


def _tables(results: Results) -> dict[str, Any]:
    return {
        "ran": conditions.ran(results),
        "scores": scoreboard.scores(results),
        "differences": scoreboard.differences(results),
        "noises": scoreboard.noises(results),
        "above": scoreboard.above_chance(results),
        "cost": conditions.cost(results),
        "changes": conditions.changes(results),
        "counts": corpora.counts(results),
        "unusable": corpora.unusable(results),
        "tokens": corpora.tokens(results),
        "rates": mixing.rates(results),
        "pairs": gradients.pair_table(results.strategies),
    }


def _augmentation(results: Results) -> dict[str, Any]:
    """How train splits grew; no sets where none did."""
    return {
        "title": augmentation.TITLE,
        "sets": augmentation.grown(results),
        "guards_note": augmentation.GUARDS_NOTE,
        "leakage": augmentation.leakage(results),
        "leakage_title": augmentation.LEAKAGE_TITLE,
        "leakage_note": augmentation.LEAKAGE_NOTE,
        "no_leakage": augmentation.NO_LEAKAGE,
    }


def _steps(results: Results) -> dict[str, Any]:
    """What steps drew, and how gradients lay in them: words and panels."""
    several = [one for one in results.strategies if len(one.trained) > 1]
    choosing = [one for one in several if mixing.chooses(one)]
    sampled = [one.name for one in several if any(run.samples for run in one.runs)]
    pairs = {f"{a} – {b}": (a, b) for a, b in step_figures.pairs(results)}
    return {
        "several": bool(several),
        "mixed": [(one.name, step_figures.mixed(results, one)) for one in choosing],
        "unmixed": [one.name for one in several if one not in choosing],
        "shades": step_figures.shades(results),
        "gradients": {
            "title": gradients.TITLE,
            "note": gradients.NOTE,
            "claim": gradients.CLAIM,
            "gaps": gradients.gaps(results.strategies),
            "looks": {name: look for name, look in looks(results).items() if name in sampled},
        },
        "cosines": [(n, step_figures.distributions(results, pair)) for n, pair in pairs.items()],
        "angles": [(n, step_figures.angles(results, pair)) for n, pair in pairs.items()],
    }


def _pictures(results: Results) -> dict[str, Any]:
    """Panels as (title, SVG), matrices as (title, one a strategy)."""
    rounded = {"similarity": ", rounded to whole labels"}
    return {
        "dots": [(m.title, figures.dots(results, m)) for m in main_metrics(results)],
        "curves": [(f"{task} on dev", figures.curves(results, task)) for task in results.tasks],
        "losses": [(f"{task} loss", figures.losses(results, task)) for task in results.trained],
        "confusions": [
            (f"{name}{rounded.get(task.labels.kind, '')}", confusions(results, name))
            for name, task in results.tasks.items()
        ],
    }
