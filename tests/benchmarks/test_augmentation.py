"""The benchmark of augmentation: what it compares, and how it reckons."""

from benchmarks.augmentation import in_child, render, timed, told


def test_a_child_gives_the_same_texts():
    def draw(jobs):
        return {job: [str(job)] for job in jobs}

    (slow, there), (fast, here) = in_child(draw, [1, 2]), timed(draw, [1, 2])
    assert there == here == {1: ["1"], 2: ["2"]}
    assert min(slow, fast) > 0


def test_a_further_copy_is_what_two_copies_add():
    seconds = {
        **{"plain first": [4.0, 6.0, 5.0], "plain copies": [15.0] * 3, "plain target": [3.0]},
        **{"ours first": [1.0], "ours copies": [2.0], "ours target": [0.5]},
    }
    found = told(seconds)
    assert found["seconds"]["plain further"] == 5.0
    assert found["seconds"]["ours further"] == 0.5
    assert found["ratios"] == {"first": 5.0, "further": 10.0, "target": 6.0}
    row = {"source": "wordnet", "rows": 10, "added": 5_456, **found}
    report = {"hardware": "a", "versions": {}, "processes": 2, "rounds": 3, "command": "c"}
    page = render({**report, "tasks": {"sst": row}})
    assert "| sst | wordnet | 5,456 to the target size | 3.00 | 0.50 | 6.00 |" in page
