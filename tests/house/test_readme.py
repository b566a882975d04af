"""The README's code runs as it stands there, step counts cut; and the reader of its blocks."""

from __future__ import annotations

import pytest

from experiments.proofs.readme import Block, blocks, environment_of, here, run, shortened
from tests.house.source import ROOT

PAGE = """\
# A page

```bash
echo one > file
```

<!-- run: prove -->
```bash
make train
```

<!-- run: prove server -->

```bash
tensorboard --logdir runs
```

```python
from pathlib import Path; print(Path("file").read_text())
```

```
output
```
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_block_of_the_readme_runs(tmp_path, warm):
    environment = environment_of(warm.bin, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1")
    found = [block for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if not block.prove]
    assert {block.language for block in found} == {"bash", "python"}
    for block in found:
        run(Block(block.language, shortened(block.code), block.line), tmp_path, environment)


OTHERS = ("make ", "python -m rlt.export ", "python -m rlt.evaluate runs/tour episodes=4 video=true")
"""`make prove` runs them as they stand; tests/commands has the last two."""


def test_only_make_servers_and_what_other_tests_run_are_left_to_make_prove():
    for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")):
        assert not block.prove or block.server or block.code.startswith(OTHERS), f"line {block.line}"


def test_blocks_come_in_order_with_what_their_comments_say(tmp_path):
    found = blocks(PAGE)
    assert [(b.language, b.line, b.prove, b.server) for b in found] == [
        ("bash", 4, False, False), ("bash", 9, True, False), ("bash", 15, True, True), ("python", 19, False, False),
    ]
    environment = environment_of(here())
    run(found[0], tmp_path, environment)
    assert run(found[3], tmp_path, environment) == "one\n\n"


def test_a_block_that_fails_is_named_with_its_line_and_output(tmp_path):
    block = blocks("\n```bash\necho before\nfalse\necho after\n```\n")[0]
    with pytest.raises(RuntimeError, match=r"(?s)line 3 ended with 1.*\nbefore\n$"):
        run(block, tmp_path, environment_of(here()))


@pytest.mark.parametrize("page", ["<!-- run: never -->\n```bash\nls\n```\n", "```python\n1\n", "  text\n```bash\nls\n  ```\n"])
def test_a_page_that_cannot_be_read_is_refused(page):
    with pytest.raises(ValueError, match=r"expected 'prove'|not closed"):
        blocks(page)


def test_a_server_is_asked_for_its_page_and_ended(tmp_path):
    code = "python -u -m http.server 0 --bind 127.0.0.1\n"
    assert "answered 200" in run(Block("bash", code, 1, True, True), tmp_path, environment_of(here()))
    assert list(tmp_path.iterdir()) == []


FEW = "total_steps=1000 evaluation.episodes=2 evaluation.final_episodes=2"


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("python -m rlt.train +experiment=a total_steps=20_000", f"python -m rlt.train +experiment=a {FEW}"),
        ("python -m rlt.train like=a  # again", f"python -m rlt.train like=a {FEW}  # again"),
        ("python -m rlt.train resume=a", "python -m rlt.train resume=a"),
        ("python -m rlt.train --help\nrlt.evaluate a episodes=20", "python -m rlt.train --help\nrlt.evaluate a episodes=2"),
        ("agent.learn(10_000)\nagent.evaluate(10)", "agent.learn(1000)\nagent.evaluate(2)"),
        ("total_steps: 20_000", "total_steps: 1000"),
    ],
)
def test_code_is_shortened_in_steps_and_episodes_only(code, short):
    assert shortened(code) == short
