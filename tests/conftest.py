"""What every test shares."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors, and tests side by side: a second thread costs more than it gives


def pytest_collection_modifyitems(items):
    """Slow tests first: processes that ran out of work have quick ones left to take over."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
