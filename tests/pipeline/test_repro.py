"""The real DAG on a few rows: exactly the right stages run, and bits repeat."""

import json
import re
import shutil

from ruamel.yaml import YAML

from mtbert.core.params import read_yaml

from tiny import ROOT

STRATEGIES = read_yaml(ROOT / "params.yaml")["strategies"]
MAIN_ALONE = tuple(f"~strategies.{name}" for name in STRATEGIES if name != "main")
AFTER_PLAN = {"train@main-1", "evaluate@main-1", "report"}


def test_a_second_repro_executes_no_stage(project):
    assert project.repro() == set()


def test_a_fresh_clone_with_the_cache_has_nothing_to_do(project, tmp_path):
    clone = tmp_path / "clone"
    project.run("git", "clone", "-q", str(project.folder), str(clone))
    (clone / ".dvc" / "config.local").write_text(
        f"[cache]\n    dir = {project.folder / '.dvc' / 'cache'}\n"
    )
    fresh = type(project)(clone, project.offline)
    fresh.run("dvc", "checkout", "dvc.yaml")
    # Byte code of the clone's own must not make its folder deps look changed.
    fresh.run("python", "-m", "compileall", "-q", "mtbert", "stages")
    assert list(clone.rglob("__pycache__"))
    assert fresh.repro() == set()


def test_a_sampler_reruns_the_strategies_that_inherit_it(project):
    assert project.experiment("train.sampler=round_robin") == {
        "plan",
        *(
            f"{stage}@{name}-1"
            for stage in ("train", "evaluate")
            for name in ("main", "four_tasks")
        ),
        "report",
    }


def test_training_that_ran_before_is_restored_from_the_cache(project):
    change = ("train.clip=0.5", *MAIN_ALONE)
    assert "train@main-1" in project.experiment(*change)
    assert project.experiment(*change) == {"plan", "evaluate@main-1", "report"}


def test_a_length_reruns_from_tokenize(project):
    ran = project.experiment("tokenize.max_length=40", *MAIN_ALONE)
    # What is off hands the encoder on anew, which takes no time.
    assert ran == {"tokenize", "tokenize_augmented@synonyms", "pretrain", "plan", *AFTER_PLAN}


def test_further_pre_training_reruns_what_reads_the_encoder_and_is_cached(project):
    change = ("pretrain.epochs=1", "pretrain.steps=2", *MAIN_ALONE)
    assert project.experiment(*change) == {"pretrain", "plan", *AFTER_PLAN}
    assert project.experiment(*change) == {"plan", "evaluate@main-1", "report"}


def test_a_knob_of_what_is_off_reruns_nothing_else(project):
    assert project.experiment("pretrain.mask_share=0.3") == {"pretrain"}


def test_the_report_s_knobs_rerun_the_report_alone(project):
    assert project.experiment("report.title=another") == {"report"}


def test_a_seed_reruns_itself(project):
    assert project.experiment("seeds=[1,7]", *MAIN_ALONE) == {
        "plan",
        "train@main-7",
        "evaluate@main-7",
        "report",
    }


def test_a_new_strategy_runs_alone(project):
    assert project.experiment("+strategies.sst-alone={evaluation_only: [para, sts]}") == {
        "plan",
        "train@sst-alone-1",
        "evaluate@sst-alone-1",
        "report",
    }


def test_a_task_that_a_strategy_does_not_use_does_not_rerun_it(project):
    path = project.folder / "data" / "sample" / "ids-cfimdb-train.csv"
    path.write_text(path.read_text().replace("\t1\n", "\t0\n", 1))
    ran = project.repro("train@main-1")
    project.restore()
    before = {"download_corpora", "prepare", "augment@synonyms"}
    assert ran == {*before, "tokenize", "pretrain", "plan"}


def test_new_rows_rerun_the_strategies_that_train_on_them(project):
    grown = "+strategies.grown={extra_data: synonyms}"
    made = {"augment@synonyms", "tokenize_augmented@synonyms", "plan"}
    assert project.experiment(grown) == {"plan", "train@grown-1", "evaluate@grown-1", "report"}
    ran = project.experiment(grown, "+augment.sets.synonyms.sst.seed=2")
    assert ran == {*made, "train@grown-1", "evaluate@grown-1", "report"}
    assert project.experiment("+augment.sets.synonyms.sst.seed=3") == {*made, "report"}


def test_another_set_leaves_the_first_one_alone(project):
    ran = project.experiment(
        "+augment.sets.paraphrases={para: {source: ppdb, copies: 1}}",
        "+strategies.grown={extra_data: paraphrases}",
    )
    made = {"augment@paraphrases", "tokenize_augmented@paraphrases", "plan"}
    assert ran == {*made, "train@grown-1", "evaluate@grown-1", "report"}


def test_an_edit_in_training_reruns_train_and_never_tokenize(project):
    path = project.folder / "mtbert" / "training" / "loop.py"
    path.write_text(path.read_text() + "\n# edited\n")
    ran = project.repro("train@main-1")
    project.restore()
    assert ran == {"train@main-1"}


