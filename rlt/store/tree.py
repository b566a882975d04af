"""A state as one file: a tree of tensors, arrays, numbers and strings, in safetensors.

The tensors are safetensors entries; the rest of the tree is JSON in the header, where `{"$tensor": 3}` stands for
entry 3. A digest over both is checked on load. Loading builds data and nothing else: no pickle, no code.

A `Segment` in the tree goes to a file of its own where `segments` are given, and is read from there when it is asked for;
the header then names it with its digest. Without `segments` it lies in the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from rlt.errors import RunError
from rlt.store.atomic import write_atomically
from rlt.store.segment import Segment, SegmentFiles
from rlt.types import Tensor

FORMAT_VERSION = 1
"""Raised when a file written now could not be read by the release before."""


def save_tree(
    path: Path, tree: Any, *, kind: str, segments: SegmentFiles | None = None, leave_out_segments: bool = False
) -> str:
    """Writes `tree` to `path`, atomically, and returns its digest. `kind` (`checkpoint`, `agent`, `weights`, `segment`) is
    asked for again on load.

    A tree is made of dicts with string keys, lists, tuples, tensors, numpy arrays, int, float, str, bool, None and segments.
    TypeError names the place of anything else. Segments are written first: a file never names one that is not there.
    """
    named: dict[str, str] = {}
    if segments is not None and not leave_out_segments:
        named = {segment.name: _write_segment(segment, segments) for segment in found_segments(tree)}
    tensors: list[Tensor] = []
    skeleton = json.dumps(_encode(tree, tensors, "state", None if segments is None and not leave_out_segments else named))
    header = {"format": "rlt", "version": str(FORMAT_VERSION), "kind": kind, "tree": skeleton}
    if named:
        header["segments"] = json.dumps(named)
    header["digest"] = _digest(header, tensors)
    entries = {str(i): t for i, t in enumerate(tensors)}
    write_atomically(path, lambda temporary: save_file(entries, temporary, metadata=header))
    return header["digest"]


def digest(tree: Any) -> str:
    """Of the numbers in `tree`, which is one that `save_tree` takes: equal for equal ones."""
    tensors: list[Tensor] = []
    return _digest({"tree": json.dumps(_encode(tree, tensors, "tree", None))}, tensors)


def _write_segment(segment: Segment, files: SegmentFiles) -> str:
    if segment.name not in files.digests:
        files.digests[segment.name] = save_tree(files.path(segment.name), segment.read(), kind="segment")
    return files.digests[segment.name]


def found_segments(tree: Any) -> Iterator[Segment]:
    """Every segment of a tree."""
    if isinstance(tree, Segment):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from found_segments(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from found_segments(value)


def named_segments(path: Path) -> dict[str, str]:
    """The segments that the file `path` names, with their digests; only its header is read."""
    with safe_open(path, framework="pt") as file:
        named: dict[str, str] = json.loads((file.metadata() or {}).get("segments", "{}"))
    return named


def load_tree(path: Path, *, kind: str) -> Any:
    """The tree in `path`, on the CPU. RunError where the file is missing, cut short, damaged, newer or of another kind."""
    return _load(path, kind)[0]


def _load(path: Path, kind: str) -> tuple[Any, str]:
    """The tree in `path`, and its digest."""
    if not path.is_file():
        raise RunError(f"{path} is not there", f"expected a file of kind {kind}, written by rlt")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            _check_header(path, header, kind)
            entries = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError, ValueError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(
            f"{path} cannot be read: it is cut short or no rlt file", f"{path.stat().st_size:,} bytes; {error}", fix=_others(path)
        ) from None
    tensors = [entries[name] for name in sorted(entries, key=lambda name: (len(name), name))]
    if _digest(header, tensors) != header["digest"]:
        raise RunError(f"{path} is damaged", "its contents do not match the digest in its header")
    return _decode(json.loads(header["tree"]), tensors, path), header["digest"]


def _read_segment(path: Path, digest: str) -> dict[str, Any]:
    contents: dict[str, Any]
    contents, found = _load(path, "segment")
    if found != digest:
        raise RunError(f"{path} is of another run", "its digest is not the one that the checkpoint names")
    return contents


def _others(path: Path) -> str | None:
    """The other files of the same kind in the folder, newest first, as a hint."""
    found = sorted((p for p in path.parent.glob("*.rlt") if not p.samefile(path)), key=lambda p: p.stat().st_mtime, reverse=True)
    return "remove it and use " + " or ".join(map(str, found[:3])) if found else None


def _check_header(path: Path, header: Mapping[str, str], kind: str) -> None:
    if header.get("format") != "rlt":
        raise RunError(
            f"{path} was not written by rlt", f"expected a file of kind {kind}, got a safetensors file without rlt's header"
        )
    if missing := [name for name in ("version", "kind", "tree", "digest") if name not in header]:
        raise RunError(f"{path} is damaged", "its header lacks " + ", ".join(missing))
    if int(header["version"]) > FORMAT_VERSION:
        raise RunError(
            f"{path} has format version {header['version']}, this rlt reads up to {FORMAT_VERSION}",
            fix="pip install --upgrade rlt",
        )
    if header["kind"] != kind:
        raise RunError(f"{path} is of kind {header['kind']}, expected {kind}")


def _encode(node: Any, tensors: list[Tensor], where: str, named: Mapping[str, str] | None) -> Any:
    """`named`: digests of the segments in files of their own; None where segments are part of this file."""
    if node is None or isinstance(node, bool | int | float | str):
        return node
    if isinstance(node, Tensor):
        return {"$tensor": _append(tensors, node.detach().cpu())}
    if isinstance(node, np.ndarray):
        return {"$array": _append(tensors, torch.from_numpy(np.ascontiguousarray(node)).reshape(node.shape))}
    if isinstance(node, np.generic):
        return node.item()
    if isinstance(node, Segment):
        inside = _encode(node.read(), tensors, f"{where}.{node.name}", named) if named is None else None
        return {"$segment": node.name, "digest": None if named is None else named.get(node.name), "contents": inside}
    if isinstance(node, Mapping):
        for key in node:
            if not isinstance(key, str) or key.startswith("$"):
                raise TypeError(f"{where}: keys are strings without a leading $, got {key!r}")
        return {key: _encode(value, tensors, f"{where}.{key}", named) for key, value in node.items()}
    if isinstance(node, tuple):
        return {"$tuple": [_encode(v, tensors, f"{where}[{i}]", named) for i, v in enumerate(node)]}
    if isinstance(node, list):
        return [_encode(v, tensors, f"{where}[{i}]", named) for i, v in enumerate(node)]
    raise TypeError(f"{where} is a {type(node).__name__}: a state holds tensors, arrays, numbers, strings, lists and dicts")


def _append(tensors: list[Tensor], tensor: Tensor) -> int:
    tensors.append(tensor.clone(memory_format=torch.contiguous_format))  # its own memory: views of one buffer are saved apart
    return len(tensors) - 1


def _decode(node: Any, tensors: list[Tensor], path: Path) -> Any:
    if isinstance(node, list):
        return [_decode(v, tensors, path) for v in node]
    if not isinstance(node, dict):
        return node
    if "$tensor" in node:
        return tensors[node["$tensor"]]
    if "$array" in node:
        return tensors[node["$array"]].numpy()
    if "$tuple" in node:
        return tuple(_decode(v, tensors, path) for v in node["$tuple"])
    if "$segment" in node:
        return _decode_segment(node["$segment"], node["digest"], _decode(node["contents"], tensors, path), path)
    return {key: _decode(value, tensors, path) for key, value in node.items()}


def _decode_segment(name: str, digest: str | None, contents: dict[str, Any] | None, path: Path) -> Segment:
    if contents is not None:
        return Segment(name, lambda: contents)
    if digest is None:
        return Segment(name, None)
    return Segment(name, lambda: _read_segment(SegmentFiles(path.parent).path(name), digest))


def _digest(header: Mapping[str, str], tensors: list[Tensor]) -> str:
    covered = ("version", "kind", "tree", "segments")
    digest = hashlib.sha256("\0".join(header[name] for name in covered if name in header).encode())
    for tensor in tensors:
        digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
