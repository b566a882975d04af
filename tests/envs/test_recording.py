"""Pictures of sub-environments on every backend, and episodes as videos whose numbers are those of no camera."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from rlt import envs
from rlt.envs import wrappers
from rlt.errors import EnvironmentFault, MissingExtra
from rlt.log.video import Mp4, captioned, frames_of, write_gif, write_grid
from rlt.rl.evaluation import evaluate
from rlt.rl.recording import Recorder
from rlt.types import Test
from tests.envs import toys
from tests.envs.reference import Reference

pytest.importorskip("av")


def policy(obs_dim: int, n_actions: int) -> Any:
    """What it does depends on every number that it sees."""
    weights = torch.from_numpy(np.random.default_rng(0).normal(size=(obs_dim, n_actions))).float()
    return lambda obs: (obs @ weights).argmax(1)


def test_a_picture_is_the_same_on_sync_and_pool_and_through_wrappers():
    made: list[Any] = [
        envs.make("LunarLander-v3", 3, backend="sync", render_mode="rgb_array"),
        envs.make("LunarLander-v3", 3, backend="pool", workers=2, render_mode="rgb_array"),
        envs.make("LunarLander-v3", 3, render_mode="rgb_array", wrappers=[wrappers.FrameStack(2)]),
    ]
    for env in made:
        env.reset(1)
        for t in range(12):
            env.step([t % 4, 2, 1])
    for i in range(3):
        first, *others = (env.render(i) for env in made)
        assert first.shape == (400, 600, 3)
        assert len(np.unique(first)) > 3
        for other in others:
            np.testing.assert_array_equal(first, other)
    assert not np.array_equal(made[0].render(0), made[0].render(1))
    assert {env.render_fps for env in made} == {50.0}
    for env in made:
        env.close()


def test_a_picture_of_what_does_not_draw_is_refused():
    with pytest.raises(EnvironmentFault, match=r'fix: make\(…, render_mode="rgb_array"\)'):
        reset(envs.make("CartPole-v1", 2, backend="native")).render()
    with pytest.raises(EnvironmentFault, match="made without a render_mode"):
        reset(envs.make("CartPole-v1")).render()
    with pytest.raises(EnvironmentFault, match="there is no sub-environment 2"):
        reset(envs.make("CartPole-v1", 2, render_mode="rgb_array")).render(2)
    with pytest.raises(EnvironmentFault, match=r"expected: uint8 \[height, width, 3\]"):
        reset(envs.make(toys.DrawsNonsense)).render()


def reset(env: Any) -> Any:
    env.reset(0)
    return env


@pytest.mark.parametrize(("env_id", "sizes"), [("CartPole-v1", (4, 2)), ("LunarLander-v3", (8, 4))])
def test_a_filmed_evaluation_has_the_numbers_of_one_without_a_camera(env_id, sizes, tmp_path):
    limit = {"max_episode_steps": 30}
    plain: Any = envs.make(env_id, 2, purpose=Test, backend="sync", **limit)
    bare: Any = envs.make(env_id, 2, purpose=Test, backend="sync", autoreset="disabled", render_mode="rgb_array", **limit)
    film = Recorder(bare, tmp_path, 3)
    want = evaluate(policy(*sizes), plain, 5, 7)
    got = evaluate(policy(*sizes), film, 5, 7)
    assert (got.returns, got.lengths) == (want.returns, want.lengths)
    assert [path.name for path in film.written] == ["episode_1.mp4", "episode_2.mp4", "episode_3.mp4"]
    lengths = [want.lengths[0], want.lengths[1], want.lengths[3]]  # two of the first environment, one of the second
    for path, length in zip(film.written, lengths):
        frames = list(frames_of(path))
        assert len(frames) == 1 + length + film.render_fps // 2 - 1, "the first, one a step, and the last held"
        assert frames[0].shape == (400 + 44, 600, 3)
    film.close()


def test_a_film_shows_what_the_environment_drew_and_its_last_frame_before_the_reset(tmp_path):
    bare: Any = envs.make("CartPole-v1", purpose=Test, autoreset="disabled", render_mode="rgb_array", max_episode_steps=6)
    film = Recorder(bare, tmp_path, 1)
    evaluate(lambda obs: torch.tensor([1]), film, 1, 3)
    single = Reference("CartPole-v1", 1, render_mode="rgb_array", max_episode_steps=6).envs[0]
    single.reset(seed=3)
    drawn = [single.render()]
    for _ in range(6):
        single.step(1)
        drawn.append(single.render())
    for t, (frame, picture) in enumerate(zip(frames_of(film.written[0]), drawn)):
        assert np.abs(frame[44:].astype(int) - picture).mean() < 2, f"frame {t}: only what the codec loses"
    film.close()


def test_a_recorder_wants_an_environment_that_does_not_reset_by_itself(tmp_path):
    with pytest.raises(EnvironmentFault, match="before its last frame"):
        Recorder(envs.make("CartPole-v1", purpose=Test, render_mode="rgb_array"), tmp_path, 1)


def write(path: Path, colours: list[int], size: tuple[int, int] = (40, 64)) -> Path:
    video = Mp4(path, 10)
    for colour in colours:
        video.add(np.full((*size, 3), colour, np.uint8))
    video.close()
    return path


def test_a_video_has_its_name_once_it_is_whole(tmp_path):
    video = Mp4(tmp_path / "a.mp4", 10)
    for frame in np.random.default_rng(0).integers(0, 256, (80, 400, 640, 3), np.uint8):  # more than is held back
        video.add(frame)
    assert [path.name for path in tmp_path.iterdir()] == ["a.part.mp4"]
    video.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_grid_shows_all_side_by_side_and_waits_for_the_longest(tmp_path):
    short, long = write(tmp_path / "a.mp4", [200]), write(tmp_path / "b.mp4", [20, 80, 140])
    write_grid([short, long, short], tmp_path / "grid.mp4", 10)
    frames = list(frames_of(tmp_path / "grid.mp4"))
    assert [f.shape for f in frames] == [(80, 128, 3)] * 3
    for frame, colour in zip(frames, [20, 80, 140]):
        assert abs(int(frame[20, 32].mean()) - 200) < 6
        assert abs(int(frame[20, 96].mean()) - colour) < 6
        assert abs(int(frame[60, 32].mean()) - 200) < 6
        assert frame[60, 96].mean() < 40, "nothing is there"


def test_a_gif_is_small_and_short(tmp_path):
    write(tmp_path / "a.mp4", list(range(0, 240, 1)), (80, 640))
    write_gif(tmp_path / "a.mp4", tmp_path / "a.gif", 25)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (320, 40)
        assert 100 <= gif.n_frames <= 150
        assert gif.info["duration"] == 80


def test_a_caption_stands_above_the_frame_and_small_frames_grow():
    frame = np.arange(30 * 33 * 3, dtype=np.uint8).reshape(30, 33, 3)
    picture = captioned(frame, ["step 3"])
    assert picture.shape == (22 + 300, 330, 3)
    np.testing.assert_array_equal(picture[22:], frame.repeat(10, axis=0).repeat(10, axis=1))
    assert picture[:22].max() > 200
    assert captioned(np.zeros((401, 601, 3), np.uint8), ["a", "b"]).shape == (402 + 44, 602, 3)


def test_without_pyav_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"fix: pip install 'rlt\[video\]'"):
        Mp4(tmp_path / "a.mp4", 10)


@pytest.mark.parametrize("driver", [{}, {"SDL_VIDEODRIVER": "dummy"}], ids=["no display", "a driver of one's own"])
def test_a_window_needs_a_display_or_a_driver_that_the_person_set(driver):
    code = (
        "from rlt.envs import headless\nheadless.prepare(); print(headless.can_show())\n"
        "if headless.can_show():\n"
        "    import gymnasium; env = gymnasium.make('CartPole-v1', render_mode='human'); env.reset(seed=0); env.step(1)"
    )
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
    run = subprocess.run([sys.executable, "-c", code], env=bare | driver, capture_output=True, text=True, check=True)
    assert run.stdout.split()[-1] == ("True" if driver else "False")
