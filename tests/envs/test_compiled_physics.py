"""The threads of `workers.c`: what the tasks' equality tests do not reach."""

import logging
import os
import time
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from rlt.envs.mujoco import compiled, physics
from rlt.envs.mujoco.compiled import CompiledPhysics

PENDULUM = """
<mujoco>
  {size}
  <option timestep="0.01"/>
  <worldbody>
    <geom type="plane" size="5 5 1"/>
    <body pos="0 0 1"><freejoint/><geom size="0.1 0.3" type="capsule"/>
      <body pos="0 0 0.3"><joint name="hinge" axis="0 1 0"/><geom size="0.1 0.3" type="capsule"/></body>
    </body>
  </worldbody>
  <actuator><motor joint="hinge"/></actuator>
</mujoco>
"""


def copies(n: int, size: str = "") -> tuple[Any, list[Any]]:
    model = mujoco.MjModel.from_xml_string(PENDULUM.format(size=size))
    datas = [mujoco.MjData(model) for _ in range(n)]
    for i, data in enumerate(datas):
        data.qpos[2] = 0.4 + 0.2 * i
    return model, datas


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_thousands_of_steps_with_and_without_pauses_equal_mj_step(cores, monkeypatch):
    monkeypatch.setattr(compiled, "cores", lambda: cores)
    model, datas = copies(5)
    _, wanted = copies(5)
    rng = np.random.default_rng(0)
    steps = CompiledPhysics(model, datas, 3, contact_forces=True)
    for t in range(2_000):
        action = rng.uniform(-1, 1, (5, 1)).astype(np.float32)
        steps.start(action)
        if t % 100 == 0:
            time.sleep(0.001)  # long enough for the threads to do it all, and to fall asleep
        steps.wait()
        for data, control in zip(wanted, action):
            data.ctrl[:] = control
            mujoco.mj_step(model, data, nstep=3)
            mujoco.mj_rnePostConstraint(model, data)
        for name, first in (("qpos", 0), ("qvel", 0), ("cfrc_ext", 1), ("xpos", 0)):
            expected = np.array([getattr(data, name)[first:].reshape(-1) for data in wanted])
            np.testing.assert_array_equal(steps.array(name, first), expected)
    steps.close()


def test_threads_end_when_closed_and_when_forgotten(monkeypatch):
    monkeypatch.setattr(compiled, "cores", lambda: 4)
    before = threads()
    kept, dropped = (CompiledPhysics(*copies(8), 1, contact_forces=False) for _ in range(2))
    assert threads() == before + 6
    kept.close()
    kept.close()
    assert threads() == before + 3
    del dropped
    assert threads() == before


def test_an_error_of_mujoco_reaches_the_caller_and_names_the_copy(monkeypatch):
    """Left alone, MuJoCo would end the process."""
    monkeypatch.setattr(compiled, "cores", lambda: 2)
    model, datas = copies(5, '<size memory="2K"/>')
    for i, data in enumerate(datas):
        data.qpos[2] = 0.2 if i == 3 else 50.0  # only one touches the ground, for which there is no memory
    steps = CompiledPhysics(model, datas, 1, contact_forces=False)
    for _ in range(3):
        steps.start(np.zeros((5, 1), np.float32))
        with pytest.raises(mujoco.FatalError, match=r"copy 3: .*out of memory"):
            steps.wait()
    np.testing.assert_array_equal([data.time > 0.02 for data in datas], np.arange(5) != 3)
    steps.close()


def test_it_is_built_once(tmp_path, monkeypatch):
    monkeypatch.setenv("RLT_CACHE", str(tmp_path))
    file = compiled._built()
    made = file.stat().st_mtime_ns
    assert compiled._built() == file and file.stat().st_mtime_ns == made
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("broken", ["absent", "failing", "folder"])
def test_without_a_compiler_the_tasks_step_otherwise_and_the_log_says_why(broken, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RLT_CACHE", str(tmp_path / "cache"))
    if broken == "absent":
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("CC", raising=False)
    elif broken == "failing":
        monkeypatch.setenv("CC", "/bin/false")
    else:
        (tmp_path / "cache").write_text("no folder")
    monkeypatch.setattr(compiled, "_library", compiled._library.__wrapped__)
    model, datas = copies(2)
    with caplog.at_level(logging.INFO):
        other = physics.choose(model, datas, 1, contact_forces=False, state_is_all=False)
    assert not isinstance(other, CompiledPhysics)
    assert "MuJoCo steps without compiled threads" in caplog.text
    assert {"absent": "no C compiler", "failing": "/bin/false", "folder": "cache"}[broken] in caplog.text
    other.close()


def test_the_source_travels_with_the_package():
    assert Path(compiled.__file__).with_name("workers.c").is_file()
