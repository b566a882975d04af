"""The threads of `workers.c`: what the tasks' equality tests do not reach."""

import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from rlt import envs
from rlt.envs.mujoco import compiled, physics
from rlt.envs.mujoco.compiled import CompiledPhysics
from rlt.errors import EnvironmentFault

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


def built(folder: Path) -> list[Path]:
    return list((folder / "mujoco").iterdir())


def test_it_is_built_once_and_anew_where_it_is_broken(tmp_path, monkeypatch):
    monkeypatch.setenv("RLT_CACHE", str(tmp_path / "one"))
    compiled._loaded()
    (file,) = built(tmp_path / "one")
    made, size = file.stat().st_mtime_ns, file.stat().st_size
    compiled._loaded()
    assert file.stat().st_mtime_ns == made
    monkeypatch.setenv("RLT_CACHE", str(tmp_path / "two"))
    broken = tmp_path / "two" / "mujoco" / file.name
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"cut off")
    compiled._loaded()
    assert built(tmp_path / "two") == [broken] and broken.stat().st_size == size


def test_a_compiler_that_fails_gives_way_to_the_next(tmp_path, monkeypatch):
    failing = tmp_path / "failing"
    failing.write_bytes(b"#!/bin/sh\nprintf 'Fehler: \374' >&2\nexit 1\n")  # not UTF-8
    failing.chmod(0o755)
    monkeypatch.setenv("RLT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", str(failing))
    compiled._loaded()
    assert len(built(tmp_path / "cache")) == 1


@pytest.mark.parametrize("broken", ["absent", "failing", "folder"])
def test_without_a_compiler_the_tasks_step_otherwise_and_the_log_says_why(broken, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RLT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    if broken == "absent":
        monkeypatch.setenv("PATH", "")
    elif broken == "failing":
        monkeypatch.setenv("PATH", str(tmp_path))
        (tmp_path / "cc").symlink_to("/bin/false")
    else:
        (tmp_path / "cache").write_text("no folder")
    monkeypatch.setattr(compiled, "_library", compiled._library.__wrapped__)
    model, datas = copies(2)
    with caplog.at_level(logging.INFO):
        other = physics.choose(model, datas, 1, contact_forces=False, state_is_all=False)
    assert not isinstance(other, CompiledPhysics)
    assert "MuJoCo steps without compiled threads" in caplog.text
    assert {"absent": "no C compiler", "failing": "ended with 1", "folder": "cache"}[broken] in caplog.text
    other.close()


def test_a_step_after_close_is_refused(monkeypatch):
    env = envs.make("HalfCheetah-v5", 4, backend="native")
    env.reset(0)
    env.send(np.zeros((4, 6), np.float32))
    env.close()
    with pytest.raises(EnvironmentFault, match="recv after close"):
        env.recv()
    steps = CompiledPhysics(*copies(2), 1, contact_forces=False)
    steps.close()
    with pytest.raises(RuntimeError, match="after close"):
        steps.wait()


def test_a_forked_process_steps_closes_and_ends():
    code = """
import os, sys, numpy as np
from rlt.envs.mujoco import compiled
compiled.cores = lambda: 3
from rlt import envs
env, other = (envs.make("HalfCheetah-v5", 4, backend="native", seed=0) for _ in range(2))
action = np.full((4, 6), 0.3, np.float32)
for one in (env, other):
    one.reset(); one.step(action)
child = os.fork()
if child == 0:
    np.save(sys.argv[1], env.step(action).obs.numpy())
    env.close()
    sys.exit(0)  # the other is closed by its finalizer
wanted = env.step(action).obs.numpy()
_, status = os.waitpid(child, 0)
assert status == 0 and (np.load(sys.argv[1]) == wanted).all()
"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code, f"{folder}/obs.npy"], check=True, timeout=60)


def test_the_source_travels_with_the_package():
    assert Path(compiled.__file__).with_name("workers.c").is_file()
