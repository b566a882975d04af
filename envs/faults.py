"""What went wrong inside an environment, in words: which sub-environment, which step, which action."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout, all_finite
from rlt.errors import EnvironmentFault, NumericsError, RltError


def short(value: Any) -> str:
    """A value on one line of at most 120 characters."""
    value = value.item() if isinstance(value, np.generic) else value  # np.int64(1) is how repr says 1
    with np.printoptions(threshold=8, precision=6):
        text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:117] + "…"


def cause(error: BaseException) -> list[str]:
    """What an environment raised and where: its own file and line, not those of rlt or Gymnasium above it."""
    if isinstance(error, RltError):
        return [error.what, *error.details]
    frames = list(traceback.walk_tb(error.__traceback__))
    foreign = [f for f in frames if str(f[0].f_globals.get("__name__")).partition(".")[0] not in ("rlt", "gymnasium")]
    own = [f for f in foreign if "site-packages" not in f[0].f_code.co_filename] or foreign
    lines = [f"{type(error).__name__}: {error}"]
    if own or frames:
        frame, number = (own or frames)[-1]
        where = f"at {frame.f_code.co_filename}:{number}, in {frame.f_code.co_name}"
        text = linecache.getline(frame.f_code.co_filename, number).strip()
        lines.append(f"{where}: {text}" if text else where)
    return lines


def raised(env_id: str, i: int, step: int, action: Any, error: BaseException) -> EnvironmentFault:
    """The environment raised in `step`."""
    found = _old_step(error) or error
    what = f"{env_id}: sub-environment {i} failed in step {step}"
    return EnvironmentFault(what, *cause(found), f"last action: {short(action)}", fix=getattr(found, "fix", None))


def reset_failed(env_id: str, i: int, seed: int | None, error: BaseException) -> EnvironmentFault:
    """The environment raised in `reset`, or what it returned was refused."""
    found = _old_reset(error) or error
    what = f"{env_id}: the reset of sub-environment {i} failed"
    return EnvironmentFault(what, *cause(found), f"seed: {seed}", fix=getattr(found, "fix", None))


def batch_failed(env_id: str, where: str, error: BaseException, options: str) -> EnvironmentFault:
    """All copies are stepped by one computation, which raised: a constructor's argument that is no number, say."""
    return EnvironmentFault(f"{env_id}: {where} failed", *cause(error), f"options: {options}")


_OLD = "this is the interface of the package gym before 0.26; Gymnasium's is another"


def _old_step(error: BaseException) -> RltError | None:
    """The error to tell where `step` returned four values: whoever unpacked them, rlt or a wrapper, raised."""
    if not (isinstance(error, ValueError) and str(error) == "not enough values to unpack (expected 5, got 4)"):
        return None
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    if str(frame.f_globals.get("__name__")).partition(".")[0] not in ("rlt", "gymnasium"):
        return None
    return EnvironmentFault(
        "step returned 4 values", _OLD, "expected: observation, reward, terminated, truncated, info",
        fix="return observation, reward, done, False, info   (truncated: cut short by a time limit)",
    )


def _old_reset(error: BaseException) -> RltError | None:
    if not (isinstance(error, TypeError) and str(error).endswith("reset() got an unexpected keyword argument 'seed'")):
        return None
    return EnvironmentFault(
        "reset takes no seed", _OLD, fix="def reset(self, *, seed=None, options=None): super().reset(seed=seed) …"
    )


def reset_result(result: Any, observation_space: gym.Space[Any]) -> EnvironmentFault:
    """`reset` returned something else than an observation and a dict."""
    try:
        alone = observation_space.contains(result)
    except Exception:
        alone = False
    if alone:
        return EnvironmentFault(
            "reset returned an observation alone", _OLD, "expected: (observation, info)", f"got: {short(result)}",
            fix="return observation, {}",
        )
    return wrong_result("what reset returns", "(observation, info)", result)


def no_picture(env_id: str) -> EnvironmentFault:
    """A picture was asked of an environment that draws none."""
    return EnvironmentFault(f"{env_id} was made without a render_mode", fix='make(…, render_mode="rgb_array")')


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
