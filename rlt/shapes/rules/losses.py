"""`nn.MSELoss`, `nn.CrossEntropyLoss` and their like: the loss functions as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes.rules import broadcasting, reductions, several
from rlt.shapes.rules.tensor import TensorSpec


def _reduced(reduction: Any) -> str:
    return reduction if isinstance(reduction, str) else "?"


def elementwise_loss(
    x: TensorSpec,
    target: TensorSpec,
    *,
    reduction: Any = "mean",
    beta: Any = 1.0,
    delta: Any = 1.0,
) -> TensorSpec:
    """MSELoss, L1Loss, SmoothL1Loss, HuberLoss: input and target of one shape."""
    return broadcasting.loss(x, target, _reduced(reduction))


def binary_loss(
    x: TensorSpec,
    target: TensorSpec,
    *,
    weight: Any = None,
    reduction: Any = "mean",
    pos_weight: Any = None,
) -> TensorSpec:
    """BCELoss, BCEWithLogitsLoss."""
    return broadcasting.binary_loss(x, target, _reduced(reduction))


def divergence(
    x: TensorSpec,
    target: TensorSpec,
    *,
    reduction: Any = "mean",
    log_target: Any = False,
) -> TensorSpec:
    """KLDivLoss."""
    return broadcasting.loss(x, target, "mean" if reduction == "batchmean" else _reduced(reduction))


def class_loss(
    x: TensorSpec,
    target: TensorSpec,
    *,
    weight: Any = None,
    ignore_index: Any = -100,
    reduction: Any = "mean",
    label_smoothing: Any = 0.0,
) -> TensorSpec:
    """CrossEntropyLoss, NLLLoss: `[batch, classes, *size]` against class numbers `[batch, *size]`."""
    return reductions.cross_entropy(x, target, reduction=reduction)


def _as_layer(rule: Callable[..., TensorSpec]) -> Callable[..., TensorSpec]:
    """A function's rule, of whose options the layer keeps the reduction."""

    def layer(*inputs: TensorSpec, reduction: Any = "mean") -> TensorSpec:
        return rule(*inputs, reduction=_reduced(reduction))

    return layer


LOSSES: dict[str, Callable[..., TensorSpec]] = {
    **dict.fromkeys(("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"), elementwise_loss),
    **dict.fromkeys(("BCELoss", "BCEWithLogitsLoss"), binary_loss),
    "KLDivLoss": divergence,
    **dict.fromkeys(("CrossEntropyLoss", "NLLLoss"), class_loss),
    **{n: _as_layer(several.like_target) for n in ("PoissonNLLLoss", "SoftMarginLoss", "HingeEmbeddingLoss")},
    "MultiLabelSoftMarginLoss": _as_layer(several.by_row),
    "GaussianNLLLoss": _as_layer(several.gaussian_nll),
    "TripletMarginLoss": _as_layer(several.triplet_margin),
    "CosineEmbeddingLoss": _as_layer(several.cosine_embedding),
    "MarginRankingLoss": _as_layer(several.margin_ranking),
    "CTCLoss": _as_layer(several.ctc),
}
"""The rule of each loss, by its class's name."""
