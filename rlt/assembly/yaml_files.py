"""The base files of the config groups, written from the dataclasses: `make configs`. A test fails where they differ."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import yaml

from rlt import registry
from rlt.assembly.root import MODELS, agent_config, env_config
from rlt.config import defaults, doc_lines, field_types
from rlt.run.config import RunConfig
from rlt.store.atomic import write_text

_WIDTH = 110
_TABLE_STARTS, _TABLE_ENDS = "<!-- options: written from config.py by `make configs` -->", "<!-- end of options -->"


def base_files() -> dict[str, str]:
    """Path under `configs/` to contents."""
    files = {"run/default.yaml": _file(RunConfig, {}, "rlt/run/config.py", "# @package _global_\n")}
    for name in registry.names("agents"):
        files[f"agent/{name}.yaml"] = _file(agent_config(name), {"name": name}, f"agents/{name}/config.py")
    for name, cls in MODELS.items():
        files[f"model/{name}.yaml"] = _file(cls, {"name": name}, "rlt/nn/config.py")
    files["env/gymnasium.yaml"] = _file(env_config(), {}, "envs/config.py")
    return files


def option_tables() -> dict[str, str]:
    """Path from the project's root to a page whose table of options is written from its dataclass, and the page."""
    pages = {}
    for name in registry.names("agents"):
        page = Path(registry.folder("agents")) / name / "README.md"
        head, _, rest = page.read_text(encoding="utf-8").partition(_TABLE_STARTS)
        _, _, tail = rest.partition(_TABLE_ENDS)
        pages[str(page)] = f"{head}{_TABLE_STARTS}\n{_option_table(agent_config(name))}{_TABLE_ENDS}{tail}"
    return pages


def _option_table(cls: type) -> str:
    docs = doc_lines(cls)
    rows = [f"| `{name}` | {_scalar(default)} | {docs[name]} |" for name, default in defaults(cls).items()]
    return "\n".join(["| option | default | effect and typical range |", "|---|---|---|", *rows]) + "\n"


def _file(cls: type, lead: Mapping[str, Any], source: str, header: str = "") -> str:
    first = (cls.__doc__ or "").strip().splitlines()[0]
    return f"{header}# {first}\n# Written from {source} by `make configs`: edit there.\n" + commented_yaml(
        cls, {**lead, **defaults(cls)}
    )


def commented_yaml(cls: type, values: Mapping[str, Any], indent: str = "") -> str:
    """`values` as YAML, each field of `cls` below its doc line."""
    docs, types, lines = doc_lines(cls), field_types(cls), []
    for key, value in values.items():
        if key in docs:
            lines += textwrap.wrap(docs[key], _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
        nested = types.get(key)
        if is_dataclass(nested) and isinstance(nested, type) and isinstance(value, Mapping):
            lines += [f"{indent}{key}:", commented_yaml(nested, value, indent + "  ").rstrip("\n")]
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).strip()
    text = text.removesuffix("...").strip()
    return (
        f"{value:.0e}".replace("e-0", "e-")
        if isinstance(value, float) and 0 < abs(value) < 1e-3 and float(f"{value:.0e}") == value
        else text
    )


def main() -> int:
    """Writes the files into a checkout's `configs/`, or with `--check` says which differ."""
    parser = argparse.ArgumentParser(prog="python -m rlt.assembly.yaml_files", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    check = parser.parse_args().check
    root = Path(registry.folder("configs"))
    files = {str(root / path): text for path, text in base_files().items()} | option_tables()
    different = [p for p, text in files.items() if not Path(p).exists() or Path(p).read_text(encoding="utf-8") != text]
    for path in different:
        print(("differs: " if check else "wrote ") + path)
        if not check:
            write_text(Path(path), files[path])
    return 1 if check and different else 0


if __name__ == "__main__":
    raise SystemExit(main())
