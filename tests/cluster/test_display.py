"""What `mtbert run` prints, and the files of logs."""

from rich.console import Console

from mtbert.cluster.display import Display
from mtbert.cluster.worker import Event, Node, Outcome


def text(table):
    console = Console(width=80)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_runs_start_go_on_and_end(tmp_path, capsys):
    with Display(3, tmp_path / "logs") as display:
        assert "0 of 3 runs" in text(display.table())
        display.add([Event("main-1", "here", ""), Event("wu/model-1", "there", "")])
        display.add([Event("main-1", "here", "step 1\nstep 2\n")])
        assert "main-1" in text(display.table())
        assert "step 2" in text(display.table())
        display.end("main-1", Outcome(Node("here", "ab12", True), 3.0))
        display.fail("wu/model-1", "exit status 1\nKilled")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["main-1: started on here", "wu/model-1: started on there"]
    assert lines[2] == "main-1: done in 3 s on here; 1 of 3 runs, about 0 s left"
    assert lines[3].startswith("wu/model-1: failed: exit status 1: Killed; 1 of 3 runs, 1 failed")
    assert lines[4].startswith("1 of 3 runs in 0 s: 1 on here; DVC took 0.0 s")
    assert (tmp_path / "logs" / "main-1.log").read_text() == "step 1\nstep 2\n"


def test_a_second_start_is_named_and_begins_a_new_log(tmp_path, capsys):
    display = Display(1, tmp_path)
    event = Event("main-1", "here", "")
    display.add([event, Event("main-1", "here", "old\n"), event])
    assert "main-1: started again on here" in capsys.readouterr().out
    assert (tmp_path / "main-1.log").read_text() == ""


def test_runs_that_wait_for_a_node_say_so_each_minute(tmp_path, monkeypatch, capsys):
    clock = iter((0.0, 30.0, 70.0, 100.0, 140.0, 200.0, 300.0))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    display = Display(2, tmp_path)
    for _ in range(4):
        display.note_waiting(2, cpus=4, gpus=0.5)
    line = "2 runs wait for a node with 4 CPUs and 0.5 GPUs\n"
    assert capsys.readouterr().out == 2 * line  # at 70 and 140
    display.add([Event("main-1", "here", "")])
    display.note_waiting(2, cpus=4, gpus=0.5)
    assert line not in capsys.readouterr().out
