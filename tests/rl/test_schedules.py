"""Schedules: what is written is what is run, and it reads back to the bit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlt.config import convert
from rlt.errors import ConfigError
from rlt.rl.schedules import Schedule

numbers = st.floats(1e-12, 1e6)


@given(
    st.sampled_from(["linear", "cosine"]), numbers, st.one_of(st.just(0.0), numbers), st.one_of(st.just(1.0), st.floats(1e-6, 1))
)
def test_a_schedule_reads_back_from_its_own_text_to_the_bit(kind, start, end, fraction):
    schedule = Schedule(kind, start, end, fraction)
    assert Schedule.parse(schedule.plain()) == schedule


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_constant_reads_back_to_the_bit(number):
    schedule = Schedule.parse(number)
    assert Schedule.parse(schedule.plain()) == schedule == Schedule.parse(repr(number))
    assert {schedule.at(p) for p in (0.0, 0.3, 1.0, 2.0)} == {number}


@given(numbers, numbers, st.floats(0.01, 1), st.floats(0, 2))
def test_linear_and_cosine_go_from_start_to_end_within_their_fraction(start, end, fraction, progress):
    part = min(progress / fraction, 1.0)
    linear = Schedule.parse(f"linear:{start!r}:{end!r}@{fraction!r}")
    assert linear.at(progress) == pytest.approx(start + part * (end - start), rel=1e-9, abs=1e-12)
    cosine = Schedule.parse(f"cosine:{start!r}:{end!r}@{fraction!r}")
    assert cosine.at(progress) == pytest.approx(
        end + (start - end) * (1 + math.cos(math.pi * part)) / 2, rel=1e-9, abs=1e-9 * max(start, end)
    )


@pytest.mark.parametrize(
    "text",
    [
        "fast",
        "linear",
        "linear:",
        "linear:1:2:3",
        "quadratic:1",
        "linear:1@0",
        "linear:1@2",
        "1:2",
        "0.1@0.5",
        "linear:a",
        "",
        True,
        None,
        [1],
    ],
)
def test_what_is_no_schedule_is_refused_in_one_error(text):
    with pytest.raises(ConfigError, match="agent.learning_rate"):
        convert(text, Schedule, "agent.learning_rate")


@pytest.mark.parametrize("text", ["nan", "linear:nan", "linear:1:nan", math.nan, "inf", "linear:inf:0"])
def test_a_schedule_of_no_finite_number_is_refused(text):
    with pytest.raises(ConfigError, match="agent.learning_rate"):
        convert(text, Schedule, "agent.learning_rate")
