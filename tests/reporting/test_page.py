"""The page, results.md and strategies.json of a made-up workspace."""

import base64
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from reporting.made_up_runs import DEV, write_workspace
from scipy import stats

from mtbert.core.errors import InputError
from mtbert.evaluation.intervals import fisher, wilson
from mtbert.reporting import figures
from mtbert.reporting.committed import compare
from mtbert.reporting.neighbours import neighbour_content
from mtbert.reporting.page import render, report_content
from mtbert.reporting.report import read_report
from mtbert.reporting.results import (
    main_table,
    noise_table,
    score_note,
    strategies_json,
    terminal,
)
from mtbert.reporting.results import test_table as table_on_test
from mtbert.reporting.scope import read_scope

METRICS = Path("reports/metrics/runs")


def read(root):
    data = root / "data"
    folders = {name: data / name for name in ("logs", "predictions", "summaries")}
    scope = read_scope(root / "params.yaml")
    return read_report(scope, data / "plans", metrics=root / METRICS, **folders)


def pages(report, changed=None):
    """index.html and results.md."""
    content = report_content(report, changed)
    return [render(name, **content) for name in ("report.html.jinja", "results.md.jinja")]


def change(path, changes):
    """Let a function change what `evaluate` wrote of a run; return the accuracy on SST before."""
    measured = json.loads(path.read_text())
    before = measured["dev"]["sst"]["accuracy"]
    changes(measured)
    path.write_text(json.dumps(measured))
    return before


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    write_workspace(folder, names=("main", "round_robin", "four_tasks", "as-drawn"))
    return folder


@pytest.fixture(scope="module")
def report(root):
    return read(root)


@pytest.fixture(scope="module")
def page(report):
    return pages(report)[0]


def text_of(page):
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(text.replace("&#39;", "'").split())


def test_the_page_is_escaped_and_whole(page):
    for text in ("A <title>", "text <b> | empty", "<i>film</i>"):
        assert text not in page
        assert text.replace("<", "&lt;").replace(">", "&gt;") in page
    assert not re.findall(r"<script|@import|(?:src|href|srcset)=\"(?!data:|#)", page)
    for uri in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page):
        assert b"<script" not in base64.b64decode(uri)
    assert set(re.findall(r'href="#(\w+)"', page)) <= set(re.findall(r'id="(\w+)"', page))
    assert page.count("<img") == page.count("<source") == page.count('alt="')


def test_scores_come_first_and_the_machine_last(page):
    order = ["0.762 ± 0.018", "Difference to main", "Uncertainty from", "Task by task"]
    order += [
        "Are errors unlike",
        "Learning curves",
        "Each task's share",
        "Per-task gradients",
        "Leakage",
    ]
    order += ["Settings of", "a made-up processor"]
    places = [text_of(page).index(word) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "text",
    [
        "sst train f.csv 17",  # a row that could not be used
        "1 (25.0%)",
        "0 to 2.5 1 (25.0%)",
        "sst dev 0.03 – 6.1% 5.0% 2.0% rows of train",  # drift
        "tokens after 1,100",
        "candidates refused: antonyms 3",
        "8 pairs from 9 lines, 1 broken: line 3: no.",
        "sst train – sst dev 3 4",  # leakage
        "s1 a &lt;i&gt;film&lt;/i&gt; movie",
    ],
)
def test_data_and_augmentation_are_shown(page, text):
    assert text in text_of(page)


def test_evaluation_only_tasks_have_scores_and_no_training(report):
    assert report.trained("as-drawn") == []
    assert main_table(report).loc["as-drawn", "updates"] == "0 (× 0)"
    assert "as-drawn" not in set(report.steps["strategy"])


def test_errors_far_from_the_training_data(report):
    """Wrong are i0 to i8, and i9 with seed 2; i0 to i7 are the farthest fifth."""
    table = neighbour_content(report)["neighbours"].loc["sst"].set_index("strategy")
    assert table.loc["main", "error of the nearest fifth"] == "0.000"
    assert table.loc["main", "of the farthest"] == "1.000"
    errors = [1.0] * 9 + [0.5] + [0.0] * 30
    r = stats.spearmanr(errors, np.arange(DEV, 0, -1)).statistic
    low, high = fisher(r, DEV, ranks=True)
    assert table.loc["main", "correlation"] == f"{r:.2f} [{low:.2f}, {high:.2f}]"


def test_what_the_size_of_dev_leaves_open(root, report):
    table = noise_table(report)
    right = [1 - 9 / DEV, 1 - 10 / DEV]  # of the two seeds
    widths = [np.subtract(*wilson(share, DEV)[::-1]) / 2 for share in right]
    assert table.loc["sst accuracy"].tolist() == [str(DEV), "0.200", f"± {np.mean(widths):.3f}"]
    assert table.loc["sts pearson", "constant prediction"] == "0.000"
    assert table.loc["cfimdb accuracy", "dev examples"] == str(DEV)  # main lacks this task
    # An overall score has the same interval whatever a task is judged by.
    other = read(root)
    other.scope.tasks["para"] = other.tasks["para"].model_copy(update={"metric": "roc_auc"})
    assert noise_table(other).loc["para roc auc", "constant prediction"] == "0.500"
    assert noise_table(other).loc["mean"].equals(table.loc["mean"])


