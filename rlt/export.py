"""`python -m rlt.export RUN`: the policy of a run as ONNX and as `torch.export`, its numbers checked against the agent."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rlt.assembly.arguments import Command, Words, run
from rlt.errors import MissingExtra, NumericsError
from rlt.run.folder import RunFolder

_ROWS = 64
"""Observations that the exported policy is compared with the agent on."""


@dataclass(frozen=True)
class ExportOptions:
    """What to write."""

    format: Literal["both", "onnx", "torch"] = "both"
    """onnx: policy.onnx, for onnxruntime and others; torch: policy.pt2, for torch.export.load."""
    checkpoint: str = "last"
    """Which policy: last, best (of the periodic evaluations), or a checkpoint's file."""
    out: str | None = None
    """Folder to write to. null: `export` in the run's folder."""
    trust: tuple[str, ...] = ()
    """Packages whose code the run's config may name (agent, environment, network, wrappers)."""


COMMAND = Command(
    "rlt.export",
    "Writes the policy of a run as a network: raw observations in, the most likely actions out, normaliser folded in. The batch "
    "size stays free. What was written is loaded again and compared with the agent.",
    ExportOptions,
    words=Words("RUN", "the folder of a run", most=1),
    examples=(("runs/ppo_lunarlander/DATE", "both formats"), ("RUN format=onnx checkpoint=best", "the best policy as ONNX")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 2 after a mistake that the message names."""
    return run(COMMAND, argv, _export)


def _export(words: list[str], options: ExportOptions) -> int:
    folder = RunFolder.open(words[0])
    if options.format != "torch":
        _need_onnx()
    import torch

    from rlt.assembly.build import evaluated_agent
    from rlt.rl.deployment import Deployed, samples

    repeat = f"python -m rlt.export {words[0]}"
    agent, env, steps = evaluated_agent(folder, options.checkpoint, 1, True, options.trust, repeat)
    env.close()
    network = Deployed(agent).eval()
    example = samples(agent.observation_space, _ROWS)
    with torch.no_grad():
        expected = network(example)
    out = Path(options.out) if options.out is not None else folder.path / "export"
    out.mkdir(parents=True, exist_ok=True)
    print(f"{agent.name.upper()} after {steps:,} steps, the {options.checkpoint} policy")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter, about its own parts
        program = torch.export.export(network, (example,), dynamic_shapes=(_free_batch(example),))
        if options.format != "onnx":
            torch.export.save(program, out / "policy.pt2")
            loaded = torch.export.load(out / "policy.pt2").module()
            print(_compare(out / "policy.pt2", loaded, example, expected))
        if options.format != "torch":
            _write_onnx(program, out / "policy.onnx")
            print(_compare(out / "policy.onnx", _onnx(out / "policy.onnx"), example, expected))
    return 0


def _need_onnx() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "onnx", "rlt.export to ONNX") from None


def _free_batch(example: Any) -> Any:
    """The first dimension of every input is of any size."""
    import torch

    from rlt.rl.trees import tree_map

    return tree_map(lambda leaf: {0: torch.export.Dim("batch")}, example)


def _write_onnx(program: Any, path: Path) -> None:
    import torch

    talk = logging.getLogger("torch.onnx._internal.exporter._registration")  # it misses torchvision, which is not needed
    before = talk.level
    talk.setLevel(logging.ERROR)
    try:
        torch.onnx.export(program, f=str(path), dynamo=True, verbose=False, external_data=False)
    finally:
        talk.setLevel(before)


def _onnx(path: Path) -> Callable[[Any], list[Any]]:
    """onnxruntime's reading of `path`, as a function of observations."""
    import onnxruntime
    import torch

    from rlt.rl.trees import tree_leaves

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]

    def call(obs: Any) -> list[Any]:
        feed = {name: leaf.numpy() for name, leaf in zip(names, tree_leaves(obs), strict=True)}
        return [torch.as_tensor(value) for value in session.run(None, feed)]

    return call


def _compare(path: Path, network: Callable[[Any], Any], example: Any, expected: Any) -> str:
    """A line for the person who exports. NumericsError where the written network acts otherwise than the agent."""
    import torch

    from rlt.rl.trees import tree_leaves, tree_map

    largest = 0.0
    for rows in (_ROWS, 1):  # another batch size than the one that was traced
        answer = network(tree_map(lambda leaf, n=rows: leaf[:n], example))
        got = answer if isinstance(answer, list) else tree_leaves(answer)
        for one, leaf in zip(got, tree_leaves(expected), strict=True):
            wanted = leaf[:rows]
            same = torch.allclose(one, wanted, rtol=1e-4, atol=1e-5) if wanted.is_floating_point() else torch.equal(one, wanted)
            if one.shape != wanted.shape or not same:
                raise NumericsError(
                    f"{path} acts otherwise than the agent", f"on {rows} random observations: {one.flatten()[:4].tolist()} …",
                    f"expected {wanted.flatten()[:4].tolist()} …",
                )
            if wanted.is_floating_point():
                largest = max(largest, float((one - wanted).abs().max()))
    size = f"{path.stat().st_size / 1024:,.0f} KiB"
    return f"{path}: {size}, the agent's actions on {_ROWS} observations (largest difference {largest:.1e})"


if __name__ == "__main__":
    raise SystemExit(main())
