"""An agent that was stopped, saved and resumed, beside one that went on."""

from __future__ import annotations

from rlt.store.tree import load_tree, save_tree


def went_on_and_resumed(make, at, end, folder):
    """Two of `make()` after `end` steps: one that went on, and one that was taken over from a checkpoint at `at`."""
    whole, stopped, resumed = (make() for _ in range(3))
    for agent in (whole, stopped):
        agent.begin(end)
    whole.advance(end)
    stopped.advance(at)
    save_tree(folder / "x.rlt", stopped.state(), kind="checkpoint")
    assert resumed.load_state(load_tree(folder / "x.rlt", kind="checkpoint")) is None
    updates = resumed.training_steps[0].updates if resumed.training_steps else resumed.step.updates
    resumed.advance(end)
    return whole, resumed, updates