def test_results_and_the_headline(report):
    lines = pages(report)[1].splitlines()
    assert lines[0] == "# A &lt;title>: results on dev"
    # 9 and 10 of 40 wrong
    assert lines[4].startswith("| main | 0.762 ± 0.018 | 0.762 ± 0.018 |")
    assert terminal(report, None).splitlines()[2].split()[:4] == ["main", "0.762", "±", "0.018"]
    rows = json.loads(strategies_json(report))
    assert list(rows) == ["main", "round_robin", "four_tasks", "as-drawn"]
    assert set(rows["main"]) == {"mean", "sd", "updates", "examples"}
    assert (rows["main"]["updates"], rows["main"]["examples"]) == (12, 12 * (16 + 32 + 16))


def test_one_seed_and_one_strategy(tmp_path):
    write_workspace(tmp_path, names=("main",), seeds=(3,))
    report = read(tmp_path)
    assert not any("Difference to" in page for page in pages(report))
    assert " ± " not in main_table(report).to_string()
    assert "sd" not in json.loads(strategies_json(report))["main"]


@pytest.mark.parametrize(("rows", "why"), [(1, "one row alone"), (3, "rows of one label alone")])
def test_a_dev_split_of_one_label_has_no_deviation(tmp_path, rows, why):
    write_workspace(tmp_path)
    for path in (tmp_path / "data/predictions").glob("*/para-dev.parquet"):
        table = pq.read_table(path)
        alike = table.filter(pc.equal(table["label"], 1))
        pq.write_table(alike.slice(0, rows), path)
    report = read(tmp_path)
    table = main_table(report)
    assert report.constant("dev") == {"para": why}
    assert "±" not in table.loc["main", "para accuracy"]
    assert "±" in table.loc["main", "sst accuracy"]
    assert f"para: its dev split has {why}, so no deviation and no" in score_note(report)
    assert np.isnan(report.own_widths["main", ("para", "accuracy")])
    assert np.isnan(report.paired_widths["dev"]["round_robin", ("para", "accuracy")])


def test_undefined_metrics_and_a_headline_without_the_three_tasks(tmp_path):
    def undefined(measured):
        measured["dev"]["sts"]["pearson"] = None
        del measured["dev"]["overall"]

    write_workspace(tmp_path, seeds=(1,))
    sst = change(tmp_path / METRICS / "main-1.json", undefined)
    report = read(tmp_path)
    assert all("One run each, of seed 1." in text for text in pages(report))
    row = main_table(report).loc["main"]
    assert row["sts pearson"] == row["mean"] == "–"
    # In the workspace SST and para have the same accuracy.
    assert json.loads(strategies_json(report))["main"]["mean"] == pytest.approx(sst, abs=1e-3)
    pages(report)


def test_scores_on_labelled_test_splits_have_a_table_of_their_own(tmp_path):
    write_workspace(tmp_path, names=("main",))
    assert not any("On test" in text for text in pages(read(tmp_path)))
    for seed in (1, 2):
        change(
            tmp_path / METRICS / f"main-{seed}.json",
            lambda it: it.update(test={"sst": {"accuracy": 0.5}}),
        )
        folder = tmp_path / f"data/predictions/main-{seed}"
        (folder / "sst-test.parquet").write_bytes((folder / "sst-dev.parquet").read_bytes())
    report = read(tmp_path)
    table = table_on_test(report)
    assert table.columns.tolist() == ["sst accuracy"]
    half = report.own_widths["main", ("sst", "accuracy")]
    assert table.loc["main"].tolist() == [f"0.500 ± 0.000 [± {half:.3f}]"]
    assert all("On test" in text for text in pages(report))
    assert "The same on test" in terminal(report, None)


def commit(folder, *paths):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", *paths], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_only_seeds_of_both_sides_are_compared(tmp_path):
    write_workspace(tmp_path)
    path = tmp_path / METRICS / "main-1.json"
    commit(tmp_path, path)
    old = change(
        path, lambda it: it["dev"]["sst"].update(accuracy=it["dev"]["sst"]["accuracy"] + 0.1)
    )
    table, warnings = compare(read(tmp_path), tmp_path / METRICS)
    row = table.set_index("score").loc["sst accuracy"]
    assert row.tolist()[:2] == [f"{old:.3f}", f"{old + 0.1:.3f}"]
    assert row["difference"].startswith("+0.100")
    assert "main-2" in warnings[-1]


