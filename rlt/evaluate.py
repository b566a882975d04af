"""`python -m rlt.evaluate RUN [episodes=100]`: how good the policy of a run is."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError
from rlt.run.folder import RunFolder


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
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 2 after a mistake that the message names."""
    return run(COMMAND, argv, _evaluate)


def _evaluate(words: list[str], options: EvaluateOptions) -> int:
    folder = RunFolder.open(words[0])
    for name, least in (("episodes", 1), ("num_envs", 1), ("seed", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ConfigError(f"{name}={value} does not fit", f"expected at least {least}")
    if options.out is not None and not Path(options.out).absolute().parent.is_dir():
        raise ConfigError(f"out={options.out}: there is no folder {Path(options.out).parent}")
    from rlt.assembly.build import evaluated_agent
    from rlt.rl.statistics import evaluation_text

    repeat = f"python -m rlt.evaluate {words[0]}"
    agent, env, steps = evaluated_agent(
        folder,
        options.checkpoint,
        min(options.num_envs or 16, options.episodes),
        options.num_envs is not None,
        options.trust,
        repeat,
    )
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
    if options.out is not None:
        text = json.dumps({"steps": steps, "seed": seed, "seconds": seconds, **result.summary()}, indent=2)
        Path(options.out).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
