"""Lexicons: the embedded one, a folder with archives, public files that are verified."""

import gzip
import hashlib
import json
from zipfile import ZipFile

import pytest

from mtbert.core.errors import InputError
from mtbert.corpora import lexicons as module
from mtbert.corpora.lexicons import ARCHIVES, LexiconSettings, fetch_lexicons

from tiny import ROOT


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def archive(path, name, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as file:
        for inner, content in files.items():
            file.writestr(f"{name}/{inner}", content)
    return path


def test_the_sample_needs_no_network(out, monkeypatch):
    monkeypatch.chdir(ROOT)
    fetch_lexicons(LexiconSettings(source="sample"), out)
    facts = json.loads((out / "SOURCE.json").read_text())["files"]
    assert set(facts) == {"ppdb/sample.txt", "opinion/words.txt"}
    assert all(fact["terms"].startswith("Apache-2.0") for fact in facts.values())


def test_a_folder_is_taken_with_its_archives(out, tmp_path):
    mine = tmp_path / "mine"
    packed = archive(mine / "corpora/wordnet.zip", "wordnet", {"lexnames": "x"})
    with ZipFile(packed, "a") as file:
        file.writestr("evil", "y")
    (mine / "taggers/averaged_perceptron_tagger_eng").mkdir(parents=True)
    (mine / "taggers/averaged_perceptron_tagger_eng/a.json").write_text("{}")
    (mine / "unknown").mkdir()
    (mine / "taggers/averaged_perceptron_tagger_eng/unread").mkdir()
    (tmp_path / "words.txt").write_text("good\n")
    fetch_lexicons(LexiconSettings(source="mine", opinion_words="words.txt"), out)
    facts = json.loads((out / "SOURCE.json").read_text())
    assert set(facts["files"]) == {
        "corpora/wordnet/lexnames",
        "taggers/averaged_perceptron_tagger_eng/a.json",
        "opinion/words.txt",
    }
    assert not list(tmp_path.rglob("evil"))
    assert "WordNet" in facts["files"]["corpora/wordnet/lexnames"]["terms"]
    assert facts["files"]["corpora/wordnet/lexnames"]["bytes"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "sampel"}, r"p: lexicons\.source: unknown source 'sampel'; did you mean"),
        ({"source": "empty"}, r"empty has no lexicon; expected one or more of corpora/wordnet"),
        ({"source": "broken"}, r"wordnet\.zip: cannot be unpacked"),
        ({"source": "other"}, r"wordnet\.zip: expected a folder wordnet in it"),
        ({"source": "empty", "opinion_words": "no.txt"}, r"lexicons\.opinion_words: there is no"),
    ],
)
def test_what_cannot_be_used_is_refused(out, tmp_path, changes, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken/corpora").mkdir(parents=True)
    (tmp_path / "broken/corpora/wordnet.zip").write_text("no zip")
    archive(tmp_path / "other/corpora/wordnet.zip", "elsewhere", {"a": "b"})
    with pytest.raises(InputError, match=message):
        fetch_lexicons(LexiconSettings(**changes), out, where="p")


def test_public_files_are_verified(out, tmp_path, monkeypatch):
    """Everything but the connection: the files lie where `fetch` keeps what it has verified."""
    downloads = tmp_path / ".dvc/tmp/mtbert/downloads"
    digests = {}
    for part in ARCHIVES:
        name = part.rpartition("/")[2]
        path = archive(downloads / "new.zip", name, {"file": name})
        digests[part] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.rename(downloads / digests[part])
    monkeypatch.setattr(module, "ARCHIVES", digests)
    packed = gzip.compress(b"[NN] ||| a ||| b\n")
    (downloads / "ppdb-2.0-s-lexical.gz").write_bytes(packed)
    fetch_lexicons(LexiconSettings(source="public"), out)
    facts = json.loads((out / "SOURCE.json").read_text())
    assert set(facts["files"]) == {
        "corpora/wordnet/file",
        "taggers/averaged_perceptron_tagger_eng/file",
        "ppdb/ppdb-2.0-s-lexical.gz",
    }
    assert facts["files"]["ppdb/ppdb-2.0-s-lexical.gz"]["terms"].startswith("PPDB 2.0")
    assert facts["nltk_data"].startswith("https://")


def test_a_file_of_another_content_is_not_taken(out, tmp_path, monkeypatch):
    def refuse(url, name, fault):
        (tmp_path / "f").write_bytes(b"\x1f\x8b broken")
        raise InputError(f"{url}: {fault(tmp_path / 'f')}")

    monkeypatch.setattr(module, "fetch", refuse)
    with pytest.raises(InputError, match=r"^https://.*/wordnet\.zip: .* sha256 cbda5ea6\w+, found"):
        fetch_lexicons(LexiconSettings(source="public"), out)
    monkeypatch.setattr(module, "ARCHIVES", {})
    with pytest.raises(InputError, match=r"0-l-lexical\.gz: expected .*, found a broken one"):
        fetch_lexicons(LexiconSettings(source="public", ppdb_size="l"), out)
    with pytest.raises(InputError, match=rf"expected sha256 {'a' * 64}, found"):
        fetch_lexicons(LexiconSettings(source="public", ppdb_sha256="a" * 64), out)


def encrypted(path):
    """Set the flag of encryption in both headers of an entry."""
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)


def with_method(path, number=99):
    """Name a compression method that nobody has."""
    data = bytearray(path.read_bytes())
    data[8] = data[data.index(b"PK\1\2") + 10] = number
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("damage", [encrypted, with_method, cut])
def test_a_damaged_archive_is_refused(out, tmp_path, damage):
    packed = archive(tmp_path / "mine/corpora/wordnet.zip", "wordnet", {"lexnames": "x"})
    damage(packed)
    with pytest.raises(InputError, match=r"wordnet\.zip: cannot be unpacked"):
        fetch_lexicons(LexiconSettings(source="mine"), out, where="p")


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(out, tmp_path, monkeypatch):
    monkeypatch.setattr("mtbert.corpora.lexicons.LARGEST", 1000)
    files = {"lexnames": "x" * 600, "more": "x" * 401}
    archive(tmp_path / "mine/corpora/wordnet.zip", "wordnet", files)
    with pytest.raises(InputError, match=r"unpacks to 1,001 bytes, more than 1,000"):
        fetch_lexicons(LexiconSettings(source="mine"), out, where="p")
    assert not (out / "corpora").exists() or not any((out / "corpora").iterdir())
