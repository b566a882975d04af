"""What every test shares."""

import gc
import os

import pytest

from tests.warm import Warm

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors, and tests side by side: a second thread costs more than it gives


def pytest_collection_modifyitems(items):
    """Slow tests first: processes that ran out of work have quick ones left to take over."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish():
    """What was imported is not looked at again by each collection of garbage: a process holds a million such objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """Processes of Python that begin with torch already read."""
    server = Warm(tmp_path_factory.mktemp("warm"))
    yield server
    server.close()
