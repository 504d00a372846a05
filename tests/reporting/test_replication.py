"""What the pages of the studies say is what their files hold."""

import re
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from reporting.replications import claim, row, run, study, write
from scipy.stats import t

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.reporting.comparison import half_width
from mtbert.reporting.replication import notes, run_figures, tables, verdicts
from mtbert.reporting.replication.answers import Answers, Judged
from mtbert.reporting.replication.collected import Replication
from mtbert.reporting.replication.comparing import compare
from mtbert.reporting.replication.exhibits import read_exhibits
from stages.studies_page import render


def made(**changes: Any) -> Replication:
    return validate(Replication, study(**changes), where="study")


def judged(**changes: Any) -> Judged:
    return validate(Judged, claim(**changes), where="claim")


def cells(text: str, start: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_difference_and_its_noise() -> None:
    """Two seeds 0.40 and 0.42: one further seed may lie t · s · sqrt(1 + 1 / 2) from their mean."""
    one = compare(made(), "both", "sst")
    assert one.difference == pytest.approx(0.41 - 0.5)
    dev = half_width("accuracy", 0.41, 1101)
    assert dev is not None
    seeds = t.ppf(0.975, 1) * 0.02 / sqrt(2) * sqrt(1.5)
    assert one.noise == pytest.approx(sqrt(dev**2 + seeds**2))
    assert one.within


def test_one_seed_has_the_noise_of_the_dev_split_alone() -> None:
    rows = {"a": row(run(1, 0.40, 0.7, 0.8), printed={"dev": {"sst": 0.45}})}
    one = compare(made(rows=rows, exhibits=[]), "a", "sst")
    assert one.noise == pytest.approx(half_width("accuracy", 0.40, 1101))
    assert one.within == "open"
    near = made(rows={"a": rows["a"] | {"printed": {"dev": {"sst": 0.41}}}}, exhibits=[])
    assert compare(near, "a", "sst").within == "within"
    assert "one seed" in tables.within(one)


def test_test_figures_and_unknown_formulas_are_not_judged() -> None:
    one = compare(made(), "half", "sst")
    assert (one.split, one.within) == ("test", None)
    assert one.difference == pytest.approx(-0.01)
    other = compare(made(overall="other"), "both", "overall")
    assert other.difference is None
    assert other.ours is not None


def test_the_table_has_the_files_numbers() -> None:
    text = tables.against(made(), {}).markdown()
    assert cells(text, "both")[1:5] == ["2", "40", "0.500", "0.410 ± 0.014"]
    assert cells(text, "half")[1:6] == ["1 of 2", "40", "0.420 (test)", "0.410", "−0.010"]
    assert cells(text, "none")[1:7] == ["not run", "–", "0.333", "–", "–", "–"]


def test_without_printed_figures_there_is_nothing_to_compare_with() -> None:
    bare = made(rows={"a": row(run(1, 0.4, 0.7, 0.8))}, exhibits=[])
    header = tables.against(bare, {}).header
    assert header == (
        "row",
        "seeds",
        "updates",
        "sst ours",
        "para ours",
        "sts ours",
        "overall ours",
    )


def test_pages(tmp_path: Path) -> None:
    write(tmp_path)
    pages = render(tmp_path)
    assert list(pages) == ["one/README.md", "claims.md", "studies.html"]
    html, own, claims = pages["studies.html"], pages["one/README.md"], pages["claims.md"]
    for text in (html, own):
        assert "± 0.014" in text
        assert "−3.1 %" in text
        assert "−5.2 to −1.0" in text
        assert "one seed" in text
        assert "None comes twice." in text
        assert "commonest class has an accuracy on dev of sst 0.262, para 0.625." in text
        assert "0.7511" in text
        assert "Not run (1): none-1." in text
        assert "Run with another plan (1): half-2." in text
    for text in (html, claims):
        assert "+0.042" in text
        assert "+0.012 to +0.172" in text
        assert "✔" in text
        assert "supported" in text
        assert "○" in text
        assert "Holm" in text
        assert "0.021" in text
    for text in pages.values():
        assert "reduced" in text
        assert notes.QUORA in text
        assert "../models" not in text
    assert "3,000" in html, "the matrices of two seeds are added up: 1500 + 1500"
    assert render(tmp_path) == pages


def test_a_folder_is_not_taken_for_the_word_that_it_is_called() -> None:
    for source, told in (("cs224n", "cs224n"), ("../a/cs224n", "the files in a folder cs224n")):
        one = run(1, 0.4, 0.7, 0.8)
        one["facts"]["data_source"] = source
        studies = {"one": made(rows={"a": row(one)}, exhibits=[])}
        assert f"| data | {told} |" in notes.machine(studies).markdown()


def test_what_a_file_says_is_text(tmp_path: Path) -> None:
    write(tmp_path)
    pages = render(tmp_path)
    html = pages["studies.html"]
    assert "One &lt;b&gt;study&lt;/b&gt;" in html
    assert "We doubled &lt;it&gt; &amp; more." in html
    assert "Half &lt; both." in html
    assert r"One \<b\>study" in pages["one/README.md"]


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path)
    html = render(tmp_path)["studies.html"]
    assert not re.search(r'(src|href)="(?!#)', html)
    assert "@import" not in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_smoke_figures_mean_nothing(tmp_path: Path) -> None:
    write(tmp_path, of=study(budget={"name": "smoke", "says": "3 steps", "limits": []}))
    for text in render(tmp_path).values():
        assert notes.NOTHING in text


