"""When what happens in a run: log, evaluate, checkpoint, stop."""

from __future__ import annotations

from dataclasses import dataclass

from rlt.errors import ConfigError


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

    @classmethod
    def of(
        cls, *, start: int, stop: int, vector_size: int, log: int, evaluate: int | None, checkpoint: int | None, total: int
    ) -> Timetable:
        """Fills in what the config left open (a tenth of `total`) and refuses intervals shorter than a vector step."""
        tenth = max(total // 10, vector_size)
        evaluate = tenth if evaluate is None else evaluate
        checkpoint = tenth if checkpoint is None else checkpoint
        for name, interval in (("log.interval", log), ("evaluation.interval", evaluate), ("checkpoint.interval", checkpoint)):
            if interval < 0 or 0 < interval < vector_size:
                raise ConfigError(
                    f"{name}={interval} is shorter than one vector step",
                    f"{vector_size} environments take {vector_size} steps at once",
                    fix=f"{name}={vector_size} or more, or 0 for never",
                )
        return cls(start, stop, log, evaluate, checkpoint)

    def next_event(self, steps: int) -> int:
        """The count at which the next event after `steps` is due."""
        due = [steps // interval * interval + interval for interval in (self.log, self.evaluate, self.checkpoint) if interval]
        return min([*due, self.stop])

    def fires(self, interval: int, before: int, now: int) -> bool:
        """Whether a multiple of `interval` lies in (before, now]."""
        return interval > 0 and now // interval > before // interval
