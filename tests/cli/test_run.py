"""`mtbert run`: options that cannot be met are refused before Ray starts."""

import pytest

from mtbert.cli.run import check_options, run_command
from mtbert.core.errors import InputError


@pytest.mark.parametrize("gpus", [None, 0, 0.25, 1, 2])
def test_parts_of_a_gpu_and_whole_ones_are_dealt_out(gpus):
    check_options(None, None, gpus)


def test_options_that_cannot_be_met_are_refused():
    with pytest.raises(InputError, match=r"--gpus-per-run: expected .* whole ones, found 1\.5"):
        run_command(gpus_per_run=1.5)
    with pytest.raises(InputError, match="--jobs: a cluster makes"):
        run_command(jobs=2, address="auto")