def test_what_was_run_on_what() -> None:
    runs = [run(seed, 0.4, 0.7, 0.8) for seed in (1, 2, 3)]
    for one, name in zip(runs, ("a CPU", "a GPU", "a GPU"), strict=True):
        one["facts"] |= {"hardware": name}
    some = made(rows={"a": row(*runs)}, exhibits=[])
    assert notes.hardware({"one": some}) == "Runs: 2 on a GPU, 1 on a CPU."
    assert notes.hardware({"one": made(rows={"a": row()}, exhibits=[])}) == ""


def test_nothing_was_run(tmp_path: Path) -> None:
    rows = {name: {**own, "runs": []} for name, own in study()["rows"].items()}
    write(tmp_path, of=study(rows=rows))
    pages = render(tmp_path)
    assert cells(pages["one/README.md"], "both")[4] == "–"
    assert notes.QUORA not in pages["studies.html"]


def test_claims_judged_on_other_runs_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "one/replication.json"
    path.write_text(path.read_text().replace("0.72", "0.73"))
    with pytest.raises(InputError, match=r"claims.json: records.one: judged on other results"):
        render(tmp_path)


@pytest.mark.parametrize(
    ("kind", "rows", "told"),
    [
        (
            "greater",
            {"rows": ["a"], "than": ["b"]},
            "a above b by more than 0.01 in the mean score",
        ),
        ("not_greater", {"rows": ["a"], "than": ["b"]}, "a not above b by 0.01 in the mean score"),
        ("equal", {"rows": ["a"], "than": ["b"]}, "a within 0.01 of b in the mean score"),
        ("range_below", {"rows": ["a", "b"]}, "a and b within a range of 0.01 in the mean score"),
        ("share_below", {"row": ["a"]}, "a: share of negative cosines below 0.01"),
        ("like_single", {"row": ["a"], "single": ["b"]}, "a: Δm within 0.01 of 0"),
        (
            "explains",
            {"start": ["a"], "first": ["b"], "second": ["c"], "end": ["d"]},
            "from a to d, what b changes brings more than what c changes, in the mean score",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_claim_is_put_into_words(
    kind: str, rows: dict[str, list[str]], told: str
) -> None:
    assert verdicts.tested(judged(kind=kind, rows=rows, margin=0.01)) == told


def test_a_claim_without_a_margin_has_none_in_words() -> None:
    plain = judged(kind="greater", rows={"rows": ["a"], "than": ["b", "c"]})
    assert verdicts.tested(plain) == "a above b and c in the mean score"


def test_what_cannot_be_answered_was_not_therefore_not_run() -> None:
    found = judged(effect=None, verdict="not decidable", answer="no step was sampled")
    assert verdicts._line("it", found).verdict == "not decidable"
    found = found.model_copy(update={"missing": ("a",)})
    assert verdicts._line("it", found).verdict == "not run"


def test_figures_that_a_report_calls_wrong_are_not_compared() -> None:
    printed = {"dev": {"sst": 0.1, "para": 0.7}}
    rows = {"a": row(run(1, 0.4, 0.7, 0.8), printed=printed, faulty=["sst"])}
    study = made(rows=rows, exhibits=[])
    text = tables.against(study, {}).markdown()
    assert cells(text, "a")[3:7] == ["0.100 (faulty)", "0.400", "–", "–"]
    assert cells(text, "a")[7:11] == ["0.700", "0.700", "+0.000", "within ± 0.018, one seed"]


@pytest.mark.parametrize(("row", "found"), [("both", True), ("half", False)])
def test_a_legend_has_what_its_figure_has(tmp_path: Path, row: str, found: bool) -> None:
    """Of row `half` no figure on dev is printed."""
    sweep = {"kind": "sweep", "title": "A sweep", "x": "x", "series": {"s": {"1": row}}}
    write(tmp_path, of=study(exhibits=[sweep]))
    assert ("◇ as printed" in render(tmp_path)["studies.html"]) == found


def test_small_figures() -> None:
    """The reach is 0.1 to either side, 76 units of 168."""
    small = verdicts._small(judged(effect=0.05, low=-0.025, high=0.3, margin=0.01, kind="equal"))
    assert small is not None
    assert (small.low, small.effect, small.high) == (65.0, 122.0, 160.0)
    assert small.margins == (76.4, 91.6)
    assert (small.cut_low, small.cut_high) == (False, True)


def test_what_verdicts_owe_to_other_claims() -> None:
    sure = judged(own_verdict="supported", own_low=0.001, own_high=0.2)
    lent = judged(own_verdict="not decidable", own_low=-0.01, own_high=0.3)
    assert verdicts._line("it", sure).notes == ("a word on it",)
    assert verdicts._line("it", lent).notes[-1] == (
        "by its own seeds alone −0.010 to +0.300, not decidable after the correction"
    )
    both = Answers(draws=1, records={}, claims={"a": sure, "b": lent}, untested=(), delta_m={})
    assert "1 of the 2 verdicts would stand" in verdicts.pooled(both)
    open_ = both.model_copy(update={"claims": {"c": judged(verdict="not decidable")}})
    assert verdicts.pooled(open_) == ""
    assert "own seeds" not in " ".join(verdicts._line("it", open_.claims["c"]).notes)


def test_small_p() -> None:
    assert [verdicts.chance(p) for p in (None, 1e-12, 0.0123)] == ["–", "< 0.001", "0.012"]


def test_cosines_are_those_of_rows_whose_tasks_meet() -> None:
    assert run_figures.pairs(made()) == [("sst", "para")]
    alone = {"a": row(run(1, 0.4, 0.7, 0.8, conflicts={"met": 0, "pairs": []}))}
    assert run_figures.pairs(made(rows=alone, exhibits=[])) == []


def test_exhibits_name_rows_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "figures.yaml"
    path.write_text("one:\n  - {kind: bars, title: t, rows: [bth]}\n")
    with pytest.raises(InputError, match=r"one.0: unknown row 'bth'; did you mean 'both'"):
        read_exhibits(path, "one", rows=["both"])
    assert read_exhibits(path, "two", rows=[]) == ()
    path.write_text("one:\n  - {kind: pie, title: t, rows: [both]}\n")
    with pytest.raises(InputError, match=r"unknown kind 'pie'"):
        read_exhibits(path, "one", rows=["both"])
