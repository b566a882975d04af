import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rlt import envs
from rlt.types import Test, Train
from tests.envs import toys

ROOT = Path(__file__).parents[2]


def python(code: str, **options: Any) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, **options).stdout


def test_the_room_and_its_config_are_light():
    heavy = "{'torch', 'gymnasium', 'mujoco', 'numpy'}"
    code = f"import sys, rlt.envs, rlt.envs.config; print(sorted({heavy} & set(sys.modules)))"
    assert python(code).strip() == "[]"


@pytest.mark.parametrize(
    ("target", "limit"),
    [
        ("rlt-test/Registered-v0", 3),
        ("tests.envs.toys:rlt-test/Registered-v0", 3),
        ("tests.envs.toys:Toy", 5),
        (toys.Toy, 5),
        (lambda length=5: toys.Toy(length), 5),
    ],
    ids=["id", "module and id", "module and class", "class", "function"],
)
def test_an_environment_is_named_by_id_module_class_or_function(target, limit):
    env = envs.make(target)
    env.reset(0)
    over = [bool((step.terminated | step.truncated)[0]) for step in (env.step([0]) for _ in range(limit))]
    assert over == [False] * (limit - 1) + [True]
    short = envs.make(target, max_episode_steps=2)
    short.reset(0)
    assert [bool(short.step([0]).truncated) for _ in range(2)] == [False, True]


def test_a_twin_is_the_same_environment_for_evaluation():
    env: Any = envs.make("LunarLander-v3", 3, seed=4, continuous=True, wrappers=["gymnasium.wrappers:ClipAction"])
    twin: Any = env.twin(num_envs=2, seed=9)
    assert (env.purpose, twin.purpose) == (Train, Test)
    assert (twin.num_envs, twin.seed, env.twin().num_envs, env.twin().seed) == (2, 9, 3, None)
    assert twin.single_action_space == env.single_action_space
    assert twin.backend == env.backend
    same = envs.make("LunarLander-v3", 2, seed=9, continuous=True, purpose=Test)
    assert twin.reset().equal(same.reset())
    assert not twin.reset().equal(env.reset(4)[:2])


def test_headless_machines_render_without_a_display():
    code = (
        "import os, rlt.envs.headless as h; h.prepare();"
        "print(os.environ.get('MUJOCO_GL'), os.environ.get('SDL_VIDEODRIVER'))"
    )

    said = ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "SDL_VIDEODRIVER")
    bare = {name: value for name, value in os.environ.items() if name not in said}

    def ask(**extra: str) -> list[str]:
        return python(code, env={**bare, **extra}).split()

    assert ask()[1] == "dummy"
    assert ask()[0] in ("egl", "None")
    assert ask(DISPLAY=":0") == ["None", "None"]
    assert ask(MUJOCO_GL="osmesa")[0] == "osmesa"
