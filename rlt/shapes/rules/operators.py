"""The rule of each function of `torch`, `torch.nn.functional` and method of `Tensor`, by its bare name.

A rule has the parameters of torch's function, so that a call is bound to it by Python itself. Operators (`__add__`) and
the in-place form of a name (`add_`) have the rule of the plain name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes.rules import (
    attention,
    broadcasting,
    creation,
    einsum,
    functional,
    gathering,
    indexing,
    joining,
    matmul,
    ordering,
    padding,
    reductions,
    reshaping,
    several,
    transposing,
    upsampling,
)
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.rules.words import words


def _named(rule: Callable[..., Any], names: str) -> dict[str, Callable[..., Any]]:
    return dict.fromkeys(names.split(), rule)


def _loss(input: TensorSpec, target: TensorSpec, *args: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    return broadcasting.loss(input, target, reduction if isinstance(reduction, str) else "?")


def _binary_loss(input: TensorSpec, target: TensorSpec, *args: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    return broadcasting.binary_loss(input, target, reduction if isinstance(reduction, str) else "?")


def _nll(
    input: TensorSpec, target: TensorSpec, weight: Any = None, *args: Any, reduction: Any = "mean", **options: Any
) -> TensorSpec:
    return reductions.cross_entropy(input, target, reduction=reduction)


def _kl(input: TensorSpec, target: TensorSpec, *args: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    reduced = "mean" if reduction == "batchmean" else reduction if isinstance(reduction, str) else "?"
    return broadcasting.loss(input, target, reduced)


OPERATORS: dict[str, Callable[..., Any]] = {
    **_named(
        broadcasting.same,
        "relu relu6 leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardswish hardsigmoid "
        "logsigmoid hardshrink softshrink rrelu tanhshrink threshold dropout alpha_dropout feature_alpha_dropout "
        "dropout1d dropout2d dropout3d prelu instance_norm local_response_norm clone detach contiguous positive "
        "square sign sgn floor ceil round trunc fix frac "
        "requires_grad_ nan_to_num fill zero tril triu roll conj flipud fliplr __pos__ clip_grad_norm "
        "alias_copy uniform_ normal_ random_ bernoulli_ exponential_ copy_ zero_ fill_ pin_memory data share_memory_",
    ),
    **_named(
        broadcasting.to_float,
        "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh asinh acosh atanh "
        "tanh sigmoid erf erfc erfinv reciprocal lgamma digamma logit "
        "i0 sinc arcsin arccos arctan arctanh deg2rad rad2deg expit",
    ),
    **_named(broadcasting.to_bool, "isnan isinf isfinite logical_not isposinf isneginf isreal signbit"),
    **_named(broadcasting.magnitude, "abs absolute __abs__"),
    **_named(broadcasting.softmax, "softmax log_softmax softmin"),
    **_named(
        broadcasting.arithmetic,
        "add mul multiply __add__ __radd__ __mul__ __rmul__ maximum minimum fmax fmin __iadd__ __imul__",
    ),
    **_named(broadcasting.subtraction, "sub subtract rsub __sub__ __rsub__ __isub__"),
    **_named(broadcasting.negation, "neg negative __neg__"),
    **_named(broadcasting.remainder, "remainder fmod __mod__ __rmod__"),
    **_named(broadcasting.power, "pow __pow__ __rpow__ float_power"),
    **_named(broadcasting.division, "div divide true_divide __truediv__ __itruediv__ __div__"),
    **_named(broadcasting.reverse_division, "__rtruediv__ __rdiv__"),
    **_named(broadcasting.floor_division, "floor_divide __floordiv__ __rfloordiv__"),
    **_named(
        broadcasting.comparison,
        "eq ne lt le gt ge not_equal less less_equal greater greater_equal __eq__ __ne__ __lt__ __le__ __gt__ __ge__ "
        "logical_and logical_or logical_xor isclose",
    ),
    **_named(broadcasting.bitwise, "bitwise_and bitwise_or bitwise_xor __and__ __or__ __xor__ __rand__ __ror__ __rxor__"),
    **_named(broadcasting.float_pair, "atan2 arctan2 xlogy"),
    **_named(broadcasting.floats_pair, "hypot logaddexp logaddexp2"),
    **_named(broadcasting.same, "bitwise_not __invert__"),
    **_named(broadcasting.lerp, "lerp"),
    **_named(broadcasting.addcmul, "addcmul addcdiv"),
    **_named(broadcasting.where, "where"),
    **_named(broadcasting.clamp, "clamp clip clamp_min clamp_max"),
    **_named(broadcasting.masked_fill, "masked_fill"),
    **_named(broadcasting.expand, "expand broadcast_to"),
    **_named(broadcasting.expand_as, "expand_as"),
    **_named(broadcasting.type_as, "type_as"),
    **_named(_loss, "mse_loss l1_loss smooth_l1_loss huber_loss"),
    **_named(_binary_loss, "binary_cross_entropy binary_cross_entropy_with_logits"),
    **_named(_kl, "kl_div"),
    **_named(several.like_target, "poisson_nll_loss soft_margin_loss hinge_embedding_loss"),
    **_named(several.by_row, "multilabel_soft_margin_loss"),
    **_named(several.gaussian_nll, "gaussian_nll_loss"),
    **_named(several.triplet_margin, "triplet_margin_loss"),
    **_named(several.cosine_embedding, "cosine_embedding_loss"),
    **_named(several.margin_ranking, "margin_ranking_loss"),
    **_named(several.ctc, "ctc_loss"),
    **_named(_nll, "nll_loss"),
    **_named(reductions.cross_entropy, "cross_entropy"),
    **_named(reductions.total, "sum nansum"),
    **_named(reductions.product, "prod"),
    **_named(reductions.mean, "mean nanmean"),
    **_named(reductions.spread, "std var"),
    **_named(reductions.spread_and_mean, "std_mean var_mean"),
    **_named(reductions.logsumexp, "logsumexp"),
    **_named(reductions.extreme, "amax amin"),
    **_named(reductions.max_or_min, "max min"),
    **_named(reductions.median, "median nanmedian"),
    **_named(reductions.values_and_indices, "mode"),
    **_named(reductions.kthvalue, "kthvalue"),
    **_named(reductions.arg_extreme, "argmax argmin"),
    **_named(reductions.any_or_all, "any all"),
    **_named(reductions.count_nonzero, "count_nonzero"),
    **_named(reductions.norm, "norm"),
    **_named(reductions.vector_norm, "vector_norm"),
    **_named(reductions.quantile, "quantile nanquantile"),
    **_named(reductions.cosine_similarity, "cosine_similarity"),
    **_named(reductions.pairwise_distance, "pairwise_distance"),
    **_named(reshaping.reshape, "view reshape"),
    **_named(reshaping.view_as, "view_as reshape_as"),
    **_named(reshaping.flatten, "flatten ravel"),
    **_named(reshaping.unflatten, "unflatten"),
    **_named(reshaping.repeat, "repeat"),
    **_named(reshaping.tile, "tile"),
    **_named(reshaping.repeat_interleave, "repeat_interleave"),
    **_named(transposing.permute, "permute"),
    **_named(transposing.transpose, "transpose swapaxes swapdims"),
    **_named(transposing.matrix_transpose, "mT adjoint"),
    **_named(transposing.matrix_t, "t"),
    **_named(transposing.reverse_all, "T"),
    **_named(transposing.movedim, "movedim moveaxis"),
    **_named(transposing.squeeze, "squeeze"),
    **_named(transposing.unsqueeze, "unsqueeze"),
    **_named(transposing.flip, "flip"),
    **_named(transposing.rot90, "rot90"),
    **_named(transposing.diagonal, "diagonal"),
    **_named(transposing.diag, "diag"),
    **_named(transposing.diag_embed, "diag_embed"),
    **_named(joining.cat, "cat concat concatenate"),
    **_named(joining.stack, "stack"),
    **_named(joining.hstack, "hstack"),
    **_named(joining.vstack, "vstack row_stack"),
    **_named(joining.split, "split split_with_sizes"),
    **_named(joining.chunk, "chunk"),
    **_named(joining.unbind, "unbind"),
    **_named(joining.broadcast_tensors, "broadcast_tensors"),
    **_named(joining.meshgrid, "meshgrid"),
    **_named(indexing.getitem, "__getitem__"),
    **_named(indexing.narrow, "narrow"),
    **_named(indexing.select, "select"),
    **_named(indexing.index_select, "index_select"),
    **_named(indexing.take, "take"),
    **_named(indexing.masked_select, "masked_select"),
    **_named(gathering.gather, "gather"),
    **_named(gathering.take_along_dim, "take_along_dim"),
    **_named(gathering.scatter, "scatter scatter_add scatter_reduce"),
    **_named(gathering.index_put, "index_add index_copy index_fill"),
    **_named(gathering.one_hot, "one_hot"),
    **_named(matmul.matmul, "matmul __matmul__"),
    **_named(matmul.mm, "mm"),
    **_named(matmul.bmm, "bmm"),
    **_named(matmul.mv, "mv"),
    **_named(matmul.dot, "dot inner vdot"),
    **_named(matmul.outer, "outer ger"),
    **_named(matmul.addmm, "addmm"),
    **_named(matmul.baddbmm, "baddbmm"),
    **_named(matmul.linear_function, "linear"),
    **_named(matmul.tensordot, "tensordot"),
    **_named(matmul.cdist, "cdist"),
    **_named(matmul.square_matrix, "inverse pinverse matrix_exp cholesky inv matrix_power"),
    **_named(matmul.determinant, "det logdet"),
    **_named(einsum.einsum, "einsum"),
    **_named(ordering.topk, "topk"),
    **_named(ordering.sort, "sort"),
    **_named(ordering.argsort, "argsort"),
    **_named(ordering.cumulative, "cumsum cumprod logcumsumexp"),
    **_named(ordering.cumulative_extreme, "cummax cummin"),
    **_named(ordering.diff, "diff"),
    **_named(ordering.multinomial, "multinomial"),
    **_named(ordering.searchsorted, "searchsorted"),
    **_named(ordering.bucketize, "bucketize"),
    **_named(ordering.bincount, "bincount"),
    **_named(creation.filled, "zeros ones empty rand randn"),
    **_named(creation.full, "full"),
    **_named(creation.randint, "randint"),
    **_named(creation.randperm, "randperm"),
    **_named(creation.arange, "arange"),
    **_named(creation.linspace, "linspace logspace"),
    **_named(creation.eye, "eye"),
    **_named(
        creation.like,
        "zeros_like ones_like empty_like full_like rand_like randn_like randint_like",
    ),
    **_named(creation.new, "new_zeros new_ones new_empty"),
    **_named(creation.new_full, "new_full"),
    **_named(creation.bernoulli, "bernoulli poisson"),
    **_named(creation.normal, "normal"),
    **_named(attention.scaled_dot_product_attention, "scaled_dot_product_attention"),
    **_named(padding.pad, "pad"),
    **_named(upsampling.interpolate, "interpolate upsample"),
    **_named(upsampling.grid_sample, "grid_sample"),
    **_named(functional.embedding_function, "embedding"),
    **_named(functional.batch_norm, "batch_norm"),
    **_named(functional.layer_norm_function, "layer_norm rms_norm"),
    **_named(functional.group_norm_function, "group_norm"),
    **_named(functional.normalize, "normalize"),
    **_named(functional.glu_function, "glu"),
    **_named(functional.gumbel_softmax, "gumbel_softmax"),
    "pixel_shuffle": functional.pixel_function(upsampling.pixel_shuffle, "upscale_factor"),
    "pixel_unshuffle": functional.pixel_function(upsampling.pixel_unshuffle, "downscale_factor"),
    **{f"conv{n}d": functional.make_conv_function(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": functional.make_conv_transpose_function(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": functional.make_max_pool_function(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": functional.make_avg_pool_function(n) for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": functional.make_adaptive_pool_function(n, is_max=False) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": functional.make_adaptive_pool_function(n, is_max=True) for n in (1, 2, 3)},
}

METHODS: dict[str, Callable[..., Any]] = {
    "unfold": ordering.unfold_windows,
    "where": lambda input, condition, other: broadcasting.where(condition, input, other),
    "argwhere": functional.value_unknown,
}
"""Methods of `Tensor` that differ from the function of the same name."""

FUNCTIONS: dict[str, Callable[..., Any]] = {"unfold": functional.unfold_function}
"""Functions that differ from the method of the same name."""

IN_PLACE = words("__iadd__ __isub__ __imul__ __itruediv__ __iand__ __ior__ __ipow__ copy_ masked_fill_")


def operator_rule(name: str, method: bool = False) -> Callable[..., Any] | None:
    """The rule for a function's or method's bare name; None where there is none.

    `add_` has the rule of `add`: the caller must see that the result's shape is the first argument's own.
    """
    special = (METHODS if method else FUNCTIONS).get(name)
    if special is not None:
        return special
    found = OPERATORS.get(name)
    if found is None and name.endswith("_") and not name.endswith("__"):
        found = OPERATORS.get(name[:-1])
    return found


def is_in_place(name: str) -> bool:
    """Whether an operation writes into its first argument, whose shape then stays."""
    return name in IN_PLACE or (name.endswith("_") and not name.endswith("__"))
