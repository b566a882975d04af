"""Losses of several predictions, tensors shaped like others, and torch.distributions."""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, distributions

from experiments.proofs.rule_case import Case, Slot, operator_case
from experiments.proofs.torch_cases.draws import X, Y, Z, generator, sizes, tensor, wrong
from rlt.shapes.rules import TensorSpec
from rlt.shapes.rules import distributions as rules


@generator(2)
def several(r: random.Random) -> Case:
    name = r.choice(
        ("poisson_nll_loss", "soft_margin_loss", "hinge_embedding_loss", "multilabel_soft_margin_loss", "gaussian_nll_loss",
         "triplet_margin_loss", "cosine_embedding_loss", "margin_ranking_loss")
    )  # fmt: skip
    shape = (r.randint(2, 4), r.randint(2, 4))
    other = tuple(wrong(r, n, 0.08) for n in shape)
    x, y, reduction = torch.rand(shape), torch.rand(other), r.choice(("mean", "sum", "none"))
    three: dict[str, Any] = {
        "gaussian_nll_loss": torch.rand(r.choice((shape, shape[:1], (*shape[:1], 1)))) + 0.1,
        "triplet_margin_loss": torch.rand(shape),
        "cosine_embedding_loss": torch.ones(wrong(r, shape[0], 0.1)),
        "margin_ranking_loss": torch.ones(shape),
    }
    if name in three:
        return operator_case(name, [x, y, three[name]], X, Y, Z, reduction=reduction, where=F, exact=False)
    return operator_case(name, [x, y], X, Y, reduction=reduction, where=F, exact=False)


@generator()
def ctc(r: random.Random) -> Case:
    time, batch, length = 6, r.randint(1, 3), r.randint(1, 3)
    targets = torch.randint(1, 4, (wrong(r, batch, 0.1), length))
    lengths = [torch.full((wrong(r, batch, 0.1),), n) for n in (time, length)]
    x = torch.rand(time, batch, 4).log_softmax(-1)
    given = [x, targets, *lengths]
    reduction = r.choice(("mean", "sum", "none"))
    return operator_case("ctc_loss", given, X, Y, Z, Slot(3), reduction=reduction, where=F)


@generator()
def like_another(r: random.Random) -> Case:
    name = r.choice(("expand_as", "type_as", "ravel", "clamp_min", "clamp_max", "logaddexp2"))
    shape = sizes(r, 1, 3)
    x = tensor(r, shape, 0 if name == "logaddexp2" else 0.2)
    if name == "ravel":
        return operator_case(name, [x], X)
    if name.startswith("clamp"):
        return operator_case(name, [x], X, 1)
    small = tuple(1 if r.random() < 0.5 else wrong(r, n) for n in shape)
    first = torch.rand(small[r.randint(0, 1) :]) if name == "expand_as" else x
    return operator_case(name, [first, torch.rand(shape)], X, Y, where=torch if name == "logaddexp2" else Tensor)


@generator(3)
def distribution(r: random.Random) -> Case:
    family = r.choice(sorted(rules.FAMILIES))
    names = rules.FAMILIES[family][1]
    shape = (*sizes(r, 0, 2), r.randint(2, 4))
    if names[0] == "probs":
        given = {r.choice(names): torch.full(shape, 0.5)}
    elif family == "MultivariateNormal":
        given = {"loc": torch.rand(shape), r.choice(names[1:]): torch.eye(wrong(r, shape[-1], 0.1))}
    else:
        second = tuple(1 if r.random() < 0.2 else wrong(r, n, 0.05) for n in shape)[r.randint(0, len(shape)) :]
        given = {n: torch.rand(shape if i == 0 else second) + i + 0.1 for i, n in enumerate(names)}
    more = r.choice(((), (5,), (2, 3)))
    event = r.choice((0, 0, 1))
    kept = list(given)

    def of_torch(*tensors: Tensor) -> Any:
        made: Any = getattr(distributions, family)(**dict(zip(kept, tensors)), validate_args=False)
        if event:
            made = distributions.Independent(made, 1)
        return made.sample(more), made.log_prob(made.sample(more)), made.batch_shape.numel() * torch.ones(made.batch_shape)

    def of_rule(*specs: TensorSpec) -> Any:
        made = rules.made(family, [], dict(zip(kept, specs)))
        assert made is not None
        if event:
            independent = rules.independent(made, 1)
            assert independent is not None
            made = independent
        draw = rules.sample(made, more)
        return draw, rules.log_prob(made, draw), made.each()

    slots = tuple(Slot(i) for i in range(len(given)))
    return Case(f"distributions.{family}", list(given.values()), of_torch, of_rule, slots)
