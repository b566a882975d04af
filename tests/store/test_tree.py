"""State files: everything comes back as it was, and nothing that is damaged is believed."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from rlt.errors import RunError
from rlt.store.atomic import write_atomically, write_text
from rlt.store.tree import FORMAT_VERSION, load_tree, save_tree

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]
ARRAYS = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool"]


def tensors():
    def make(dtype, shape, seed):
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(0, 200, shape, generator=generator).to(dtype)

    return st.builds(make, st.sampled_from(DTYPES), st.sampled_from([(), (0,), (1,), (3, 2), (2, 0, 4)]), st.integers(0, 99))


def arrays():
    def make(dtype, shape, seed):
        return np.random.default_rng(seed).integers(0, 200, size=shape).astype(dtype)

    return st.builds(make, st.sampled_from(ARRAYS), st.sampled_from([(), (0,), (5,), (2, 3)]), st.integers(0, 99))


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**130), 2**130), st.floats(allow_nan=False), st.text(max_size=8), tensors(), arrays()
)
names = st.text(max_size=6).filter(lambda key: not key.startswith("$"))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees)
def test_a_tree_comes_back_as_it_was(tmp_path, tree):
    save_tree(tmp_path / "x.rlt", tree, kind="checkpoint")
    assert same(load_tree(tmp_path / "x.rlt", kind="checkpoint"), tree)


def test_numbers_that_json_could_lose_come_back(tmp_path):
    state = {
        "numpy": np.random.PCG64(7).state, "torch": torch.Generator().manual_seed(7).get_state(), "inf": float("-inf"),
        "tiny": 5e-324, "third": 1 / 3, "mersenne": np.random.MT19937(3).state,
    }
    save_tree(tmp_path / "x.rlt", state, kind="checkpoint")
    assert same(load_tree(tmp_path / "x.rlt", kind="checkpoint"), state)
    save_tree(tmp_path / "x.rlt", {"nan": float("nan")}, kind="checkpoint")
    assert np.isnan(load_tree(tmp_path / "x.rlt", kind="checkpoint")["nan"])


def test_views_of_one_buffer_are_saved_apart(tmp_path):
    buffer = torch.arange(6.0)
    save_tree(tmp_path / "x.rlt", {"head": buffer[:2], "turned": buffer.view(2, 3).T, "whole": buffer}, kind="checkpoint")
    back = load_tree(tmp_path / "x.rlt", kind="checkpoint")
    assert torch.equal(back["turned"], buffer.view(2, 3).T)
    back["head"].zero_()
    assert torch.equal(back["whole"], buffer)


@pytest.mark.parametrize(("tree", "place"), [({"a": [1, object()]}, r"state\.a\[1\]"), ({"a": {2: 3}}, r"state\.a"), ({"$x": 1}, "state")])
def test_what_a_state_cannot_hold_is_named_with_its_place(tmp_path, tree, place):
    with pytest.raises(TypeError, match=place):
        save_tree(tmp_path / "x.rlt", tree, kind="checkpoint")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "x.rlt"
    save_tree(path, {"weights": {"a": torch.randn(3, 3), "b": np.arange(4)}, "steps": 17, "name": "ppo"}, kind="checkpoint")
    return path


def refused(path):
    with pytest.raises(RunError) as caught:
        load_tree(path, kind="checkpoint")
    assert str(path) in str(caught.value).splitlines()[0]
    return str(caught.value)


def test_a_file_cut_short_anywhere_is_refused(saved, tmp_path):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.rlt").write_bytes(whole[:length])
        refused(tmp_path / "cut.rlt")


def test_a_damaged_byte_anywhere_is_refused(saved, tmp_path):
    whole = saved.read_bytes()
    end = 8 + struct.unpack("<Q", whole[:8])[0]
    padding = range(whole.rindex(b"}", 0, end) + 1, end)  # blanks that mean nothing
    for place in range(len(whole)):
        for flip in (1, 32, 128):
            damaged = bytearray(whole)
            damaged[place] ^= flip
            (tmp_path / "damaged.rlt").write_bytes(bytes(damaged))
            try:
                back = load_tree(tmp_path / "damaged.rlt", kind="checkpoint")
            except RunError:
                continue
            assert place in padding, (place, flip, back)


def header_with(saved, path, **changes):
    from safetensors import safe_open

    with safe_open(saved, framework="pt") as file:
        header, entries = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(entries, path, metadata={**header, **changes})


def test_a_newer_format_names_both_versions_and_the_way_out(saved, tmp_path):
    header_with(saved, tmp_path / "new.rlt", version=str(FORMAT_VERSION + 1))
    text = refused(tmp_path / "new.rlt")
    assert f"version {FORMAT_VERSION + 1}" in text
    assert f"up to {FORMAT_VERSION}" in text
    assert "fix:" in text


def test_a_file_of_another_kind_or_of_another_program_is_refused(saved, tmp_path):
    with pytest.raises(RunError, match="is of kind checkpoint, expected agent"):
        load_tree(saved, kind="agent")
    save_file({"0": torch.zeros(2)}, tmp_path / "other.safetensors")
    assert "not written by rlt" in refused(tmp_path / "other.safetensors")
    torch.save({"a": torch.zeros(2)}, tmp_path / "pickle.rlt")
    refused(tmp_path / "pickle.rlt")
    assert "is not there" in refused(tmp_path / "nothing.rlt")
    (tmp_path / "text.rlt").write_text(json.dumps({"steps": 3}))
    refused(tmp_path / "text.rlt")


def test_a_header_that_lacks_an_entry_is_refused(tmp_path):
    for missing in ("version", "kind", "tree", "digest"):
        header = {"format": "rlt", "version": "1", "kind": "checkpoint", "tree": "{}", "digest": "0"}
        del header[missing]
        save_file({"0": torch.zeros(1)}, tmp_path / "x.rlt", metadata=header)
        refused(tmp_path / "x.rlt")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, half)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_a_process_that_dies_while_it_writes_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")
    code = (
        "import os, pathlib, sys\nfrom rlt.store.atomic import write_atomically\n"
        "write_atomically(pathlib.Path(sys.argv[1]), lambda t: (t.write_text('ne'), os._exit(9)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=os.getcwd())
    assert done.returncode == 9
    assert path.read_text() == "old"
    write_text(path, "new")
    assert path.read_text() == "new"
