"""What future steps of one environment depend on, as a tree of arrays, numbers, strings and None."""

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .plain import Unsaveable as Unsaveable
    from .snapshot import Snapshot as Snapshot
    from .snapshot import generator_only as generator_only
    from .snapshot import layers as layers
    from .snapshot import restart as restart
    from .snapshot import snapshot_of as snapshot_of

__all__ = ["Snapshot", "Unsaveable", "generator_only", "layers", "restart", "snapshot_of"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Snapshot": ".snapshot", "Unsaveable": ".plain", "generator_only": ".snapshot", "layers": ".snapshot",
        "restart": ".snapshot", "snapshot_of": ".snapshot",
    },
)
