"""What every stage's command has in common."""

import subprocess
import sys

import pytest

from tiny import ROOT

STAGES = sorted(path.stem for path in (ROOT / "stages").glob("[a-z]*.py"))


@pytest.mark.parametrize("stage", STAGES)
def test_help_imports_nothing_heavy(stage):
    code = (
        f"import sys; sys.argv = ['x', '--help']\nfrom stages.{stage} import main\n"
        "from mtbert.core.commands import run\ntry: run(main)\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'pandas', 'sklearn', 'scipy', 'pyarrow', 'matplotlib'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "HEAVY []" in told.stdout, told.stdout + told.stderr


def test_bad_input_is_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "params.yaml").write_text("tasks: 3\n")
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "stages.prepare",
            "a",
            "b",
            "c",
            "--params",
            tmp_path / "params.yaml",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 2
    assert told.stderr.startswith("error: ")
    assert told.stderr.count("\n") == 1


def test_check_reads_every_section(tmp_path):
    from mtbert.cli.check import check as main
    from mtbert.core.errors import InputError

    text = (ROOT / "params.yaml").read_text()
    main(ROOT / "params.yaml")
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
            main(tmp_path / "params.yaml")


def test_check_names_sections_that_are_none(tmp_path):
    from mtbert.cli.check import check as main
    from mtbert.core.errors import InputError

    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text() + "stratgies: {}\nsweep: {}\n")
    with pytest.raises(InputError) as error:
        main(path)
    first, second = str(error.value).splitlines()
    assert first.startswith(f"{path}: unknown section 'stratgies'; did you mean 'strategies'?")
    assert second.startswith(f"{path}: unknown section 'sweep'")


def test_check_tells_where_a_source_or_an_encoder_is_named(tmp_path):
    from mtbert.cli.check import check as main
    from mtbert.core.errors import InputError

    path, text = tmp_path / "params.yaml", (ROOT / "params.yaml").read_text()
    for key, right, wrong in (
        ("data.source", "source: sample", "source: smaple"),
        ("encoder.pretrained", "pretrained: scratch", "pretrained: scrach"),
        ("encoder.pretrained", "pretrained: scratch", "pretrained: me/bert"),
    ):
        path.write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError, match=f"^{path}: {key}: "):
            main(path)


def test_check_reads_studies_where_asked(tmp_path):
    from shutil import copytree, ignore_patterns

    from mtbert.cli.check import check as main
    from mtbert.core.errors import InputError

    with pytest.raises(InputError, match="for each study, found none"):
        main(ROOT / "params.yaml", tmp_path)
    studies = tmp_path / "studies"
    copytree(ROOT / "studies", studies, ignore=ignore_patterns("runs", "*.json"))
    main(ROOT / "params.yaml", studies)
    for name, right, wrong, told in (
        ("wu/params.yaml", "epochs: 20", "epochs: 0", "epochs: input should be greater than 0"),
        (
            "claims.yaml",
            "rows: [model]",
            "rows: [modle]",
            "unknown row 'modle'; did you mean",
        ),
        ("figures.yaml", "rows: [exp6, our-pal]", "rows: [exp66, our-pal]", "unknown row 'exp66'"),
    ):
        text = (studies / name).read_text()
        assert right in text
        (studies / name).write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError, match=f"{name}.*{told}"):
            main(ROOT / "params.yaml", studies)
        (studies / name).write_text(text)
