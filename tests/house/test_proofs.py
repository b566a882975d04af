"""`make prove`: each measure at small size, and what the page says of results, failures and interruptions."""

from __future__ import annotations

import json
import shutil
from functools import partial

import pytest

from experiments.proofs import house, learning, prove
from experiments.proofs.proof import Proof, Result
from experiments.proofs.training import differences, finished
from rlt.run.folder import RunFolder
from rlt.train import main

FEW = ["agent.n_steps=16", "evaluation.episodes=2", "evaluation.final_episodes=3"]


@pytest.fixture
def area(tmp_path, monkeypatch):
    """Runs `prove house` with other proofs and gives the exit code and the page."""

    def run(*proofs: Proof, words: tuple[str, ...] = ()) -> tuple[int, str]:
        monkeypatch.setattr(house, "PROOFS", list(proofs))
        code = prove.main(["house", f"state={tmp_path / 'state'}", f"out={tmp_path}", *words])
        return code, (tmp_path / "house.md").read_text()

    return run


def counted(name: str, holds: bool = True) -> tuple[Proof, list[int]]:
    calls: list[int] = []

    def measure(folder):
        calls.append(1)
        return Result(holds, f"measured {len(calls)}", (f"see {name}",))

    return Proof(name, f"The claim of {name}.", measure), calls


def test_a_result_that_holds_is_kept_and_one_that_failed_is_measured_anew(area):
    good, good_calls = counted("good")
    bad, bad_calls = counted("bad", holds=False)
    assert area(good, bad)[0] == 1
    code, page = area(good, bad)
    assert (code, len(good_calls), len(bad_calls)) == (1, 1, 2)
    assert "| [good](#good) | The claim of good. | holds |" in page
    assert "| [bad](#bad) | The claim of bad. | **does not hold** |" in page
    assert "measured 2" in page
    assert "see good" in page
    area(good, bad, words=("again=true", "only=good"))
    assert (len(good_calls), len(bad_calls)) == (2, 2)


def test_a_proof_that_cannot_be_carried_out_does_not_hold_and_the_others_run(area):
    def broken(folder):
        raise RuntimeError("no such thing")

    good, calls = counted("good")
    code, page = area(Proof("broken", "It works.", broken), good)
    assert (code, len(calls)) == (1, 1)
    assert "RuntimeError: no such thing" in page


def test_what_was_measured_in_another_clone_stays_on_the_page_until_its_claim_changes(area, tmp_path):
    first, second = (Proof(name, f"The claim of {name}.", lambda folder: Result(True, "as ever")) for name in ("first", "second"))
    before = area(first, second)[1]
    shutil.rmtree(tmp_path / "state")
    page = area(first, second, words=("only=second",))[1]
    assert page == before
    shutil.rmtree(tmp_path / "state")
    other = Proof("first", "It claims more.", first.measure)
    page = area(other, second, words=("only=second",))[1]
    assert "It claims more. | not measured" in page and "## first" not in page and "## second" in page


def test_an_interrupted_proof_finds_its_folder_again(area):
    def measure(folder):
        if not (folder / "half").exists():
            (folder / "half").touch()
            raise KeyboardInterrupt
        return Result(True, "whole")

    with pytest.raises(KeyboardInterrupt):
        area(Proof("long", "It is long.", measure))
    assert area(Proof("long", "It is long.", measure))[0] == 0


def test_long_proofs_wait_until_they_are_asked_for(area):
    short, _ = counted("short")
    long, calls = counted("long")
    long = Proof("long", long.claim, long.measure, long=True)
    assert "| [long](#long) | The claim of long. | not measured |" in area(short, long)[1]
    area(short, long, words=("long=true",))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [(["hose"], "house"), (["house", "only=resume_cartpol"], "did you mean resume_cartpole")],
)
def test_a_misspelt_name_gets_the_nearest(words, message, capsys):
    assert prove.main(words) == 2
    assert message in capsys.readouterr().err


def test_every_proof_of_the_house_has_a_name_and_a_claim():
    names = [p.name for p in house.PROOFS]
    assert len(set(names)) == len(names)
    assert all(p.claim.endswith(".") for p in house.PROOFS)


@pytest.fixture
def here(monkeypatch):
    """Runs are made in this process: that a process of its own may be killed is shown in tests/run."""

    def in_this_process(run, words):
        if not finished(RunFolder(run)):
            assert main([*words, "log.progress=off", f"hydra.run.dir={run}"]) == 0
        return RunFolder(run)

    monkeypatch.setattr(learning, "train", in_this_process)
    return in_this_process


@pytest.mark.slow
def test_the_measures_of_training_work_at_small_size(area, tmp_path, here):
    """A run that learned nothing must fail the bar, one that repeats must pass."""
    tiny = [*FEW, "total_steps=512"]
    learns = partial(learning.learns, experiment="ppo_cartpole", seeds=(0, 1), words=tiny)
    code, page = area(
        Proof("learns", "It learns.", partial(learns, mean=1, least=1)),
        Proof("fails", "It wins.", lambda folder: learns(folder.parent / "learns", mean=501, least=0)),
        Proof("repeats", "It repeats.", partial(learning.repeats, words=["+experiment=ppo_cartpole", *tiny])),
    )
    assert code == 1
    names = ("learns", "fails", "repeats")
    records = {n: json.loads((tmp_path / f"state/house/{n}/result.json").read_text()) for n in names}
    assert {n: r["holds"] for n, r in records.items()} == {"learns": True, "fails": False, "repeats": True}
    assert page.count("| yes |") == 4


@pytest.mark.slow
def test_a_measure_of_resume_sees_what_differs(tmp_path, here):
    words = ["+experiment=ppo_cartpole", *FEW, "total_steps=512"]
    run = here(tmp_path / "whole", words)
    other = here(tmp_path / "killed", [*words, "agent.learning_rate=1e-4"])
    found = "\n".join(differences(run, other))
    for part in ("last.rlt: learner.weights", "metrics.csv: row ", "last.rlt: learner.own"):
        assert part in found, part
    assert differences(run, run) == []


def test_a_benchmark_holds_where_each_row_of_its_last_table_reaches_its_bar():
    from experiments.proofs.agents import fast_enough, last_table, no_slower

    head = "| update | times as fast | must reach |\n|---|---|---|\n"
    shown, rows = last_table(f"{head}| PPO | 6.10 | 5 |\n{head}| PPO | 6.10 | 5 |\n| DQN | 2.99 | 3 |\n")
    assert [row["update"] for row in rows] == ["PPO", "DQN"]
    assert shown.count("must reach") == 1
    assert [fast_enough(row) for row in rows] == [True, False]
    assert [no_slower({"ratio": ratio}) for ratio in ("0.93", "1.00", "1.01")] == [True, True, False]
