"""One seed gives every part its own, in a fixed order and in fixed ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlt.errors import ConfigError
from rlt.rl.seeds import Seeds


@given(st.integers(0, 2**64))
def test_training_and_evaluation_never_meet(seed):
    seeds = Seeds.of(seed)
    assert 0 <= seeds.environments and seeds.environments + 100_000 < 2**30
    for evaluation in (seeds.evaluation, seeds.final, seeds.evaluate):
        assert 2**30 <= evaluation and evaluation + 100_000 < 2**31


@given(st.integers(0, 2**64))
def test_seeds_are_drawn_in_a_fixed_order_from_numpys_seed_sequence(seed):
    drawn = np.random.SeedSequence(seed).generate_state(7)
    seeds = Seeds.of(seed)
    assert (seeds.networks, seeds.exploration, seeds.batches) == (drawn[0], drawn[1], drawn[6])
    assert list(seeds.plain()) == ["networks", "exploration", "environments", "evaluation", "final", "evaluate", "batches"]
    assert all(type(value) is int for value in seeds.plain().values())


def test_neighbouring_seeds_share_nothing():
    drawn = [value for seed in range(200) for value in Seeds.of(seed).plain().values()]
    assert len(set(drawn)) > 0.999 * len(drawn)


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="seed=-1"):
        Seeds.of(-1)
