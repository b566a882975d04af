"""When what happens in a run: log, evaluate, checkpoint, stop."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlt.errors import ConfigError
from rlt.run.config import RunConfig
from rlt.run.learner import Learner


@dataclass(frozen=True)
class Timetable:
    """An event with interval I fires at the first vector step at which the count reaches kI, counted from zero.

    Interval 0 never fires. All fire together at `stop`, except evaluation: the final one stands in for it.
    """

    start: int
    stop: int
    log: int
    evaluate: int
    checkpoint: int

    def next_event(self, steps: int) -> int:
        """The count at which the next event after `steps` is due."""
        due = [steps // interval * interval + interval for interval in (self.log, self.evaluate, self.checkpoint) if interval]
        return min([*due, self.stop])

    def fires(self, interval: int, before: int, now: int) -> bool:
        """Whether a multiple of `interval` lies in (before, now]."""
        return interval > 0 and now // interval > before // interval


def resolved(config: RunConfig, learner: Learner, device: str) -> RunConfig:
    """`config` with its open intervals filled in: a tenth of total_steps, but no less than the policy stays the same; the
    learner's own for the log.

    ConfigError where an interval is shorter than a vector step."""
    tenth = max(config.total_steps // 10, learner.learn_interval)
    intervals = {
        "log": learner.log_interval if config.log.interval is None else config.log.interval,
        "evaluation": tenth if config.evaluation.interval is None else config.evaluation.interval,
        "checkpoint": tenth if config.checkpoint.interval is None else config.checkpoint.interval,
    }
    for name, value in (("reward", config.stop.reward), ("patience", config.stop.patience)):
        if value is not None and not intervals["evaluation"]:
            raise ConfigError(
                f"stop.{name}={value:g} and evaluation.interval=0 contradict each other",
                "a run is stopped after an evaluation, and there would be none",
                fix=f"an evaluation.interval, or stop.{name}=null",
            )
    size = learner.vector_size
    for name, interval in intervals.items():
        if interval < 0 or 0 < interval < size:
            raise ConfigError(
                f"{name}.interval={interval} is shorter than one vector step", f"{size} environments take {size} steps at once",
                fix=f"{name}.interval={size} or more, or 0 for never",
            )
    return replace(
        config, device=device, log=replace(config.log, interval=intervals["log"]),
        evaluation=replace(config.evaluation, interval=intervals["evaluation"]),
        checkpoint=replace(config.checkpoint, interval=intervals["checkpoint"]),
    )
