"""rlt.report: which runs make a curve, what the curve and the table say, what is said of mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rlt.report import main
from rlt.rl.curves import Curve, across_seeds
from rlt.rl.statistics import summarise
from rlt.run.collection import LoggedRun, find_runs, group_by_settings
from tests.commands.runs import write_run


def groups_of(*paths: Path):
    return group_by_settings([LoggedRun.read(folder) for folder in find_runs(paths)])


def labels_of(*paths: Path) -> list[str]:
    return [group.label for group in groups_of(*paths)[0]]


def cells(markdown: str, first: str) -> list[str]:
    """The cells of the row whose first cell is `first`."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return next(row for row in rows if row[0] == first)


def test_runs_that_differ_only_in_the_seed_are_one_group_in_order_of_seeds(tmp_path):
    for seed in (2, 0, 1):
        write_run(tmp_path / str(seed), seed=seed)
    groups, notes = groups_of(tmp_path)
    assert [run.seed for run in groups[0].runs] == [0, 1, 2]
    assert (len(groups), groups[0].label, notes) == (1, "ppo_cartpole", [])


def test_groups_of_one_experiment_are_told_apart_by_what_differs(tmp_path):
    write_run(tmp_path / "a", settings={"learning_rate": 1e-3})
    write_run(tmp_path / "b", settings={"learning_rate": None, "schedule": [1, 2]})
    write_run(tmp_path / "c", experiment="other", settings={"learning_rate": 5.0})
    assert labels_of(tmp_path) == [
        "ppo_cartpole, learning_rate=0.001, schedule=null",
        "ppo_cartpole, learning_rate=null, schedule=[1, 2]",
        "other",
    ]


def test_without_an_experiment_the_agent_names_the_curve(tmp_path):
    assert labels_of(write_run(tmp_path / "a", experiment=None)) == ["ppo"]


def test_settings_of_equal_last_name_are_written_in_full(tmp_path):
    write_run(tmp_path / "a", settings={"actor": {"width": 1}, "critic": {"width": 1}})
    write_run(tmp_path / "b", settings={"actor": {"width": 2}, "critic": {"width": 2}})
    assert labels_of(tmp_path)[0] == "ppo_cartpole, agent.actor.width=1, agent.critic.width=1"


def test_the_same_seed_twice_is_no_second_sample(tmp_path):
    write_run(tmp_path / "a", steps=(1000,), training=(1.0,), evaluation={})
    write_run(tmp_path / "b")
    (group,), notes = groups_of(tmp_path)
    assert [run.path.name for run in group.runs] == ["b"]
    assert notes == [f"{tmp_path / 'a'} is left out: it repeats seed 0 of {tmp_path / 'b'}"]


def test_the_same_seed_under_another_revision_is_a_curve_of_its_own(tmp_path):
    write_run(tmp_path / "before", commit="aaaaaaaaaaaa")
    write_run(tmp_path / "after", commit="bbbbbbbbbbbb")
    assert labels_of(tmp_path / "before", tmp_path / "after") == ["ppo_cartpole, aaaaaaa", "ppo_cartpole, bbbbbbb"]


def test_seeds_of_several_revisions_stay_together(tmp_path):
    write_run(tmp_path / "a", seed=0, commit="aaaaaaaaaaaa")
    write_run(tmp_path / "b", seed=1, commit="bbbbbbbbbbbb")
    assert labels_of(tmp_path) == ["ppo_cartpole"]


def test_a_folder_gives_every_run_below_it_once_in_natural_order(tmp_path):
    for name in ("sweep/10", "sweep/2", "sweep/deep/er/1"):
        write_run(tmp_path / name)
    found = [str(f.path.relative_to(tmp_path)) for f in find_runs([tmp_path, tmp_path / "sweep/2"])]
    assert found == ["sweep/2", "sweep/10", "sweep/deep/er/1"]


def test_seeds_with_rows_at_the_same_steps_are_averaged_without_interpolation():
    curves = [Curve.of([0, 1, 5, 9], [0, 10, 50, 90]), Curve.of([0, 1, 5], [2, 0, 0])]
    both = across_seeds(curves)
    assert both is not None
    assert (both.x.tolist(), both.mean.tolist()) == ([0, 1, 5], [1, 5, 25])


