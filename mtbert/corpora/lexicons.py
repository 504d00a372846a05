"""Lexicons for the augment stage: the embedded one, public ones, a folder of the user's."""

import gzip
import json
import shutil
import zlib
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from zipfile import BadZipFile, ZipFile

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.core.outputs import WORK, write_text
from mtbert.core.params import Settings
from mtbert.corpora.checkpoints import sha256
from mtbert.corpora.fetching import CHUNK, fetch
from mtbert.corpora.folders import project_root, resolve
from mtbert.corpora.settings import Word
from mtbert.corpora.sources import OURS, SAMPLE, UNKNOWN

# NLTK's data, pinned: part -> SHA-256 of its archive.
COMMIT = "550b6625bcef1f2abff2ff770a5a0d272c9c6b2a"
URL = f"https://raw.githubusercontent.com/nltk/nltk_data/{COMMIT}/packages"
ARCHIVES = {
    "corpora/wordnet": "cbda5ea6eef7f36a97a43d4a75f85e07fccbb4f23657d27b4ccbc93e2646ab59",
    "taggers/averaged_perceptron_tagger_eng": (
        "6025f530624335c67d6547d44757b357b4e79bae030a0383e9887a92c1718f0b"
    ),
}
# Its site has no https and publishes no checksums.
PPDB_URL = "http://nlpgrid.seas.upenn.edu/PPDB/eng"
# What a folder may hold, laid out as NLTK's data: a part is a folder, or a zip of it.
PARTS = (*ARCHIVES, "misc/mwa_ppdb")
FOLDERS = ("ppdb", "opinion")
# What augmentation asks for, and where that lies
KINDS = {
    "wordnet": ("corpora/wordnet",),
    "tagger": ("taggers/averaged_perceptron_tagger_eng",),
    "ppdb": ("ppdb", "misc/mwa_ppdb"),
    "opinion_words": ("opinion",),
}
TERMS = {
    "corpora/wordnet": "WordNet 3.0 licence (Princeton University): free for any use, with notice",
    "taggers/averaged_perceptron_tagger_eng": "Averaged perceptron tagger (Honnibal): MIT, by NLTK",
    "misc/mwa_ppdb": "PPDB 1.0 (Ganitkevitch et al. 2013), subset of Sultan et al. 2015: CC BY 3.0",
    "ppdb/ppdb-2.0": "PPDB 2.0 (Pavlick et al. 2015): CC BY 3.0",
}


class Lexicons(Settings):
    """Section `lexicons`: where the words come from that replace others."""

    source: Word  # sample | public | a folder
    # Of `public`; None: without PPDB
    ppdb_size: Literal["s", "m", "l", "xl", "xxl", "xxxl"] | None = "s"
    # Of that file, if it must be the very one; SOURCE.json says what came
    ppdb_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    # A text file with a word a line, or a folder of such files, of words that carry sentiment
    opinion_words: Word | None = None


def check_lexicons(lexicons: Lexicons, *, where: str) -> None:
    """Make sure that the folders and files that the section names are there.

    Raises:
        InputError: one is not.
    """
    opinion = lexicons.opinion_words
    if opinion is not None and not resolve(opinion).exists():
        raise InputError(f"{where}: lexicons.opinion_words: there is no {resolve(opinion)}")
    if lexicons.source != "public":
        _folder(lexicons.source, where)


def kinds(lexicons: Lexicons, *, where: str) -> set[str]:
    """What there will be of `wordnet`, `tagger`, `ppdb` and `opinion_words`.

    Raises:
        InputError: there is no such source.
    """
    if lexicons.source == "public":
        there = {*ARCHIVES, *(["ppdb"] if lexicons.ppdb_size else [])}
    else:
        folder = _folder(lexicons.source, where)
        there = {part for part in (*PARTS, *FOLDERS) if (folder / part).is_dir()}
        there |= {part for part in PARTS if (folder / f"{part}.zip").is_file()}
    if lexicons.opinion_words is not None:
        there.add("opinion")
    return {kind for kind, places in KINDS.items() if not there.isdisjoint(places)}


