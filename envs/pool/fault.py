"""A share of the pool's sub-environments that was lost."""

from __future__ import annotations

from rlt.errors import EnvironmentFault


class WorkerFault(EnvironmentFault):
    """Whoever stepped `share` ended or hangs."""

    def __init__(self, share: range, what: str, *details: str, fix: str | None = None) -> None:
        self.share = share
        super().__init__(what, *details, fix=fix)

    def tell(self, detail: str) -> None:
        """Adds a line of details."""
        WorkerFault.__init__(self, self.share, self.what, *self.details, detail, fix=self.fix)

    def __reduce__(self) -> tuple[object, ...]:
        return EnvironmentFault(self.what, *self.details, fix=self.fix).__reduce__()


def late(share: range, env_id: str, who: object, task: str, seconds: float, *where: str) -> WorkerFault:
    """`who` did not finish `task` in time."""
    return WorkerFault(
        share,
        f"{env_id}: {who!r} did not finish {task} in {seconds:g} s",
        *where,
        "the pool has ended; a run goes on from its last checkpoint",
        fix="timeout=SECONDS if the environment is only slow",
    )


def numbers(share: range) -> str:
    """The sub-environments of a share in words."""
    first, last = share.start, share.stop - 1
    return f"sub-environment {last}" if last == first else f"sub-environments {first} to {last}"
