"""Counts the operations that torch runs, to find reads of the device by the host."""

from __future__ import annotations

from collections import Counter

from torch.utils._python_dispatch import TorchDispatchMode


class Operations(TorchDispatchMode):
    """A context: `seen` maps an operation's name to how often it ran."""

    def __init__(self):
        super().__init__()
        self.seen = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen[str(function)] += 1
        return function(*args, **(kwargs or {}))

    def host_reads(self):
        """Operations after which the host waits for the device."""
        words = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal.default")
        return {name for name in self.seen if any(word in name for word in words)}
