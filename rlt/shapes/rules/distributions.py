"""torch.distributions: a distribution is known by one draw of it, and by how many of the draw's dimensions are one event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules.broadcasting import broadcast_shapes, elementwise
from rlt.shapes.rules.problem import Problem, as_dim
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution."""

    draw: TensorSpec
    """One sample: the batch's sizes, then the event's."""
    event: int = 0
    """How many of the last dimensions are one event, whose log-probability is one number."""

    def each(self, shape: Shape | None = None) -> TensorSpec:
        """One number for each event, of draws of `shape`."""
        dtype = self.draw.dtype if dtypes.kind(self.draw.dtype) == "float" else "float"
        return self.draw.of(_without_last(self.draw.shape if shape is None else shape, self.event), dtype)


def _without_last(shape: Shape, n: int) -> Shape:
    if n == 0:
        return shape
    if shape.rank is not None:
        return Shape(shape.dims[:-n]) if shape.rank >= n else UNKNOWN_SHAPE
    exposed = shape.expose_last(n)
    return Shape(exposed.dims[:-n], exposed.run, exposed.run_name)


def _elementwise(parameters: Mapping[str, Any]) -> Spread | None:
    if not any(isinstance(p, TensorSpec) for p in parameters.values()):
        return None
    return Spread(elementwise(*parameters.values()))


def _tensor(parameters: Mapping[str, Any]) -> TensorSpec | None:
    """The one parameter that is given: probabilities or logits."""
    return next((p for p in parameters.values() if isinstance(p, TensorSpec)), None)


def _last_is_event(parameters: Mapping[str, Any]) -> Spread | None:
    given = _tensor(parameters)
    return None if given is None else Spread(given, 1)


def _categorical(parameters: Mapping[str, Any]) -> Spread | None:
    given = _tensor(parameters)
    return None if given is None else Spread(given.of(_without_last(given.shape, 1), "int64"))


def _multivariate(parameters: Mapping[str, Any]) -> Spread | None:
    loc = parameters.get("loc")
    others = [p for n, p in parameters.items() if n != "loc" and isinstance(p, TensorSpec)]
    if not isinstance(loc, TensorSpec):
        return None
    wanted = loc.shape.size(-1)
    for other in others:
        if any(D.differ(wanted, other.shape.size(i)) or (wanted != 1 and other.shape.size(i) == 1) for i in (-1, -2)):
            size, sizes = D.show(wanted), (wanted, other.shape.size(-1))
            raise Problem(f"a matrix of {size} by {size} for a mean {loc.shape}", str(other.shape), sizes=sizes)
    return Spread(loc.of(broadcast_shapes(loc.shape, *(_without_last(o.shape, 1) for o in others))), 1)


_Rule = Callable[[Mapping[str, Any]], Spread | None]
FAMILIES: dict[str, tuple[_Rule, tuple[str, ...]]] = {
    **dict.fromkeys(("Normal", "Laplace", "Cauchy", "Gumbel", "LogNormal"), (_elementwise, ("loc", "scale"))),
    "Uniform": (_elementwise, ("low", "high")),
    "Beta": (_elementwise, ("concentration1", "concentration0")),
    "Kumaraswamy": (_elementwise, ("concentration1", "concentration0")),
    "Gamma": (_elementwise, ("concentration", "rate")),
    "InverseGamma": (_elementwise, ("concentration", "rate")),
    "Weibull": (_elementwise, ("scale", "concentration")),
    "Pareto": (_elementwise, ("scale", "alpha")),
    "VonMises": (_elementwise, ("loc", "concentration")),
    "FisherSnedecor": (_elementwise, ("df1", "df2")),
    "StudentT": (_elementwise, ("df", "loc", "scale")),
    "Exponential": (_elementwise, ("rate",)),
    "Poisson": (_elementwise, ("rate",)),
    "Chi2": (_elementwise, ("df",)),
    "HalfNormal": (_elementwise, ("scale",)),
    "HalfCauchy": (_elementwise, ("scale",)),
    "Bernoulli": (_elementwise, ("probs", "logits")),
    "ContinuousBernoulli": (_elementwise, ("probs", "logits")),
    "Geometric": (_elementwise, ("probs", "logits")),
    "Categorical": (_categorical, ("probs", "logits")),
    "OneHotCategorical": (_last_is_event, ("probs", "logits")),
    "OneHotCategoricalStraightThrough": (_last_is_event, ("probs", "logits")),
    "Dirichlet": (_last_is_event, ("concentration",)),
    "MultivariateNormal": (_multivariate, ("loc", "covariance_matrix", "precision_matrix", "scale_tril")),
}
"""For each family how its parameters decide a draw, and their names in order."""


def made(family: str, positional: list[Any], keywords: Mapping[str, Any]) -> Spread | None:
    """What a constructor makes; None where that is not known. Problem where the parameters do not broadcast."""
    rule, names = FAMILIES[family]
    given = {**dict(zip(names, positional)), **{n: v for n, v in keywords.items() if n in names}}
    return rule({n: v for n, v in given.items() if v is not None})


def independent(base: Spread, n: Any) -> Spread | None:
    """`Independent(base, n)`: n more dimensions are one event."""
    if type(n) is not int:
        return None
    rank = base.draw.rank
    if rank is not None and base.event + n > rank:
        batch = base.each().shape
        raise Problem(f"a batch of at least {n} dimensions", f"{batch}", kind="rank")
    return Spread(base.draw, base.event + n)


def sample(of: Spread, sample_shape: Any = ()) -> TensorSpec:
    if not isinstance(sample_shape, (tuple, list)):
        return of.draw.of(UNKNOWN_SHAPE)
    more, own = tuple(map(as_dim, sample_shape)), of.draw.shape
    if own.run is None:
        return of.draw.of(Shape((*more, *own.dims)))
    return of.draw.of(Shape((*more, *own.dims), own.run + len(more), own.run_name))


def log_prob(of: Spread, value: TensorSpec) -> TensorSpec:
    """One number for each event of `value`, which broadcasts with a draw."""
    return of.each(broadcast_shapes(of.draw.shape, value.shape))


def cdf(of: Spread, value: TensorSpec) -> TensorSpec:
    return of.draw.of(broadcast_shapes(of.draw.shape, value.shape))


def divergence(p: Spread, q: Spread) -> TensorSpec:
    """`kl_divergence(p, q)`."""
    return p.each().of(broadcast_shapes(p.each().shape, q.each().shape))
