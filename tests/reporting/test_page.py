"""The Markdown and HTML pages of a made-up workspace."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from reporting.new_rows import facts, write_set
from reporting.workspace import write_workspace

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.reporting.confusion import confusions
from mtbert.reporting.markdown import data_page, results_page
from mtbert.reporting.page import html_page
from mtbert.reporting.panels import looks
from mtbert.reporting.readme import render
from mtbert.reporting.recording import record
from mtbert.reporting.results import Results, read_results
from mtbert.reporting.settings import read_scope
from mtbert.reporting.studies import render as studies

VOID = {"meta", "path", "use", "rect"}


def read(root: Path) -> Results:
    scope = read_scope(root / "params.yaml")
    return read_results(scope, root / "data/plans", root / "reports")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("workspace")
    write_workspace(root)
    write_set(root, "synonyms", facts(), sst=40_000)
    return read(root)


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return html_page(results)


class Balance(HTMLParser):
    """Collects ids, links and attributes, and insists on closed tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[key] for key in ("href", "src") if key in named]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_results_hold_means_over_seeds(results: Results) -> None:
    text = results_page(results)
    # Seeds 1 and 2 lie 0.004 and 0.008 above 0.5: sd = 0.004 / sqrt(2).
    assert "| main | 0.506 ± 0.003 |" in text
    assert "| joint | +0.010 ± 0.000 | +0.060 ± 0.000 |" in text  # difference to main
    # The best, by 0.01 where the half-width is 0.029, and by 0.06 where it is 0.005
    assert "| joint | 0.516 ± 0.003 | **0.866 ± 0.003** |" in text
    assert "Bold leads every other strategy by more than its own 95 % half-width" in text
    assert "| sst accuracy | 1,101 | ± 0.029 |" in text
    assert "| 95 % half-width of main | ± 0.029 | ± 0.005 |" in text.partition("## Difference")[0]
    assert "| round_robin | sampler: round_robin |" in text
    assert "| main | nothing: the section train as it stands |" in text
    assert "| (without a model) | 0.263 | 0.625 | 0.000 |" in text
    assert "made up" in text
    assert "nan" not in text


def test_data_names_every_unusable_row(results: Results) -> None:
    text = data_page(results)
    assert r"| para train | para-train.csv | 90 | text \| empty |" in text
    assert "| 1 | 450 (37.5%) | 450 (37.5%) |" in text
    assert "| 0 to 1 | 90 (15.0%) | 90 (15.0%) |" in text
    assert "a vocabulary of 3,987" in text


