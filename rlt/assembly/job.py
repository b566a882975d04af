"""What a run does from a checked configuration on: build, train, report. Also `resume=` and `like=`."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rlt.assembly.build import device_of, experiment_of, make_agent, make_env
from rlt.assembly.root import Experiment, trust_words
from rlt.config import to_mapping
from rlt.errors import RunError
from rlt.log.tensorboard import TensorBoard
from rlt.rl.agent import Agent
from rlt.run.callbacks import Callback, StopOnNoImprovement, StopOnReward
from rlt.run.checkpoint import find_weights, load_checkpoint
from rlt.run.config import RunConfig, StopConfig
from rlt.run.folder import RunFolder, provenance
from rlt.run.runner import Outcome
from rlt.run.timetable import resolved


def start(experiment: Experiment, path: Path, overrides: Mapping[str, str] | None = None) -> Outcome:
    """A new run in the folder `path`, which is made once everything is built."""
    RunFolder(path).refuse_existing()
    weights = find_weights(experiment.run.init_from) if experiment.run.init_from else None
    env = make_env(experiment)
    try:
        agent = make_agent(experiment, env)
        if weights is not None:
            agent.load_weights(weights[0])
            say(f"weights of {experiment.run.init_from} after {weights[1]:,} steps; schedules start anew")
        agent.settle(experiment.run.total_steps)
        run = resolved(experiment.run, agent, device_of(experiment))
        named = {"agent": experiment.describe()["agent"]}  # an agent of another package goes by the name that was given
        config = experiment.describe() | agent.describe() | named | to_mapping(run)
        folder = RunFolder.create(
            path, config, {"status": "running", "experiment": experiment.name, "seeds": agent.seeds.plain()}
        )
        say(describe(agent, experiment, run, folder))
        outcome = agent.run(run, folder, callbacks(run.stop))
        agent.close()
        finish(agent, folder, outcome, overrides or {})
        return outcome
    finally:
        env.close()


def resume(path: Path, trust: tuple[str, ...]) -> Outcome:
    """Goes on with the run in `path` from its last checkpoint, to the end that it was going to."""
    folder = RunFolder.open(path)
    experiment = experiment_of(folder, trust, f"python -m rlt.train resume={path}")
    record = folder.record()
    if record.get("status") == "finished":
        raise RunError(
            f"{path} is finished: {record.get('steps', 0):,} steps",
            fix=f"python -m rlt.train like={path} seed={experiment.run.seed + 1} for another, "
            f"init_from={path} to train on from its weights",
        )
    state = load_checkpoint(folder)
    env = make_env(experiment)
    try:
        agent = make_agent(experiment, env)
        agent.settle(experiment.run.total_steps)
        for difference in differences(record):
            say(f"this resume may not be exact: {difference}")
        say(f"resuming {path} at {state['run']['steps']:,} of {state['run']['stop']:,} steps")
        folder.write_record(record | {"status": "running"})
        outcome = agent.run(experiment.run, folder, callbacks(experiment.run.stop), state)
        agent.close()
        finish(agent, folder, outcome, {})
        return outcome
    finally:
        env.close()


def differences(record: Mapping[str, Any]) -> list[str]:
    """What changed since the run was started and may change numbers."""
    now, then = provenance(), record
    out = [
        f"{name} was {version}, is {now['versions'].get(name)}"
        for name, version in then.get("versions", {}).items()
        if name in ("torch", "numpy", "gymnasium", "mujoco", "box2d") and now["versions"].get(name) != version
    ]
    for what, before, after in (
        ("the CPU's capability", then.get("capability"), torch.backends.cpu.get_cpu_capability()),
        ("the machine", then.get("machine", {}).get("processor"), now["machine"]["processor"]),
    ):
        if before is not None and before != after:
            out.append(f"{what} was {before}, is {after}")
    return out


def callbacks(stop: StopConfig) -> list[Callback]:
    """What `stop.*` asks for."""
    found: list[Callback] = []
    if stop.reward is not None:
        found.append(StopOnReward(stop.reward))
    if stop.patience is not None:
        found.append(StopOnNoImprovement(stop.patience))
    return found


def describe(agent: Agent, experiment: Experiment, run: RunConfig, folder: RunFolder) -> str:
    """The first lines of a run."""
    parameters = sum(p.numel() for p in agent.policy.parameters())
    env = agent.env
    assert env is not None
    threads = f"{agent.threads} thread" + ("s" if agent.threads > 1 else "")
    if agent.engine.compile == "on":
        threads += f", compiled from update {agent.engine.compile_at:,} on"
    envs = f"{env.num_envs} environment" + ("s" if env.num_envs > 1 else "")
    network = (
        str(agent.model["name"]).rpartition(":")[2] if isinstance(agent.model["name"], str) else agent.model["name"].__name__
    )
    return (
        f"{agent.name.upper()} on {env.id}, {envs} ({env.backend}), seed {run.seed}\n"
        f"{network} with {parameters:,} parameters on {agent.device}, {threads}\n"
        + (f"{agent.storage_text}\n" if agent.storage_text else "")
        + f"run: {folder.path}    watch: tensorboard --logdir {folder.path}"
    )


def finish(agent: Agent, folder: RunFolder, outcome: Outcome, overrides: Mapping[str, str]) -> None:
    """The last lines of a run, and its row in TensorBoard's HParams tab."""
    config = folder.config()
    trust = trust_words(config)
    if outcome.signal is not None:
        say(
            f"{outcome.signal}: stopped at {outcome.steps:,} steps, checkpoint written\n"
            f"  go on: python -m rlt.train resume={folder.path}{trust}"
        )
        return
    result = outcome.evaluation
    if result is None:
        say(f"done: {outcome.steps:,} steps    run: {folder.path}")
        return
    if config["log"]["tensorboard"]:
        board = TensorBoard(folder.path)
        shown = (
            {f"agent.{k}": v for k, v in config["agent"].items()}
            | {"env.id": config["env"]["id"], "seed": config["seed"]}
            | dict(overrides)
        )
        board.hyper_parameters(shown, {"final/return_mean": result["return_mean"], "final/length_mean": result["length_mean"]})
        board.close()
    say(
        f"final: mean return {result['return_mean']:.1f} ± {result['return_std']:.1f} (IQM {result['return_iqm']:.1f}) over "
        f"{result['episodes']} episodes after {outcome.steps:,} steps\n"
        f"  evaluate: python -m rlt.evaluate {folder.path}{trust}    curves: python -m rlt.report {folder.path}"
    )


def score(outcome: Outcome | None) -> float:
    """The number that a sweep compares: the final evaluation's mean return."""
    return float(outcome.evaluation["return_mean"]) if outcome and outcome.evaluation else math.nan


def say(text: str) -> None:
    """A line for the person who watches; standard output stays free for results."""
    print(text, file=sys.stderr, flush=True)


