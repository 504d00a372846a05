"""`mtbert check` reads every section before a stage has spent time."""

from shutil import copytree, ignore_patterns

import pytest

from mtbert.cli.check import check
from mtbert.core.errors import InputError

from tiny import ROOT


def test_check_reads_every_section(tmp_path):

    text = (ROOT / "params.yaml").read_text()
    check(ROOT / "params.yaml")
    for right, wrong in (
        ("source: sample", "source: 3"),
        ("max_length: 128", "max_length: 1"),
        ("pretrained: scratch", "pretrained: []"),
        ("sampler: all_tasks", "sampler: all"),
        ("seeds: [1, 2]", "seeds: [1, 1]"),
        ("baseline: main", "baseline: mian"),
        ("low: 0, high: 5", "low: 9, high: 5"),
    ):
        assert right in text
        (tmp_path / "params.yaml").write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError):
            check(tmp_path / "params.yaml")


def test_check_names_sections_that_are_none(tmp_path):

    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text() + "stratgies: {}\nsweep: {}\n")
    with pytest.raises(InputError) as error:
        check(path)
    first, second = str(error.value).splitlines()
    assert first.startswith(f"{path}: unknown section 'stratgies'; did you mean 'strategies'?")
    assert second.startswith(f"{path}: unknown section 'sweep'")


def test_check_tells_where_a_source_or_an_encoder_is_named(tmp_path):

    path, text = tmp_path / "params.yaml", (ROOT / "params.yaml").read_text()
    for key, right, wrong in (
        ("data.source", "source: sample", "source: smaple"),
        ("encoder.pretrained", "pretrained: scratch", "pretrained: scrach"),
        ("encoder.pretrained", "pretrained: scratch", "pretrained: me/bert"),
    ):
        path.write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError, match=f"^{path}: {key}: "):
            check(path)


def test_in_the_folder_of_the_studies_it_checks_every_experiment(tmp_path, monkeypatch):
    studies = tmp_path / "studies"
    copytree(ROOT / "studies", studies, ignore=ignore_patterns("results", "data"))
    copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    monkeypatch.chdir(studies)
    check()
    for name, right, wrong, message in (
        ("wu/params.yaml", "epochs: 20", "epochs: 0", "epochs: input should be greater than 0"),
        ("claims.yaml", "[model]", "[modle]", "'modle'; did you mean"),
        ("params.yaml", "budget: smoke", "budget: smok", "did you mean 'smoke'"),
    ):
        text = (studies / name).read_text()
        assert right in text
        (studies / name).write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError, match=message):
            check()
        (studies / name).write_text(text)