def test_seeds_with_rows_elsewhere_are_interpolated_where_all_have_values():
    both = across_seeds([Curve.of([0, 100], [0, 100]), Curve.of([40, 160], [80, 320])])
    assert both is not None
    assert (both.x[0], both.x[-1], len(both.x)) == (40, 100, 200)
    np.testing.assert_allclose(both.mean, (both.x + 2 * both.x) / 2)


def test_the_band_of_two_seeds_reaches_from_one_to_the_other():
    both = across_seeds([Curve.of([0, 1], [0, 10]), Curve.of([0, 1], [4, 30])])
    assert both is not None
    assert (both.low.tolist(), both.high.tolist()) == ([0, 10], [4, 30])


def test_seeds_without_a_common_stretch_have_no_mean():
    assert across_seeds([Curve.of([0, 1], [0, 0]), Curve.of([2, 3], [0, 0])]) is None
    assert across_seeds([Curve.of([], [])]) is None


def test_a_curve_drops_empty_cells_and_keeps_the_last_row_of_a_step():
    curve = Curve.of([1, 2, 2, 3], [np.nan, 5, 6, 7])
    assert (curve.x.tolist(), curve.y.tolist()) == ([2, 3], [6, 7])


def test_a_report_has_picture_table_and_page(tmp_path, capsys):
    scores = ([10.0, 20.0], [30.0, 50.0], [80.0, 90.0])
    for seed, returns in enumerate(scores):
        write_run(tmp_path / f"runs/{seed}", seed=seed, returns=returns)
    assert main([str(tmp_path / "runs")]) == 0
    out = tmp_path / "runs/report"
    page = (out / "report.md").read_text()
    assert {f.name for f in out.iterdir()} == {"curves.png", "curves.svg", "report.md"}
    assert page.startswith("# Report\n\n![learning curves](curves.png)")
    low, high = summarise([15.0, 40.0, 85.0]).interval
    assert cells(page, "ppo_cartpole")[1:7] == ["CartPole-v1", "3,000", "3", "46.67", "35.47", "43.33"]
    assert cells(page, "ppo_cartpole")[7:] == [f"{low:.2f} to {high:.2f}", "15.00, 40.00, 85.00"]
    assert f"Below `{tmp_path / 'runs'}`:" in page
    assert cells(page, "1")[1:8] == ["1", "finished", "3,000", "2", "40.00", "14.14", "40.00"]
    assert cells(page, "1")[-3:] == ["9.00", "100", "0:30"]
    shown = capsys.readouterr().out
    assert "written: " in shown
    assert "75 with 3" in shown
    picture = np.asarray(Image.open(out / "curves.png").convert("RGB")).reshape(-1, 3)
    assert (picture == (0x00, 0x72, 0xB2)).all(axis=1).sum() > 500  # the line is there, in its colour
    assert "<svg" in (out / "curves.svg").read_text()[:500]


def test_the_picture_is_the_same_file_twice(tmp_path):
    write_run(tmp_path / "a")
    for name in ("x", "y"):
        assert main([str(tmp_path / "a"), f"out={tmp_path / name}"]) == 0
    for file in ("curves.svg", "curves.png"):
        assert (tmp_path / "x" / file).read_bytes() == (tmp_path / "y" / file).read_bytes()


