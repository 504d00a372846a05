"""`mtbert run`: options that cannot be met are refused before Ray starts."""

import pytest
import typer

from mtbert.cli import run as cli
from mtbert.cli.run import check_options, run_command
from mtbert.cluster import driver
from mtbert.core.errors import InputError
from mtbert.core.lifetime import Terminated


@pytest.mark.parametrize("gpus", [None, 0, 0.25, 1, 2])
def test_parts_of_a_gpu_and_whole_ones_are_dealt_out(monkeypatch, gpus):
    monkeypatch.setattr(cli, "count_gpus", lambda: 2)
    check_options(None, None, gpus)
    check_options("auto", None, gpus)
    with pytest.raises(
        InputError, match="--gpus-per-run: expected at most 2 on this machine, found 3"
    ):
        check_options(None, None, 3)
    check_options("auto", None, 3)


def test_options_that_cannot_be_met_are_refused():
    with pytest.raises(InputError, match=r"--gpus-per-run: expected .* whole ones, found 1\.5"):
        run_command(address="auto", gpus_per_run=1.5)
    with pytest.raises(InputError, match="--jobs: a cluster makes"):
        run_command(jobs=2, address="auto")


@pytest.mark.parametrize(("stop", "status"), [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_the_exit_status_names_the_signal(monkeypatch, capsys, stop, status):
    def interrupted(*_):
        raise stop

    monkeypatch.setattr(driver, "run_targets", interrupted)
    with pytest.raises(typer.Exit) as end:
        run_command(jobs=1)
    assert end.value.exit_code == status
    assert "the others resume" in capsys.readouterr().err
