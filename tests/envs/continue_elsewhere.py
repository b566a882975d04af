"""Run as `python -m tests.envs.continue_elsewhere FILE`: restores each case of FILE in this new process and goes on.

FILE holds a list of (make arguments, state, actions); the trajectories are written back into it.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np

from rlt import envs


def trajectory(env, actions):
    """Everything that steps give, as arrays."""
    steps = [env.step(action) for action in actions]
    return [[np.asarray(part).copy() for part in step[:5]] for step in steps]


if __name__ == "__main__":
    cases = pickle.loads(Path(sys.argv[1]).read_bytes())
    results = []
    for env_id, num_envs, backend, options, state, actions in cases:
        env = envs.make(env_id, num_envs, backend=backend, **options)
        current = env.set_state(state)
        results.append((np.asarray(current), trajectory(env, actions)))
        env.close()
    Path(sys.argv[1]).write_bytes(pickle.dumps(results))
