"""`make cuda` without a GPU, and its checks on the CPU: that they run, and that they find what they look for."""

from __future__ import annotations

import pytest
import torch

from rlt.agents import DQN, PPO, SAC
from tests.cuda import __main__ as command
from tests.cuda import checks


@pytest.mark.parametrize("agent", [DQN, PPO, SAC])
def test_the_checks_hold_on_the_cpu(agent, tmp_path):
    assert "distance 0.0" in checks.equal_modes(agent, "cpu", tmp_path, compile="off")  # compiled on the CPU: experiments/proofs
    assert "bit-equal" in checks.resume(agent, "cpu", tmp_path)


def test_a_difference_between_modes_is_found(tmp_path, monkeypatch):
    seeds = iter((1, 2))
    plain = checks.made

    def other(agent, device, **options):
        made = plain(agent, device, **options)
        made.generators.batches.manual_seed(next(seeds))
        return made

    monkeypatch.setattr(checks, "made", other)
    with pytest.raises(AssertionError, match="eager and compiled weights differ"):
        checks.equal_modes(DQN, "cpu", tmp_path, compile="off")


def test_a_generator_that_is_not_restored_is_found(tmp_path, monkeypatch):
    read = checks.load_tree

    def forgetful(path, kind):
        state = read(path, kind=kind)
        state["generators"]["batches"] = torch.Generator().manual_seed(0).get_state()
        return state

    monkeypatch.setattr(checks, "load_tree", forgetful)
    with pytest.raises(AssertionError, match="differs"):
        checks.resume(DQN, "cpu", tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: make cuda checks it")
def test_without_a_gpu_the_command_says_so_in_a_line_and_ends_well(capsys):
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith("no CUDA device") and said.count("\n") == 1


def test_a_check_that_does_not_hold_is_named_and_counts(capsys, monkeypatch):
    def broken(agent, device, folder):
        raise AssertionError("it is off by one")

    monkeypatch.setattr(command, "CHECKS", {"broken": broken})
    assert command.main(["device=cpu"]) == 1
    said = capsys.readouterr().out
    assert "DQN broken on cpu: DOES NOT HOLD: AssertionError: it is off by one" in said
    assert "3 of 3 checks failed" in said