def test_page_is_well_formed_and_self_contained(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert all(link.startswith("#") for link in parser.links)
    assert {link[1:] for link in parser.links} <= set(parser.ids)
    assert "<script" not in page
    assert not re.search(r"url\((?!#)|@import", page)


def test_page_marks_what_exceeds_noise(page: str) -> None:
    # para: + 0.06 is beyond ± 0.005; sst: + 0.01 is within ± 0.03
    assert "<strong>0.866 ± 0.003</strong><small>+0.060 ▲</small>" in page
    assert "<td>0.516 ± 0.003<small>+0.010</small>" in page
    assert "Bold leads every other strategy" in page
    assert "Sample data." in page


def test_page_has_a_matrix_for_every_task(page: str) -> None:
    confusion = page[page.index('<section id="confusion">') : page.index('<section id="further">')]
    sst, para, sts = confusion.split("<h3>")[1:]
    assert sts.startswith("sts, rounded to whole labels</h3>")
    assert [part.count('<th scope="col">') for part in (sst, para, sts)] == [18, 9, 21]


def test_a_matrix_starts_at_the_lowest_label(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main",), seeds=(1,))
    edit(tmp_path / "params.yaml", lambda t: t.replace("low: 0", "low: -1"))
    edit(tmp_path / "reports/confusion/main-1/sts.csv", lambda t: t + "-1,5\n")
    (one,) = confusions(read(tmp_path), "sts")
    assert one.classes == tuple(map(str, range(-1, 6)))
    assert [entry.count for entry in one.rows[0]] == [0, 0, 0, 0, 0, 0, 1]


def test_a_metric_and_names_of_one_s_own(tmp_path: Path) -> None:
    """A binary task judged by F1: tables, curve, half-width, matrix."""
    write_workspace(tmp_path, names=("main", "joint"), seeds=(1,))
    own = "labels:\n      kind: binary\n      names: [other, 'the same']\n    metric: f1\n"
    edit(tmp_path / "params.yaml", lambda t: t.replace("labels:\n      kind: binary\n", own, 1))
    told = {"0": "other", "1": "the same"}
    for name in ("main", "joint"):
        edit(
            tmp_path / f"reports/confusion/{name}-1/para.csv",
            lambda t: re.sub(r"\b[01]\b", lambda m: told[m[0]], t),
        )
        epochs = tmp_path / f"reports/runs/{name}-1/epochs.csv"
        edit(epochs, lambda t: t.replace("para_accuracy", "para_f1"))
    results = read(tmp_path)
    text = results_page(results)
    assert "| strategy | sst accuracy | para f1 | sts pearson | mean | leaderboard |" in text
    assert "para f1 − all positive" in text
    # 0.804 − 0.05; about 1,000 of 2,000 are positive, so that naming all scores near 2/3.
    assert re.search(r"\| main \| [^|]+ \| 0.754 \|", text)
    assert re.search(r"\(without a model\) \| 0.263 \| 0.6\d\d \| 0.000 \|", text)
    assert re.search(r"\| para f1 \| 20,212 \| ± 0.0[12]\d \|", text)
    assert [one.classes for one in confusions(results, "para")] == [("other", "the same")] * 2
    assert '<th scope="col">the same</th>' in html_page(results)


def test_page_is_deterministic(results: Results, page: str) -> None:
    assert html_page(results) == page


def test_figures_show_every_strategy_in_its_colour(results: Results, page: str) -> None:
    colours = [look.colour.lower() for look in looks(results).values()]
    assert len(set(colours)) == 3
    curve = page[page.index("sst on dev") : page.index("para on dev")]
    assert all(curve.count(colour) == 3 for colour in colours)  # two seeds and their mean


def test_single_seed_single_strategy(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main",), seeds=(7,), epochs=1)
    results = read(tmp_path)
    assert "Difference" not in results_page(results)
    assert "Bold" not in results_page(results)
    assert "one seed (7)" in html_page(results)


def test_a_strategy_of_one_task_leaves_gaps(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "joint"), seeds=(1,))
    edit(tmp_path / "data/plans/joint.yaml", lambda t: t.replace("  - para\n  - sts\n", ""))
    edit(tmp_path / "reports/runs/joint-1/conflicts.csv", lambda t: t.partition("\n")[0] + "\n")
    metrics = tmp_path / "reports/metrics/joint-1.json"
    metrics.write_text(json.dumps({"sst": json.loads(metrics.read_text())["sst"]}))
    text = results_page(read(tmp_path))
    assert "| joint | 0.514 | – | – | – | – |" in text
    assert "| joint | +0.010 | – | – | – | – |" in text
    html_page(read(tmp_path))


@pytest.mark.parametrize(
    ("own", "source", "told"),
    [
        ((), "sample", "These figures come from the small embedded sample"),
        (("sst",), "sample, ../own", "Tasks para, sts come from the small embedded sample"),
        (("sst", "sts"), "../own, sample", "Task para comes from the small embedded sample"),
        ((), "sample, ../own", "Some of these figures come from the small embedded sample"),
        (("sst", "para", "sts"), "../own", None),
        ((), "../sample", None),
    ],
)
def test_the_note_on_the_sample_is_for_the_tasks_in_it(
    tmp_path: Path, own: tuple[str, ...], source: str, told: str | None
) -> None:
    write_workspace(tmp_path, names=("main",), seeds=(1,))
    for task in own:
        edit(tmp_path / "params.yaml", lambda t, n=task: t.replace(  # type: ignore[misc]
            f"\n  {n}:\n    title", f"\n  {n}:\n    folder: ../own\n    title", 1))  # fmt: skip
    set_facts(tmp_path, data_source=source)
    results = read(tmp_path)
    for text in (results_page(results), html_page(results), render(results, {})):
        assert ("made up" in text) == (told is not None)
        assert told is None or told in text
    title = "The embedded sample" if source == "sample" else f"Data: {source}"
    assert render(results, {}).startswith(f"### {title}\n")


def test_a_fixed_encoder_has_no_tokens_a_second(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "joint"), seeds=(1,))
    set_facts(tmp_path, tokens_per_second=None)
    for name in ("main", "joint"):
        edit(
            tmp_path / f"reports/runs/{name}-1/steps.csv",
            lambda t: t.replace(",2000,21000.5,", ",0,0,"),
        )
    results = read(tmp_path)
    cost = results_page(results).partition("## Cost")[2].splitlines()
    assert cost[2].split(" | ")[8:] == ["tokens/s", "real tokens among slots |"]
    assert cost[4].split(" | ")[8:] == ["–", "0.962 |"]
    assert "<td>–</td>\n<td>0.962</td>" in html_page(results)
    made = record(results.strategies, title="x", note="", command="x", cross=None)
    study = studies(made)["README.md"]
    assert re.search(r"\| main \| .* \| 0\.5 \| – \|\n", study)
    alone = record(results.strategies[:1], title="x", note="", command="x", cross=None)
    assert "made-up processor | – | 0.6 |" in render(results, {"studies/x": alone})


def test_mixing_and_gradients(results: Results, page: str) -> None:
    mixing, gradients = sections(page)
    # Of those whose steps lack tasks alone: eight epochs, three tasks.
    assert "round_robin: each task&#39;s share" in mixing
    assert mixing.count("<figure") == 1
    assert [mixing.count(f"opacity: {shade}") for shade in (0.85, 0.5, 0.15)] == [9] * 3  # + legend
    assert "One batch of each task in every step: main, joint." in mixing
    assert gradients.count("<figure") == 2 * 3
    colours = {name: look.colour.lower() for name, look in looks(results).items()}
    assert [colours[name] in gradients for name in colours] == [True, False, True]
    silent = "Tasks never meet in a step, so that there is no cosine: round_robin."
    for text in (gradients, results_page(results)):
        assert silent in text
        assert "fewer than 5 % of the steps: a claim" in text
    assert "| main | sst – sts | 160 |" in results_page(results)


def test_four_tasks_have_six_pairs(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "four_tasks"), seeds=(1,), epochs=1)
    results = read(tmp_path)
    mixing, gradients = sections(html_page(results))
    assert "<figure" not in mixing
    assert gradients.count("<figure") == 2 * 6
    assert "sts – cfimdb: mean cosine" in gradients
    rows = [line for line in results_page(results).splitlines() if "– cfimdb |" in line]
    assert len(rows) == 3


