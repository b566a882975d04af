"""The environments: equal to Gymnasium's, restored to the bit, as fast as claimed, ending cleanly."""

from __future__ import annotations

from functools import partial

from experiments.proofs.env_equality import equal
from experiments.proofs.env_extras import extra
from experiments.proofs.env_speed import fast, overlaps
from experiments.proofs.env_state import faults_end_cleanly, restores
from experiments.proofs.env_versions import gymnasium_versions
from experiments.proofs.learning import resumes
from experiments.proofs.proof import Proof

BOX2D = ("LunarLander-v3", "BipedalWalker-v3", "BipedalWalkerHardcore-v3")
MUJOCO = ("Ant-v5", "HalfCheetah-v5", "Hopper-v5", "Humanoid-v5", "HumanoidStandup-v5", "InvertedPendulum-v5",
          "InvertedDoublePendulum-v5", "Pusher-v5", "Reacher-v5", "Swimmer-v5", "Walker2d-v5")  # fmt: skip
CLASSIC = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1")

SMALL = [
    "env.num_envs=4", "agent.n_steps=128", "agent.n_epochs=2", "agent.normalize_observation=true", "total_steps=16_384",
    "checkpoint.interval=1_000", "evaluation.interval=4_000", "evaluation.episodes=2", "evaluation.final_episodes=4",
]  # fmt: skip

PROOFS = [
    Proof(
        "equal_classic",
        "Classic control on every backend equals gym.make bit for bit: 3 seeds, 2,000 steps, every autoreset mode.",
        partial(equal, ids=CLASSIC, steps=2000),
    ),
    Proof(
        "equal_box2d",
        "Box2D on every backend equals its reference bit for bit: 3 seeds, 2,000 steps, every autoreset mode.",
        partial(equal, ids=BOX2D, steps=2000),
    ),
    Proof(
        "equal_mujoco",
        "MuJoCo v5 on every backend equals gym.make bit for bit: 3 seeds, 2,000 steps, every autoreset mode.",
        partial(equal, ids=MUJOCO, steps=2000),
    ),
    Proof(
        "equal_carracing",
        "CarRacing on every backend equals its reference pixel by pixel: 3 seeds, 2,000 steps, every autoreset mode.",
        partial(equal, ids=("CarRacing-v3",), steps=2000),
        long=True,
    ),
    Proof(
        "state",
        "States of 10 episodes, after at least 5 resets, go on for 500 steps in a new process, on another backend, to the bit.",
        partial(restores, ids=(*CLASSIC, *BOX2D, *MUJOCO), steps=500),
    ),
    Proof("state_carracing", "The same for CarRacing.", partial(restores, ids=("CarRacing-v3",), steps=500), long=True),
    Proof(
        "faults",
        "A worker killed or hung is replaced and no number changes, or it is named, as is one that raises or lies; after close, "
        "Ctrl-C and SIGKILL no process and no shared memory is left.",
        faults_end_cleanly,
    ),
    *(
        Proof(
            f"resume_{name}",
            f"PPO on {env_id}{on}, killed by SIGKILL at three random moments, ends equal to a run that was not, to the bit.",
            partial(resumes, words=[f"env.id={env_id}", *SMALL, *more], seed=seed),
        )
        for seed, (name, env_id, on, more) in enumerate(
            (
                ("bipedalwalker", "BipedalWalker-v3", "", []),
                ("ant", "Ant-v5", "", []),
                ("humanoid", "Humanoid-v5", "", []),
                ("lunarlander_pool", "LunarLander-v3", " on `pool`", ["env.backend=pool"]),
            )
        )
    ),
    Proof(
        "versions",
        "The environment tests pass with every minor release of Gymnasium from 1.2 on.",
        gymnasium_versions,
        long=True,
    ),
    Proof(
        "extra_envpool",
        "The extra `envpool` installs beside this torch, and each of its tasks is as equal to Gymnasium's as its tests state.",
        partial(extra, name="envpool"),
    ),
    Proof(
        "extra_warp",
        "The extra `warp` installs beside this torch, and each of its tasks is as equal to Gymnasium's as its tests state, on "
        "Warp's CPU device. CUDA was not at hand.",
        partial(extra, name="warp"),
    ),
    Proof(
        "speed",
        "The backends against Gymnasium's vector environments, at 8 and 64 environments; CartPole at 1,024.",
        fast,
    ),
    Proof(
        "overlap",
        "`pool` with one worker and a learner that takes as long as stepping: at most 1.3 times the longer of the two.",
        overlaps,
    ),
]
