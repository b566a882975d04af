"""The house: what PPO learns, what resumes, what repeats, what a new machine sees."""

from __future__ import annotations

from functools import partial

from experiments.proofs.learning import draws_curve, learns, repeats, resumes, sweeps, trains
from experiments.proofs.new_machine import fresh_clone, wheel
from experiments.proofs.proof import Proof

PROOFS = [
    Proof(
        "learns_lunarlander",
        "`ppo_lunarlander`, seeds 0, 1, 2: mean return over 100 deterministic episodes at least 240 on average, none under 200.",
        partial(learns, experiment="ppo_lunarlander", mean=240, least=200),
    ),
    Proof(
        "learns_cartpole",
        "`ppo_cartpole`, seeds 0, 1, 2: at least 495 within 100,000 steps.",
        partial(learns, experiment="ppo_cartpole", mean=495, least=495),
    ),
    Proof(
        "trains_halfcheetah", "`ppo_halfcheetah` runs.",
        partial(trains, words=["+experiment=ppo_halfcheetah", "total_steps=20_480"]),
    ),
    Proof(
        "trains_bipedalwalker", "`ppo_bipedalwalker` runs.",
        partial(trains, words=["+experiment=ppo_bipedalwalker", "total_steps=131_072"]),
    ),
    Proof(
        "curve_halfcheetah", "The curve of `ppo_halfcheetah` over 1M steps, one seed.",
        partial(draws_curve, words=["+experiment=ppo_halfcheetah"], name="ppo_halfcheetah"), long=True,
    ),
    Proof(
        "resume_cartpole", "A CartPole run killed at three random moments ends equal to one that was not, to the bit.",
        partial(resumes, words=["+experiment=ppo_cartpole"], seed=0),
    ),
    Proof(
        "resume_lunarlander", "A LunarLander run killed at three random moments ends equal to one that was not, to the bit.",
        partial(resumes, words=["+experiment=ppo_lunarlander", "total_steps=131_072"], seed=1),
    ),
    Proof(
        "resume_hopper", "A Hopper run killed at three random moments ends equal to one that was not, to the bit.",
        partial(resumes, words=["+experiment=ppo_hopper", "total_steps=122_880"], seed=2),
    ),
    Proof(
        "repeats", "One command gives one result; another seed another; evaluation changes nothing that is learned.",
        partial(repeats, words=["+experiment=ppo_lunarlander", "total_steps=131_072"]),
    ),
    Proof(
        "sweeps", "A sweep side by side (joblib) gives the numbers of one that runs its jobs one after the other.",
        partial(sweeps, words=["+experiment=ppo_cartpole", "total_steps=20_000"]),
    ),
    Proof(
        "wheel",
        "The wheel in a new environment trains `+experiment=mine` from a folder with its own models/, agents/ and configs/.",
        wheel,
    ),
    Proof(
        "fresh_clone",
        "In a fresh clone `make test` passes in under 5 minutes on 2 cores, set-up apart; every block of the README runs.",
        fresh_clone,
    ),
]
