"""The checker on programs that were written without knowledge of its rules (`tests/shapes/unseen/RESULTS.md`)."""

from __future__ import annotations

import pytest

from tests.shapes.static.conftest import UNSEEN, Reports, marked

MISSED = {
    "first": {
        "11_uint8_frames_bug.py",
        "22_sensor_pool_bug.py",
        "23_pad_shift_bug.py",
        "36_onehot_transition_bug.py",
        "44_subclass_encoder_bug.py",
    }
}
"""Bugs that the type checker does not find; each is explained in RESULTS.md."""
SETS = sorted(p.name for p in UNSEEN.iterdir() if p.is_dir() and p.name in MISSED)


def _caught(folder: str, reports: Reports) -> set[str]:
    bugs = (UNSEEN / folder).glob("*_bug.py")
    return {p.name for p in bugs if marked(p, "BUG", "ALSO") & set(reports[p.name])}


@pytest.mark.parametrize("folder", SETS)
def test_the_bugs_found_are_those_of_the_results(folder: str, reports: Reports) -> None:
    bugs = {p.name for p in (UNSEEN / folder).glob("*_bug.py")}
    assert bugs - _caught(folder, reports) == MISSED[folder]


@pytest.mark.parametrize("folder", SETS)
def test_nine_of_ten_unseen_bugs_are_found(folder: str, reports: Reports) -> None:
    bugs = list((UNSEEN / folder).glob("*_bug.py"))
    assert len(_caught(folder, reports)) >= 0.9 * len(bugs)


@pytest.mark.parametrize("folder", SETS)
def test_no_correct_twin_is_reported(folder: str, reports: Reports) -> None:
    twins = {p.name for p in (UNSEEN / folder).glob("*_good.py")}
    assert {name: dict(found) for name, found in reports.items() if name in twins and found} == {}
