"""`members` and `ensemble` on finished runs: from their folders to a checkpoint and scores."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from workspace import plan, workspace

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.schemas import read_table
from mtbert.experiments.train import train_run
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.encoder import load_encoder
from stages import ensemble, members

MODEL = Path("best", "model.safetensors")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Two seeds of main, with weights in the encoder that both start from."""
    import torch
    from safetensors.torch import save_model

    place = workspace(tmp_path_factory.mktemp("finished") / "work")
    torch.manual_seed(0)
    encoder = place / "encoder"
    save_model(load_encoder(encoder, vocabulary=100), str(encoder / "model.safetensors"))
    texts = {}
    for name in ("main", "wide"):
        heads = {"sst": {"name": "mlp", "hidden_size": 3}} if name == "wide" else {}
        planned = plan(place, {"heads": heads, "learning_rate": 0.01}, name=name)
        texts[name] = (place / f"plans/{name}.yaml").read_text()
        for seed in (1, 2):
            folders = [place / kind / f"{name}-{seed}" for kind in ("runs", "logs")]
            for folder in folders:
                folder.mkdir(parents=True)
            train_run(planned, seed=seed, folder=folders[0], log_folder=folders[1])
    for name, text in texts.items():  # each plan replaced the one before
        (place / f"plans/{name}.yaml").write_text(text)
    return place


@pytest.fixture
def place(finished, monkeypatch):
    monkeypatch.chdir(finished)
    return finished


def average(place, name="averaged", *, of=("main",), by="predictions"):
    """Run both stages; give the metrics."""
    params = read_yaml(place / "params.yaml")
    params |= {"strategies": {"main": {}, "wide": {}}, "seeds": [1, 2]}
    params["ensembles"] = {name: {"of": list(of), "average": by}}
    write_yaml(place / "params.yaml", params)
    listed = place / "members" / f"{name}.yaml"
    members.main(name, place / "plans", place / "logs", listed, params=place / "params.yaml")
    out, predictions, metrics = (place / kind / name for kind in ("runs", "predictions", "m.json"))
    ensemble.main(listed, place / "tasks.yaml", out, predictions, metrics)
    return json.loads(metrics.read_text())


def outputs(place, run):
    rows = read_table(place / f"runs/{run}/predictions/sts-dev.parquet")["output"]
    return np.array(rows.to_pylist())


def test_predictions_are_averaged_and_scored(place):
    measured = average(place)
    assert measured["ensemble"] == {"average": "predictions", "members": ["main-1", "main-2"]}
    assert measured["updates"] == 2 * 3
    assert measured["examples"] == {"sst": 24, "para": 36, "sts": 30}
    assert set(measured["dev"]) == {"sst", "para", "sts", "overall"}
    mean = (outputs(place, "main-1") + outputs(place, "main-2")) / 2
    np.testing.assert_allclose(outputs(place, "averaged"), mean, rtol=1e-6)
    assert (place / "predictions/averaged/sst-test.parquet").is_file()
    average(place, "both", of=("main", "wide"))


def test_a_soup_has_the_mean_weights_and_predicts_like_a_checkpoint(place):
    measured = average(place, "soup", by="weights")
    assert measured["ensemble"]["average"] == "weights"
    first, second, soup = (
        load_file(place / "runs" / run / MODEL) for run in ("main-1", "main-2", "soup")
    )
    for name, weight in soup.items():
        np.testing.assert_allclose(weight, (first[name] + second[name]) / 2, atol=1e-7)
    assert any(not np.allclose(first[name], second[name]) for name in soup)
    assert set(load_checkpoint(place / "runs/soup/best").heads) == {"sst", "para", "sts"}
    mean = (outputs(place, "main-1") + outputs(place, "main-2")) / 2
    assert not np.allclose(outputs(place, "soup"), mean)


def test_models_that_differ_are_refused_with_what_differs(place):
    with pytest.raises(InputError, match=r"ensembles\.s: average: weights .* differ in heads: "):
        average(place, "s", of=("main", "wide"), by="weights")
    assert not (place / "runs/s").exists()


def test_random_starts_of_several_seeds_are_refused(place):
    from mtbert.experiments import soup
    from mtbert.experiments.plans import read_plan

    planned = read_plan(place / "plans/main.yaml")
    files = tuple(f for f in planned.encoder.files if not f.path.endswith(".safetensors"))
    drawn = planned.model_copy(
        update={"encoder": planned.encoder.model_copy(update={"files": files})}
    )
    soup.check_members([drawn], ["main-1", "main-1"], where="w")
    message = "main-1 starts from random weights of seed 1, main-2 starts from random weights of"
    with pytest.raises(InputError, match=message):
        soup.check_members([drawn], ["main-1", "main-2"], where="w")


@pytest.mark.parametrize(
    ("changes", "layers"),
    [
        ({"heads": {"sst": {"name": "mlp"}}}, "heads.sst: mlp"),
        (
            {"projections": {"sts": {"name": "layers"}}},
            "projections.sts: layers",
        ),
        ({"adaptation": "lora"}, "adaptation: lora"),
        ({"adaptation": "pal"}, "adaptation: pal"),
    ],
)
def test_layers_that_each_seed_draws_are_refused(place, changes, layers):
    from mtbert.experiments import soup
    from mtbert.experiments.plans import read_plan

    train = read_plan(place / "plans/main.yaml").train
    changed = type(train).model_validate({**train.model_dump(), **changes})
    soup.check_models({"main": train}, seeds=[1, 2], where="w")
    soup.check_models({"main": changed}, seeds=[1, 1], where="w")
    with pytest.raises(
        InputError, match=f"w: average: weights of several seeds cannot average {layers}, "
    ):
        soup.check_models({"main": changed}, seeds=[1, 2], where="w")


def test_members_change_with_their_runs_alone(place):
    average(place)
    listed = place / "members/averaged.yaml"
    before = listed.read_text()
    (place / "logs/wide-1/run.json").touch()
    average(place)
    assert listed.read_text() == before
    path = place / "logs/main-2/epochs.csv"
    path.write_text(path.read_text() + "\n")
    average(place)
    assert listed.read_text() != before
