"""TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class TensorBoard:
    """Writes scalars and the hyper-parameters of a run into `folder`.

    With `resume_at`, TensorBoard drops what was written after that step, so that a resumed run shows one line.
    """

    def __init__(self, folder: Path, resume_at: int | None = None) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter  # slow to import: only where a run is written

        self._writer = SummaryWriter(str(folder), purge_step=None if resume_at is None else resume_at + 1)

    def write(self, steps: int, metrics: Mapping[str, float]) -> None:
        """One point per metric, at `steps` on the x axis."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, steps)

    def text(self, name: str, markdown: str) -> None:
        """A page in the Text tab."""
        self._writer.add_text(name, markdown)

    def hyper_parameters(self, values: Mapping[str, Any], results: Mapping[str, float]) -> None:
        """A row of the HParams tab: what was set, and how it ended. The points of `results` are `write`'s."""
        from torch.utils.tensorboard.summary import hparams

        plain = {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in values.items()}
        assert self._writer.file_writer is not None
        for summary in hparams(plain, dict(results)):
            self._writer.file_writer.add_summary(summary)

    def close(self) -> None:
        """Flushes and closes the file."""
        self._writer.close()
