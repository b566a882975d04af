"""metrics.csv: numbers to the bit, columns that come later, rows that a resume drops."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlt.errors import RunError
from rlt.log.metrics_csv import MetricsCsv, read_metrics

rows = st.lists(st.dictionaries(st.sampled_from(["loss/a", "b", "c,d", 'e"f']), st.one_of(st.floats(), st.integers(-(2**53), 2**53))), max_size=6)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_every_number_reads_back_to_the_bit_and_what_a_row_lacks_is_nan(tmp_path, rows):
    log = MetricsCsv(tmp_path / "m.csv")
    for step, row in enumerate(rows):
        log.write(step, row)
    back = read_metrics(tmp_path / "m.csv")
    assert back.pop("steps") == list(range(len(rows)))
    assert set(back) == {name for row in rows for name in row}
    for name, column in back.items():
        for value, row in zip(column, rows):
            expected = float(row.get(name, math.nan))
            assert value == expected or (math.isnan(value) and math.isnan(expected))


def test_a_resume_drops_later_rows_and_writes_the_same_bytes_again(tmp_path):
    def write(log, steps):
        for step in steps:
            log.write(step, {"a": step / 3} | ({"late": step / 7} if step >= 30 else {}))

    write(MetricsCsv(tmp_path / "whole.csv"), range(10, 70, 10))
    path = tmp_path / "killed.csv"
    write(MetricsCsv(path), range(10, 60, 10))
    write(MetricsCsv(path, resume_at=20), range(30, 50, 10))
    with open(path, "a") as file:
        file.write("50,1")  # a line that a kill cut short
    write(MetricsCsv(path, resume_at=40), range(50, 70, 10))
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_row_at_the_step_of_the_checkpoint_stays(tmp_path):
    MetricsCsv(tmp_path / "m.csv").write(40, {"a": 1.0})
    MetricsCsv(tmp_path / "m.csv", resume_at=40)
    assert read_metrics(tmp_path / "m.csv")["steps"] == [40]


def test_a_new_run_starts_with_an_empty_table(tmp_path):
    MetricsCsv(tmp_path / "m.csv").write(40, {"a": 1.0})
    MetricsCsv(tmp_path / "m.csv")
    assert read_metrics(tmp_path / "m.csv") == {"steps": []}


def test_no_file_is_no_run(tmp_path):
    with pytest.raises(RunError, match="no run"):
        read_metrics(tmp_path / "m.csv")
