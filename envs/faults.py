"""What went wrong inside an environment, in words: which sub-environment, which step, which action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout, all_finite
from rlt.errors import EnvironmentFault, NumericsError, RltError


def short(value: Any) -> str:
    """A value on one line of at most 120 characters."""
    with np.printoptions(threshold=8, precision=6):
        text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:117] + "…"


def raised(env_id: str, i: int, step: int, action: Any, error: BaseException) -> EnvironmentFault:
    """The environment raised in `step`."""
    details = [f"{type(error).__name__}: {error}", f"last action: {short(action)}"]
    if isinstance(error, RltError):
        details = [*str(error).splitlines(), f"last action: {short(action)}"]
    return EnvironmentFault(f"{env_id}: sub-environment {i} failed in step {step}", *details)


def reset_failed(env_id: str, i: int, seed: int | None, error: BaseException) -> EnvironmentFault:
    """The environment raised in `reset`, or what it returned was refused."""
    lines = str(error).splitlines() if isinstance(error, RltError) else [f"{type(error).__name__}: {error}"]
    return EnvironmentFault(f"{env_id}: the reset of sub-environment {i} failed", *lines, f"seed: {seed}")


def ended(env_id: str, i: int) -> EnvironmentFault:
    """A step after an episode's end, where resets are left to the caller."""
    return EnvironmentFault(
        f"{env_id}: a step of sub-environment {i}, whose episode has ended",
        "with autoreset='disabled' resets are left to you",
        fix="env.reset(only=terminated | truncated)",
    )


def wrong_result(what: str, expected: str, got: Any) -> EnvironmentFault:
    """`step` or `reset` returned something else than Gymnasium's interface says."""
    what_is_wrong = f"{what} is not what Gymnasium's interface says"
    return EnvironmentFault(what_is_wrong, f"expected: {expected}", f"got: {short(got)}")


def check_finite(
    env_id: str,
    layout: Layout,
    obs: Arrays,
    reward: NDArray[np.float32] | None,
    step: int,
    actions: Sequence[Any] | NDArray[Any] | None,
    numbers: Sequence[int] | NDArray[np.int64],
) -> None:
    """Raises `NumericsError` if an observation or reward is not finite.

    `numbers` says which sub-environment each row of `obs` is, `actions` what each row was given.
    """
    if reward is not None and not all_finite(reward):
        i = int(np.flatnonzero(~np.isfinite(reward))[0])
        raise NumericsError(
            f"{env_id}: sub-environment {numbers[i]} gave the reward {reward[i]} in step {step}",
            f"last action: {short(actions[i]) if actions is not None else 'none'}",
        )
    for leaf, array in zip(layout.leaves, obs):
        if array.dtype == np.float32 and not all_finite(array):
            wrong = ~np.isfinite(array.reshape(len(array), -1))
            i = int(np.flatnonzero(wrong.any(1))[0])
            where = int(np.flatnonzero(wrong[i])[0])
            value = array[i].reshape(-1)[where]
            raise NumericsError(
                f"{env_id}: {leaf.name} of sub-environment {numbers[i]} holds {value} after step {step}",
                f"at index {where} of {wrong.shape[1]}: {short(array[i])}",
                f"last action: {short(actions[i]) if actions is not None else 'none, it was just reset'}",
            )