def test_the_same_seed_gives_the_same_bits(project):
    yaml = YAML(typ="safe")

    def digests():
        outs = yaml.load(project.folder / "dvc.lock")["stages"]["train@main-1"]["outs"]
        # The logs hold times.
        return {o["path"]: o["md5"] for o in outs if not o["path"].startswith("data/logs")}

    before = digests()
    assert project.repro("-f", "-s", "train@main-1") == {"train@main-1"}
    after = digests()
    project.restore()
    assert before == after
    assert list(before) == ["data/runs/main-1"]


def test_what_a_run_leaves_behind(project):
    reports = project.folder / "reports"
    run = json.loads((reports / "runs" / "main-1" / "run.json").read_text())
    assert run["steps"] == 3
    assert run["examples"] == {"sst": 40, "para": 40, "sts": 40}
    assert run["device"] in ("cpu", "cuda")
    assert 0.8 < run["packed_share"] <= 1
    metrics = json.loads((reports / "metrics" / "four_tasks-1.json").read_text())
    assert set(metrics) == {"sst", "para", "sts", "cfimdb", "overall"}
    handed = project.folder / "data" / "predictions" / "main-1"
    for name, heading, rows in (
        ("sst-dev-output.csv", "Predicted_Sentiment", 40),
        ("para-test-output.csv", "Predicted_Is_Paraphrase", 40),
        ("sts-test-output.csv", "Predicted_Similiary", 40),
    ):
        lines = (handed / name).read_text().splitlines()
        assert lines[0] == f"id \t {heading} "
        assert len(lines) == rows + 1
        assert lines[1].count(" , ") == 1
    checkpoint = {p.name for p in (project.folder / "data" / "runs" / "main-1" / "best").iterdir()}
    assert checkpoint == {
        "config.json",
        "model.safetensors",
        "model.yaml",
        "sequences.json",
        "tokenizer.json",
    }


def test_experiments_compare_and_queue(project):
    project.run("dvc", "exp", "run", "-n", "rr", "-S", "train.sampler=round_robin")
    assert "train.sampler" in project.run("dvc", "params", "diff")
    assert "overall.mean" in project.run("dvc", "metrics", "diff", "--all")
    assert "rr" in project.run("dvc", "exp", "show", "--md", "--only-changed")
    project.run("dvc", "plots", "diff", "-o", "plots")
    assert (project.folder / "plots" / "index.html").is_file()
    shutil.rmtree(project.folder / "plots")
    project.restore()
    for name in ("one", "two"):
        project.run("dvc", "exp", "run", "--queue", "-n", name, "-S", f"report.title={name}")
    assert project.run("dvc", "queue", "status").count("Queued") == 2
    project.run("dvc", "queue", "start")
    project.run("dvc", "queue", "logs", "-f", "two", ok=True)
    listed = project.run("dvc", "exp", "list", "--name-only")
    project.restore()
    assert {"one", "two", "rr"} <= set(listed.split())


def test_a_folder_beside_the_project_is_found_from_an_experiment_s_copy(project):
    beside = project.folder.parent / "beside"
    shutil.copytree(project.folder / "data" / "sample", beside)
    told = project.run("dvc", "exp", "run", "--temp", "prepare", "-S", "data.source=../beside")
    assert "Running stage 'download_corpora'" in told


def test_archive_without_git(project, tmp_path):
    """A source archive has no .git: DVC works once told so, as `make setup` does."""
    plain = project.copy(tmp_path / "archive")
    plain.run("dvc", "repro", "prepare", ok=False)
    told = (plain.folder / "Makefile").read_text()
    command = re.search(r"test -e .git \|\| \$\(RUN\) (dvc config .*)", told)
    plain.run(*command[1].split())
    assert plain.repro("prepare") == {"download_corpora", "prepare"}


def test_a_refused_input_leaves_what_stood_there(project):
    """DVC would remove a stage's outputs before it runs; here they outlive bad input."""
    kept = {
        path: path.read_bytes()
        for folder in ("data/plans", "data/text", "reports")
        for path in sorted((project.folder / folder).rglob("*"))
        if path.is_file()
    }
    for change, told in (
        ("train.sampler=al_tasks", "did you mean 'all_tasks'?"),
        ("train.batch_size.sst=-1", "input should be greater than 0, found -1"),
        ("report.baseline=mian", "did you mean 'main'?"),
        ("data.source=nowhere", "nowhere"),
        ("encoder.pretrained=google-bert/bert-base-cased", "cannot fetch google-bert"),
        ("tasks.sst.labels.count=3", "is not allowed; expected"),
        ("+tasks.none={title: t}", "tasks.none"),
    ):
        key, _, value = change.partition("=")
        said = project.run("dvc", "exp", "run", "-S", f"{key}={value}", ok=False)
        assert told in said
        assert "Traceback" not in said
        assert {p: p.read_bytes() for p in kept if p.exists()} == kept, change
        project.restore()
