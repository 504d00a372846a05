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
