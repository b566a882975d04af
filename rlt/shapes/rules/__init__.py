"""Shape rules of torch's layers and operators, without torch: pure functions on what is known of tensors.

`LAYERS["Conv2d"].apply(arguments, x)` and `operator_rule("cat")(tensors, dim)` take `TensorSpec`s (shapes with numbers,
names and unknown sizes; dtype; device) and give the result's, or raise `Problem`. A rule answers None, or an unknown
shape, where it cannot tell. Two readers stand on them: the type checker's plugin and the build check.
"""

from rlt.shapes.rules.layers import LAYERS, Layer
from rlt.shapes.rules.operators import OPERATORS, is_in_place, operator_rule
from rlt.shapes.rules.problem import UNKNOWN, Problem
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR, TensorSpec

__all__ = [
    "LAYERS",
    "OPERATORS",
    "UNKNOWN",
    "UNKNOWN_TENSOR",
    "Layer",
    "Problem",
    "TensorSpec",
    "is_in_place",
    "operator_rule",
]
