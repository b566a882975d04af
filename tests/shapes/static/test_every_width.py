"""Every width of every network of the project, one greater: one error of the type checker, where the layer is used.

What the checker cannot know stands in a list, with the reason; the constructor stops all of it.
"""

from __future__ import annotations

import pytest

from tests.shapes.static.conftest import Reports
from tests.shapes.widths import Width, all_widths, function_lines, label, places, users

UNKNOWN = {"nn.recurrent.RecurrentCore torch.empty size 0"}
"""Mistakes that the type checker cannot know: parameters that are registered in a loop, under names that are computed.

torch does not know either: its kernel reads the first rows and never asks how many there are."""


@pytest.mark.slow
def test_the_checker_finds_nothing_in_the_networks_as_they_are(reports: Reports) -> None:
    assert {name: found for name, found in reports.items() if name.startswith("plain_")} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("i", "width"), list(enumerate(all_widths())), ids=[str(w) for w in all_widths()])
def test_a_wrong_width_is_one_error_of_the_checker_where_its_layer_is_used(i: int, width: Width, reports: Reports) -> None:
    found = [(line, message) for line, messages in reports[f"mutant_{i}.py"].items() for message in messages]
    if label(width) in UNKNOWN:
        assert found == [], "the checker knows it by now: take it off the list"
        return
    for line, message in found:
        assert "[shape]" in message or "[return-value]" in message, f"line {line}: {message}"
    lines = [line for line, _ in found]
    if width.owner or len(lines) == 1:
        assert len(lines) == 1, found
        inside_function = set() if width.owner else function_lines(width)
        assert lines[0] in places(width) | inside_function, found
    else:  # made by a function that cannot know it is wrong: every network that calls it is
        inside = [[line for line in lines if first <= line <= last] for _, first, last in users(width)]
        assert all(len(one) == 1 for one in inside), found
        assert len(lines) == len(inside) > 0, found
