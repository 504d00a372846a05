"""Lexicons for the augment stage: the embedded one, public ones, a user folder."""

import gzip
import shutil
import zlib
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from zipfile import ZipFile

from pydantic import Field

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.corpora import folders
from mtbert.corpora.fetching import CHUNK, digest_fault, fetch
from mtbert.corpora.folders import resolve, sha256

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
# What a folder may hold, laid out as NLTK's data. A part is a folder, or a zip of it.
PARTS = (*ARCHIVES, "misc/mwa_ppdb", "ppdb", "opinion")
# What augmentation needs, and the places that have it
KINDS = {
    "wordnet": ("corpora/wordnet",),
    "tagger": ("taggers/averaged_perceptron_tagger_eng",),
    "ppdb": ("ppdb", "misc/mwa_ppdb"),
    "opinion_words": ("opinion",),
}
LARGEST = 2**28  # bytes that an archive may unpack to; WordNet has 36 MB
TERMS = {
    "corpora/wordnet": "WordNet 3.0 licence (Princeton University): free for any use, with notice",
    "taggers/averaged_perceptron_tagger_eng": "Averaged perceptron tagger (Honnibal): MIT, by NLTK",
    "misc/mwa_ppdb": "PPDB 1.0 (Ganitkevitch et al. 2013), subset of Sultan et al. 2015: CC BY 3.0",
    "ppdb/ppdb-2.0": "PPDB 2.0 (Pavlick et al. 2015): CC BY 3.0",
}


class LexiconSettings(Settings):
    """Section `lexicons`: the sources of the words that replace others."""

    source: Annotated[str, Field(min_length=1)]  # sample | public | a folder
    # Of `public`; None: without PPDB
    ppdb_size: Literal["s", "m", "l", "xl", "xxl", "xxxl"] | None = "s"
    # Of that file, if it must be the very one; SOURCE.json says what came
    ppdb_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    # A text file with a word a line, or a folder of such files, of words that carry sentiment
    opinion_words: Annotated[str, Field(min_length=1)] | None = None


def check_lexicons(lexicons: LexiconSettings, *, where: str) -> set[str]:
    """Check that the folders and files of the section exist.

    Returns:
        Which of `wordnet`, `tagger`, `ppdb` and `opinion_words` they provide.

    Raises:
        InputError: one does not exist, or there is no such source.
    """
    opinion = lexicons.opinion_words
    if opinion is not None and not resolve(opinion).exists():
        raise InputError(f"{where}: lexicons.opinion_words: there is no {resolve(opinion)}")
    if lexicons.source == "public":
        places = {*ARCHIVES, *(["ppdb"] if lexicons.ppdb_size else [])}
    else:
        folder = _folder(lexicons, where)
        places = {
            part for part in PARTS if (folder / part).is_dir() or (folder / f"{part}.zip").is_file()
        }
    if opinion is not None:
        places.add("opinion")
    return {kind for kind, needed in KINDS.items() if not places.isdisjoint(needed)}


def _folder(lexicons: LexiconSettings, where: str) -> Path:
    sample, where = folders.SAMPLE / "lexicons", f"{where}: lexicons.source"
    return folders.source_folder(lexicons.source, sample=sample, other="public", where=where)


def fetch_lexicons(lexicons: LexiconSettings, out: Path, *, where: str = "params") -> None:
    """Fill the existing folder `out` with lexicons laid out as NLTK's data, and `SOURCE.json`.

    Raises:
        InputError: no such source or folder, nothing in it that can be used, a download fails or
            its digest differs; the message begins with `where`, the params file.
    """
    check_lexicons(lexicons, where=where)
    source, opinion, origin = lexicons.source, lexicons.opinion_words, {}
    if source == "public":
        origin = {"nltk_data": URL, "ppdb": PPDB_URL}
        for part, digest in ARCHIVES.items():
            fault = partial(digest_fault, sha256, digest)
            _unpack(fetch(f"{URL}/{part}.zip", digest, fault), out / part)
        _fetch_ppdb(lexicons, out)
    else:
        _copy(_folder(lexicons, where), out, where)
    if opinion is not None:
        shutil.rmtree(out / "opinion", ignore_errors=True)
        _copy_files(resolve(opinion), out / "opinion")
    files = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        name = str(path.relative_to(out))
        own = opinion is not None and name.startswith("opinion/")
        # Terms follow the file name, in a user folder too.
        terms = folders.UNKNOWN if own else folders.terms_of(name, source, TERMS)
        files[name] = {**folders.size_and_sha256(path), "terms": terms}
    folders.write_json(out / "SOURCE.json", {"source": source, **origin, "files": files})


def _copy(folder: Path, out: Path, where: str) -> None:
    """Copy the parts that a folder has; an archive is unpacked."""
    for part in PARTS:
        if (folder / part).is_dir():
            _copy_files(folder / part, out / part)
        elif (archive := folder / f"{part}.zip").is_file():
            _unpack(archive, out / part)
    if not any(out.iterdir()):
        raise InputError(
            f"{where}: lexicons.source: {folder} has no lexicon; expected one or more of "
            f"{', '.join(PARTS)}"
        )


def _copy_files(source: Path, target: Path) -> None:
    """Copy a file, or the files of a folder, into a new folder."""
    target.mkdir(parents=True)
    for path in [source] if source.is_file() else source.iterdir():
        if path.is_file():
            shutil.copyfile(path, target / path.name)


def _unpack(archive: Path, out: Path) -> None:
    """Unpack the one folder of an archive, and nothing that would lie elsewhere."""
    try:
        with ZipFile(archive) as file:
            wanted = [own for own in file.infolist() if own.filename.startswith(f"{out.name}/")]
            # zipfile unpacks no more of an entry than its header says.
            if (size := sum(own.file_size for own in wanted)) > LARGEST:
                raise InputError(f"{archive}: unpacks to {size:,} bytes, more than {LARGEST:,}")
            file.extractall(out.parent, wanted)
    except InputError:
        raise
    except Exception as error:  # of zipfile's faults (a password, a method), not all are documented
        raise InputError(f"{archive}: cannot be unpacked: {error}") from None
    if not out.is_dir():
        raise InputError(f"{archive}: expected a folder {out.name} in it, found none")


def _fetch_ppdb(lexicons: LexiconSettings, out: Path) -> None:
    if lexicons.ppdb_size is None:
        return
    name, digest = f"ppdb-2.0-{lexicons.ppdb_size}-lexical.gz", lexicons.ppdb_sha256
    if digest is not None:
        path = fetch(f"{PPDB_URL}/{name}", digest, partial(digest_fault, sha256, digest))
    else:
        path = fetch(f"{PPDB_URL}/{name}", name, _gzip_fault)
        print(f"{name}: to have this very file again, set lexicons.ppdb_sha256: {sha256(path)}")
    (out / "ppdb").mkdir(parents=True)
    shutil.copyfile(path, out / "ppdb" / name)


def _gzip_fault(path: Path) -> str:
    """Check a file by the checksum that gzip keeps in it."""
    try:
        with gzip.open(path) as file:
            while file.read(CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return f"expected a whole gzip file, found a broken one ({error})"
    return ""
