"""How many threads torch uses, by a rule that depends on the network and the machine, never on a clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

_WIDE = 1_000_000
"""Parameters from which on the default is more than one thread. On an idle machine a second one makes an update of a 256-256
network a sixth to a third faster; but threads of one process wait for each other by spinning, so where another process wants
the same core each update becomes 10 to 60 times slower. One thread is never a trap."""


def threads_for(network: nn.Module, asked: int | None) -> int:
    """`asked`, else one thread for a small network, up to four (and never more than there are cores) for a large one."""
    if asked is not None:
        return asked
    return 1 if sum(p.numel() for p in network.parameters()) < _WIDE else min(4, os.cpu_count() or 1)


@contextmanager
def use_threads(count: int) -> Iterator[None]:
    """`torch.set_num_threads(count)` while the context lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
