"""Blocks of torch.nn that agents and models share: typed, documented with shapes, with plain state_dicts."""

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .config import MLPConfig
    from .convolution import ConvStack, NatureCNN
    from .ensemble import Ensemble
    from .heads import CategoricalHead, DuelingHead, GaussianHead, QuantileHead
    from .initializers import initialize
    from .mlp import MLP
    from .noisy import NoisyLinear
    from .recurrent import RecurrentCore, RecurrentState
    from .residual import BottleneckBlock, ResidualBlock
    from .stacked import StackedLinear, StackedMLP

__all__ = [
    "MLP", "BottleneckBlock", "CategoricalHead", "ConvStack", "DuelingHead", "Ensemble", "GaussianHead", "MLPConfig", "NatureCNN",
    "NoisyLinear", "QuantileHead", "RecurrentCore", "RecurrentState", "ResidualBlock", "StackedLinear", "StackedMLP",
    "initialize",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "MLP": ".mlp",
        "BottleneckBlock": ".residual",
        "CategoricalHead": ".heads",
        "ConvStack": ".convolution",
        "DuelingHead": ".heads",
        "Ensemble": ".ensemble",
        "GaussianHead": ".heads",
        "MLPConfig": ".config",
        "NatureCNN": ".convolution",
        "NoisyLinear": ".noisy",
        "QuantileHead": ".heads",
        "RecurrentCore": ".recurrent",
        "RecurrentState": ".recurrent",
        "ResidualBlock": ".residual",
        "StackedLinear": ".stacked",
        "StackedMLP": ".stacked",
        "initialize": ".initializers",
    },
)
