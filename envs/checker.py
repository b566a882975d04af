"""`envs.check(id)` and `python -m rlt.envs.checker ID`: is this an environment that one can learn from?

Gymnasium's own checker first, then what it does not look at: values inside their spaces over whole episodes, equal
trajectories for equal seeds, fresh arrays, an end to every episode, exact restoring, speed.
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env

from rlt.envs import faults, headless
from rlt.envs.backends import native
from rlt.envs.factory import Id, make
from rlt.envs.source import Source
from rlt.errors import ConfigError, RltError

headless.prepare()

_QUICK = 20_000
"""Steps per second from which on nothing is gained by stepping several copies at once."""

Verdict = Literal["good", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Report:
    """What `check` found; prints as lines that begin with `good`, `note` or `wrong`."""

    id: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong; notes may remain."""
        return all(finding.verdict != "wrong" for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join([f"{self.id}:", *(f"  {finding.verdict:5}  {finding.text}" for finding in self.findings)])

    __repr__ = __str__


def check(id: Id, *, steps: int = 1000, seed: int = 0, **options: Any) -> Report:
    """Looks at an environment over `steps` random steps; `options` go to its constructor as in `make`."""
    source = Source(id, options)
    if source.is_vector:
        raise ConfigError(f"envs.check looks at single environments, and {source.id} steps all its copies by itself")
    looks: tuple[Callable[[Source, int, int], Iterator[Finding]], ...] = (
        _built, _gymnasiums_checker, _values, _seeds, _restores, _speed,
    )  # fmt: skip
    findings: list[Finding] = []
    for look in looks:
        try:
            findings.extend(look(source, steps, seed))
        except RltError as error:
            findings.append(Finding("wrong", str(error).replace("\n", "\n         ")))
        except Exception as error:
            findings.append(Finding("wrong", "it raised " + "\n         ".join(faults.cause(error))))
        if look is _built and findings[-1].verdict == "wrong":
            break  # every other look would say the same
    return Report(source.id, tuple(findings))


def _built(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    env = make(source.target, backend="sync", **source.options)
    spaces = f"observations {env.single_observation_space}, actions {env.single_action_space}"
    yield Finding("good", " ".join(spaces.split()))
    env.close()


def _gymnasiums_checker(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    env = source.build()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            check_env(env.unwrapped, skip_render_check=True)
        except (AssertionError, ValueError, TypeError, gym.error.Error) as error:
            yield Finding("wrong", f"Gymnasium's checker: {' '.join(str(error).split())}")
            return
        finally:
            env.close()
    # Gymnasium colours its warnings and repeats itself.
    remarks = {str(w.message).replace("\x1b[33mWARN: ", "").replace("\x1b[0m", "") for w in said}
    if not remarks:
        yield Finding("good", "Gymnasium's checker has no objection")
    for remark in sorted(remarks):
        yield Finding("note", f"Gymnasium's checker: {' '.join(remark.split())}")


def _values(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    env = source.build()
    space, actions = env.observation_space, copy.deepcopy(env.action_space)
    actions.seed(seed)
    obs, _ = env.reset(seed=seed)
    lengths: list[int] = [0]
    outside, reused, made = 0, False, 0
    while made < steps:
        made += 1
        last, kept = obs, copy.deepcopy(obs)
        obs, reward, terminated, truncated, _ = env.step(actions.sample())
        outside += not space.contains(obs)
        reused = reused or (obs is last and isinstance(obs, np.ndarray)) or not _same(last, kept)
        if (given := np.asarray(reward)).ndim or given.dtype.kind not in "fiub":
            yield Finding("wrong", f"a reward is {faults.short(reward)}, not a number")
            break
        if not np.isfinite(float(reward)):
            yield Finding("wrong", f"a reward is {reward}")
            break
        lengths[-1] += 1
        if terminated or truncated:
            lengths.append(0)
            obs, _ = env.reset()
    limited = _has_time_limit(env)
    env.close()
    if outside:
        yield Finding("note", f"{outside} of {made} observations lie outside their space {space}")
    else:
        yield Finding("good", f"all {made} observations lie inside their space")
    if reused:
        yield Finding("wrong", "step returns an array that a later step writes to; return a new one: obs.copy()")
    ended = lengths[:-1]
    if ended:
        yield Finding("good", f"{len(ended)} episodes ended, after {np.mean(ended):.0f} steps on average")
    elif not limited:
        yield Finding("note", f"no episode ended in {made} steps; max_episode_steps=N sets a limit")


def _seeds(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    once, again, other = (_trajectory(source, s, min(steps, 300)) for s in (seed, seed, seed + 1))
    difference = next((t for t, (a, b) in enumerate(zip(once, again)) if not _same(a, b)), None)
    if difference is None:
        yield Finding("good", "the same seed and actions give the same trajectory")
    else:
        yield Finding(
            "wrong",
            f"the same seed and actions give other numbers from step {difference} on: draw from self.np_random alone",
        )
    if all(_same(a, b) for a, b in zip(once, other)):
        yield Finding("note", "another seed gives the same trajectory: every episode starts alike")


def _restores(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    env: Any = make(source.target, backend="sync", **source.options)
    actions = copy.deepcopy(env.single_action_space)
    actions.seed(seed)
    starts = [_from_zero(actions) for _ in range(120)]
    env.reset(seed)
    for action in starts[:57]:
        env.step(action)
    if env.inexact_resume is not None:
        yield Finding("note", f"a resumed run starts new episodes: {env.inexact_resume}")
        return
    other = make(source.target, backend="sync", **source.options)
    other.set_state(env.get_state())
    once, again = ([one.step(action)[:4] for action in starts[57:]] for one in (env, other))
    if all(_same(a, b) for a, b in zip(once, again)):
        yield Finding("good", "its state restores to the bit")
    else:
        yield Finding("wrong", "its state does not restore: what get_state leaves out changes later steps")


def _speed(source: Source, steps: int, seed: int) -> Iterator[Finding]:
    env = source.build()
    actions = copy.deepcopy(env.action_space)
    actions.seed(seed)
    drawn = [actions.sample() for _ in range(64)]
    env.reset(seed=seed)
    count, start = 0, perf_counter()
    while perf_counter() - start < 0.5:
        _, _, terminated, truncated, _ = env.step(drawn[count % 64])
        count += 1
        if terminated or truncated:
            env.reset()
    rate = count / (perf_counter() - start)
    env.close()
    better = "pool" if native.why_not(source) else "native"
    slow = f"; backend={better} steps several at once" if rate < _QUICK else ""
    yield Finding("good", f"{rate:,.0f} steps/s in one process{slow}")


def _trajectory(source: Source, seed: int, steps: int) -> list[Any]:
    env = source.build()
    actions = copy.deepcopy(env.action_space)
    actions.seed(0)
    seen: list[Any] = [copy.deepcopy(env.reset(seed=seed)[0])]
    for _ in range(steps):
        obs, reward, terminated, truncated, _ = env.step(actions.sample())
        seen.append(copy.deepcopy((obs, reward, bool(terminated), bool(truncated))))
        if terminated or truncated:
            seen.append(copy.deepcopy(env.reset()[0]))
    env.close()
    return seen


def _from_zero(space: gym.Space[Any]) -> Any:
    """A random action for one sub-environment as agents give it: counted from 0, with a leading dimension."""
    if isinstance(space, gym.spaces.Dict):
        return {key: _from_zero(sub) for key, sub in space.spaces.items()}
    if isinstance(space, gym.spaces.Tuple):
        return tuple(_from_zero(sub) for sub in space.spaces)
    start = space.start if isinstance(space, (gym.spaces.Discrete, gym.spaces.MultiDiscrete)) else 0
    drawn = np.asarray(space.sample())
    return (drawn - start if drawn.dtype.kind in "iu" else drawn)[None]


def _has_time_limit(env: gym.Env[Any, Any]) -> bool:
    while isinstance(env, gym.Wrapper):
        if isinstance(env, gym.wrappers.TimeLimit):
            return True
        env = env.env
    return False


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b))
    one, other = np.asarray(a), np.asarray(b)
    floats = one.dtype.kind in "fc" and other.dtype.kind in "fc"  # NaN equals NaN here: that it is there is told apart
    return bool(np.array_equal(one, other, equal_nan=floats))


def main(arguments: list[str]) -> int:
    """Prints the report on each id; 0 if nothing is wrong, 2 after a mistake in the arguments."""
    usage = "usage: python -m rlt.envs.checker ID …\n\nIs this an environment that one can learn from? ID: as env.id takes it."
    if {"-h", "--help"} & {*arguments}:
        print(usage)
        return 0
    unknown = [one for one in arguments if one.startswith("-")]
    if unknown or not arguments:
        print(f"there is no option {unknown[0]}" if unknown else "which environment?", usage, sep="\n", file=sys.stderr)
        return 2
    reports = [check(id) for id in arguments]
    print(*reports, sep="\n")
    return 0 if all(report.ok for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
