"""Lists of names, written as one text."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The names in a text, separated by blanks."""
    return frozenset(text.split())
