"""The words of a tensor's type: dtype, device, shape; and whether data is for training or for testing."""

from __future__ import annotations

from typing import TypeVar

from jaxtyping import Bool, Float, Float32, Float64, Int, Int64, UInt8
from torch import Tensor

__all__ = ["Bool", "Float", "Float32", "Float64", "Int", "Int64", "Purpose", "Tensor", "Test", "Train", "UInt8"]


class Train:
    """Marks data and environments that learning may use."""


class Test:
    """Marks data and environments that only evaluation may use."""

    __test__ = False  # pytest: this is no test class


Purpose = TypeVar("Purpose", Train, Test)
