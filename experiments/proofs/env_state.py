"""States carried into new processes; workers that fail."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from experiments.proofs.env_equality import backends_of, random_actions
from experiments.proofs.proof import Result, kept, table
from rlt import envs

EPISODES = 10
RESETS = 5
ROOT = Path(__file__).resolve().parents[2]


def restores(folder: Path, ids: tuple[str, ...], steps: int) -> Result:
    """Takes states in the middle of episodes; this process goes on from each, and a new one on the next backend."""
    rows: list[tuple[object, ...]] = []
    for env_id in ids:
        backends = backends_of(env_id)
        for backend, other in zip(backends, [*backends[1:], backends[0]]):
            file = folder / f"{env_id}-{backend}.json"
            rows.append((env_id, backend, other, *kept(file, partial(_restored, folder, env_id, backend, other, steps))))
    held = all(row[3] == f"{EPISODES} of {EPISODES}" for row in rows)
    head = ("environment", "taken on", "gone on with on", "states that went on equal", "KiB for two environments")
    return Result(held, table(head, rows))


def _restored(folder: Path, env_id: str, backend: str, other: str, steps: int) -> tuple[str, str]:
    cases, wanted = _cases(env_id, backend, steps)
    file = folder / "cases"
    file.write_bytes(pickle.dumps((env_id, other, cases)))
    subprocess.run([sys.executable, "-m", "experiments.proofs.env_state", str(file)], check=True, cwd=ROOT)
    equal = sum(_same(a, b) for a, b in zip(pickle.loads(file.read_bytes()), wanted, strict=True))
    return f"{equal} of {EPISODES}", f"{len(pickle.dumps(cases[0][0])) / 1024:,.0f}"


def _cases(env_id: str, backend: str, steps: int) -> tuple[list[Any], list[Any]]:
    limit = {"CarRacing-v3": 20}.get(env_id, 150)
    env: Any = envs.make(env_id, 2, backend=backend, workers=2, timeout=3600, max_episode_steps=limit)
    rng = np.random.default_rng(0)
    actions = iter(random_actions(env_id, (RESETS + EPISODES) * (limit + 60) + 100, 1, 2))
    env.reset(5)
    ended, cases, wanted = np.zeros(2), [], []
    while (ended < RESETS).any():
        ended += _ended(env.step(next(actions)))
    for k in range(EPISODES):
        before = ended.copy()
        while (ended == before).any():  # each state in another episode of both
            ended += _ended(env.step(next(actions)))
        for _ in range(int(rng.integers(1, 40))):
            ended += _ended(env.step(next(actions)))
        state, coming = env.get_state(), random_actions(env_id, steps, 1000 + k, 2)
        cases.append((state, coming))
        wanted.append(trajectory(env, coming))
        env.set_state(state)
    env.close()
    return cases, wanted


def trajectory(env: Any, actions: Any) -> list[Any]:
    """What each step gives, as arrays."""
    return [[np.asarray(part).copy() for part in env.step(action)[:5]] for action in actions]


def _ended(step: Any) -> Any:
    return np.asarray(step.terminated | step.truncated)


def _same(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for s, t in zip(a, b, strict=True) for x, y in zip(s, t, strict=True))


def faults_end_cleanly(folder: Path) -> Result:
    """The tests of failing workers, which also look for processes, descriptors and memory left behind."""
    words = ["-m", "pytest", "tests/envs/test_faults.py", "-q", "--durations=0", "-vv"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if " call " in line]
    rows: list[tuple[object, ...]] = [(line.split("::")[1].replace("_", " "), line.split()[0]) for line in lines]
    return Result(done.returncode == 0, table(("what", "time"), rows), ("python -m pytest tests/envs/test_faults.py",))


def _go_on(file: Path) -> None:
    env_id, backend, cases = pickle.loads(file.read_bytes())
    limit = {"CarRacing-v3": 20}.get(env_id, 150)
    results = []
    for state, actions in cases:
        env = envs.make(env_id, 2, backend=backend, workers=1, timeout=3600, max_episode_steps=limit)
        env.set_state(state)
        results.append(trajectory(env, actions))
        env.close()
    file.write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    _go_on(Path(sys.argv[1]))
