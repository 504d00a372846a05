"""A run's state is taken up as it was written, or not at all."""

import torch

from mtbert.training.resuming import Resuming


def test_a_changed_state_is_not_taken_up(tmp_path):
    path = tmp_path / "state.pt"
    Resuming(path, "this run").save(3, {"w": torch.arange(4.0)})
    assert Resuming(path, "this run").saved["parameters"]["w"].tolist() == [0, 1, 2, 3]
    assert Resuming(path, "another run").saved is None
    whole = path.read_bytes()
    for place in range(0, len(whole), 53):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert Resuming(path, "this run").saved is None, place
    for end in (0, 1, 32, 33, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert Resuming(path, "this run").saved is None, end