def test_broken_metrics_at_head_are_named(tmp_path):
    write_workspace(tmp_path)
    report, path = read(tmp_path), tmp_path / METRICS / "main-1.json"
    for text, message in (
        ("{", "main-1.json at git HEAD: not JSON"),
        ("{}", "HEAD:./main-1.json: dev"),
    ):
        path.write_text(text)
        commit(tmp_path, path)
        with pytest.raises(InputError, match=message):
            compare(report, tmp_path / METRICS)


def test_committed_results_stand_beside_the_new_ones(tmp_path):
    def better(measured):
        measured["dev"]["sst"]["accuracy"] += 0.0996
        measured["updates"] *= 3

    write_workspace(tmp_path)
    assert compare(read(tmp_path), tmp_path / METRICS) is None  # no git
    commit(tmp_path, "reports")
    assert compare(read(tmp_path), tmp_path / METRICS) is None  # nothing differs
    for seed in (1, 2):
        change(tmp_path / METRICS / f"main-{seed}.json", better)
    report = read(tmp_path)
    changed = compare(report, tmp_path / METRICS)
    row = changed.table.set_index("score").loc["sst accuracy"]
    assert set(changed.table.index) == {"main"}
    assert row.tolist()[:2] == ["0.762 ± 0.018", "0.862 ± 0.018"]
    half = np.sqrt(2) * report.own_widths["main", ("sst", "accuracy")]
    assert row["difference"] == f"+0.100 [−{half - 0.0996:.3f}, {half + 0.0996:.3f}]"
    assert len(changed.warnings) == 1
    for text in (*pages(report, changed), terminal(report, changed)):
        assert "12 → 36" in text
        assert changed.warnings[0] in text


def test_committed_results_of_other_data_are_not_compared_and_of_another_encoder_are(tmp_path):
    def change_all(**changes):
        for path in (tmp_path / METRICS).glob("*.json"):
            change(path, lambda measured: measured.update(changes))

    def accuracy(measured):
        measured["dev"]["sst"]["accuracy"] += 0.1

    write_workspace(tmp_path)
    commit(tmp_path, "reports")
    change_all(encoder="another")
    assert compare(read(tmp_path), tmp_path / METRICS) is None  # the same scores
    change(tmp_path / METRICS / "main-1.json", accuracy)
    changed = compare(read(tmp_path), tmp_path / METRICS)
    assert set(changed.table.index) == {"main"}
    line = "main, round_robin: committed results are of another encoder: scratch, not another"
    assert changed.warnings == [line]
    change_all(encoder="scratch", data_source="cs224n")
    report = read(tmp_path)
    changed = compare(report, tmp_path / METRICS)
    line = "main, round_robin: committed results are of other data: sample, not cs224n"
    line += "; not compared"
    assert changed.table.empty
    assert changed.warnings == [line]
    for text in (*pages(report, changed), terminal(report, changed)):
        assert line in text


@pytest.mark.parametrize("style", [figures.LIGHT, figures.DARK])
def test_every_mark_has_enough_contrast(style):
    assert figures.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert min(figures.contrast(c, style.paper) for c in (style.ink, *style.colours)) >= 3


def test_figures_use_the_colours_of_their_page_alone_and_the_same_bytes(report):
    first, again = (figures.score_figure(report.scores, ("sst", "accuracy"), {}) for _ in range(2))
    assert first == again
    for style, uri in ((figures.LIGHT, first.light), (figures.DARK, first.dark)):
        svg = base64.b64decode(uri.partition(",")[2]).decode()
        used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}", svg)}
        assert used <= {style.paper, style.ink, *style.colours}
        assert set(re.findall(r"opacity: ([\d.]+)", svg)) <= {"0", "1"}


def test_of_many_classes_the_commonest_confusions_are_shown():
    names = [f"class {n}" for n in range(1000)]
    counts = Counter(
        {("class 1", "class 2"): 7, ("class 3", "class 3"): 90, ("class 4", "class 9"): 3}
    )
    shown = figures.confusion_picture("main", counts, names)
    svg = base64.b64decode(shown.light.partition(",")[2]).decode()
    assert shown.alt == "the 2 commonest of 2 pairs of actual and predicted class"
    assert "class 1 → class 2" in svg
    assert "class 3 → class 3" not in svg
    assert "examples; 10 of 100 are wrong" in svg
    few = figures.confusion_picture("main", Counter({("a", "b"): 2}), ["a", "b"])
    assert few.alt == "counts of actual by predicted class"


def test_unequal_budgets_come_with_the_command_that_equalizes_them(root):
    report = read(root)
    note = score_note(report)
    assert "More or less training than main (×): round_robin, four_tasks, as-drawn." in note
    # 12 steps of 16 + 32 + 16
    assert note.endswith("dvc exp run -S train.examples_seen=768")
    report.settings["main"]["steps"] = 12
    assert score_note(report).endswith("train.examples_seen=768 -S train.steps=null")