def collect_lexicons(
    lexicons: Lexicons, out: Path, *, where: str = "params", url: str = URL, ppdb: str = PPDB_URL
) -> None:
    """Fill the folder `out` with lexicons laid out as NLTK's data, and `SOURCE.json`.

    Args:
        lexicons: their section.
        out: an existing folder.
        where: the params file, to open the messages of errors.
        url: where NLTK's archives lie.
        ppdb: where PPDB's files lie.

    Raises:
        InputError: no such source or folder, nothing in it that can be used, or a file that cannot
            be fetched as it should be.
    """
    check_lexicons(lexicons, where=where)
    opinion = lexicons.opinion_words
    if lexicons.source == "public":
        _fetch_public(lexicons, out, url=url, ppdb=ppdb)
    else:
        _copy(_folder(lexicons.source, where), out, where)
    if opinion is not None:
        shutil.rmtree(out / "opinion", ignore_errors=True)
        _copy_texts(resolve(opinion), out / "opinion")
    terms = {"sample": OURS, "public": None}.get(lexicons.source, UNKNOWN)
    files = {
        str(path.relative_to(out)): _facts(path, out, terms)
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    if opinion is not None:
        # Whatever the rest is, these are the user's.
        files |= {n: {**f, "terms": UNKNOWN} for n, f in files.items() if n.startswith("opinion/")}
    origin = {"nltk_data": url, "ppdb": ppdb} if lexicons.source == "public" else {}
    described = {"source": lexicons.source, **origin, "files": files}
    write_text(out / "SOURCE.json", json.dumps(described, indent=2, ensure_ascii=False) + "\n")


def _facts(path: Path, out: Path, terms: str | None) -> dict[str, Any]:
    name = str(path.relative_to(out))
    known = (text for prefix, text in TERMS.items() if name.startswith(prefix))
    own = UNKNOWN if terms is None else terms
    # In a folder of the user's WordNet is WordNet.
    said = own if terms == OURS else next(known, own)
    return {"bytes": path.stat().st_size, "sha256": sha256(path), "terms": said}


def _folder(source: str, where: str) -> Path:
    folder = SAMPLE / "lexicons" if source == "sample" else resolve(source)
    if not folder.is_dir():
        known = choices("source", source, ("sample", "public"))
        raise InputError(
            f"{where}: lexicons.source: {known}, or a folder; there is no folder {folder}"
        )
    return folder


def _copy(folder: Path, out: Path, where: str) -> None:
    """Copy the parts that a folder has; an archive is unpacked."""
    for part in PARTS:
        if (folder / part).is_dir():
            shutil.copytree(folder / part, out / part, copy_function=shutil.copyfile)
        elif (archive := folder / f"{part}.zip").is_file():
            _unpack(archive, out / part)
    for name in FOLDERS:
        if (folder / name).is_dir():
            _copy_texts(folder / name, out / name)
    if not any(out.iterdir()):
        expected = ", ".join((*PARTS, *(f"{name}/*" for name in FOLDERS)))
        raise InputError(
            f"{where}: lexicons.source: {folder} has no lexicon; expected one or more of {expected}"
        )


def _copy_texts(source: Path, target: Path) -> None:
    """Copy a file, or the files of a folder, into a new folder."""
    target.mkdir(parents=True)
    for path in [source] if source.is_file() else sorted(source.iterdir()):
        if path.is_file():
            shutil.copyfile(path, target / path.name)


def _unpack(archive: Path, out: Path) -> None:
    """Unpack the one folder of an archive, and nothing that would lie elsewhere."""
    try:
        with ZipFile(archive) as file:
            wanted = [name for name in file.namelist() if name.startswith(f"{out.name}/")]
            file.extractall(out.parent, wanted)
    except (BadZipFile, zlib.error, OSError) as error:
        raise InputError(f"{archive}: cannot be unpacked: {error}") from None
    if not out.is_dir():
        raise InputError(f"{archive}: expected a folder {out.name} in it, found none")


def _fetch_public(lexicons: Lexicons, out: Path, *, url: str, ppdb: str) -> None:
    downloads = project_root() / WORK / "downloads"
    for part, digest in ARCHIVES.items():
        get = partial(fetch, digest=sha256, kind="SHA-256")
        _unpack(get(f"{url}/{part}.zip", digest, downloads), out / part)
    if lexicons.ppdb_size is None:
        return
    name = f"ppdb-2.0-{lexicons.ppdb_size}-lexical.gz"
    if lexicons.ppdb_sha256 is None:
        # Whole, by the checksum that gzip keeps in the file itself.
        path = fetch(f"{ppdb}/{name}", name, downloads, digest=_gzip_name(name), kind="a whole")
        print(f"{name}: to have this very file again, set lexicons.ppdb_sha256: {sha256(path)}")
    else:
        path = fetch(
            f"{ppdb}/{name}", lexicons.ppdb_sha256, downloads, digest=sha256, kind="SHA-256"
        )
    (out / "ppdb").mkdir(parents=True)
    shutil.copyfile(path, out / "ppdb" / name)


def _gzip_name(name: str) -> Any:
    """A digest that is the name of a whole gzip file, and says of another that it is broken."""

    def digest(path: Path) -> str:
        try:
            with gzip.open(path) as file:
                while file.read(CHUNK):
                    pass
        except (OSError, EOFError, zlib.error) as error:
            return f"a broken one ({error})"
        return name

    return digest
