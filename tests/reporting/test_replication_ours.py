"""What is shown of a recipe of ours: the sweeps it comes from, and what leads beside it."""

from pathlib import Path
from typing import Any

import pytest
from reporting.replications import row, run, study, write

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.reporting.replication import leading, sweeps
from mtbert.reporting.replication.collected import Point, Replication
from stages.studies_page import render

# A setting that two files have stands with its file.
ROW = "strategies.start"
FILE = "studies/best/params.yaml"
METRICS = "reports/studies/best/metrics/start-1.json"
HEADER = (
    f"Experiment,Created,{METRICS}:sst.accuracy,{METRICS}:para.accuracy,{METRICS}:sts.pearson,"
    f"{METRICS}:overall.mean,{ROW}.heads.para.features,{FILE}:{ROW}.learning_rate\n"
)
# The newest first, as DVC has them; the points of `para` ran side by side, the second faster
LINES = (
    "workspace,,,,,,,\n"
    "main,2026-01-01T09:00:00,,,,,,\n"
    "learning_rate-2,2026-01-01T14:00:00,0.4,0.7,0.8,0.633,\"['cosine']\",0.1\n"
    "learning_rate-1,2026-01-01T13:00:00,0.4,0.7,0.8,0.631,\"['cosine']\",0.01\n"
    "para-1,2026-01-01T12:00:00,0.4,0.7,0.8,0.621,,\n"
    "para-2,2026-01-01T11:00:00,0.4,0.7,0.8,0.632,\"['cosine']\",\n"
)


def points(*scores: tuple[str, float, dict[str, str]]) -> tuple[Point, ...]:
    return tuple(
        Point(sweep=name, changes=changes, scores={"sst": 0, "para": 0, "sts": 0, "overall": mean})
        for name, mean, changes in scores
    )


def made(name: str, rows: dict[str, Any], **changes: Any) -> Replication:
    data = study(study=name, rows=rows, exhibits=[], **changes)
    return validate(Replication, data, where=name)


def printed(*runs: dict[str, Any]) -> dict[str, Any]:
    return row(*runs, printed={"dev": {"sst": 0.5}})


def test_points_are_read_sweep_by_sweep_and_by_number(tmp_path: Path) -> None:
    path = tmp_path / "sweeps.csv"
    path.write_text(HEADER + LINES)
    found = sweeps.read_points(path, "start")
    assert [one.sweep for one in found] == ["para", "para", "learning_rate", "learning_rate"]
    assert found[0].changes == {}
    assert found[3].changes == {"heads.para.features": "[cosine]", "learning_rate": "0.1"}
    assert found[3].scores == {"sst": 0.4, "para": 0.7, "sts": 0.8, "overall": 0.633}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER, "no experiment called SWEEP-NUMBER"),
        (HEADER + LINES.replace("0.632", "!"), "para-2: .* is its run over"),
        (
            HEADER + LINES.replace("0.631", ""),
            "learning_rate-1: expected one overall.mean",
        ),
    ],
)
def test_a_file_without_points_or_scores_is_refused(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "sweeps.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=told):
        sweeps.read_points(path, "start")
    with pytest.raises(InputError, match="cannot be read"):
        sweeps.read_points(tmp_path / "none.csv", "start")


def test_a_winner_is_held_until_a_point_beats_it_by_more_than_a_trifle() -> None:
    """A lead of 0.0008 changes nothing; labels leave out what is held."""
    found = sweeps.rounds(
        points(
            ("a", 0.5, {}),
            ("a", 0.6, {"x": "1"}),
            ("b", 0.6008, {"x": "1", "y": "1"}),
            ("c", 0.7, {"x": "1", "z": "2"}),
        )
    )
    assert [(one.sweep, one.label, one.wins) for one in found] == [
        ("a", "as it starts", False),
        ("a", "x: 1", True),
        ("b", "as before", True),
        ("b", "y: 1", False),
        ("c", "as before", False),
        ("c", "z: 2", True),
    ]


def test_the_leading_row_of_a_report_at_our_budget_and_beyond_it() -> None:
    """Ours saw 4,800 examples: of the reports `long` is beyond that, `near` is not."""
    rows = {
        "low": printed(run(1, 0.3, 0.6, 0.6)),
        "near": printed(run(1, 0.4, 0.6, 0.6, seen=5000), run(2, 0.5, 0.6, 0.6, seen=5000)),
        "long": printed(run(1, 0.5, 0.9, 0.9, seen=9600)),
        "none": printed(),
    }
    single = run(1, 0.9, 0.9, 0.9)
    del single["metrics"]["overall"]
    ours = {"best": row(run(2, 0.5, 0.8, 0.9), run(3, 0.5, 0.8, 0.9)), "our-sst": row(single)}
    studies = {"one": made("one", rows), "best": made("best", ours)}
    table = leading.leading(studies)
    assert [[cell.text for cell in line] for line in table.rows] == [
        ["one", "near", "5,000", "2", "0.450 ± 0.071", "0.600 ± 0.000", "0.600 ± 0.000",
         "0.550 ± 0.024"],
        ["one", "long", "9,600", "1", "0.500", "0.900", "0.900", "0.767"],
        ["best", "best", "4,800", "2", "0.500 ± 0.000", "0.800 ± 0.000", "0.900 ± 0.000",
         "0.733 ± 0.000"],
    ]  # fmt: skip
    assert leading.leading({"one": made("one", rows)}).rows == ()


def test_the_pages_of_a_recipe_of_ours(tmp_path: Path) -> None:
    found = points(("a", 0.5, {}), ("a", 0.612, {"x": "1"}))
    rows = {"best": row(run(2, 0.5, 0.8, 0.9))}
    ours = study(study="one", rows=rows, exhibits=[], points=[one.model_dump() for one in found])
    write(tmp_path, of=ours)
    pages = render(tmp_path)
    for text in (pages["studies.html"], pages["one/README.md"]):
        assert leading.TITLE in text
        assert leading.NOTE in text
        assert sweeps.NOTE in text
        assert "0.612" in text
        assert "aper against ours" not in text
    assert "| a | x: 1 | 0.000 | 0.000 | 0.000 | **0.612** |" in pages["one/README.md"]


def test_the_page_of_a_report_has_neither(tmp_path: Path) -> None:
    write(tmp_path)
    for text in render(tmp_path).values():
        assert leading.TITLE not in text
        assert sweeps.TITLE not in text
