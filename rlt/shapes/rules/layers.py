"""The rule of each `torch.nn` layer, by class name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules import (
    attention,
    convolution,
    linear,
    losses,
    normalisation,
    padding,
    pooling,
    recurrent,
    reductions,
    reshaping,
    transformer,
    upsampling,
)
from rlt.shapes.rules.problem import UNKNOWN
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.rules.words import words

QUIET = words(
    "bias device dtype eps momentum affine track_running_stats padding_idx max_norm norm_type "
    "scale_grad_by_freq sparse inplace _weight _freeze dropout p elementwise_affine padding_mode "
    "return_indices nonlinearity count_include_pad divisor_override add_bias_kv add_zero_attn layer_norm_eps "
    "activation negative_slope alpha beta k init"
)
"""Constructor arguments that no shape depends on: not shown in messages."""


@dataclass(frozen=True)
class Layer:
    """What is known of one class of layers."""

    name: str
    rule: Callable[..., Any]
    """`rule(*inputs, **arguments)` gives a `TensorSpec` (or a tuple of them), or raises `Problem`."""
    keeps_shape: bool = False
    """Whether it changes values only: skipped where a message says what fed a layer."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The constructor's parameters, in torch's order; empty where the rule takes any."""
        return tuple(_parameters(self.rule))

    def arguments(self, positional: tuple[Any, ...], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """A constructor call's arguments by name, defaults filled in; `UNKNOWN` where a required one is missing."""
        given = dict(zip(self.parameters, positional)) | {k: v for k, v in keywords.items() if k in self.parameters}
        return {k: given.get(k, UNKNOWN if d is inspect.Parameter.empty else d) for k, d in _parameters(self.rule).items()}

    def apply(self, arguments: Mapping[str, Any], *inputs: Any, **keywords: Any) -> Any:
        """The rule on inputs (`TensorSpec`, or tuples of them for states)."""
        known = self.parameters
        return self.rule(*inputs, **keywords, **({k: v for k, v in arguments.items() if k in known} if known else {}))

    def describe(self, arguments: Mapping[str, Any]) -> str:
        """`Conv2d(3, 16, 3, stride=2)`: required arguments by position, others where they differ from the default."""
        shown = []
        positional = True
        for key, default in _parameters(self.rule).items():
            value = arguments.get(key, UNKNOWN)
            required = default is inspect.Parameter.empty
            if key in QUIET or (not required and (value is UNKNOWN or _plain(value) == _plain(default))):
                positional = positional and required
                continue
            shown.append(_text(value) if required and positional else f"{key}={_text(value)}")
        return f"{self.name}({', '.join(shown)})"


def _parameters(rule: Callable[..., Any]) -> dict[str, Any]:
    cached = _SIGNATURES.get(rule)
    if cached is None:
        parameters = inspect.signature(rule).parameters.values()
        cached = _SIGNATURES[rule] = {p.name: p.default for p in parameters if p.kind == p.KEYWORD_ONLY}
    return cached


_SIGNATURES: dict[Callable[..., Any], dict[str, Any]] = {}


def _plain(value: Any) -> Any:
    """(3, 3) as 3: torch keeps a size given once as a tuple."""
    if isinstance(value, (tuple, list)) and value and all(v == value[0] for v in value):
        return value[0]
    return value


def _text(value: Any) -> str:
    value = _plain(value)
    if value is UNKNOWN or value is None or isinstance(value, D.Sym):
        return "?" if value is UNKNOWN else str(value)
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(_text(v) for v in value) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def _unary(names: str, rule: Callable[..., TensorSpec]) -> list[Layer]:
    return [Layer(n, rule, keeps_shape=True) for n in names.split()]


def cosine_similarity(x1: TensorSpec, x2: TensorSpec, *, dim: Any = 1, eps: Any = 1e-8) -> TensorSpec:
    """`nn.CosineSimilarity`."""
    return reductions.cosine_similarity(x1, x2, dim)


def softmax(x: TensorSpec, *, dim: Any = None) -> TensorSpec:
    """`nn.Softmax`, `nn.LogSoftmax`, `nn.Softmin`."""
    from rlt.shapes.rules import broadcasting

    return broadcasting.softmax(x, dim)


def _all() -> list[Layer]:
    layers = [
        *_unary(
            "ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Softplus Softsign Hardtanh Hardswish Hardsigmoid LogSigmoid "
            "Hardshrink Softshrink RReLU Tanhshrink Threshold Dropout AlphaDropout FeatureAlphaDropout Dropout1d "
            "Dropout2d Dropout3d Softmax2d",
            linear.unchanged,
        ),
        *_unary("ReLU Identity", linear.unchanged),
        *_unary("Sigmoid Tanh", linear.int_to_float),
        *_unary("Softmax LogSoftmax Softmin", softmax),
        Layer("PReLU", linear.prelu, keeps_shape=True),
        Layer("GLU", linear.glu),
        Layer("Linear", linear.linear),
        Layer("Bilinear", linear.bilinear),
        Layer("Embedding", linear.embedding),
        Layer("EmbeddingBag", linear.embedding_bag),
        Layer("GroupNorm", normalisation.group_norm, keeps_shape=True),
        Layer("LayerNorm", normalisation.layer_norm, keeps_shape=True),
        Layer("RMSNorm", normalisation.rms_norm, keeps_shape=True),
        Layer("LocalResponseNorm", normalisation.local_response_norm, keeps_shape=True),
        Layer("LSTM", recurrent.lstm),
        Layer("GRU", recurrent.gru),
        Layer("RNN", recurrent.rnn),
        Layer("LSTMCell", recurrent.lstm_cell),
        Layer("GRUCell", recurrent.gru_cell),
        Layer("RNNCell", recurrent.rnn_cell),
        Layer("MultiheadAttention", attention.multihead_attention),
        Layer("TransformerEncoderLayer", transformer.encoder_layer),
        Layer("TransformerDecoderLayer", transformer.decoder_layer),
        Layer("Transformer", transformer.transformer),
        Layer("Flatten", reshaping.flatten_layer),
        Layer("Unflatten", reshaping.unflatten_layer),
        Layer("Unfold", convolution.unfold),
        Layer("Fold", convolution.fold),
        Layer("Upsample", upsampling.upsample),
        Layer("UpsamplingNearest2d", upsampling.upsampling_nearest),
        Layer("UpsamplingBilinear2d", upsampling.upsampling_bilinear),
        Layer("PixelShuffle", upsampling.pixel_shuffle),
        Layer("PixelUnshuffle", upsampling.pixel_unshuffle),
        Layer("ChannelShuffle", upsampling.channel_shuffle, keeps_shape=True),
        Layer("CosineSimilarity", cosine_similarity),
        *(Layer(name, rule) for name, rule in losses.LOSSES.items()),
    ]
    for n in (1, 2, 3):
        layers += [
            Layer(f"Conv{n}d", convolution.make_conv(n)),
            Layer(f"ConvTranspose{n}d", convolution.make_conv_transpose(n)),
            Layer(f"MaxPool{n}d", pooling.make_max_pool(n)),
            Layer(f"AvgPool{n}d", pooling.make_avg_pool(n)),
            Layer(f"LPPool{n}d", pooling.make_lp_pool(n)),
            Layer(f"AdaptiveAvgPool{n}d", pooling.make_adaptive_pool(n, is_max=False)),
            Layer(f"AdaptiveMaxPool{n}d", pooling.make_adaptive_pool(n, is_max=True)),
            Layer(f"BatchNorm{n}d", normalisation.make_batch_norm(n), keeps_shape=True),
            Layer(f"InstanceNorm{n}d", normalisation.make_instance_norm(n), keeps_shape=True),
            Layer(f"ReflectionPad{n}d", padding.make_padding(n, "reflect")),
            Layer(f"ReplicationPad{n}d", padding.make_padding(n, "replicate")),
            Layer(f"CircularPad{n}d", padding.make_padding(n, "circular")),
            Layer(f"ZeroPad{n}d", padding.make_zero_padding(n)),
            Layer(f"ConstantPad{n}d", padding.make_padding(n, "constant")),
        ]
    return layers


LAYERS: dict[str, Layer] = {layer.name: layer for layer in _all()}
