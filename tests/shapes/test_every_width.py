"""Every width of every network of the project, one greater: the constructor stops it, once, and names its layers.

Networks are found in the source, so a new one falls under these tests as soon as it is written.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from rlt.errors import ShapeError
from tests.shapes.mutants import classes, loaded, looks, write
from tests.shapes.ordinary_arguments import settings, torch_accepts
from tests.shapes.widths import Width, all_widths, in_a_loop, label
from tests.shapes.widths import places as places_of

TORCH_IS_SILENT = {
    # The kernel computes with 4 * hidden_size of the rows and never asks how many there are.
    "nn.recurrent.RecurrentCore torch.empty size 0",
}
"""Mistakes that real torch lets pass."""


@pytest.mark.parametrize("width", all_widths(), ids=str)
def test_a_wrong_width_stops_the_constructor_with_one_error_that_names_its_layers(width: Width, tmp_path: Path) -> None:
    importlib.import_module(width.module)  # and the blocks that it is made of, with their checks on
    plain, mutant = write(None, width.module, "plain", tmp_path), write(width, width.module, "mutant", tmp_path)
    reached = 0
    with loaded(plain, "off") as right, loaded(mutant, "off") as unchecked, loaded(mutant, "on") as checked:
        for good, bad, judged in zip(*(classes(width, module) for module in (right, unchecked, checked))):
            for arguments in settings(good):
                torch.manual_seed(0)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("RLT_CHECK", "off")
                    sound, wrong = good(**arguments), bad(**arguments)
                    if looks(sound) == looks(wrong):
                        continue  # this choice of arguments does not build the layer
                    assert torch_accepts(sound, arguments)
                    accepted = torch_accepts(wrong, arguments) and label(width) not in TORCH_IS_SILENT
                reached += 1
                if accepted:
                    judged(**arguments)  # a width that nothing else fixes
                else:
                    names_its_layers(width, judged, arguments)
    assert reached, "no choice of arguments builds this layer"


def names_its_layers(width: Width, network: type[nn.Module], arguments: dict[str, Any]) -> None:
    with pytest.raises(ShapeError) as caught:
        network(**arguments)
    text = str(caught.value)
    assert caught.value.__cause__ is None
    assert len(text.splitlines()) <= 12
    assert text.count("does not fit its input") + text.count("but declares") == 1
    places = [(file, int(line)) for file, line in re.findall(r"at (\w+\.py):(\d+)", text)]
    lines = {line for file, line in places if file == "mutant.py"}
    assert lines, text
    if width.owner and not in_a_loop(width):  # what a loop or a function makes is named where it is put in or returned
        assert lines & places_of(width), text
    # The other side: the layer that feeds it, the input, the declared result, or the other operand.
    others = ("fed by ", "its input is ", "but declares ", " must be (", " is (")
    assert any(other in text for other in others), text
