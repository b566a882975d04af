"""Dicts and tuples of tensors, as observations and actions of Dict and Tuple spaces come.

A named tuple is a leaf: it is one thing with parts, not a space's structure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`function` of each leaf of `tree` and the leaves of `others` at the same place, in the same structure."""
    if isinstance(tree, dict):
        return {key: tree_map(function, part, *(other[key] for other in others)) for key, part in tree.items()}
    if type(tree) is tuple:
        return tuple(tree_map(function, *parts) for parts in zip(tree, *others))
    return function(tree, *others)


def leaves_like(structure: Any, tree: Any) -> list[Any]:
    """The leaves of `tree` in the order of `structure`: a dict of a person's may have its keys in another one."""
    found: list[Any] = []
    tree_map(lambda place, leaf: found.append(leaf), structure, tree)
    return found


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves, in the structure's order."""
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in tree_leaves(part)]
    if type(tree) is tuple:
        return [leaf for part in tree for leaf in tree_leaves(part)]
    return [tree]