def test_the_report_of_runs_side_by_side_lies_beside_them(tmp_path, monkeypatch):
    write_run(tmp_path / "a", seed=0)
    write_run(tmp_path / "b", seed=1)
    monkeypatch.chdir(tmp_path / "a")
    assert main([str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert (tmp_path / "report/report.md").is_file()
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "far/c", seed=2)
    assert main(["a", "far/c", "metric=episode/return", "x=time", "out=2026"]) == 0
    assert (tmp_path / "2026/curves.svg").is_file()


def test_curves_end_with_the_final_evaluation_and_rows_without_a_clock_lie_between_their_neighbours(tmp_path):
    from rlt.report import _curve

    run = LoggedRun.read(find_runs([write_run(tmp_path / "a", evaluation={1500: 7.0, 2500: 8.0})])[0])
    by_steps, by_time = (_curve(run, "evaluation/return_mean", x) for x in ("steps", "time"))
    assert (by_steps.x.tolist(), by_steps.y.tolist()) == ([1500, 2500, 3000], [7, 8, 45])
    assert by_time.x.tolist() == [15, 25, 30]


def test_panels_stand_three_in_a_row_and_every_task_begins_a_new_one(tmp_path):
    from rlt.report import _panels

    write_run(tmp_path / "a")
    write_run(tmp_path / "b", env="Acrobot-v1")
    metrics = ["episode/return", "time/elapsed", "evaluation/return_mean", "episode/length"]
    rows = _panels(groups_of(tmp_path)[0], metrics, "steps")
    assert [(row[0].title, len(row)) for row in rows] == [
        ("CartPole-v1", 3), ("CartPole-v1", 1), ("Acrobot-v1", 3), ("Acrobot-v1", 1),
    ]
    assert [len(panel.lines) for panel in rows[0]] == [1, 1, 1]
    assert rows[1][0].lines == ()  # no run has that metric


def test_a_run_that_goes_on_is_drawn_and_said_to_have_no_final_evaluation(tmp_path, capsys):
    write_run(tmp_path / "a", returns=None)
    (tmp_path / "just_begun").mkdir()
    write_run(tmp_path / "just_begun/b", seed=1, steps=(), training=(), evaluation={}, returns=None)
    assert main([str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert f"note: {tmp_path / 'a'} has no final evaluation: running" in shown
    assert f"note: {tmp_path / 'just_begun/b'} is left out: it has logged nothing yet" in shown


def test_without_matplotlib_the_table_is_written_and_the_command_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # what Python does where a package cannot be imported
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    write_run(tmp_path / "a")
    assert main([str(tmp_path / "a")]) == 0
    page = (tmp_path / "report/report.md").read_text()
    assert "curves.png" not in page
    assert cells(page, "ppo_cartpole")[4] == "45.00"
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("no picture: the picture needs the package matplotlib, which is not installed; ")
    assert last.endswith("pip install 'rlt[plot]' brings it")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{tmp}/nope"], "there is no folder {tmp}/nope"),
        (["{tmp}/empty"], "{tmp}/empty is no run"),
        (["{tmp}/a", "metric=evaluation/retrun_mean"], "did you mean evaluation/return_mean"),
        (["{tmp}/a", "metrc=episode/return"], "there is no key metrc\n  fix: metric"),
        (["{tmp}/a", "x=tim"], "fix: x=time"),
        (["{tmp}/a", "out={tmp}/file/below"], "{tmp}/file/below cannot be written"),
        (["{tmp}/broken"], "{tmp}/broken/run.json cannot be read"),
        (["{tmp}/unset"], "{tmp}/unset/config.yaml cannot be read"),
        (["{tmp}/scored"], "{tmp}/scored/evaluation.json cannot be read"),
        (["{tmp}/begun"], "{tmp}/begun has logged nothing yet"),
        ([], "rlt.report needs RUN…"),
    ],
)
def test_a_mistake_gives_one_error_and_exit_code_two(tmp_path, capsys, words, message):
    write_run(tmp_path / "a")
    write_run(tmp_path / "begun", steps=(), training=(), evaluation={}, returns=None)
    (write_run(tmp_path / "broken") / "run.json").write_text('{"half": ')
    (write_run(tmp_path / "unset") / "config.yaml").write_text("agent: [")
    (write_run(tmp_path / "scored") / "evaluation.json").write_text('{"half": ')
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert main([word.format(tmp=tmp_path) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message.format(tmp=tmp_path) in err
    assert "Traceback" not in err


def test_the_command_needs_no_torch(tmp_path):
    write_run(tmp_path / "a")
    code = (
        "import sys; from rlt.report import main\n"
        f"assert main(['--help']) == 0 and main([{str(tmp_path / 'a')!r}]) == 0 and main(['mtric=x']) == 2\n"
        "assert not {'torch', 'gymnasium', 'hydra', 'tensorboard'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True)
