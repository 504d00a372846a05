"""The results on README are those of the kept report of our recipe's run, to the letter."""

from tiny import ROOT

KEPT = ROOT / "docs/recipe/results.md"


def rows(text):
    return [line for line in text.splitlines() if line.startswith("| ")]


def any_digit(text):
    return any(map(str.isdigit, text))


def test_every_score_on_readme_stands_in_the_kept_report():
    readme = (ROOT / "README.md").read_text().replace("\u00a0", " ")
    block = readme.split("<!-- results:begin -->")[1].split("<!-- results:end -->")[0]
    numbers = [cell for row in rows(block) for cell in row.split("|")[2:-1] if any_digit(cell)]
    assert len(numbers) > 30
    # A cell of the kept report, but where test adds the interval that its size leaves
    kept = {part for row in rows(KEPT.read_text()) for part in map(str.strip, row.split("|"))}
    kept |= {part.split(" [±")[0] for part in kept}
    assert {part.strip() for cell in numbers for part in cell.split(" / ")} <= kept
