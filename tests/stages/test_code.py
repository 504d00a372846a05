"""`python -m stages.code`: one file that changes as any of the sources does."""

import hashlib
import json

import pytest

from mtbert.core.errors import InputError
from stages.code import main


def test_it_identifies_files_and_what_is_in_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "room"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "a.py").write_text("a = 1\n")
    (folder / "__pycache__" / "a.pyc").write_text("no source")
    (tmp_path / "b.py").write_text("")
    main(tmp_path / "out.json", [folder.relative_to(tmp_path), (tmp_path / "b.py")])
    found = json.loads((tmp_path / "out.json").read_text())
    assert found == {
        (tmp_path / "b.py").as_posix(): hashlib.md5(b"").hexdigest(),
        "room/a.py": hashlib.md5(b"a = 1\n").hexdigest(),
    }


def test_a_source_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"lost\.py: no such file"):
        main(tmp_path / "out.json", [tmp_path / "lost.py"])
    assert not (tmp_path / "out.json").exists()
