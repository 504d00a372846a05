"""Growing train splits: the same rows on any number of processes; what row guards refuse."""

import multiprocessing
import os
import random
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest
from augmenting import plain_nlpaug, section, table, task

from mtbert.augmentation.leakage import held_out_texts, shared_texts
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.replacing import Replacer
from mtbert.augmentation.sets import grow_set, growth_warnings
from mtbert.core.errors import InputError

TEXTS = [
    "a big film",
    "the good man and a big film",
    "two big films rise",
    "xyz !",
    "I love the film and the man",
    "superb joy and a cold film",
]


def grown(lexicons, settings, rows, *, held_out=(), processes=1):
    """The AUGMENTED table, the task's facts, and the new rows."""
    tables = {"t": {"train": rows, "dev": table(["zzz", *held_out])}}
    new, facts = grow_set("s", section(settings), tables, lexicons, processes=processes, where="p")
    return new["t"], facts["tasks"]["t"], new["t"].to_pylist()[rows.num_rows :]


def test_one_process_or_two_and_the_order_of_the_seed(lexicons):
    rows = table([f"{text} {number}" for number in range(40) for text in TEXTS])
    settings = task(share=0.4, rows=400, copies=None)
    state = random.getstate()
    first, facts, new = grown(lexicons, settings, rows)
    assert random.getstate() == state
    assert grown(lexicons, settings, rows, processes=2)[0].equals(first)
    assert facts["rows"] == {"before": 240, "after": 400, "missing": 0}
    other = grown(lexicons, task(share=0.4, rows=400, copies=None, seed=2), rows)[2]
    assert [row["source"] for row in other] != [row["source"] for row in new]
    assert first.to_pylist()[:240] == [
        row | dict.fromkeys(["source", "method", "seed", "replaced"]) for row in rows.to_pylist()
    ]


def test_forked_processes_open_wordnets_files_anew(lexicons):
    wordnet().synset_from_pos_and_offset("n", 0)
    assert wordnet()._data_file_map
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_open_files) == 0


def _open_files():
    return len(wordnet()._data_file_map)


def test_a_killed_process_ends_the_drawing(lexicons, monkeypatch):
    kill = lambda self, texts, seed: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
    monkeypatch.setattr(Replacer, "draw", kill)
    with pytest.raises(BrokenProcessPool):
        grown(lexicons, task(), table(TEXTS), processes=2)


def test_a_row_does_not_depend_on_the_others(lexicons):
    settings = task(share=0.4)
    first_two = grown(lexicons, settings, table(TEXTS[:2]))[2]
    assert grown(lexicons, settings, table(TEXTS))[2][:2] == first_two


def test_a_new_row_names_its_source_and_changes(lexicons):
    new = grown(lexicons, task(), table(TEXTS[:1]))[2][0]
    fields = [new[key] for key in ("id", "source", "method", "label")]
    assert fields == ["id0+wordnet-1", "id0", "wordnet", 1.0]
    assert new["text_a"].split()[:2] == ["a", "large"]
    assert [*new["replaced"][0].values()] == ["text_a", 1, "big", "large"]
    taken = table(["a big film"] * 2).set_column(0, "id", [["id0", "id0+wordnet-1"]])
    with pytest.raises(InputError, match=r"train: id 'id0\+wordnet-1' is taken"):
        grown(lexicons, task(), taken)


def test_plain_nlpaug_repeats_a_row_from_its_seed(lexicons):
    settings = task(share=0.4, sides="both")
    new = grown(lexicons, settings, table(TEXTS, TEXTS[::-1]), processes=2)[2]
    for row, texts in zip(new, zip(TEXTS, TEXTS[::-1], strict=True), strict=True):
        assert [row["text_a"], row["text_b"]] == plain_nlpaug(settings, texts, row["seed"])


@pytest.mark.parametrize(("sides", "changed"), [("first", "a"), ("second", "b"), ("both", "ab")])
def test_sides_of_a_pair(lexicons, sides, changed):
    rows = table(["a big film"], ["the big man"])
    row = grown(lexicons, task(sides=sides), rows)[2][0]
    assert (row["text_a"] != "a big film") == ("a" in changed)
    assert (row["text_b"] != "the big man") == ("b" in changed)
    assert {item["side"][-1] for item in row["replaced"]} == set(changed)


def test_no_row_twice(lexicons):
    rows = table(["big", "large", "big man", "xyz"])
    off = grown(lexicons, task(copies=3), rows)[0]
    assert len(set(off["text_a"].to_pylist())) < len(off) == 16
    _, facts, new = grown(lexicons, task({"duplicates": True}, copies=3), rows)
    # `big` and `large` become each other; `big man` has one other form; `xyz` has none.
    assert [row["text_a"] for row in new] == ["large guy"]
    assert facts["rows"] == {"before": 4, "after": 5, "missing": 11}
    assert facts["rows_without_replaceable_words"] == 1
    assert facts["copies_given_up"] == 3 + 3 + 2
    assert facts["guards"]["draws_refused"] == {"equals_another_row": 8 * 4}
    warnings = growth_warnings({"lexicon": None, "tasks": {"t": facts}})
    assert "warning: t: 11 new rows fewer than requested" in next(warnings)
    # A target size that no further draw reaches
    settings = task({"duplicates": True}, rows=9, copies=None)
    assert grown(lexicons, settings, table(["big man", "xyz"]))[1]["rows"]["missing"] == 6


def test_no_held_out_text_even_on_the_side_that_stays(lexicons):
    rows = table(["big man", "big man"], ["the film", "a dog"])
    on = task({"held_out": True}, sides="first")
    assert len(grown(lexicons, task(sides="first"), rows, held_out=["A  dog"])[2]) == 2
    _, facts, new = grown(lexicons, on, rows, held_out=["A  dog"])
    assert [row["text_b"] for row in new] == ["the film"]
    assert facts["guards"]["draws_refused"] == {"equals_held_out": 4}
    assert facts["copies_given_up"] == 1
    assert grown(lexicons, on, rows, held_out=["Large guy"])[2] == []


def test_counts_and_examples(lexicons):
    facts = grown(lexicons, task({"numbers": True}), table(["two big men", "a big film"]))[1]
    assert (facts["words"]["before"], facts["words"]["replaced"]) == (6, 4)
    assert facts["guards"]["words_kept"] == {"numbers": 1}
    example = facts["examples"][0]["texts"]["text_a"]
    assert example["words"] == ["two", "big", "men"]
    assert example["replaced"] in ({"1": "large", "2": other} for other in ("man", "guy"))


def test_texts_that_train_splits_share_with_others():
    corpus = {
        "a": {"train": [("One film",)], "dev": [("one  FILM",), ("two",)]},
        "b": {"train": [("one film", "x")], "test": [("one film", "y")]},
    }
    assert shared_texts(corpus) == [
        {"train": "a train", "held_out": "a dev", "texts": 1, "rows": 1},
        {"train": "b train", "held_out": "a dev", "texts": 1},
        {"train": "a train", "held_out": "b test", "texts": 1},
        {"train": "b train", "held_out": "b test", "texts": 1, "rows": 0},
    ]
    assert held_out_texts(corpus) == {"one film", "two", "y"}
