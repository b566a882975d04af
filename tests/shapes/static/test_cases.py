"""The checker on the programs of `cases/`: each bug on its line, nothing in correct code, in people's words."""

from __future__ import annotations

import pytest

from tests.shapes.static.conftest import CASES, Reports, marked

pytestmark = pytest.mark.slow  # they wait for one run of mypy over torch


@pytest.mark.parametrize("name", sorted(p.name for p in CASES.glob("*_bugs.py")))
def test_each_bug_is_reported_on_its_line_and_no_other_line(name: str, reports: Reports) -> None:
    assert sorted(reports[name]) == sorted(marked(CASES / name, "BUG"))


@pytest.mark.parametrize("name", sorted(p.name for p in CASES.glob("*_good.py")))
def test_correct_code_is_not_reported(name: str, reports: Reports) -> None:
    assert dict(reports[name]) == {}


@pytest.mark.parametrize(
    ("name", "fragment", "message"),
    [
        (
            "networks_bugs.py",
            "nn.Linear(256, 10),  # BUG",
            "Linear(256, 10) expects 256 input features, gets 128 (input shape (..., 128)) from Linear(784, 128) "
            "on line 9; write Linear(128, 10)  [shape]",
        ),
        (
            "networks_bugs.py",
            "return self.fc2(torch.tanh(self.fc1(x)))  # BUG",
            "Linear(act_dim, hidden) (built on line 117) expects act_dim input features, gets hidden "
            "(input shape (b, hidden)); write Linear(hidden, hidden)  [shape]",
        ),
        (
            "networks_bugs.py",
            "pi(torch.randn(32, 9))  # BUG",
            'Pi.forward expects "x" of shape (b, obs_dim) with obs_dim=8, gets (32, 9) where obs_dim=9  [shape]',
        ),
        (
            "networks_bugs.py",
            'on_gpu(torch.randn(2, 4, device="cpu"))  # BUG',
            'on_gpu expects "x" on cuda, gets Float(2, 4) on cpu; write x.to("cuda")  [shape]',
        ),
        (
            "operators_bugs.py",
            "return (v - r).pow(2).mean()  # BUG",
            "v - r expects equal shapes or a dimension added on purpose, (b,) and (b, 1), gets (b, b): b against "
            "itself  [shape]",
        ),
        (
            "operators_bugs.py",
            "return q.gather(1, action)  # BUG",
            "gather expects an index of 2 dimensions as (b, n), gets 1 dimensions (b,); write action.unsqueeze(-1)  "
            "[shape]",
        ),
        (
            "operators_bugs.py",
            "return torch.cat((a, b), dim=-1)  # BUG",
            "Incompatible return value type (got \"Float[Tensor, 'b 7']\", expected \"Float[Tensor, 'b 8']\")  "
            "[return-value]",
        ),
        (
            "operators_bugs.py",
            "return nn.Conv2d(3, 8, 3)(x)  # BUG",
            "Conv2d(3, 8, 3) expects 3 input channels, gets h (input shape (b, h, w, 3)); write x.permute(0, 3, 1, 2)  "
            "[shape]",
        ),
        (
            "operators_bugs.py",
            "b, t = x.shape  # BUG",
            "Too many values to unpack (2 expected, 3 provided)  [misc]",
        ),
    ],
)
def test_a_message_names_the_layer_both_sizes_and_the_fix(
    name: str, fragment: str, message: str, reports: Reports
) -> None:
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, 1) if fragment in text)
    assert reports[name][line][0] == message


def test_no_message_shows_how_types_are_stored(messages: list[str]) -> None:
    ours = [m for m in messages if "/cases/" in m or "/unseen/" in m]
    assert ours
    assert not [m for m in ours if "Literal['" in m or "rlt.shapes.mypy" in m or "Tensor[" in m]
