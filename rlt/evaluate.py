"""`python -m rlt.evaluate RUN [episodes=100]`: how good the policy of a run is."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError
from rlt.registry import load_object
from rlt.run.folder import RunFolder

if TYPE_CHECKING:
    from rlt.rl.recording import Recorder


@dataclass(frozen=True)
class EvaluateOptions:
    """How to evaluate."""

    episodes: int = 100
    """Episodes to play, the same number in each environment."""
    checkpoint: str = "last"
    """Which policy: last, best (of the periodic evaluations), or a checkpoint's file."""
    deterministic: bool = True
    """Take the most likely action; false samples as in training."""
    num_envs: int | None = None
    """Environments to play in at once. null: as many as in training, at most 16."""
    seed: int | None = None
    """Of the environments. null: the run's own for this command, which training and its evaluations never use."""
    video: bool = False
    """Film the first episodes: mp4 and GIF, and all in a grid, in the run's folder `videos`. Needs rlt[video]."""
    video_episodes: int = 4
    """How many, at most as many as are played."""
    render: Literal["human"] | None = None
    """human: show one environment in a window."""
    out: str | None = None
    """A JSON file for the returns and lengths of every episode."""
    trust: tuple[str, ...] = ()
    """Packages whose code the run's config may name (environment, network, wrappers)."""


COMMAND = Command(
    "rlt.evaluate",
    "Plays episodes with the policy of a run, normalisers frozen, and prints mean, standard deviation, IQM and interval.",
    EvaluateOptions,
    words=Words("RUN", "the folder of a run", most=1),
    examples=(
        ("runs/ppo_lunarlander/DATE", "a hundred episodes"),
        ("RUN checkpoint=best episodes=500", "the best policy, more episodes"),
        ("RUN video=true episodes=4", "four episodes as videos"),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 2 after a mistake that the message names."""
    return run(COMMAND, argv, _evaluate)


def _evaluate(words: list[str], options: EvaluateOptions) -> int:
    folder = RunFolder.open(words[0])
    for name, least in (("episodes", 1), ("num_envs", 1), ("seed", 0), ("video_episodes", 1)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ConfigError(f"{name}={value} does not fit", f"expected at least {least}")
    if options.out is not None and not Path(options.out).absolute().parent.is_dir():
        raise ConfigError(f"out={options.out}: there is no folder {Path(options.out).parent}")
    shown = _shown(options)
    from rlt.assembly.build import evaluated_agent
    from rlt.rl.recording import Recorder
    from rlt.rl.statistics import evaluation_text

    repeat = f"python -m rlt.evaluate {words[0]}"
    count = 1 if options.render else min(options.num_envs or 16, options.episodes)
    exactly = options.num_envs is not None or options.render is not None
    agent, env, steps = evaluated_agent(folder, options.checkpoint, count, exactly, options.trust, repeat, **shown)
    if options.video:
        name = f"{Path(options.checkpoint).stem}_{steps}"
        films = min(options.video_episodes, options.episodes)
        env = Recorder(env, folder.path / "videos" / name, films, tell=partial(print, flush=True))
    try:
        seed = agent.seeds.evaluate if options.seed is None else options.seed
        began = time.perf_counter()
        result = agent.play(env, options.episodes, seed, options.deterministic)
        seconds = time.perf_counter() - began
    finally:
        env.close()
    how = "most likely actions" if options.deterministic else "sampled actions"
    print(f"{agent.name.upper()} on {env.id}, {options.checkpoint} policy after {steps:,} steps, {how}, seed {seed}")
    print(evaluation_text(result.returns, result.lengths))
    if isinstance(env, Recorder):
        _finish_videos(env)
    if options.out is not None:
        text = json.dumps({"steps": steps, "seed": seed, "seconds": seconds, **result.summary()}, indent=2)
        Path(options.out).write_text(text + "\n", encoding="utf-8")
    return 0


def _shown(options: EvaluateOptions) -> dict[str, Any]:
    """How the environments are drawn; what stands against it is said before anything is built."""
    if options.render is not None:
        if options.video:
            raise ConfigError("render=human and video=true exclude each other", fix="video=true alone: a window cannot be filmed")
        if (options.num_envs or 1) > 1:
            raise ConfigError("render=human shows one environment", f"got: num_envs={options.num_envs}", fix="num_envs=1")
        if not load_object("rlt.envs.headless:can_show", key="render")():
            raise ConfigError("render=human wants a display, and there is none", "DISPLAY is not set", fix="video=true")
        return {"render_mode": "human"}
    if options.video:
        from rlt.log.video import require

        require()
        return {"render_mode": "rgb_array", "autoreset": "disabled"}
    return {}


def _finish_videos(recorder: Recorder) -> None:
    from rlt.log.video import write_gif, write_grid

    films = list(recorder.written)
    if len(films) > 1:
        write_grid(films, recorder.folder / "grid.mp4", recorder.render_fps)
    for film in (films[0], *([recorder.folder / "grid.mp4"] if len(films) > 1 else [])):
        write_gif(film, film.with_suffix(".gif"), recorder.render_fps)
    print(f"videos: {recorder.folder}   " + ", ".join(sorted(file.name for file in recorder.folder.iterdir())))


if __name__ == "__main__":
    raise SystemExit(main())
