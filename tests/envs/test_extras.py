"""The backends of optional extras, where the extra is not installed or the task is none of theirs."""

import sys

import pytest

from rlt import envs
from rlt.errors import ConfigError, MissingExtra


@pytest.mark.parametrize(("backend", "package"), [("envpool", "envpool"), ("warp", "mujoco_warp")])
def test_a_missing_extra_is_one_error_with_the_command(backend, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra) as caught:
        envs.make("Hopper-v5", 2, backend=backend)
    what = f"backend={backend} needs the package {package}, which is not installed"
    assert str(caught.value) == f"{what}\n  fix: pip install 'rlt[{backend}]'"


@pytest.mark.parametrize(
    ("env_id", "backend", "options", "why"),
    [
        ("CarRacing-v3", "envpool", {}, "no test says how equal envpool's CarRacing-v3 would be; there is: CartPole-v1"),
        ("LunarLander-v3", "envpool", {"continuous": True}, "only max_episode_steps is an option there, and not continuous"),
        ("CartPole-v1", "envpool", {"wrappers": [lambda env: env]}, "no single environments to put wrappers on"),
        ("CartPole-v1", "envpool", {"autoreset": "disabled"}, "resets in the same step only"),
        ("Ant-v5", "warp", {}, "no test says how equal Ant-v5 would be there; there is: HalfCheetah-v5"),
        ("Hopper-v5", "warp", {"wrappers": ["time_aware"]}, "warp takes no wrappers"),
        ("Hopper-v5", "warp", {"render_mode": "rgb_array"}, "warp cannot render"),
        ("Hopper-v5", "warp", {"autoreset": "next_step"}, "resets in the same step only"),
    ],
)
def test_what_an_extras_backend_does_not_run_is_refused_with_the_reason(env_id, backend, options, why):
    with pytest.raises(ConfigError, match=why):
        envs.make(env_id, 2, backend=backend, **options)
