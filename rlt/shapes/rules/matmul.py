"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.broadcasting import broadcast_shapes
from rlt.shapes.rules.problem import Problem, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def _product_dtype(a: TensorSpec, b: TensorSpec) -> dtypes.Dtype:
    """Matrix products do not promote: both sides have one dtype."""
    if a.dtype is None or b.dtype is None:
        return a.dtype or b.dtype
    if not dtypes.fits(a.dtype, b.dtype):
        ka, kb = dtypes.kind(a.dtype), dtypes.kind(b.dtype)
        turn = 0 if ka != "float" and kb == "float" else 1
        fix = "{x}.float()" if {ka, kb} in ({"int", "float"}, {"bool", "float"}) else f"{{x}}.to(torch.{a.dtype})"
        raise Problem(f"both sides of one dtype ({a.dtype})", str(b), kind="dtype", fix=fix, argument=turn, involved=(0, 1))
    return b.dtype if a.dtype in dtypes.KINDS else a.dtype


def _inner(a: TensorSpec, b: TensorSpec, x: Dim, y: Dim, at: int) -> None:
    if D.differ(x, y):
        raise Problem(
            f"equal inner sizes, {D.show(x)} (last of {a.shape})",
            f"{D.show(y)} in {b.shape}",
            dimension=at,
            sizes=(x, y),
            fix=_transposed(a, b, x),
            argument=1,
            involved=(0, 1),
        )


def _transposed(a: TensorSpec, b: TensorSpec, wanted: Dim) -> str:
    return "{x}.transpose(-2, -1)" if b.rank is not None and b.rank >= 2 and b.dims[-1] == wanted else ""


