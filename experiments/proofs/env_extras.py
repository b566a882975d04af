"""The backends of optional extras beside Gymnasium: how far the numbers are apart, each extra in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from experiments.proofs.packaging import sharing_environment
from experiments.proofs.proof import Result, kept, table
from rlt import envs

ROOT = Path(__file__).resolve().parents[2]
COPIES = 4


def extra(folder: Path, name: str) -> Result:
    """Installs the extra `name`, measures every task of its backend, runs its tests."""
    kept(folder / "installed.json", partial(_install, folder / "environment", name))
    python = str(folder / "environment" / "bin" / "python")
    here = os.environ | {"PYTHONPATH": str(ROOT)}

    def measure() -> list[list[str]]:
        words = [python, "-m", "experiments.proofs.env_extras", name]
        return json.loads(subprocess.run(words, cwd=ROOT, env=here, check=True, stdout=subprocess.PIPE).stdout)

    rows = kept(folder / "figures.json", measure)
    words = [python, "-m", "pytest", f"tests/envs/test_{name}.py", "-p", "no:xdist", "--tb=line"]
    done = subprocess.run(words, cwd=ROOT, env=here, capture_output=True, text=True)
    (folder / "tests.log").write_text(done.stdout + done.stderr)
    verdict = done.stdout.strip().splitlines()[-1].strip("= ")
    holds = done.returncode == 0 and re.match(r"\d+ passed(?!.*skipped)", verdict) is not None
    head = ("environment", "what is compared", "observations", "rewards", "ends that differ")
    figures = f"tests/envs/test_{name}.py: {verdict}.\n\n{table(head, [tuple(row) for row in rows])}"
    return Result(holds, figures, (f"pip install 'rlt[{name}]'", f"python -m pytest tests/envs/test_{name}.py"))


def _install(environment: Path, name: str) -> bool:
    import tomllib

    python = sharing_environment(environment)
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][name]
    constrained = os.environ | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *lines]
    subprocess.run(pip, check=True, env=constrained)
    return True


def envpool_steps(env_id: str, steps: int = 5, seed: int = 0) -> tuple[float, float, int]:
    """Greatest relative distance of observations and of rewards, and flags that differ, over the first steps of episodes.

    Gymnasium's environments are put into the states from which envpool's begin, as far as these show.
    """
    import envpool

    pool: Any = envpool.make(env_id, env_type="gymnasium", num_envs=COPIES, seed=seed)
    obs, _ = pool.reset()

    def step(action: Any) -> tuple[Any, ...]:
        obs, reward, terminated, truncated, _ = pool.step(action)
        return obs, reward, terminated, truncated

    return _distance(env_id, [partial(_put, env_id, first) for first in obs], step, steps)


def warp_steps(env_id: str, steps: int = 5, seed: int = 0) -> tuple[float, float, int]:
    """The same for backend `warp`."""
    env: Any = envs.make(env_id, COPIES, backend="warp", max_episode_steps=steps + 1)
    env.reset(seed)
    qpos, qvel = (env._held[name].numpy().astype(float) for name in ("qpos", "qvel"))

    def step(action: Any) -> tuple[Any, ...]:
        made = env.step(action)
        return tuple(part.numpy() for part in (made.final_obs, made.reward, made.terminated, made.truncated))

    puts: list[Callable[[Any], None]] = [lambda bare, q=q, v=v: bare.set_state(q, v) for q, v in zip(qpos, qvel)]  # type: ignore[misc]
    return _distance(env_id, puts, step, steps)


def _distance(env_id: str, puts: list[Callable[[Any], None]], step: Callable[[Any], tuple[Any, ...]], steps: int) -> Any:
    theirs = [gym.make(env_id) for _ in puts]
    for env, put in zip(theirs, puts):
        env.reset(seed=0)
        put(env.unwrapped)
    space, rng = theirs[0].action_space, np.random.default_rng(0)
    apart, gained, flags, alive = 0.0, 0.0, 0, [True] * len(puts)
    for _ in range(steps):
        if isinstance(space, gym.spaces.Discrete):
            action = rng.integers(space.n, size=len(puts))
        else:
            assert isinstance(space, gym.spaces.Box)
            action = rng.uniform(space.low, space.high, (len(puts), *space.shape)).astype(np.float32)
        made = step(action)
        for i, env in enumerate(theirs):
            if alive[i]:
                obs, reward, terminated, truncated, _ = env.step(action[i])
                apart = max(apart, float(np.max(np.abs(made[0][i] - obs) / (1 + np.abs(obs)))))
                gained = max(gained, float(abs(made[1][i] - float(reward)) / (1 + abs(float(reward)))))
                flags += int(made[2][i] != terminated) + int(made[3][i] != truncated)
                alive[i] = not (terminated or truncated)
    return apart, gained, flags


def _put(env_id: str, obs: Any, bare: Any) -> None:
    """Puts `bare` where an episode begins that shows `obs`."""
    angle = np.arctan2
    if env_id == "Acrobot-v1":
        bare.state = np.array([angle(obs[1], obs[0]), angle(obs[3], obs[2]), obs[4], obs[5]])
    elif env_id == "Pendulum-v1":
        bare.state = np.array([angle(obs[1], obs[0]), obs[2]])
    elif env_id in ("CartPole-v1", "MountainCar-v0", "MountainCarContinuous-v0"):
        bare.state = np.array(obs, np.float64)
    elif env_id == "InvertedDoublePendulum-v5":
        bare.set_state(np.array([obs[0], angle(obs[1], obs[3]), angle(obs[2], obs[4])]), obs[5:8])
    elif env_id == "Reacher-v5":
        bare.goal = obs[4:6]
        qpos = np.array([angle(obs[2], obs[0]), angle(obs[3], obs[1]), *obs[4:6]])
        bare.set_state(qpos, np.array([*obs[6:8], 0.0, 0.0]))
    else:  # the place, where it is not shown, changes nothing
        nq, nv = bare.model.nq, bare.model.nv
        hidden = {"InvertedPendulum-v5": 0, "Ant-v5": 2, "Humanoid-v5": 2, "Swimmer-v5": 2}.get(env_id, 1)
        qpos = np.concatenate((np.zeros(hidden), obs[: nq - hidden]))
        bare.set_state(qpos, obs[nq - hidden : nq - hidden + nv])


def means_apart(env_id: str, episodes: int) -> tuple[float, float]:
    """Differences of the mean return and length of random episodes, envpool less Gymnasium, in standard errors."""
    ours, theirs = _pool_episodes(env_id, episodes), _gym_episodes(env_id, episodes)
    error = np.sqrt(ours.var(0) / len(ours) + theirs.var(0) / len(theirs))
    returns, lengths = (ours.mean(0) - theirs.mean(0)) / error
    return float(returns), float(lengths)


def _pool_episodes(env_id: str, episodes: int) -> Any:
    copies = 10
    env = envs.make(env_id, copies, backend="envpool")
    env.reset(1)
    space, rng = gym.make(env_id).action_space, np.random.default_rng(1)
    now, done = np.zeros((copies, 2)), [[] for _ in range(copies)]  # type: ignore[var-annotated]
    while min(map(len, done)) < episodes // copies:  # the same share of each, or short episodes count too much
        if isinstance(space, gym.spaces.Discrete):
            step = env.step(rng.integers(space.n, size=copies))
        else:
            assert isinstance(space, gym.spaces.Box)
            step = env.step(rng.uniform(space.low, space.high, (copies, *space.shape)).astype(np.float32))
        now += np.stack((step.reward.numpy(), np.ones(copies)), 1)
        for i in np.flatnonzero(step.terminated | step.truncated):
            done[i].append(now[i].copy())
            now[i] = 0
    env.close()
    return np.array([episode for share in done for episode in share[: episodes // copies]])


def _gym_episodes(env_id: str, episodes: int) -> Any:
    env = gym.make(env_id)
    env.action_space.seed(0)
    rows = []
    for k in range(episodes):
        env.reset(seed=k)
        total, length, over = 0.0, 0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            total, length, over = total + float(reward), length + 1, terminated or truncated
        rows.append((total, length))
    return np.array(rows)


def _figures(name: str) -> list[list[str]]:
    rows = []
    if name == "warp":
        from rlt.envs.backends import warp_tasks

        for env_id in warp_tasks.TASKS:
            obs, reward, flags = warp_steps(env_id)
            rows.append([env_id, "5 steps from the same state", f"{obs:.1e}", f"{reward:.1e}", str(flags)])
        return rows
    from rlt.envs.backends import envpool

    for env_id, what in envpool.TASKS.items():
        if "means" in what:
            returns, lengths = means_apart(env_id, 100)
            what = "means of 100 random episodes, in standard errors"
            rows.append([env_id, what, f"length {lengths:+.1f}", f"return {returns:+.1f}", ""])
        else:
            obs, reward, flags = envpool_steps(env_id)
            rows.append([env_id, "5 steps from the same state", f"{obs:.1e}", f"{reward:.1e}", str(flags)])
    return rows


if __name__ == "__main__":
    print(json.dumps(_figures(sys.argv[1])))
