"""The results on README are those of the kept report of the recipe's run, cell by cell."""

from tiny import ROOT

KEPT = ROOT / "docs/recipe/results.md"


def tables(text):
    """By the heading above it, each table: {row: {column: cell}}."""
    found, heading, columns = {}, "", None
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
        if not line.startswith("|"):
            columns = None
            continue
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if columns is None:
            columns = cells
            heading = name if heading in found else heading
            found[heading] = {}
        elif not name.startswith(":"):
            found[heading][name] = dict(zip(columns, cells, strict=True))
    return found


def test_every_cell_on_readme_stands_in_the_kept_report():
    readme = (ROOT / "README.md").read_text().replace("\u00a0", " ")
    block = readme.split("<!-- results:begin -->")[1].split("<!-- results:end -->")[0]
    scores, leads = tables(block).values()
    kept = list(tables(KEPT.read_text()).values())
    dev, test, gaps_on_test, averages_on_test, gaps, averages, _ = kept
    assert list(scores) == list(dev) == list(test)
    for name, row in scores.items():
        on_test = {column: cell.split(" [±")[0] for column, cell in test[name].items()}
        both = {
            c: f"{cell} / {on_test[c]}" if c in on_test else cell for c, cell in dev[name].items()
        }
        assert row == both
    expected = {
        f"{name} to {to}": {"on dev": own[name]["mean"], "on test": own_on_test[name]["mean"]}
        for to, own, own_on_test in (
            ("main", gaps, gaps_on_test),
            ("the mean of its runs", averages, averages_on_test),
        )
        for name in own
    }
    assert leads == expected
