"""What the pages of docs/ hold."""

import re

from tiny import ROOT

PAGES = ROOT / "docs"


def blocks(page, language):
    """Code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (PAGES / page).read_text(), re.DOTALL | re.M)


def indented_commands(page, *programs):
    """Indented lines that call one of some programs."""
    lines = (PAGES / page).read_text().splitlines()
    return [line.strip() for line in lines if re.match(rf"    ({'|'.join(programs)}) ", line)]
