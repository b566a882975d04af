"""Replay gives back the transitions that were, and no others."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.errors import ConfigError, RunError
from rlt.rl.memory import refuse_beyond_memory
from rlt.rl.replay import Replay, gather
from rlt.rl.stacked import Stacked
from rlt.rl.vector_env import Step
from rlt.store.segment import SegmentFiles
from rlt.store.tree import load_tree, save_tree

GAMMA = 0.5  # with rewards in eighths, sums in float32 are exact
CPU = torch.device("cpu")


def make(capacity=12, num_envs=2, dtype=torch.float32, share=None, n_steps=1):
    return Replay(capacity, num_envs, (3,), dtype, (), torch.int64, CPU, share, n_steps)


class Stream:
    """Transitions of made-up environments, each observation a number of its own; remembers what happened, as plain rows."""

    def __init__(self, num_envs, seed, ends=0.3, dtype=torch.float32):
        self.random, self.num_envs, self.ends, self.dtype = torch.Generator().manual_seed(seed), num_envs, ends, dtype
        self.count, self.rows, self.ends_at = 0, [], []
        self.obs = self.fresh()

    def fresh(self):
        n = self.num_envs
        numbers = torch.arange(self.count, self.count + n) % 251
        self.count += n
        return numbers.to(self.dtype).unsqueeze(1).expand(n, 3).clone()

    def step(self, replay):
        n = self.num_envs
        draw = [torch.rand(n, generator=self.random) < self.ends for _ in range(2)]
        action, reward = torch.randint(5, (n,), generator=self.random), torch.randn(n, generator=self.random).mul(8).round() / 8
        final, done = self.fresh(), draw[0] | draw[1]
        after = torch.where(done.unsqueeze(1), self.fresh(), final) if bool(done.any()) else final
        replay.add(self.obs, action, Step(after, reward, *draw, final_obs=final))
        self.rows.append(
            [(self.obs[i, 0].item(), action[i].item(), reward[i].item(), 0.0 if draw[0][i] else GAMMA, final[i, 0].item())
             for i in range(n)]
        )
        self.ends_at.append([(bool(draw[0][i]), bool(draw[1][i])) for i in range(n)])
        self.obs = after


def everything(replay, n_steps=1):
    """All that can be sampled, oldest first, as plain rows."""
    offset = replay._first % replay._ring * replay.num_envs
    places = (torch.arange(replay.size) + offset) % (replay._ring * replay.num_envs)
    t = gather(replay.storage, places, GAMMA, n_steps)
    columns = (t.obs[:, 0], t.action, t.reward, t.discount, t.next_obs[:, 0])
    flat = [tuple(row) for row in zip(*(c.tolist() for c in columns))]
    return [flat[i : i + replay.num_envs] for i in range(0, len(flat), replay.num_envs)]


class StackedStream(Stream):
    """The same with the last `size` frames of the episode as an observation."""

    def __init__(self, num_envs, seed, stacked, ends, dtype):
        self.stacked, self.frames = stacked, [[] for _ in range(num_envs)]
        super().__init__(num_envs, seed, ends, dtype)
        self.obs = self.begun(self.obs)

    def padded(self, i):
        size, frames = self.stacked.size, self.frames[i][-self.stacked.size:]
        blank = torch.zeros_like(frames[0]) if self.stacked.zeros else frames[0]
        return torch.stack([blank] * (size - len(frames)) + frames)

    def begun(self, frames):
        self.frames = [[frame] for frame in frames]
        return torch.stack([self.padded(i) for i in range(self.num_envs)])

    def step(self, *replays):
        n = self.num_envs
        draw = [torch.rand(n, generator=self.random) < self.ends for _ in range(2)]
        action, reward = torch.randint(5, (n,), generator=self.random), torch.randn(n, generator=self.random).mul(8).round() / 8
        done = draw[0] | draw[1]
        for held, frame in zip(self.frames, self.fresh()):
            held.append(frame)
        after = final = torch.stack([self.padded(i) for i in range(n)])
        if bool(done.any()):
            for i, frame in enumerate(self.fresh()):
                self.frames[i] = [frame] if done[i] else self.frames[i]
            after = torch.stack([self.padded(i) for i in range(n)])
        for replay in replays:
            replay.add(self.obs, action, Step(after, reward, *draw, final_obs=final))
        self.obs = after


def close(got, expected):
    return len(got) == len(expected) and all(
        a == pytest.approx(b, abs=1e-6) for r, s in zip(got, expected) for a, b in zip(r, s)
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 40), st.floats(0, 1), st.integers(0, 1000), st.booleans())
def test_replay_holds_the_newest_transitions_with_their_true_final_observations(num_envs, rows, steps, ends, seed, image):
    dtype = torch.uint8 if image else torch.float32
    replay, stream = make(num_envs * rows, num_envs, dtype, share=1.0), Stream(num_envs, seed, ends, dtype)
    for _ in range(steps):
        stream.step(replay)
    assert replay.size == min(steps, rows) * num_envs
    assert close(everything(replay), stream.rows[-rows:] if steps else [])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(2, 12), st.integers(1, 50), st.floats(0, 1), st.integers(0, 99))
def test_where_episodes_end_too_often_for_images_the_oldest_transitions_leave_early(num_envs, rows, steps, ends, seed):
    replay, stream = make(num_envs * rows, num_envs, torch.uint8, share=0.25), Stream(num_envs, seed, ends, torch.uint8)
    for _ in range(steps):
        stream.step(replay)
        held = replay.size // num_envs
        assert 1 <= held <= rows
        assert close(everything(replay), stream.rows[-held:])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(2, 9), st.integers(1, 30), st.integers(1, 30), st.integers(0, 99), st.booleans())
def test_a_restored_replay_goes_on_as_the_one_that_was_saved(num_envs, rows, before, after, seed, image):
    share, dtype = (0.5, torch.uint8) if image else (None, torch.float32)
    whole, restored = (make(num_envs * rows, num_envs, dtype, share) for _ in range(2))
    for replay in (whole, restored):
        replay._segment_rows = 2
    stream = Stream(num_envs, seed, dtype=dtype)
    for _ in range(before):
        stream.step(whole)
    assert restored.load_state(whole.state()) is None
    assert everything(restored) == everything(whole)
    restored.go_on(stream.obs.clone())
    twin = copy.deepcopy(stream)
    for _ in range(after):
        stream.step(whole)
        twin.step(restored)
    assert everything(restored) == everything(whole)
    draws = [r.sample(3, 5, torch.Generator().manual_seed(1)) for r in (whole, restored)]
    taken = [gather(r.storage, d.flatten(), GAMMA) for r, d in zip((whole, restored), draws)]
    assert all(torch.equal(a, b) for a, b in zip(*taken))


def joined(stream, first, n_steps):
    """What `first` and the rows after it hold as returns of `n_steps`, summed a reward at a time."""
    rows = []
    for start in range(first, len(stream.rows)):
        row = []
        for i in range(stream.num_envs):
            total, factor, at = 0.0, 1.0, start
            while True:
                total += factor * stream.rows[at][i][2]
                factor *= GAMMA
                terminated, truncated = stream.ends_at[at][i]
                if terminated or truncated or at == len(stream.rows) - 1 or at == start + n_steps - 1:
                    break
                at += 1
            obs, action = stream.rows[start][i][:2]
            row.append((obs, action, total, 0.0 if terminated else factor, stream.rows[at][i][4]))
        rows.append(row)
    return rows


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 40), st.floats(0, 1), st.integers(2, 6), st.integers(0, 1000),
    st.booleans(),
)
def test_returns_of_several_steps_stop_at_an_episodes_end_and_at_the_newest_transition(
    num_envs, rows, steps, ends, n_steps, seed, image
):
    dtype = torch.uint8 if image else torch.float32
    replay, stream = make(num_envs * rows, num_envs, dtype, 1.0, n_steps), Stream(num_envs, seed, ends, dtype)
    for _ in range(steps):
        stream.step(replay)
        assert close(everything(replay, n_steps), joined(stream, max(len(stream.rows) - rows, 0), n_steps))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(2, 9), st.integers(1, 30), st.integers(0, 20), st.integers(0, 99), st.booleans())
def test_returns_of_several_steps_go_on_over_a_restored_replay_unless_the_environments_start_anew(
    num_envs, rows, before, after, seed, anew
):
    saved, replay = (make(num_envs * rows, num_envs, n_steps=3) for _ in range(2))
    for each in (saved, replay):
        each._segment_rows = 2
    stream = Stream(num_envs, seed)
    for _ in range(before):
        stream.step(saved)
    assert replay.load_state(saved.state()) is None
    if anew:
        stream.obs = stream.fresh()
    else:
        replay.go_on(stream.obs.clone())
    for n in range(after):
        if anew and n == 0:
            stream.ends_at[-1] = [(terminated, True) for terminated, _ in stream.ends_at[-1]]
        stream.step(replay)
    assert close(everything(replay, 3), joined(stream, max(len(stream.rows) - rows, 0), 3))


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 5), st.booleans(), st.integers(1, 30), st.integers(1, 20),
    st.floats(0, 1), st.integers(1, 3), st.integers(0, 999), st.booleans(), st.sampled_from([1.0, 0.25]),
)
def test_stacked_observations_come_back_whole_though_a_frame_is_stored_once(
    num_envs, rows, size, zeros, before, after, ends, n_steps, seed, anew, share
):
    stacked = Stacked(size, zeros)

    def empty(stacked):
        shape = (num_envs * rows, num_envs, (size, 3), torch.uint8, (), torch.int64, CPU, share, n_steps)
        replay = Replay(*shape, stacked)
        replay._segment_rows = 2
        return replay

    def sampled(replay):
        offset = replay._first % replay._ring * num_envs
        places = (torch.arange(replay.size) + offset) % (replay._ring * num_envs)
        return gather(replay.storage, places, GAMMA, n_steps)

    plain, frames, stream = empty(None), empty(stacked), StackedStream(num_envs, seed, stacked, ends, torch.uint8)
    for _ in range(before):
        stream.step(plain, frames)
        assert all(torch.equal(a, b) for a, b in zip(sampled(frames), sampled(plain)))
    restored = [empty(None), empty(stacked)]
    for saved, replay in zip((plain, frames), restored):
        for _ in range(3):  # what was in it before is forgotten
            replay.add(torch.full_like(stream.obs, 7), torch.zeros(num_envs, dtype=torch.int64), Step(
                torch.full_like(stream.obs, 8), torch.zeros(num_envs), *torch.zeros(2, num_envs, dtype=torch.bool),
                final_obs=torch.full_like(stream.obs, 8)))
        assert replay.load_state(saved.state()) is None
        if not anew:
            replay.go_on(stream.obs)
    if anew:
        stream.obs = stream.begun(stream.fresh())
    for _ in range(after):
        assert all(torch.equal(a, b) for a, b in zip(*(sampled(replay) for replay in restored)))
        stream.step(*restored)


def test_a_replay_of_observations_that_were_stacked_otherwise_starts_empty():
    saved, other = (Replay(8, 2, (3, 5), torch.uint8, (), torch.int64, CPU, stacked=s) for s in (Stacked(3, False), None))
    StackedStream(2, 0, Stacked(3, False), 0.1, torch.uint8)
    assert "starts empty" in other.load_state(saved.state())


def test_environments_that_start_anew_leave_the_newest_transition_as_it_was():
    saved, replay, stream = make(), make(), Stream(2, 0, ends=0.0)
    for _ in range(3):
        stream.step(saved)
    replay.load_state(saved.state())
    stream.obs = stream.fresh()  # a reset: not where the third step led to
    stream.step(replay)
    assert close(everything(replay), stream.rows)
    assert replay._truncated[:3].tolist() == [[False, False], [False, False], [True, True]]


def test_sampling_is_uniform_over_what_is_stored_also_after_the_ring_has_turned():
    replay, stream = make(capacity=6), Stream(2, 3)
    for _ in range(10):
        stream.step(replay)
    places = replay.sample(1, 60_000, torch.Generator().manual_seed(0))[0]
    seen = Counter(gather(replay.storage, places, GAMMA).obs[:, 0].tolist())
    expected = {row[0] for rows in stream.rows[-3:] for row in rows}
    assert seen.keys() == expected
    assert max(abs(n / 10_000 - 1) for n in seen.values()) < 0.05


def test_only_new_segments_are_written_and_what_no_checkpoint_names_is_removed(tmp_path):
    replay, stream, files = make(capacity=16), Stream(2, 5), SegmentFiles(tmp_path)
    replay._segment_rows = 2
    written = []
    for n in range(3):
        for _ in range(5):
            stream.step(replay)
        path = tmp_path / f"step_{n}.rlt"
        save_tree(path, replay.state(), kind="checkpoint", segments=files)
        written.append({f.name: f.stat().st_mtime_ns for f in files.folder.iterdir()})
    assert [len(w) for w in written] == [2, 5, 7]  # 5, 10, 15 rows: row 7, the oldest, lies in segment 3
    assert all(written[2][name] == stamp for name, stamp in written[1].items())
    restored = make(capacity=16)
    restored._segment_rows = 2
    state = load_tree(tmp_path / "step_2.rlt", kind="checkpoint")
    files.keep_only(s.name for s in state["segments"])
    assert len(list(files.folder.iterdir())) == len(state["segments"]) == 4
    restored.load_state(state)
    assert everything(restored) == everything(replay)
    (files.folder / "replay_000004.rlt").unlink()
    with pytest.raises(RunError, match=r"replay_000004.*is not there"):
        make(capacity=16).load_state(load_tree(tmp_path / "step_2.rlt", kind="checkpoint"))


def test_a_segment_of_another_run_is_refused(tmp_path):
    for name, seed in (("one", 0), ("other", 1)):
        replay, stream = make(), Stream(2, seed)
        replay._segment_rows = 2
        for _ in range(4):
            stream.step(replay)
        save_tree(tmp_path / name / "x.rlt", replay.state(), kind="checkpoint", segments=SegmentFiles(tmp_path / name))
    foreign = tmp_path / "other/segments/replay_000001.rlt"
    foreign.replace(tmp_path / "one/segments/replay_000001.rlt")
    with pytest.raises(RunError, match="of another run"):
        make().load_state(load_tree(tmp_path / "one/x.rlt", kind="checkpoint"))


def test_a_state_that_is_read_after_its_rows_were_overwritten_is_refused():
    replay, stream = make(capacity=8), Stream(2, 0)
    replay._segment_rows = 2
    for _ in range(4):
        stream.step(replay)
    state = replay.state()
    for _ in range(4):
        stream.step(replay)
    with pytest.raises(RunError, match="overwritten"):
        make(capacity=8).load_state(state)


def test_what_does_not_fit_is_refused_with_what_does():
    with pytest.raises(ConfigError, match="fix: agent.buffer_size=8 or more"):
        make(capacity=7, num_envs=8)
    need = Replay.bytes(10**12, (84, 84, 4), torch.uint8, (), torch.int64)
    with pytest.raises(ConfigError, match=r"a replay of 1,000,000,000,000 transitions does not fit.*\n.*free\n.*buffer_size="):
        refuse_beyond_memory(need, 10**12, CPU, f"a replay of {10**12:,} transitions", "agent.buffer_size")


def test_images_take_little_more_than_once_their_size():
    replay = Replay(800, 8, (4, 20, 20), torch.uint8, (), torch.int64, CPU)
    tensors = (replay._frames, replay._slots, replay._next_frame, *replay.storage[2:5])
    assert sum(t.nbytes for t in tensors) < 1.3 * 800 * 1600
    estimate = Replay.bytes(800, (4, 20, 20), torch.uint8, (), torch.int64)
    assert sum(t.nbytes for t in tensors) == pytest.approx(estimate, rel=0.03)


def test_of_stacked_images_a_frame_is_stored_once():
    stacked = Stacked(4, False)
    replay = Replay(800, 8, (4, 20, 20), torch.uint8, (), torch.int64, CPU, stacked=stacked)
    tensors = (replay._frames, replay._slots, *(t for t in replay.storage[1:] if t is not None))
    assert sum(t.nbytes for t in tensors) < 1.4 * 800 * 400
    estimate = Replay.bytes(800, (4, 20, 20), torch.uint8, (), torch.int64, stacked=stacked)
    assert sum(t.nbytes for t in tensors) == pytest.approx(estimate, rel=0.05)
