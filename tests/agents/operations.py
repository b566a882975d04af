"""Every operation that torch carries out, counted."""

from __future__ import annotations

from collections import Counter

from torch.utils._python_dispatch import TorchDispatchMode

_READS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal.default")


class Operations(TorchDispatchMode):
    """`with Operations() as operations:` sees what is done inside."""

    def __init__(self):
        super().__init__()
        self.seen = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen[str(function)] += 1
        return function(*args, **(kwargs or {}))

    @property
    def total(self):
        return sum(self.seen.values())

    def host_reads(self):
        """Those for which the host waits for the device."""
        return {name for name in self.seen if any(word in name for word in _READS)}
