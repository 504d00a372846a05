"""The section on augmentation."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from reporting.new_rows import facts, text, write_set
from reporting.workspace import write_workspace

from mtbert.augmentation.batches import Job
from mtbert.augmentation.growing import NewRow, Outcome
from mtbert.augmentation.guards import Reason
from mtbert.augmentation.replacing import Change, Draw
from mtbert.augmentation.settings import Guards, TaskAugmentation
from mtbert.augmentation.summary import summarize
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.reporting.augmentation import FILTERS, GUARDS, NO_LEAKAGE, grown, leakage
from mtbert.reporting.augmented import Growth
from mtbert.reporting.markdown import data_page
from mtbert.reporting.marked_rows import Piece, marked_rows
from mtbert.reporting.page import html_page
from mtbert.reporting.results import Results, read_results
from mtbert.reporting.settings import read_scope


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_workspace(tmp_path, names=("main",), seeds=(1,), epochs=1)
    path = tmp_path / "reports/data/tokens.json"
    counted = json.loads(path.read_text())
    counted["tasks"]["sst"]["train"]["tokens"] = 25001
    path.write_text(json.dumps(counted))
    return tmp_path


def read(root: Path) -> Results:
    scope = read_scope(root / "params.yaml")
    return read_results(scope, root / "data/plans", root / "reports")


def test_without_new_rows_there_is_no_section(root: Path) -> None:
    results = read(root)
    assert results.augmented == {}
    assert "augmentation" not in data_page(results).lower()
    page = html_page(results)
    assert '<section id="augmentation">' not in page
    assert "#augmentation" not in page.partition("<nav")[2]


def test_numbers_are_those_of_the_files(root: Path) -> None:
    write_set(root, "synonyms", facts(), sst=36001, sts=9001)
    results = read(root)
    told = data_page(results).partition("## Augmentation")[2]
    for line in (
        "| of the train split | sst | sts |",
        "| method | wordnet | ppdb |",
        "| seed | 31 | 32 |",
        "| rows before | 1,001 | 501 |",
        "| rows after | 1,402 | 602 |",
        "| rows missing | 3 | 0 |",
        "| words before | 20,001 | 7,001 |",
        "| words after | 30,002 | 8,002 |",
        "| words replaced | 4,003 | 904 |",
        "| tokens before | 25,001 | – |",
        "| tokens after | 36,001 | 9,001 |",
        "| rows without a replaceable word | 17 | 0 |",
        "| copies given up | 19 | 0 |",
    ):
        assert f"\n{line}\n" in told
    page = section(results)
    assert "<h3>synonyms</h3>" in page
    assert '<th scope="row">tokens after</th>\n<td>36,001</td>\n<td>9,001</td>' in page
    assert "sst: 2 of 401 new rows" in page
    assert '<a href="#augmentation">' in html_page(results)


def test_a_guard_that_did_nothing_is_not_one_that_is_off(root: Path) -> None:
    write_set(root, "synonyms", facts())
    (one,) = grown(read(root))
    shown = {row[0].text: [cell.text for cell in row[1:]] for row in one.guards.rows}
    assert shown == {
        "sentiment: words kept": ["301 (wordnet)", "off"],
        "sentiment: candidates refused": ["0 (wordnet)", "off"],
        "antonyms: candidates refused": ["307", "off"],
        "numbers: words kept": ["0", "off"],
        "numbers: candidates refused": ["0", "off"],
        "negations: words kept": ["303", "off"],
        "negations: candidates refused": ["0", "off"],
        "duplicates: draws refused (the source again)": ["309", "off"],
        "duplicates: draws refused (another row again)": ["0", "off"],
        "held out: draws refused (a dev or test text)": ["311", "off"],
        "stop words (a filter): words kept": ["305", "–"],
    }


def test_every_guard_of_the_stage_has_a_row() -> None:
    assert {guard for guard, _, _ in GUARDS} == set(Guards.model_fields)
    of_words = {reason for _, deed, reason in GUARDS if deed != "draws_refused"}
    assert of_words | set(FILTERS) == set(get_args(Reason))


def test_what_the_stage_writes_can_be_read() -> None:
    draw = Draw("so nice", (Change(1, "good", "nice"),), True, {}, {})  # type: ignore[arg-type]
    row = NewRow(Job(0, 1, 0), 5, {"text_a": draw}, {"text_a": "so nice"})
    settings = TaskAugmentation(source="wordnet", copies=1)
    made = summarize([{"text_a": "so good"}], ["x"], Outcome(1, [row]), settings)
    growth = validate(Growth, json.loads(json.dumps(made)), where="made")
    assert growth.words.after == 4
    assert growth.guards.settings == settings.guards.model_dump()
    (marked,) = marked_rows(growth)
    assert marked.texts[0].pieces == (Piece("so", None), Piece("good", "nice"))


def test_markdown_marks_words_and_shows_signs_as_they_are(root: Path) -> None:
    write_set(root, "synonyms", facts())
    told = data_page(read(root)).partition("## Augmentation")[2]
    assert r"- a1: A ~~fine~~ **o k** \`\` film" in told
    assert r"- a\_2: 2 \* ~~3~~ **\|** \<b\> \~ x\_y" in told
    assert "- b1:\n  - first text: It stays\n  - second text: ~~Go~~ **Run**\n" in told


def test_the_page_marks_words_by_elements(root: Path) -> None:
    write_set(root, "synonyms", facts())
    page = section(read(root))
    assert "<p>A <del>fine</del> <ins>o k</ins> `` film</p>" in page
    assert "<p>2 * <del>3</del> <ins>|</ins> &lt;b&gt; ~ x_y</p>" in page
    assert "<small>first text:</small> It stays</p>" in page
    assert "<small>second text:</small> <del>Go</del> <ins>Run</ins></p>" in page
    assert page.count("<details>") == 2


def test_markup_in_words_and_names_stays_text(root: Path) -> None:
    made = facts()
    made["tasks"]["sst"]["examples"] = [
        {"source": "<i>", "texts": {"text_a": text("</p> $x$", **{"0": "<script>", "1": "&lt;"})}}
    ]
    made["tasks"]["<sst>"] = made["tasks"].pop("sst")
    write_set(root, "a_b*", made)
    results = read(root)
    page, told = section(results), data_page(results)
    assert "<small>&lt;i&gt;</small>" in page
    assert "<ins>&lt;script&gt;</ins> <del>$x$</del> <ins>&amp;lt;</ins>" in page
    assert r"- \<i\>: ~~\</p\>~~ **\<script\>** ~~\$x\$~~ **\&lt;**" in told
    assert r"### a\_b\*" in told
    assert "<summary>&lt;sst&gt;: 1 of" in told
    assert "<summary>&lt;sst&gt;: 1 of" in page


def test_sets_keep_their_order_and_may_lack_tokens(root: Path) -> None:
    for name in ("b", "a-b", "a"):
        write_set(root, name, facts())
    write_set(root, "b", facts(), sst=36001)
    results = read(root)
    assert list(results.augmented) == ["b", "a-b", "a"]
    after = [
        [cell.text for cell in row]
        for one in grown(results)
        for row in one.growth.rows
        if row[0].text == "tokens after"
    ]
    assert after == [
        ["tokens after", *counts] for counts in (["36,001", "–"], ["–", "–"], ["–", "–"])
    ]
    with pytest.raises(TypeError):
        results.augmented["c"] = results.augmented["a"]  # type: ignore[index]


def test_leakage_of_the_same_data_stands_in_one_table(root: Path) -> None:
    more = facts()
    more["shared_texts"]["augmented"] = [
        {"train": "sst train", "held_out": "sst dev", "texts": 21, "rows": 12},
        {"train": "sst train", "held_out": "sst test", "texts": 22, "rows": 0},
        {"train": "sts train", "held_out": "para test", "texts": 23},
    ]
    write_set(root, "guarded", facts())
    write_set(root, "more", more)
    results = read(root)
    (found,) = leakage(results)
    assert found.markdown().splitlines()[0] == (
        "| splits | texts, original | texts, with guarded | texts, with more "
        "| whole rows, original | whole rows, with guarded | whole rows, with more |"
    )
    assert [[cell.text for cell in row] for row in found.rows] == [
        ["sst train – sst dev", "11", "11", "21", "12", "12", "12"],
        ["sts train – para test", "13", "13", "23", "–", "–", "–"],
        ["sst train – sst test", "0", "0", "22", "0", "0", "0"],
    ]
    assert section(results).count('<th scope="row">sst train – sst dev</th>') == 1
    # Of other data
    more["shared_texts"]["original"] = []
    write_set(root, "more", more)
    assert [len(one.header) for one in leakage(read(root))] == [5, 5]


def test_no_leakage(root: Path) -> None:
    write_set(root, "synonyms", {**facts(), "shared_texts": {"original": [], "augmented": []}})
    results = read(root)
    assert NO_LEAKAGE in section(results)
    assert NO_LEAKAGE in data_page(results)


def test_broken_lines_of_a_lexicon(root: Path) -> None:
    whole, none = facts(), facts()
    whole["lexicon"]["broken"] = []
    none["lexicon"] = None
    for name, made in (("broken", facts()), ("none", none), ("whole", whole)):
        write_set(root, name, made)
    results = read(root)
    told = [one.lexicon for one in grown(results)]
    start = "Lexicon a_lexicon: 8,008 pairs from 9,007 lines, "
    shown = "; ".join(f"line {line:,}: no *{line}*" for line in range(2001, 2006))
    assert told == [
        f"{start}7 broken and not used: {shown}; and 2 more.",
        "",
        f"{start}none of them broken.",
    ]
    assert r"Lexicon a\_lexicon: " in data_page(results)
    assert r"line 2,001: no \*2001\*; " in data_page(results)
    assert "line 2,001: no *2001*; " in section(results)


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("tasks.sst.rows", None, "tasks.sst.rows: required, but not given"),
        (
            "tasks.sst.examples",
            [{"source": "a", "texts": {"text_a": text("one two", **{"2": "three"})}}],
            "positions are those of 2 words, from 0 on; found 2",
        ),
        ("shared_texts.augmented", None, "shared_texts.augmented: required, but not given"),
    ],
)
def test_a_broken_file_is_named(root: Path, path: str, value: Any, rule: str) -> None:
    made = facts()
    *above, last = path.split(".")
    within: Any = made
    for key in above:
        within = within[key]
    del within[last]
    if value is not None:
        within[last] = value
    write_set(root, "synonyms", made)
    with pytest.raises(InputError, match=re.escape(rule)) as caught:
        read(root)
    assert "augmented/synonyms.json: " in str(caught.value)
    assert "`dvc repro` makes it anew" in str(caught.value)


def test_tokens_that_cannot_be_read_are_named(root: Path) -> None:
    write_set(root, "synonyms", facts(), sst=1)
    (root / "reports/data/augmented_tokens/synonyms.json").write_text('{"tasks": {}}')
    with pytest.raises(InputError, match=r"augmented_tokens/synonyms\.json: vocabulary: required"):
        read(root)


def section(results: Results) -> str:
    """The part of the page on augmentation."""
    page = html_page(results)
    return page[page.index('<section id="augmentation">') : page.index('<section id="cost">')]


def test_a_set_that_the_params_file_no_longer_has_is_left_out(root: Path) -> None:
    write_set(root, "synonyms", facts())
    write_set(root, "former", facts())
    assert set(read(root).augmented) == {"former", "synonyms"}
    params = read_yaml(root / "params.yaml")
    del params["augment"]["sets"]["former"]
    write_yaml(root / "params.yaml", params)
    assert set(read(root).augmented) == {"synonyms"}
