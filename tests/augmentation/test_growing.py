"""Growing a split: the same rows on any number of processes; what row guards refuse and count."""

import multiprocessing
import os
import random
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest
from augmenting import OFF, opened, table, task

from mtbert.augmentation.drawing import Drawer, Job, over_processes
from mtbert.augmentation.leakage import held_out_texts, shared_texts
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.splits import grow_split, warnings
from mtbert.augmentation.tables import texts_of

TEXTS = [
    "a big film",
    "the good man and a big film",
    "two big films rise",
    "xyz !",
    "I love the film and the man",
    "superb joy and a cold film",
]


def grown(lexicons, settings, rows, *, held_out=frozenset(), processes=1):
    found = opened(lexicons, {"t": settings})
    found.check()
    made, facts = grow_split("t", rows, found, held_out=held_out, processes=processes)
    return made, facts, made.to_pylist()[rows.num_rows :]


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
    reader = wordnet()
    reader.synset_from_pos_and_offset("n", 0)
    assert reader._data_file_map
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_open_files) == 0


def _open_files():
    return len(wordnet()._data_file_map)


def test_a_process_that_is_killed_ends_the_drawing(monkeypatch):
    monkeypatch.setattr(Drawer, "draw", lambda self, job: os.kill(os.getpid(), signal.SIGKILL))
    drawer = Drawer(None, examples=[("id0", ["a film"])], task="t", seed=1)
    with over_processes(drawer, 2) as draws, pytest.raises(BrokenProcessPool):
        draws([Job(0, 1)])


def test_a_row_does_not_depend_on_the_others(lexicons):
    settings = task(share=0.4)
    all_rows = grown(lexicons, settings, table(TEXTS))[2]
    alone = grown(lexicons, settings, table(TEXTS[:2]))[2]
    assert alone == all_rows[:2]


def test_a_new_row_says_where_it_comes_from(lexicons):
    _, _, new = grown(lexicons, task(), table(TEXTS[:1]))
    assert new[0]["id"] == "id0+wordnet-1"
    assert (new[0]["source"], new[0]["method"], new[0]["label"]) == ("id0", "wordnet", 1.0)
    words = new[0]["text_a"].split()
    assert new[0]["replaced"][0] == {
        **{"side": "text_a", "position": 1},
        **{"before": "big", "after": "large"},
    }
    assert words[:2] == ["a", "large"]


@pytest.mark.parametrize("processes", [1, 2])
def test_plain_nlpaug_repeats_a_row_from_its_seed(lexicons, processes):
    from augmenting import plain_nlpaug

    settings = task(share=0.4, sides="both")
    made = grown(lexicons, settings, table(TEXTS, TEXTS[::-1]), processes=processes)[2]
    for row, source in zip(made, texts_of(table(TEXTS, TEXTS[::-1])), strict=True):
        texts = [source["text_a"], source["text_b"]]
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
    off = grown(lexicons, task(copies=3), rows)
    assert off[1]["rows"] == {"before": 4, "after": 16, "missing": 0}
    texts = [row["text_a"] for row in off[0].to_pylist()]
    assert len(set(texts)) < len(texts)
    made, facts, new = grown(lexicons, task(copies=3, guards=OFF | {"duplicates": True}), rows)
    # `big` and `large` become each other; `big man` has one other form; `xyz` has none.
    assert [row["text_a"] for row in new] == ["large guy"]
    assert made["text_a"].to_pylist()[:4] == ["big", "large", "big man", "xyz"]
    assert facts["rows"] == {"before": 4, "after": 5, "missing": 11}
    assert facts["rows_without_replaceable_words"] == 1
    assert facts["copies_given_up"] == 3 + 3 + 2
    assert facts["guards"]["draws_refused"] == {"equals_another_row": 8 * 4}
    assert "warning: t: 11 new rows fewer than asked for" in next(warnings("t", facts))


def test_no_held_out_text(lexicons):
    rows = table(["big man"])
    shared = {"other": {"train": [{"text_a": "x"}], "test": [{"text_a": "Large  guy"}]}}
    held_out = held_out_texts(shared)
    assert grown(lexicons, task(), rows, held_out=held_out)[2][0]["text_a"] == "large guy"
    on = task(guards=OFF | {"held_out": True})
    _, facts, new = grown(lexicons, on, rows, held_out=held_out)
    assert new == []
    assert facts["guards"]["draws_refused"] == {"equals_held_out": 4}
    assert len(grown(lexicons, on, rows)[2]) == 1


def test_no_held_out_text_on_the_side_that_stays(lexicons):
    rows = table(["big man", "big man"], ["the film", "a dog"])
    held_out = frozenset({"a dog"})
    on = task(guards=OFF | {"held_out": True}, sides="first")
    _, facts, new = grown(lexicons, on, rows, held_out=held_out)
    assert [row["text_b"] for row in new] == ["the film"]
    assert facts["guards"]["draws_refused"] == {"equals_held_out": 4}
    assert facts["copies_given_up"] == 1


def test_a_target_that_cannot_be_reached_is_told(lexicons):
    settings = task(rows=9, copies=None, guards=OFF | {"duplicates": True})
    _, facts, new = grown(lexicons, settings, table(["big man", "xyz"]))
    assert [row["text_a"] for row in new] == ["large guy"]
    assert facts["rows"]["missing"] == 6


def test_counts_and_examples(lexicons):
    settings = task(guards=OFF | {"numbers": True})
    _, facts, _ = grown(lexicons, settings, table(["two big men", "a big film"]))
    assert facts["words"]["before"] == 6
    assert facts["words"]["replaced"] == 4
    assert facts["guards"]["words_kept"] == {"numbers": 1}
    example = facts["examples"][0]["texts"]["text_a"]
    assert example["words"] == ["two", "big", "men"]
    assert example["replaced"]["1"] == "large"
    assert example["replaced"]["2"] in ("man", "guy")


def test_texts_that_train_shares_with_others():
    single, other = [{"text_a": "One film"}], [{"text_a": "one  FILM"}, {"text_a": "two"}]
    pairs = [{"text_a": "one film", "text_b": "x"}]
    rows = {
        "a": {"train": single, "dev": other},
        "b": {"train": pairs, "test": [{"text_a": "one film", "text_b": "y"}]},
    }
    assert shared_texts(rows) == [
        {"train": "a train", "held_out": "a dev", "texts": 1, "rows": 1},
        {"train": "b train", "held_out": "a dev", "texts": 1},
        {"train": "a train", "held_out": "b test", "texts": 1},
        {"train": "b train", "held_out": "b test", "texts": 1, "rows": 0},
    ]
    assert held_out_texts(rows) == {"one film", "two", "y"}
