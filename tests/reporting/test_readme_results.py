"""The results on README are those of the kept report of our recipe's run, to the letter."""

from tiny import ROOT

KEPT = ROOT / "docs/recipe/results.md"


def rows(text):
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_every_score_on_readme_stands_in_the_kept_report():
    readme = (ROOT / "README.md").read_text()
    block = readme.split("<!-- results:begin -->")[1].split("<!-- results:end -->")[0]
    kept = KEPT.read_text()
    scores, leads = [], []
    for row in rows(block):
        (leads if " to " in row.split("|")[1] else scores).append(row)
    assert len(scores) >= 2 * (1 + 2)  # on dev and on test, a header and two strategies at least
    own = [row for row in scores if not row.startswith(("| :--", "| difference"))]
    assert set(own) <= set(rows(kept))
    assert leads
    for row in leads:
        assert all(cell.strip() in kept for cell in row.split("|")[2:-1])
