"""TensorBoard's event files, read back by TensorBoard's own reader."""

from __future__ import annotations

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlt.log.tensorboard import TensorBoard


def points(folder, name):
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return [(e.step, e.value) for e in reader.Scalars(name)]


def test_what_is_written_is_shown(tmp_path):
    board = TensorBoard(tmp_path)
    for step in (10, 20, 30):
        board.write(step, {"loss/value": step / 4})
    board.close()
    assert points(tmp_path, "loss/value") == [(10, 2.5), (20, 5.0), (30, 7.5)]


def test_a_resumed_run_shows_one_line(tmp_path):
    first = TensorBoard(tmp_path)
    for step in (10, 20, 30, 40):
        first.write(step, {"return": step})
    first.close()
    again = TensorBoard(tmp_path, resume_at=20)  # killed at 40, last checkpoint at 20
    for step in (30, 40, 50):
        again.write(step, {"return": -step})
    again.close()
    assert points(tmp_path, "return") == [(10, 10), (20, 20), (30, -30), (40, -40), (50, -50)]


def test_the_row_of_hyper_parameters_adds_no_second_point(tmp_path):
    board = TensorBoard(tmp_path)
    board.write(50, {"final/return_mean": 3.0})
    board.close()
    after = TensorBoard(tmp_path)
    after.hyper_parameters({"agent.gamma": 0.99, "env.id": "CartPole-v1", "hidden": [64, 64], "none": None}, {"final/return_mean": 3.0})
    after.close()
    assert points(tmp_path, "final/return_mean") == [(50, 3.0)]
    reader = EventAccumulator(str(tmp_path))
    reader.Reload()
    hparams = reader.PluginTagToContent("hparams")
    assert {"_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"} <= set(hparams)


@pytest.mark.parametrize("value", [0.0, 1e-30, float("inf")])
def test_extreme_numbers_are_written(tmp_path, value):
    board = TensorBoard(tmp_path)
    board.write(1, {"a": value})
    board.close()
    assert points(tmp_path, "a")[0][1] == pytest.approx(value)
