"""The loop of every run: advance to the next event, do what is due, until the end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from rlt.errors import RunError
from rlt.log.metrics_csv import MetricsCsv
from rlt.log.tensorboard import TensorBoard
from rlt.run.callbacks import Callback
from rlt.run.checkpoint import save_best, save_checkpoint, written_segments
from rlt.run.config import RunConfig
from rlt.run.folder import RunFolder
from rlt.run.learner import Learner, Metrics, State
from rlt.run.progress import make_progress
from rlt.run.signals import StopSignals
from rlt.run.timetable import Timetable
from rlt.store.disk import refuse_beyond_disk
from rlt.store.segment import SegmentFiles
from rlt.types import Tensor

_SLICE_SECONDS = 0.5
"""How long one call of `advance` may take, roughly: signals and the progress line wait for its end."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    status: str
    """`finished`, or `stopped` where a signal ended it before its time."""
    steps: int
    signal: str | None
    evaluation: Mapping[str, Any] | None
    """The final evaluation, where there was one."""


class Runner:
    """One run of `learner`. Without a folder nothing is written, and only callbacks see the metrics.

    `config` is one that `rlt.run.timetable.resolved` gave."""

    def __init__(
        self, learner: Learner, config: RunConfig, folder: RunFolder | None = None, callbacks: Iterable[Callback] = ()
    ) -> None:
        self.learner, self.config, self.folder, self.callbacks = learner, config, folder, list(callbacks)
        self.stop_reason: str | None = None
        self._pending: dict[str, list[Tensor]] = {}
        self._best = -math.inf
        self._elapsed = 0.0
        self._logged_at = 0
        self._timetable: Timetable | None = None
        self._segments = SegmentFiles(folder.checkpoints) if folder is not None else None

    @property
    def steps(self) -> int:
        """Steps done."""
        return self.learner.steps

    def stop(self, reason: str) -> None:
        """Ends the run after the events of this step."""
        self.stop_reason = reason

    def run(self, total_steps: int, resume: State | None = None) -> Outcome:
        """Trains for `total_steps` more steps, or from the checkpoint `resume` to the end that it was going to."""
        said = []
        if resume is None:
            start = self.learner.steps
            self._logged_at = start
            self._timetable = self._plan(start, self.learner.begin(total_steps))
            if (whole := self._timetable.stop - start) != total_steps:
                said.append(f"{whole:,} steps in place of {total_steps:,}: the last rollout or vector step is a whole one")
        else:
            if inexact := self._load_state(resume):
                said.append(f"this resume is not exact: {inexact}")
            if self.folder is not None:
                self._segments = written_segments(self.folder)
        assert self._timetable is not None
        if resume is None and self.folder is not None and self.config.checkpoint.replay:
            refuse_beyond_disk(self.learner.checkpoint_bytes, self.folder.path)
        csv, board = self._open_logs(resume is not None)
        self._progress = make_progress(self.config.log.progress, self.steps, self._timetable.stop)
        self._csv, self._board = csv, board
        try:
            for line in said:
                self._progress.say(line)
            return self._loop()
        except Exception as error:
            if self.folder is not None:
                reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                self._record(status="failed", steps=self.steps, stop_reason=reason)
            raise
        finally:
            self._progress.close()
            if board is not None:
                board.close()

    def _plan(self, start: int, stop: int) -> Timetable:
        config = self.config
        intervals = (config.log.interval or 0, config.evaluation.interval or 0, config.checkpoint.interval or 0)
        return Timetable(start, stop, *intervals)

    def _open_logs(self, resumed: bool) -> tuple[MetricsCsv | None, TensorBoard | None]:
        if self.folder is None:
            return None, None
        at = self.steps if resumed else None
        board = TensorBoard(self.folder.path, at) if self.config.log.tensorboard else None
        return MetricsCsv(self.folder.metrics_file, at), board

    def _loop(self) -> Outcome:
        timetable = self._timetable
        assert timetable is not None
        for callback in self.callbacks:
            callback.on_start(self)
        chunk = 64 * self.learner.vector_size
        self._clock = time.perf_counter()
        started, trained = self.steps, 0.0
        with StopSignals() as signals:
            while self.steps < timetable.stop and self.stop_reason is None and signals.received is None:
                before, began = self.steps, time.perf_counter()
                self._collect(self.learner.advance(min(timetable.next_event(before), before + chunk)))
                seconds = time.perf_counter() - began
                self._collect({"time/train": torch.tensor([seconds], dtype=torch.float64)})
                chunk = _next_chunk(chunk, seconds, self.learner.vector_size)
                trained += seconds
                self._progress.update(self.steps, (self.steps - started) / trained, self.learner.headline())
                self._events(timetable, before)
        return self._finish(timetable, signals.received)

    def _events(self, timetable: Timetable, before: int) -> None:
        now, ended = self.steps, self.steps >= timetable.stop
        row: dict[str, float] = {}
        logged = timetable.fires(timetable.log, before, now) or ended
        if logged:
            row = self._row()
            for callback in self.callbacks:
                callback.on_log(self, row)
        if timetable.fires(timetable.evaluate, before, now) and not ended:
            row |= self._evaluate()
        if self.stop_reason is not None and not logged:
            row = self._row() | row  # what came since the last row would never be written
        self._write(row)
        if (
            self.folder is not None
            and timetable.fires(timetable.checkpoint, before, now)
            and not ended
            and self.stop_reason is None
        ):
            self._checkpoint()

    def _evaluate(self) -> dict[str, float]:
        began = time.perf_counter()
        result = self.learner.evaluate(self.config.evaluation.episodes)
        metrics = _scalars(result)
        metrics["time/evaluate"] = time.perf_counter() - began
        score = float(result[self.learner.score])
        if score > self._best:
            self._best = score
            if self.folder is not None:
                save_best(self.folder, self.learner.weights(), self.steps, score)
        for callback in self.callbacks:
            callback.on_evaluation(self, metrics)
        return metrics

    def _finish(self, timetable: Timetable, signal: str | None) -> Outcome:
        if signal is None:
            for callback in self.callbacks:
                callback.on_end(self)
        if self.folder is not None:
            self._checkpoint()
        status, result = "stopped", None
        if signal is None:
            try:
                status, result = "finished", self._final_evaluation()
            except KeyboardInterrupt:
                signal = "SIGINT"  # all steps are done and saved: a resume evaluates again
        if self.folder is not None:
            self._record(status=status, steps=self.steps, stop_reason=self.stop_reason)
        if self.stop_reason:
            self._progress.say(f"stopped at {self.steps:,} steps: {self.stop_reason}")
        return Outcome(status, self.steps, signal, result)

    def _final_evaluation(self) -> Mapping[str, Any] | None:
        episodes = self.config.evaluation.final_episodes
        if not episodes or self.folder is None:
            return None
        self._progress.say(f"{self.steps:,} steps done; final evaluation over {episodes} episodes")
        began = time.perf_counter()
        result = dict(self.learner.evaluate(episodes, final=True)) | {"steps": self.steps}
        self.folder.write_evaluation(result | {"seconds": time.perf_counter() - began})
        if self._board is not None:
            self._board.write(self.steps, _scalars(result, "final"))
        return result

    def _record(self, **entries: Any) -> None:
        assert self.folder is not None
        self.folder.write_record(self.folder.record() | entries)

    def _collect(self, metrics: Metrics) -> None:
        for name, values in metrics.items():
            self._pending.setdefault(name, []).append(values.reshape(-1))

    def _row(self) -> dict[str, float]:
        """The mean of each metric since the last row; seconds are summed. NaN where there was no value."""
        row: dict[str, float] = {}
        for name, parts in self._pending.items():
            values = _on_host(parts)
            if name.startswith("time/"):
                row[name] = float(values.sum())
            else:
                row[name] = float(values.double().mean()) if values.numel() else math.nan
        seconds = row.pop("time/train")
        self._tick()
        row["time/elapsed"] = self._elapsed
        row["time/steps_per_second"] = (self.steps - self._logged_at) / seconds
        self._pending = {name: [torch.zeros(0)] for name in self._pending}  # keeps the order of the columns
        self._logged_at = self.steps
        return row

    def _write(self, row: dict[str, float]) -> None:
        if not row:
            return
        if self._csv is not None:
            self._csv.write(self.steps, row)
        if self._board is not None:
            self._board.write(self.steps, {name: value for name, value in row.items() if not math.isnan(value)})

    def _tick(self) -> None:
        now = time.perf_counter()
        self._elapsed += now - self._clock
        self._clock = now

    def _checkpoint(self) -> None:
        assert self.folder is not None
        self._tick()
        checkpoint = self.config.checkpoint
        save_checkpoint(self.folder, self.state(), self.steps, checkpoint.keep, self._segments, checkpoint.replay)

    def state(self) -> State:
        """The run and its learner, for a checkpoint."""
        t = self._timetable
        assert t is not None
        run = {
            "steps": self.steps,
            "start": t.start,
            "stop": t.stop,
            "log": t.log,
            "evaluate": t.evaluate,
            "checkpoint": t.checkpoint,
            "elapsed": self._elapsed,
            "best": self._best,
            "logged_at": self._logged_at,
            "stop_reason": self.stop_reason,
            "pending": {name: _on_host(parts) for name, parts in self._pending.items()},
            "callbacks": [callback.state() for callback in self.callbacks],
        }
        return {"run": run, "learner": self.learner.state()}

    def _load_state(self, state: State) -> str | None:
        run = state["run"]
        inexact = self.learner.load_state(state["learner"])
        self._timetable = Timetable(run["start"], run["stop"], run["log"], run["evaluate"], run["checkpoint"])
        self._elapsed, self._best, self._logged_at = run["elapsed"], run["best"], run["logged_at"]
        self.stop_reason = run["stop_reason"]
        self._pending = {name: [values] for name, values in run["pending"].items()}
        if len(self.callbacks) != len(run["callbacks"]):
            raise RunError(
                f"the run had {len(run['callbacks'])} callbacks, and {len(self.callbacks)} are given",
                "callbacks of one's own are not written down: only who made them can give them again",
                fix="go on from Python, with the same callbacks",
            )
        for callback, saved in zip(self.callbacks, run["callbacks"]):
            callback.load_state(saved)
        return inexact


def _on_host(parts: list[Tensor]) -> Tensor:
    return torch.cat([part.cpu() for part in parts])  # the learner's device is asked here, once for a row, and nowhere before


def _scalars(result: Mapping[str, Any], prefix: str = "evaluation") -> dict[str, float]:
    kept_in_the_file = ("steps", "episodes")
    return {
        f"{prefix}/{name}": float(v) for name, v in result.items() if isinstance(v, int | float) and name not in kept_in_the_file
    }


def _next_chunk(chunk: int, seconds: float, vector_size: int) -> int:
    """Steps that should take about `_SLICE_SECONDS`. How a stretch is cut changes no number, so a clock may decide."""
    wanted = chunk * min(max(_SLICE_SECONDS / max(seconds, 1e-6), 0.25), 4.0)
    return max(int(wanted) // vector_size, 1) * vector_size