def matmul(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    """`@`: `[..., i, j]` by `[..., j, k]`; a vector is a row on the left and a column on the right."""
    dtype, device = _product_dtype(input, other), same_device(input, other)
    a, b = input.shape, other.shape
    result = TensorSpec(UNKNOWN_SHAPE, dtype, device)
    if a.rank == 0 or b.rank == 0:
        raise Problem("at least 1 dimension on both sides", "a scalar (use *)", kind="rank", argument=0 if a.rank == 0 else 1)
    if b.rank == 1 and b.rank is not None:
        _inner(input, other, a.size(-1), b.dims[-1], -1)
        if a.rank is None:
            exposed = a.expose_last(1)
            return result.of(Shape(exposed.dims[:-1], exposed.run, exposed.run_name)) if len(exposed.after) >= 2 else result
        return result.of(a.dims[:-1])
    if a.rank == 1:
        _inner(input, other, a.dims[0], b.size(-2), -2)
        if b.rank is None:
            return result
        return result.of((*b.dims[:-2], b.dims[-1]))
    _inner(input, other, a.size(-1), b.size(-2), -2)
    if a.rank is not None and b.rank is not None:
        lead = broadcast_shapes(Shape(a.dims[:-2]), Shape(b.dims[:-2]))
        return result.of((*lead.dims, a.dims[-2], b.dims[-1]))
    if a.rank is None and b.rank == 2 and len(a.after) >= 1:  # a matrix on the right keeps everything before
        return result.of(a.with_last((b.dims[-1],), 1))
    if min(a.least_rank, b.least_rank) >= 2:
        return result.of(Shape((a.size(-2), b.size(-1)), run=0))
    return result


def _of_rank(x: TensorSpec, rank: int, argument: int) -> None:
    if x.rank is not None and x.rank != rank:
        raise Problem(f"{rank} dimensions", f"{x.rank} in {x.shape}", kind="rank", argument=argument)


def mm(input: TensorSpec, mat2: TensorSpec) -> TensorSpec:
    """Two matrices."""
    _of_rank(input, 2, 0)
    _of_rank(mat2, 2, 1)
    return matmul(input, mat2)


def bmm(input: TensorSpec, mat2: TensorSpec) -> TensorSpec:
    """Two batches of matrices, of equal length: no broadcast."""
    _of_rank(input, 3, 0)
    _of_rank(mat2, 3, 1)
    a, b = input.shape.size(0), mat2.shape.size(0)
    if input.rank is not None and mat2.rank is not None and D.differ(a, b):
        raise Problem(
            f"batches of equal length, {D.show(a)}",
            f"{D.show(b)} in {mat2.shape}",
            dimension=0,
            sizes=(a, b),
            argument=1,
            involved=(0, 1),
        )
    return matmul(input, mat2)


def mv(input: TensorSpec, vec: TensorSpec) -> TensorSpec:
    _of_rank(input, 2, 0)
    _of_rank(vec, 1, 1)
    return matmul(input, vec)


def dot(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    """Two vectors of equal length."""
    _of_rank(input, 1, 0)
    _of_rank(other, 1, 1)
    return matmul(input, other)


def outer(input: TensorSpec, vec2: TensorSpec) -> TensorSpec:
    """Two vectors to a matrix."""
    _of_rank(input, 1, 0)
    _of_rank(vec2, 1, 1)
    dtype = dtypes.result(input.dtype, vec2.dtype)
    if input.rank is None or vec2.rank is None:
        return input.of((None, None), dtype)
    return input.of((*input.dims, *vec2.dims), dtype)


def _plus(input: TensorSpec, product: TensorSpec) -> TensorSpec:
    """The added term must stretch to the product's shape."""
    if product.rank is not None and input.rank is not None:
        shape = broadcast_shapes(input.shape, product.shape)
        if any(D.differ(a, b) for a, b in zip(shape.dims, product.dims)) or shape.rank != product.rank:
            raise Problem(f"a first term that stretches to {product.shape}", str(input.shape), involved=(0, 1, 2))
    return product


def addmm(input: TensorSpec, mat1: TensorSpec, mat2: TensorSpec, beta: Any = 1, alpha: Any = 1) -> TensorSpec:
    return _plus(input, mm(mat1, mat2))


def baddbmm(input: TensorSpec, batch1: TensorSpec, batch2: TensorSpec, beta: Any = 1, alpha: Any = 1) -> TensorSpec:
    return _plus(input, bmm(batch1, batch2))


def linear_function(input: TensorSpec, weight: TensorSpec, bias: Any = None) -> TensorSpec:
    """`F.linear`: `[..., in]` by `[out, in]`."""
    _product_dtype(input, weight)
    shape = input.shape.expose_last(1)
    if not shape.dims:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    if weight.rank is None:
        return input.of(shape.with_last((None,), 1))
    if weight.rank not in (1, 2):
        raise Problem("a weight of 2 dimensions (out, in)", str(weight.shape), kind="rank", argument=1)
    wanted, got = weight.dims[-1], shape.dims[-1]
    if D.differ(wanted, got):
        raise Problem(
            f"{D.show(wanted)} input features (weight {weight.shape})",
            D.show(got),
            dimension=-1,
            sizes=(wanted, got),
            involved=(0, 1),
        )
    if weight.rank == 1:
        return input.of(Shape(shape.dims[:-1], shape.run, shape.run_name))
    if isinstance(bias, TensorSpec) and bias.rank == 1 and D.differ(bias.dims[0], weight.dims[0]) and bias.dims[0] != 1:
        sizes = (weight.dims[0], bias.dims[0])
        raise Problem(f"a bias of {D.show(sizes[0])}", str(bias.shape), sizes=sizes, argument=2, involved=(1, 2))
    return input.of(shape.with_last((weight.dims[0],), 1))


def tensordot(a: TensorSpec, b: TensorSpec, dims: Any = 2) -> TensorSpec:
    """Sums over the last `dims` of a and the first of b, or over the pairs given."""
    _product_dtype(a, b)
    if a.rank is None or b.rank is None or is_unknown(dims):
        return a.of(UNKNOWN_SHAPE)
    if known_int(dims):
        if dims > min(a.rank, b.rank):
            raise Problem(f"at most {min(a.rank, b.rank)} dimensions to sum over", str(dims), kind="argument")
        left, right = list(range(a.rank - dims, a.rank)), list(range(dims))
    elif isinstance(dims, (tuple, list)) and len(dims) == 2:
        pairs = [list(d) if isinstance(d, (tuple, list)) else [d] for d in dims]
        left = [i for i in (axis(d, a.shape) for d in pairs[0]) if i is not None]
        right = [i for i in (axis(d, b.shape) for d in pairs[1]) if i is not None]
        if len(left) != len(right):
            raise Problem("as many dimensions of both sides", f"{pairs[0]} and {pairs[1]}", kind="argument")
    else:
        return a.of(UNKNOWN_SHAPE)
    for i, j in zip(left, right):
        if D.differ(a.dims[i], b.dims[j]) and 1 not in (a.dims[i], b.dims[j]):
            raise Problem(
                f"{D.show(a.dims[i])} (dimension {i} of {a.shape})",
                f"{D.show(b.dims[j])} (dimension {j} of {b.shape})",
                dimension=j,
                sizes=(a.dims[i], b.dims[j]),
                argument=1,
                involved=(0, 1),
            )
    rest = [d for i, d in enumerate(a.dims) if i not in left] + [d for i, d in enumerate(b.dims) if i not in right]
    return a.of(rest)


def cdist(x1: TensorSpec, x2: TensorSpec, p: Any = 2.0, compute_mode: Any = None) -> TensorSpec:
    """`[..., m, d]` and `[..., n, d]` to `[..., m, n]`."""
    for i, x in enumerate((x1, x2)):
        if x.rank is not None and x.rank < 2:
            raise Problem("at least 2 dimensions", str(x.shape), kind="rank", argument=i)
    if x1.rank is None or x2.rank is None:
        return x1.of(UNKNOWN_SHAPE)
    if D.differ(x1.dims[-1], x2.dims[-1]):
        raise Problem(
            f"points of equal width, {D.show(x1.dims[-1])}",
            D.show(x2.dims[-1]),
            dimension=-1,
            sizes=(x1.dims[-1], x2.dims[-1]),
            argument=1,
            involved=(0, 1),
        )
    lead = broadcast_shapes(Shape(x1.dims[:-2]), Shape(x2.dims[:-2]))
    return x1.of((*lead.dims, x1.dims[-2], x2.dims[-2]))


def square_matrix(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    """`inverse`, `matrix_exp`, `cholesky`: square in the last two dimensions, which stay."""
    _need_square(input)
    return input


def determinant(input: TensorSpec) -> TensorSpec:
    """`det`, `logdet`: the last two dimensions go."""
    _need_square(input)
    return input.of(input.dims[:-2]) if input.rank is not None else input.of(UNKNOWN_SHAPE)


def _need_square(x: TensorSpec) -> None:
    if x.rank is not None and x.rank < 2:
        raise Problem("at least 2 dimensions", str(x.shape), kind="rank")
    h, w = x.shape.last(2)
    if D.differ(h, w):
        raise Problem("a square matrix", str(x.shape), dimension=-1, sizes=(h, w))
