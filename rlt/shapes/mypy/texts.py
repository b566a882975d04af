"""Types as mypy prints them, read back and written the way people write annotations.

`Tensor[Float[Any], Any, tuple[Literal['b'], Literal[12]]]` is `Float[Tensor, "b 12"]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rlt.shapes.dim_text import parse_dim
from rlt.shapes.dims import Dim
from rlt.shapes.dtypes import ANNOTATIONS
from rlt.shapes.rules.layers import LAYERS
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape

_WORDS = {dtype: word for word, dtype in reversed(ANNOTATIONS.items()) if dtype is not None}
_WORDS |= {"float": "Float", "int": "Int", "complex": "Complex"}
_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"[^\"]*\"|-?\d+|[A-Za-z_][\w.]*\??|\.\.\.|[\[\](),|*])")


@dataclass(frozen=True)
class Node:
    """`name[args]`; a literal has its text for a name; a union is `|` of its members."""

    name: str
    args: tuple[Node, ...] = ()
    bracketed: bool = False


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        return found.group(1) if found else ""

    def take(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise ValueError(self.text[self.at :])
        self.at = found.end()
        return found.group(1)

    def union(self) -> Node:
        parts = [self.one()]
        while self.peek() == "|":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Node("|", tuple(parts))

    def one(self) -> Node:
        token = self.take()
        if token == "*":
            return Node("*", (self.one(),))
        if token == "(":
            if self.take() != ")":
                raise ValueError(token)
            return Node("()")
        if token in ("[", "]", ")", ",", "|"):
            raise ValueError(token)
        if self.peek() != "[":
            return Node(token)
        self.take()
        args: list[Node] = []
        while self.peek() != "]":
            args.append(self.union())
            if self.peek() == ",":
                self.take()
        self.take()
        return Node(token, tuple(args), bracketed=True)


def read(text: str) -> Node | None:
    """A whole type; None where it is not of a kind that is read here (a callable, say)."""
    reader = _Reader(text)
    try:
        node = reader.union()
    except (ValueError, IndexError):
        return None
    return node if not text[reader.at :].strip() else None


def _last(name: str) -> str:
    return name.rpartition(".")[2].rstrip("?")


def spec(node: Node) -> TensorSpec | None:
    """The tensor that a printed type is."""
    if _last(node.name) not in ("Tensor", "Parameter", "Buffer") or len(node.args) != 3:
        return TensorSpec() if node.name and _last(node.name) == "Tensor" and not node.args else None
    dtype, device, shape = (_without_any(a) for a in node.args)
    return TensorSpec(_shape(shape), _dtype(dtype), None if _last(device.name) == "Any" else _last(device.name).lower())


def _without_any(node: Node) -> Node:
    """X of the printed `X | Any`."""
    if node.name == "|":
        kept = [a for a in node.args if a.name != "Any"]
        if len(kept) == 1:
            return kept[0]
    return node


def _dtype(node: Node) -> str | None:
    word = _last(node.name)
    if word in ("Any", "|"):
        return None
    if word == "Bool":
        return "bool"
    width = node.args[0] if node.args else None
    if width is None or width.name != "Literal":
        return word.lower()
    text = width.args[0].name.strip("'\"")
    return f"{word.lower()}{text}" if text.isdigit() else text


def _shape(node: Node) -> Shape:
    if _last(node.name) != "tuple":
        return UNKNOWN_SHAPE
    dims: list[Dim] = []
    run: int | None = None
    run_name = ""
    for item in node.args:
        if item.name == "()":
            continue
        if item.name == "*":
            run = len(dims)
            inner = item.args[0].args[0] if item.args[0].args else Node("Any")
            run_name = inner.args[0].name.strip("'*") if inner.name == "Literal" else ""
        elif item.name == "...":  # tuple[X, ...]
            return UNKNOWN_SHAPE
        else:
            dims.append(_dim(item))
    return Shape(tuple(dims), run, run_name)


def _dim(node: Node) -> Dim:
    if node.name != "Literal" or not node.args:
        return None
    try:
        return parse_dim(node.args[0].name.strip("'\""))
    except ValueError:
        return None


def annotation(x: TensorSpec) -> str:
    """A tensor as its annotation: `Float[Tensor, "b 12"]`; `Tensor` where nothing is known."""
    if x == TensorSpec():
        return "Tensor"
    word = _WORDS.get(x.dtype or "", "Shaped")
    sizes = ["_" if d is None else str(d) for d in x.shape.dims]
    if x.shape.run is not None:
        sizes.insert(x.shape.run, f"*{x.shape.run_name}" if x.shape.run_name else "...")
    return f"{word}[{(x.device or 'tensor').capitalize()}, '{' '.join(sizes)}']"


def _settings(node: Node) -> str:
    held = _without_any(node.args[0]) if len(node.args) == 1 else Node("Any")
    if held.name == "Literal" and held.args:
        return f"{_last(node.name)}({held.args[0].name.strip(chr(39)).replace('; ', ', ')})"
    return _last(node.name)


def write(node: Node) -> str:
    """A printed type in people's words."""
    x = spec(node)
    if x is not None:
        return annotation(x)
    if node.name == "|":
        return " | ".join(dict.fromkeys(write(a) for a in node.args))
    if node.name == "*":
        return "*" + write(node.args[0])
    name = _last(node.name)
    held = node.args[0] if len(node.args) == 1 else None
    remembers = held is not None and (held.name == "Any" or (held.name == "|" and held.args[-1].name == "Any"))
    if held is not None and remembers and (name in LAYERS or "." in node.name or held.name == "|"):
        return _settings(node)
    if not node.bracketed:
        return node.name
    return f"{node.name}[{', '.join(write(a) for a in node.args)}]"


_TYPE_START = re.compile(r"(?:\b[\w.]*\.)?\b(?:tuple|list|dict|[A-Z]\w*)\[")


def people(message: str) -> str:
    """A message of mypy with every type in it that speaks of tensors or modules rewritten."""
    out: list[str] = []
    at = 0
    while True:
        found = _TYPE_START.search(message, at)
        if found is None:
            return "".join(out) + message[at:]
        reader = _Reader(message)
        reader.at = found.start()
        try:
            node = reader.one()
        except (ValueError, IndexError):
            out.append(message[at : found.end()])
            at = found.end()
            continue
        out.append(message[at : found.start()])
        out.append(write(node))
        at = reader.at
