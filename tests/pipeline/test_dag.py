"""The real DAG on a few examples, training stubbed: exactly the right stages run."""

import re
import shutil

import pytest
from checkout import arriving, executed

from mtbert.core.params import read_yaml, write_yaml

from tiny import ROOT

STRATEGIES = read_yaml(ROOT / "params.yaml")["strategies"]
MAIN_ALONE = tuple(f"~strategies.{name}" for name in STRATEGIES if name != "main")
NAMES = {"names"}
AUGMENTED = {"augment@synonyms", "tokenize_augmented@synonyms", "plan"}


def run_stages(run):
    return {f"train@{run}", f"evaluate@{run}"}


# Members are read from all logs; what averages them runs again where they changed.
AFTER_RUNS = {"members@main_ensemble", "report"}
AVERAGED = {"ensemble@main_ensemble"}
AFTER_PLAN = {*run_stages("main-1"), *AFTER_RUNS, *AVERAGED}


def test_a_second_repro_executes_no_stage(project):
    assert project.repro() == set()


def test_every_row_of_the_sample_arrives_in_order(project):
    tasks, splits = ("sst", "para", "sts", "cfimdb"), ("train", "dev", "test")
    counts = arriving(project, "four_tasks-1")
    assert counts == {(task, split): 40 for task in tasks for split in splits}


def test_a_fresh_clone_with_the_cache_has_nothing_to_do(project, tmp_path):
    clone = tmp_path / "clone"
    project.run("git", "clone", "-q", str(project.folder), str(clone))
    (clone / ".dvc" / "config.local").write_text(
        f"[cache]\n    dir = {project.folder / '.dvc' / 'cache'}\n"
    )
    fresh = type(project)(clone, project.offline, project.programs)
    fresh.run("dvc", "checkout")
    # Byte code of the clone's own must not make its folder deps look changed.
    fresh.run("python", "-m", "compileall", "-q", "mtbert", "stages")
    assert list(clone.rglob("__pycache__"))
    assert fresh.repro() == set()
    assert "up to date" in fresh.run("dvc", "status")


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        (["train.sampler=round_robin"], {*AFTER_PLAN, *run_stages("four_tasks-1"), "plan"}),
        (
            ["tokenize.max_length=40", *MAIN_ALONE],
            {
                "tokenize",
                "tokenize_augmented@synonyms",
                "pretrain",
                "neighbours",
                "plan",
                *AFTER_PLAN,
                *NAMES,
            },
        ),
        (["pretrain.mask_share=0.3", "report.title=another"], {"pretrain", "report"}),
        (
            [
                "~ensembles.main_ensemble",
                "+ensembles.two={of: [main, round_robin], average: predictions}",
            ],
            {"names", "members@two", "ensemble@two", "report"},
        ),
        (
            ["seeds=[1,7]", *MAIN_ALONE],
            {"plan", *run_stages("main-7"), *AFTER_RUNS, *AVERAGED, *NAMES},
        ),
        (
            ["+strategies.sst-alone={evaluation_only: [para, sts]}"],
            {"plan", *run_stages("sst-alone-1"), *AFTER_RUNS, *NAMES},
        ),
        (
            ["tasks.sts.title=alike"],
            {"download_corpora", "prepare", "augment@synonyms", "plan", "report"}
            | {f"evaluate@{name}-1" for name in STRATEGIES}
            | AVERAGED,
        ),
        (
            ["+augment.sets.synonyms.sst.seed=2", "+strategies.grown={extra_data: synonyms}"],
            {*AUGMENTED, *run_stages("grown-1"), *AFTER_RUNS, *NAMES},
        ),
        (
            [
                "+augment.sets.paraphrases={para: {source: ppdb, copies: 1}}",
                "+strategies.grown={extra_data: paraphrases}",
            ],
            {"augment@paraphrases", "tokenize_augmented@paraphrases", "plan"}
            | run_stages("grown-1")
            | AFTER_RUNS
            | NAMES,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_change_reruns_what_depends_on_it_and_nothing_else(project, changes, stages):
    assert project.experiment(*changes) == stages


def test_no_name_becomes_a_command(project):
    path = project.folder / "params.yaml"
    params, name = read_yaml(path), "x; touch pwned #"
    params["augment"]["sets"][name] = params["augment"]["sets"]["synonyms"]
    params["strategies"][name] = {}
    params["ensembles"][name] = params["ensembles"]["main_ensemble"]
    params["seeds"].append("$(touch pwned)")
    write_yaml(path, params)
    printed = project.run("dvc", "repro", "--keep-going", ok=False)
    pwned = [*project.folder.rglob("pwned")]
    project.restore()
    assert executed(printed) == {"names"}
    assert printed.count("error: params.yaml: augment.sets: a name has letters") == 1
    assert not pwned


def test_a_task_that_a_strategy_does_not_use_does_not_rerun_it(project):
    path = project.folder / "data" / "sample" / "ids-cfimdb-train.csv"
    path.write_text(path.read_text().replace("\t1\n", "\t0\n", 1))
    ran = project.repro("train@main-1")
    project.restore()
    before = {"download_corpora", "prepare", "augment@synonyms"}
    assert ran == {*before, "tokenize", "pretrain", "plan"}


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("training/loop.py", {"pretrain", "plan", "train@main-1"}),
        ("evaluation/metrics.py", {"plan", "train@main-1"}),
        ("tokenization/encoding.py", {"tokenize", "tokenize_augmented@synonyms"}),
        ("reporting/__init__.py", {"report"}),
    ],
)
def test_an_edit_reruns_the_stages_that_use_its_package(project, file, stages):
    path = project.folder / "mtbert" / file
    path.write_text(path.read_text() + "\n# edited\n")
    ran = project.repro(*([] if "report" in stages else ["train@main-1"]))
    project.restore()
    assert ran == stages


