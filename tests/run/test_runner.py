"""Events come at their steps, however a run is cut, stopped or resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.config import from_mapping, to_mapping
from rlt.errors import ConfigError, RunError
from rlt.log.metrics_csv import read_metrics
from rlt.run import runner as runner_module
from rlt.run.callbacks import Callback, StopOnNoImprovement, StopOnReward
from rlt.run.checkpoint import find_weights, load_checkpoint
from rlt.run.config import RunConfig
from rlt.run.folder import RunFolder
from rlt.run.runner import Runner
from rlt.run.timetable import Timetable, resolved
from rlt.store.tree import load_tree
from tests.run.counting import Counting

intervals = st.one_of(st.just(0), st.integers(1, 40))


@settings(deadline=None)
@given(st.integers(1, 7), st.integers(0, 60), st.integers(1, 120), st.tuples(intervals, intervals, intervals), st.randoms())
def test_an_event_fires_once_at_the_first_vector_step_that_reaches_its_multiple(size, start, length, wanted, random):
    start = start // size * size
    stop = start + -(-length // size) * size
    wanted = tuple(i if i == 0 else max(i, size) for i in wanted)
    table = Timetable(start, stop, *wanted)
    counts = range(start + size, stop + 1, size)
    expected = [[s for s in counts if i and any(k % i == 0 for k in range(s - size + 1, s + 1))] for i in wanted]
    fired: list[list[int]] = [[], [], []]
    steps = start
    while steps < stop:
        before, until = steps, min(table.next_event(steps), steps + size * random.randint(1, 20))
        assert steps < until <= stop
        steps += -(-(until - steps) // size) * size
        for kind, interval in enumerate(wanted):
            if table.fires(interval, before, steps):
                fired[kind].append(steps)
    assert fired == expected


def config(learner, **values):
    return resolved(from_mapping(RunConfig, {"log": {"progress": "off", "tensorboard": False}} | values), learner, "cpu")


def folder_for(path, run):
    return RunFolder.create(path, to_mapping(run), {"status": "running"})


def run_in(path, learner, callbacks=(), resume=None, **values):
    run = config(learner, **values)
    folder = RunFolder.open(path) if resume else folder_for(path, run)
    outcome = Runner(learner, run, folder, callbacks).run(run.total_steps, load_checkpoint(folder) if resume else None)
    return folder, outcome


def table(folder):
    return {name: column for name, column in read_metrics(folder.metrics_file).items() if not name.startswith("time/")}


def test_rows_evaluations_and_checkpoints_come_when_the_config_says(tmp_path):
    learner = Counting(vector_size=4)
    folder, outcome = run_in(
        tmp_path / "r", learner, total_steps=50, log={"interval": 10, "progress": "off", "tensorboard": False},
        evaluation={"interval": 25, "episodes": 3, "final_episodes": 7}, checkpoint={"interval": 15, "keep": 0},
    )
    assert (outcome.status, outcome.steps) == ("finished", 52)
    rows = table(folder)
    assert rows["steps"] == [12, 20, 28, 32, 40, 52]
    # The mean over the steps since the row before; the row of an evaluation alone has none.
    assert [value for value in rows["count"] if value == value] == [8, 18, 28, 38, 48]
    assert learner.evaluated == [(28, 3, False), (52, 7, True)]
    assert sorted(int(p.stem[5:]) for p in folder.checkpoints.glob("step_*")) == [16, 32, 48, 52]
    assert json.loads(folder.evaluation_file.read_text())["returns"] == [1.0] * 7
    assert folder.record()["status"] == "finished"


def test_the_mean_of_a_row_and_the_seconds_do_not_depend_on_how_advance_was_cut(tmp_path, monkeypatch):
    tables = []
    for i, size in enumerate((3, 7, 10_000)):
        monkeypatch.setattr(runner_module, "_next_chunk", lambda chunk, seconds, vector_size, size=size: size)
        log = {"interval": 20, "progress": "off", "tensorboard": False}
        folder, _ = run_in(tmp_path / str(i), Counting(), total_steps=100, log=log)
        tables.append([*folder.metrics_file.read_text().splitlines()[0:1], str(table(folder))])
    assert tables[0] == tables[1] == tables[2]


class Until(Exception):
    pass


def dying_at(steps):
    def on_step(now):
        if now == steps:
            raise Until

    return on_step


@pytest.mark.parametrize("death", [1, 14, 15, 33, 50, 74, 89, 100, "final"])
def test_a_run_that_died_anywhere_is_resumed_to_the_same_table(tmp_path, death):
    values = {
        "total_steps": 100, "log": {"interval": 7, "progress": "off", "tensorboard": False}, "evaluation": {"interval": 25},
        "checkpoint": {"interval": 15},
    }
    whole, _ = run_in(tmp_path / "whole", Counting(), **values)
    with pytest.raises(Until):
        run_in(tmp_path / "killed", Counting(on_step=dying_at(death)), **values)
    if death in (1, 14, 15):
        with pytest.raises(RunError, match="no checkpoint"):
            load_checkpoint(RunFolder(tmp_path / "killed"))
        return
    learner = Counting()
    killed, outcome = run_in(tmp_path / "killed", learner, resume=True, **values)
    assert outcome.status == "finished"
    assert int(learner.weight) == 100
    assert str(table(killed)) == str(table(whole))
    assert list(read_metrics(killed.metrics_file)) == list(read_metrics(whole.metrics_file))
    assert find_weights(killed.path, "best")[1] == find_weights(whole.path, "best")[1] == 75


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_stretch_and_leaves_a_checkpoint_to_go_on_from(tmp_path, number):
    before = signal.getsignal(number)
    learner = Counting(on_step=lambda steps: os.kill(os.getpid(), number) if steps == 500 else None)
    folder, outcome = run_in(tmp_path / "r", learner, total_steps=1000, evaluation={"interval": 100})
    assert (outcome.status, outcome.signal, outcome.evaluation) == ("stopped", signal.Signals(number).name, None)
    assert 500 <= outcome.steps < 1000
    assert folder.record()["status"] == "stopped"
    assert signal.getsignal(number) is before
    again = Counting()
    assert run_in(tmp_path / "r", again, resume=True, total_steps=1000, evaluation={"interval": 100})[1].status == "finished"
    assert int(again.weight) == 1000
    whole, _ = run_in(tmp_path / "whole", Counting(), total_steps=1000, evaluation={"interval": 100})
    assert str(table(folder)) == str(table(whole))


def test_ctrl_c_in_the_final_evaluation_loses_nothing(tmp_path):
    learner = Counting(on_step=lambda steps: os.kill(os.getpid(), signal.SIGINT) if steps == "final" else None)
    folder, outcome = run_in(tmp_path / "r", learner, total_steps=100)
    assert (outcome.status, outcome.signal) == ("stopped", "SIGINT")
    assert folder.record()["status"] == "stopped"
    _, outcome = run_in(tmp_path / "r", Counting(), resume=True, total_steps=100)
    assert outcome.evaluation is not None
    assert outcome.evaluation["return_mean"] == 100


def test_best_is_the_policy_of_the_best_evaluation_and_last_the_newest(tmp_path):
    learner = Counting(scores=lambda steps: -abs(steps - 40))
    values = {"total_steps": 100, "evaluation": {"interval": 20}, "checkpoint": {"interval": 30, "keep": 2}}
    folder, _ = run_in(tmp_path / "r", learner, **values)
    assert [int(find_weights(folder.path, which)[0]["weight"]) for which in ("best", "last")] == [40, 100]
    assert load_tree(folder.best, kind="weights")["score"] == 0
    assert sorted(int(p.stem[5:]) for p in folder.checkpoints.glob("step_*")) == [90, 100]
    assert sorted(p.name for p in folder.checkpoints.iterdir() if "step" not in p.name) == ["best.rlt", "last.rlt"]


def test_a_run_goes_on_from_its_newest_checkpoint_where_last_is_gone(tmp_path):
    folder, _ = run_in(tmp_path / "r", Counting(), total_steps=60, checkpoint={"interval": 20, "keep": 0})
    folder.last.unlink()
    assert load_checkpoint(folder)["run"]["steps"] == 60


class Stops(Callback):
    def __init__(self, at):
        self.at = at

    def on_log(self, run, metrics):
        if run.steps >= self.at:
            run.stop("enough")


def test_a_callback_stops_the_run_with_checkpoint_and_final_evaluation(tmp_path):
    learner = Counting()
    folder, outcome = run_in(tmp_path / "r", learner, [Stops(30)], total_steps=100)
    assert (outcome.status, outcome.steps) == ("finished", 30)
    assert learner.evaluated[-1] == (30, 100, True)
    assert folder.record()["stop_reason"] == "enough"
    assert load_checkpoint(folder)["run"]["steps"] == 30


def test_a_run_that_was_stopped_and_died_in_its_final_evaluation_does_not_train_on(tmp_path):
    values = {"total_steps": 100, "evaluation": {"interval": 20}}
    with pytest.raises(Until):
        run_in(tmp_path / "r", Counting(on_step=dying_at("final")), [StopOnReward(40)], **values)
    learner = Counting()
    _, outcome = run_in(tmp_path / "r", learner, [StopOnReward(40)], resume=True, **values)
    assert (outcome.status, outcome.steps, int(learner.weight)) == ("finished", 40, 40)


def test_a_stop_between_rows_leaves_no_step_unlogged(tmp_path):
    folder, _ = run_in(
        tmp_path / "r", Counting(), [StopOnReward(20)], total_steps=100, evaluation={"interval": 20},
        log={"interval": 15, "progress": "off", "tensorboard": False},
    )
    rows = table(folder)
    assert rows["steps"] == [15, 20]
    assert rows["count"] == [8, 18]


@pytest.mark.parametrize("resume_after", [None, 40])
def test_no_improvement_is_counted_over_a_resume(tmp_path, resume_after):
    def scores(steps):
        return {10: 1.0, 20: 3.0, 30: 2.0, 40: 3.0}.get(steps, 0.0)

    values = {"total_steps": 100, "evaluation": {"interval": 10}, "checkpoint": {"interval": 10}}
    if resume_after:
        with pytest.raises(Until):
            run_in(tmp_path / "r", Counting(scores=scores, on_step=dying_at(45)), [StopOnNoImprovement(3)], **values)
    learner = Counting(scores=scores)
    _, outcome = run_in(tmp_path / "r", learner, [StopOnNoImprovement(3)], resume=resume_after, **values)
    assert outcome.steps == 50


def test_weights_that_did_not_change_are_not_counted_again(tmp_path):
    class Slow(Counting):
        def weights(self):
            return {"weight": self.weight // 40}

    _, outcome = run_in(
        tmp_path / "r", Slow(scores=lambda steps: 0.0), [StopOnNoImprovement(2)], total_steps=200, evaluation={"interval": 10}
    )
    assert outcome.steps == 80  # those at 10, 40 and 80 are the first of their weights; the first is a best


def test_without_a_folder_callbacks_see_everything_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []

    class Sees(Callback):
        def on_start(self, run):
            seen.append("start")

        def on_log(self, run, metrics):
            seen.append((run.steps, metrics["count"]))

        def on_evaluation(self, run, metrics):
            seen.append(("evaluation", metrics["evaluation/return_mean"]))

        def on_end(self, run):
            seen.append("end")

    learner = Counting()
    outcome = Runner(learner, config(learner, total_steps=20, evaluation={"interval": 15}), None, [Sees()]).run(20)
    assert seen == ["start", (10, 5.5), ("evaluation", 15.0), (20, 15.5), "end"]
    assert outcome.evaluation is None
    assert not list(tmp_path.iterdir())


def test_open_intervals_are_filled_and_those_below_a_vector_step_refused():
    learner = Counting(vector_size=16, log_interval=64)
    run = config(learner, total_steps=1000)
    assert (run.log.interval, run.evaluation.interval, run.checkpoint.interval, run.device) == (64, 100, 100, "cpu")
    assert config(learner, total_steps=20).evaluation.interval == 16
    learner.learn_interval = 48  # an evaluation between would be of the same policy
    assert config(learner, total_steps=20).evaluation.interval == 48
    assert config(learner, total_steps=1000).checkpoint.interval == 100
    assert config(learner, evaluation={"interval": 0}).evaluation.interval == 0
    for name in ("log", "evaluation", "checkpoint"):
        with pytest.raises(ConfigError, match=rf"{name}\.interval=15 .*\n.*16 environments(.*\n)*.*fix: {name}\.interval=16"):
            config(learner, **{name: {"interval": 15}})
    assert resolved(replace(run, total_steps=9), learner, "cpu") == replace(run, total_steps=9)


def test_a_second_run_in_a_folder_is_refused_and_a_folder_that_is_no_run_too(tmp_path):
    run_in(tmp_path / "r", Counting(), total_steps=10)
    with pytest.raises(RunError, match=rf"already holds a run\n.*resume={tmp_path / 'r'}"):
        run_in(tmp_path / "r", Counting(), total_steps=10)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="is no run"):
        RunFolder.open(tmp_path / "empty")
    with pytest.raises(RunError, match=rf"(?s)there is no folder.*{tmp_path / 'r'}"):  # names the run that is near
        RunFolder.open(tmp_path / "nowhere")


def test_checkpoints_larger_than_what_is_free_are_refused_before_the_first_step(tmp_path):
    class Huge(Counting):
        checkpoint_bytes = 10 * shutil.disk_usage("/").total

    learner = Huge()
    with pytest.raises(RunError, match="do not fit on the disk") as caught:
        run_in(tmp_path / "run", learner, total_steps=100)
    assert learner.steps == 0
    assert "fix: a smaller agent.buffer_size" in str(caught.value)
