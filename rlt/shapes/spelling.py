"""Sizes in messages: what stands in for a name is written as that name."""

from __future__ import annotations

import re
from collections.abc import Mapping


class Spelling:
    """`sizes` are the values that names stand for; `free` those that were chosen, and mean nothing to a reader."""

    sizes: Mapping[str, int]
    free: frozenset[str]

    def spell(self, shape: tuple[int, ...]) -> str:
        """A shape with the names that its sizes stand for: `(batch, 3, h//2, w//2)`."""
        return f"({', '.join(self.spell_size(d) for d in shape)}{',' if len(shape) == 1 else ''})"

    def spell_size(self, size: int) -> str:
        chosen = self._chosen()
        if size in chosen:
            return chosen[size]
        for value, name in chosen.items():
            if size % value == 0 and 1 < size // value < 4096:
                return f"{size // value}*{name}"
        for value, name in chosen.items():
            for k in (2, 4, 8, 16, 32):
                if size >= 10 and value % k == 0 and size == value // k:
                    return f"{name}//{k}"
            if value >= 300 and abs(size - value) <= 8:
                return f"{name}{size - value:+d}"
        return str(size)

    def spell_text(self, text: str) -> str:
        """The numbers of a quoted text that stand for names, or are products with them, by their names."""
        return re.sub(r"(?<![\w.])\d+(?![\w.]*\w)", lambda m: self._product(m.group()), text)

    def _product(self, number: str) -> str:
        names, rest = [], int(number)
        for value, name in self._chosen().items():
            while rest and rest % value == 0:
                names.append(name)
                rest //= value
        return "*".join([str(rest)] * (rest != 1) + sorted(names)) if names else number

    def _chosen(self) -> dict[int, str]:
        return {self.sizes[n]: n for n in sorted(self.free, reverse=True) if n in self.sizes}
