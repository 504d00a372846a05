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
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_bad_input_is_one_line_and_exit_code_2(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text("tasks: 3\n")
    words = [sys.executable, "-m", "stages.prepare", "a", "b", "c", "--params", params]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
