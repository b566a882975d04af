"""Wrappers of whole vectors, equal to Gymnasium's of single environments, on every backend and in every autoreset mode."""

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .actions import ClipAction as ClipAction
    from .actions import RescaleAction as RescaleAction
    from .clock import TimeAware as TimeAware
    from .inner import FrameSkip as FrameSkip
    from .inner import TimeLimit as TimeLimit
    from .pictures import Grey as Grey
    from .pictures import Resize as Resize
    from .rewards import ClipReward as ClipReward
    from .rewards import ScaleReward as ScaleReward
    from .stack import FrameStack as FrameStack
    from .trees import Flatten as Flatten
    from .trees import Select as Select
    from .wrapper import Attached as Attached
    from .wrapper import Base as Base
    from .wrapper import VectorWrapper as VectorWrapper

_WHERE = {
    "ClipAction": ".actions", "RescaleAction": ".actions", "TimeAware": ".clock", "FrameSkip": ".inner", "TimeLimit": ".inner",
    "Grey": ".pictures", "Resize": ".pictures", "ClipReward": ".rewards", "ScaleReward": ".rewards", "FrameStack": ".stack",
    "Flatten": ".trees", "Select": ".trees", "Attached": ".wrapper", "Base": ".wrapper", "VectorWrapper": ".wrapper",
}
__all__ = [
    "Attached", "Base", "ClipAction", "ClipReward", "Flatten", "FrameSkip", "FrameStack", "Grey", "RescaleAction", "Resize",
    "ScaleReward", "Select", "TimeAware", "TimeLimit", "VectorWrapper",
]
__getattr__, __dir__ = lazy_names(__name__, _WHERE)
