"""The code blocks of a Markdown page, run in order in one folder.

Blocks marked ```bash and ```python run; each begins a process of its own. A comment in the line before a block says
when:

    <!-- run: prove -->           by `make prove` only, not in the tests (make)
    <!-- run: prove server -->    likewise; started, asked for its page at the address that it prints, and ended
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^(?:<!-- run: (?P<when>[a-z ]+?) -->\n+)?```(?P<language>bash|python)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_STEPS = 1_000


@dataclass(frozen=True)
class Block:
    """One block of code."""

    language: str
    """bash or python."""
    code: str
    line: int
    """Of its first line of code."""
    prove: bool = False
    server: bool = False


def blocks(text: str) -> list[Block]:
    """In the order of the page. ValueError for a comment that asks for something else."""
    found = []
    for match in _BLOCK.finditer(text):
        when = (match["when"] or "").split()
        line = text.count("\n", 0, match.start("code")) + 1
        if when not in ([], ["prove"], ["prove", "server"]):
            raise ValueError(f"line {line}: <!-- run: {' '.join(when)} -->: expected 'prove' or 'prove server'")
        found.append(Block(match["language"], match["code"], line, "prove" in when, "server" in when))
    if len(found) != len(re.findall(r"^```(?:bash|python)$", text, re.MULTILINE)):
        raise ValueError("a block of code is not closed, or indented")
    return found


def shortened(code: str) -> str:
    """The same with few steps and episodes: numbers that are there are replaced, missing ones added to rlt.train."""
    code = re.sub(r"(\btotal_steps(?:=|: ))[\d_]+", rf"\g<1>{_STEPS}", code)
    code = re.sub(r"(\.learn\()[\d_]+", rf"\g<1>{_STEPS}", code)
    code = re.sub(r"(\bepisodes=|\.evaluate\()\d+", r"\g<1>2", code)
    train = re.compile(r"^(?:python -m rlt\.train|rlt-train) [^#\n]*", re.MULTILINE)
    return train.sub(lambda found: _short_run(found[0]), code)


def _short_run(words: str) -> str:
    if re.search(r"\bresume=|--help|--cfg| -h\b", words):
        return words
    added = [f"total_steps={_STEPS}"] if "total_steps=" not in words else []
    added += [f"evaluation.{key}=2" for key in ("episodes", "final_episodes") if f"evaluation.{key}=" not in words]
    return " ".join([words.rstrip(), *added]) + " " * (len(words) - len(words.rstrip()))


def run(block: Block, folder: Path, environment: Mapping[str, str], timeout: float | None = None) -> str:
    """The output of a block. RuntimeError, with the output's end, where it fails."""
    if block.server:
        return _serve(block, folder, environment)
    words = ["bash", "-euo", "pipefail", "-c"] if block.language == "bash" else ["python", "-W", "error", "-c"]
    done = subprocess.run(
        [*words, block.code], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=timeout,
    )
    if done.returncode:
        raise RuntimeError(f"the block of line {block.line} ended with {done.returncode}\n{block.code}{done.stdout[-3000:]}")
    return done.stdout


def environment_of(bin_folder: Path | str, **more: str) -> dict[str, str]:
    """The variables of this process, with `bin_folder` first on the PATH."""
    return os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"} | more


def here() -> str:
    """The folder of this interpreter's commands."""
    return str(Path(sys.executable).parent)


def _serve(block: Block, folder: Path, environment: Mapping[str, str]) -> str:
    output = folder / f".server_{block.line}.log"
    with open(output, "wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", block.code], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(120):
            time.sleep(0.5)
            shown = output.read_text(errors="replace")
            address = re.search(r"https?://[\w.]+:\d+/?", shown)
            if address is not None:
                with urllib.request.urlopen(address[0], timeout=30) as answer:
                    return f"{address[0]} answered {answer.status} with {len(answer.read()):,} bytes"
            if process.poll() is not None:
                break
        raise RuntimeError(f"the server of line {block.line} gave no address\n{output.read_text(errors='replace')[-3000:]}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        output.unlink()
