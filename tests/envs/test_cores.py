import math
import os

import pytest

from rlt.envs import cores


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ({"cpu.max": "what\n"}, math.inf),
        ({}, math.inf),
    ],
)
def test_the_quota_of_a_container(files, wanted, tmp_path):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cores.quota(tmp_path) == wanted


def test_cores_are_the_fewer_of_affinity_and_quota(tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "_GROUPS", tmp_path)
    assert cores.cores() == len(os.sched_getaffinity(0))
    (tmp_path / "cpu.max").write_text("20000 100000\n")
    assert cores.cores() == 1