def test_no_strategy_has_cosines(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "round_robin"), seeds=(1,), epochs=1)
    path = tmp_path / "reports/runs/main-1/conflicts.csv"
    path.write_text(path.read_text().partition("\n")[0] + "\n")
    results = read(tmp_path)
    _, gradients = sections(html_page(results))
    assert "<table" not in gradients
    assert "<figure" not in gradients
    for text in (gradients, results_page(results)):
        assert "no step with a cosine was sampled (`conflicts_every`): main." in text
        assert "claim" not in text


def test_a_single_task_has_nothing_to_mix(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main",), seeds=(1,), epochs=1)
    edit(tmp_path / "data/plans/main.yaml", lambda t: t.replace("  - para\n  - sts\n", ""))
    edit(tmp_path / "reports/runs/main-1/conflicts.csv", lambda t: t.partition("\n")[0] + "\n")
    metrics = tmp_path / "reports/metrics/main-1.json"
    metrics.write_text(json.dumps({"sst": json.loads(metrics.read_text())["sst"]}))
    results = read(tmp_path)
    assert "#mixing" not in html_page(results)
    assert "Mixing" not in results_page(results)


def sections(page: str) -> tuple[str, str]:
    """The parts of the page on mixing and on gradients."""
    mixing, gradients = page.index('<section id="mixing">'), page.index('<section id="gradients">')
    return page[mixing:gradients], page[gradients : page.index('<section id="confusion">')]


def test_untrained_tasks_have_scores_and_nothing_of_training(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "sst-alone", "as-drawn"))
    found = read(tmp_path)
    text, page = results_page(found), html_page(found)
    assert "| sst-alone | 0.526 ± 0.003 | 0.456 ± 0.003 | 0.026 ± 0.003 |" in text
    assert "| as-drawn | 0.146 ± 0.003 | 0.556 ± 0.003 | −0.014 ± 0.003 |" in text
    assert "| as-drawn | evaluation_only: [sst, para, sts] |" in text
    assert "| as-drawn | 1,051,271 | 1,051,271 | 0 | 0 | 0 |" in text
    rates = text.partition("## Mixing rates")[2].partition("\n## ")[0]
    assert "| main | 0.333 | 0.333 | 0.333 |" in rates
    assert "sst-alone" not in rates
    assert "A single task, no pair: sst-alone. Nothing is trained, no gradient: as-drawn." in text
    assert "One batch of each task in every step: main." in page
    parser = Balance()
    parser.feed(page)
    assert len(set(parser.ids)) == len(parser.ids)
    assert {run.seed: list(run.steps) for run in found.strategies[1].runs}[1][5:] == [
        *("loss_sst", "gradient_norm", "tokens", "tokens_per_second", "examples_sst"),
    ]


def test_a_page_on_which_nothing_is_trained(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "as-drawn"), seeds=(1,))
    edit(tmp_path / "params.yaml", lambda t: t.replace("baseline: main", "baseline: as-drawn"))
    params = read_yaml(tmp_path / "params.yaml")
    del params["strategies"]["main"]
    write_yaml(tmp_path / "params.yaml", params)
    page = html_page(read(tmp_path))
    assert "Training loss" not in page
    assert "Mixing" not in page


def test_a_broken_off_log_of_a_strategy_that_trains_is_refused(tmp_path: Path) -> None:
    write_workspace(tmp_path, names=("main", "sst-alone"), seeds=(1,))
    edit(tmp_path / "reports/runs/sst-alone-1/steps.csv", lambda t: t.partition("\n")[0] + "\n")
    with pytest.raises(InputError, match="cut off after line 1"):
        read(tmp_path)


def test_markup_in_names_is_escaped(tmp_path: Path) -> None:
    write_workspace(tmp_path, seeds=(1,))
    edit(tmp_path / "params.yaml", lambda t: t.replace("title: mtbert", "title: <b>&"))
    assert "<h1>&lt;b&gt;&amp;</h1>" in html_page(read(tmp_path))


def set_facts(root: Path, **facts: Any) -> None:
    for path in (root / "reports/runs").glob("*/run.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def edit(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
