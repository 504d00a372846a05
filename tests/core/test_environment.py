"""What decides a run beside its settings and data."""

from mtbert.core import environment

# Page faults of twenty rounds of allocating and freeing a tensor


def test_our_version_changes_with_every_module(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "core" / "environment.py"))
    versions = []
    for name, text in (("a.py", "1"), ("a.py", "2"), ("package/b.py", "1"), ("notes.txt", "1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        versions.append(environment.versions.__wrapped__()["mtbert"])
    assert len(set(versions[:3])) == 3
    assert versions[3] == versions[2]
    assert len(versions[3].partition("+")[2]) == 8
