"""Score statistics against definitions worked out by hand, by fractions, and by exhaustive enumeration."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.errors import NumericsError
from rlt.rl.statistics import (
    bootstrap_interval,
    evaluation_text,
    interquartile_mean,
    mean,
    score_text,
    summarise,
)

scores = st.lists(st.integers(-1000, 1000), min_size=1, max_size=23)


@given(scores)
def test_the_iqm_is_the_mean_of_the_middle_half_when_every_score_is_repeated_four_times(values):
    # n scores, each four times, are 4n equal parts of the mass: cutting n of them on each side needs no fractions.
    parts = sorted(v for v in values for _ in range(4))
    n = len(values)
    kept = parts[n : 3 * n]
    assert float(interquartile_mean(values)) == pytest.approx(float(Fraction(sum(kept), len(kept))), abs=1e-9)


def test_the_iqm_of_one_two_and_three_scores_is_as_by_hand():
    assert float(interquartile_mean([7.0])) == 7.0
    assert float(interquartile_mean([1.0, 4.0])) == 2.5
    assert float(interquartile_mean([0.0, 3.0, 12.0])) == pytest.approx((0 / 4 + 3 + 12 / 4) / 1.5)


def test_one_outlier_among_eight_does_not_move_the_iqm():
    assert interquartile_mean([1, 2, 3, 4, 5, 6, 7, 8]) == interquartile_mean([1, 2, 3, 4, 5, 6, 7, -1e9 + 2e9])


@given(scores)
@settings(max_examples=30, deadline=None)
def test_mean_and_deviation_are_those_of_the_textbook(values):
    summary = summarise(values)
    n = len(values)
    average = Fraction(sum(values), n)
    squares = sum((v - average) ** 2 for v in values)
    assert summary.mean == pytest.approx(float(average), abs=1e-9)
    assert summary.std == pytest.approx(math.sqrt(squares / (n - 1)) if n > 1 else 0.0, abs=1e-9)
    assert (summary.count, summary.minimum, summary.maximum) == (n, min(values), max(values))


@pytest.mark.parametrize("statistic", [mean, interquartile_mean])
def test_the_interval_is_that_of_all_possible_resamples(statistic):
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    every = np.array([statistic(np.array(draw)) for draw in itertools.product(values, repeat=5)])  # 5^5, equally likely
    low, high = bootstrap_interval(values, statistic, resamples=40_000)
    # the share of all resamples at or below the end brackets the level, within the noise of 40,000 draws
    for end, level in ((low, 0.025), (high, 0.975)):
        assert (every < end - 1e-9).mean() - 0.004 <= level <= (every <= end + 1e-9).mean() + 0.004


def test_the_interval_of_a_normal_sample_has_the_width_of_the_formula():
    values = np.random.default_rng(1).normal(size=400)
    low, high = bootstrap_interval(values, mean)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.04)


def test_strata_are_never_traded_for_one_another():
    values, tasks = [0.0, 0.0, 0.0, 100.0, 100.0, 100.0], ["a", "a", "a", "b", "b", "b"]
    low, high = bootstrap_interval(values, mean, strata=tasks)
    assert (float(low), float(high)) == (50.0, 50.0)  # each task is certain in itself
    low, high = bootstrap_interval(values, mean)
    assert float(low) < 25.0 < 75.0 < float(high)


def test_strata_weigh_as_many_scores_as_they_have():
    low, high = bootstrap_interval([0.0, 0.0, 0.0, 8.0], mean, strata=[1, 1, 1, 2])
    assert (float(low), float(high)) == (2.0, 2.0)


def test_rows_are_resampled_together_and_each_gets_its_own_interval():
    rows = np.array([[1.0, 5.0, 2.0], [10.0, 50.0, 20.0]])
    low, high = bootstrap_interval(rows, mean)
    assert low.shape == high.shape == (2,)
    np.testing.assert_allclose((low[1], high[1]), (10 * low[0], 10 * high[0]))
    np.testing.assert_allclose((low[0], high[0]), bootstrap_interval(rows[0], mean), rtol=0.02)


def test_equal_scores_give_equal_intervals_whatever_the_global_generator_did():
    values = np.random.default_rng(3).normal(size=20)
    first = bootstrap_interval(values)
    np.random.seed(5)
    state = str(np.random.get_state())
    assert bootstrap_interval(values) == first
    assert str(np.random.get_state()) == state
    assert bootstrap_interval(values, seed=1) != first


def test_many_scores_are_resampled_in_blocks_with_the_same_meaning():
    values = np.random.default_rng(2).normal(size=50_000)
    low, high = bootstrap_interval(values, mean, resamples=400)
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(50_000), rel=0.2)


@pytest.mark.parametrize(("seeds", "bound"), [(2, 0.5), (3, 0.75), (5, 0.9375)])
def test_over_few_scores_the_interval_holds_the_median_no_oftener_than_their_range_does(seeds, bound):
    draws = np.random.default_rng(4).normal(size=(4000, seeds))  # median 0
    low, high = bootstrap_interval(draws, mean, resamples=1000)
    held = ((low <= 0) & (high >= 0)).mean()
    assert held <= bound + 0.015
    assert bound == 1 - 2.0 ** (1 - seeds)


def test_a_single_score_has_no_width():
    assert summarise([3.0]).interval == (3.0, 3.0)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: bootstrap_interval([]), "no scores"),
    (lambda: bootstrap_interval([1.0], confidence=95), "between 0 and 1"),
    (lambda: bootstrap_interval([1.0, 2.0], strata=["a"]), "1 labels for 2 scores"),
])
def test_a_call_that_means_nothing_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_score_that_is_not_finite_is_named():
    with pytest.raises(NumericsError, match=r"1 of 3 scores are not finite\n  the first is number 1: nan"):
        summarise([1.0, math.nan, 2.0])


@pytest.mark.parametrize(("score", "text"), [
    (11234.56, "11235"), (253.14, "253.1"), (-21.456, "-21.46"), (0.12345, "0.123"), (-0.0001, "0.000"), (0.0, "0.000"),
])
def test_scores_are_written_with_four_figures(score, text):
    assert score_text(score) == text


def test_an_evaluation_reads_as_five_aligned_lines():
    assert evaluation_text([200.0, 250.0, 250.0, 300.0], [100, 150, 150, 200]) == "\n".join((
        "episodes                4",
        "mean return         250.0  200.0 to 300.0",
        "standard deviation  40.82",
        "IQM                 250.0  95 % interval 200.0 to 300.0",
        "mean length         150.0  100 to 200 steps",
    ))


def test_the_line_of_a_summary_names_every_number():
    assert str(summarise([5.0, 5.0])) == "mean 5.00, standard deviation 0.000, IQM 5.00, 95 % interval 5.00 to 5.00"


def test_statistics_import_no_torch():
    code = "import sys, rlt.rl.statistics; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
