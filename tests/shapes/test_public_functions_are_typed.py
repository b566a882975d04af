"""Every public function of rlt, agents, envs and models that says a shape has it checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import modules

CHECKED = {"rlt.typed", "typed"}
DECLARED_ONLY = {"abc.abstractmethod", "abstractmethod", "overload", "typing.overload"}
TENSORS = {"Tensor", "torch.Tensor", "Cpu", "Cuda"}


def says_a_shape(annotation: ast.expr | None) -> bool:
    """Whether `Float[Tensor, "batch 4"]` or its like stands in an annotation."""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            place, shape = node.slice.elts
            if ast.unparse(place) in TENSORS and isinstance(shape, ast.Constant) and isinstance(shape.value, str):
                return True
    return False


def unchecked(module: str) -> Iterator[str]:
    """Public functions and methods that say a shape and carry no `@rlt.typed`; protocols and abstract methods only declare."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    judged = [c for c in classes if not any("Protocol" in ast.unparse(base) for base in c.bases)]
    bodies = [("", tree.body), *((f"{c.name}.", c.body) for c in judged)]
    for owner, body in bodies:
        for function in body:
            if not isinstance(function, ast.FunctionDef) or (function.name.startswith("_") and function.name != "__call__"):
                continue
            arguments = function.args
            hints = [a.annotation for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)] + [function.returns]
            decorators = {ast.unparse(d) for d in function.decorator_list}
            if any(map(says_a_shape, hints)) and not decorators & (CHECKED | DECLARED_ONLY):
                yield f"{module}.{owner}{function.name}, line {function.lineno}"


def test_every_public_function_that_says_a_shape_is_checked() -> None:
    assert [name for module in modules() for name in unchecked(module)] == []
