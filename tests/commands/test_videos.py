"""`rlt.evaluate RUN video=true` and `render=human`."""

from __future__ import annotations

import pytest

from rlt.envs import headless
from rlt.log.video import frames_of

pytest.importorskip("av")


def test_an_evaluation_writes_videos_and_the_same_scores(command, run):
    plain = command("evaluate", "run", "episodes=3")
    filmed = command("evaluate", "run", "episodes=3", "video=true", "video_episodes=2")
    assert filmed.code == 0, filmed.err
    assert filmed.out.startswith(plain.out)
    folder = run / "videos" / "last_512"
    assert sorted(f.name for f in folder.iterdir()) == ["episode_1.gif", "episode_1.mp4", "episode_2.mp4", "grid.gif", "grid.mp4"]
    for file in folder.glob("*.mp4"):
        assert len(list(frames_of(file))) > 10
    assert "videos: run/videos/last_512" in filmed.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["render=human"], "wants a display, and there is none"),
        (["render=human", "video=true"], "exclude each other"),
        (["render=human", "num_envs=2"], "shows one environment"),
        (["render=humna"], "human"),
        (["video=true", "video_episodes=0"], "at least 1"),
    ],
)
def test_what_cannot_be_shown_is_said_first(command, run, monkeypatch, words, text):
    monkeypatch.setattr(headless, "can_show", lambda: False)
    said = command("evaluate", "run", *words)
    assert said.code == 2
    assert text in said.err
    assert not (run / "videos").exists()


def test_an_evaluation_can_be_shown_in_a_window(command, run, monkeypatch):
    monkeypatch.setattr(headless, "can_show", lambda: True)  # the dummy driver of SDL draws into nothing
    said = command("evaluate", "run", "render=human", "episodes=1", "seed=1")
    assert said.code == 0, said.err
    assert said.out.splitlines()[1:] == command("evaluate", "run", "num_envs=1", "episodes=1", "seed=1").out.splitlines()[1:]