def test_an_experiment_is_compared_in_a_few_lines(project):
    printed = project.run("dvc", "exp", "run", "-n", "rr", "-S", "train.sampler=anneal")
    assert "WARNING" not in printed
    assert len(printed.splitlines()) <= 200
    assert "train.sampler" in project.run("dvc", "params", "diff")
    lines = project.run("dvc", "metrics", "diff", "--all").splitlines()
    assert any("main.mean" in line for line in lines)
    assert len(lines) <= 2 + 4 * (len(STRATEGIES) + 1)
    assert "rr" in project.run("dvc", "exp", "show", "--md", "--only-changed")
    project.restore()


def test_dvc_s_commands_speak_of_nothing_but_the_project(project, tmp_path):
    project.run("dvc", "remote", "add", "-d", "--local", "store", str(tmp_path / "store"))
    for command in ("push", "pull", "status", "checkout", "gc -w -f"):
        assert "studies" not in project.run("dvc", *command.split()), command
    (project.folder / ".dvc" / "config.local").unlink()
    project.restore()


def test_a_folder_beside_the_project_is_found_from_an_experiment_s_copy(project):
    beside = project.folder.parent / "beside"
    shutil.copytree(project.folder / "data" / "sample", beside)
    printed = project.run("dvc", "exp", "run", "--temp", "prepare", "-S", "data.source=../beside")
    assert "Running stage 'download_corpora'" in printed


def test_an_archive_without_git_runs(project, tmp_path):
    """DVC works without Git once told so, as `make setup` does."""
    plain = project.copy(tmp_path / "archive")
    plain.run("dvc", "repro", "prepare", ok=False)
    makefile = (plain.folder / "Makefile").read_text()
    command = re.search(r"test -e .git \|\| \$\(RUN\) (dvc config .*)", makefile)
    plain.run(*command[1].split())
    assert plain.repro("prepare") == {"download_corpora", "prepare"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.sampler=al_tasks", "did you mean 'all_tasks'?"),
        ("train.batch_size.sst=-1", "found -1"),
        ("report.baseline=mian", "did you mean 'main'?"),
        ("data.source=nowhere", "nowhere"),
        ("encoder.pretrained=google-bert/bert-base-cased", "cannot fetch google-bert"),
        ("tasks.sst.labels.count=3", "expected"),
        ("+tasks.none={title: t}", "tasks.none"),
    ],
)
def test_bad_input_ends_in_a_message(project, change, message):
    printed = project.run("dvc", "exp", "run", "-S", change, ok=False)
    assert message in printed
    assert "Traceback" not in printed
    assert (project.folder / "data" / "plans" / "main.yaml").is_file()
    assert (project.folder / "data" / "tasks.yaml").is_file()
    project.restore()


def test_checkout_brings_all_back_after_bad_input(project):
    project.run("dvc", "exp", "run", "-S", "tasks.sst.labels.count=3", ok=False)
    project.restore()
    assert project.repro() == set()
