"""The page of an area: what was claimed, what came out, on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.proofs.proof import Proof, table
from rlt.store.atomic import write_text


def write_page(path: Path, area: str, proofs: Sequence[Proof], results: Mapping[str, Mapping[str, Any]]) -> None:
    """Every proof of `area`, also those that were not measured."""
    rows: list[tuple[object, ...]] = [(f"[{p.name}](#{p.name})", p.claim, *_verdict(results.get(p.name))) for p in proofs]
    parts = [
        f"# Proofs: {area}",
        f"Written by `make prove AREA={area}`: every line measured at full size.",
        table(("proof", "claim", "result", "minutes", "revision", "date"), rows),
        *(_section(p, results[p.name]) for p in proofs if p.name in results),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "\n\n".join(parts) + "\n")


def _verdict(record: Mapping[str, Any] | None) -> tuple[str, str, str, str]:
    if record is None:
        return "not measured", "", "", ""
    git = record["git"]
    revision = "" if git is None else git["commit"][:7] + (" with changes" if git["changed"] else "")
    return "holds" if record["holds"] else "**does not hold**", f"{record['seconds'] / 60:.1f}", revision, record["date"]


def _section(proof: Proof, record: Mapping[str, Any]) -> str:
    machine = record["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    system = machine["system"].partition("-")[0]
    on = f"{system}, {machine['cores']} cores ({machine['processor']}), Python {record['python']}, {versions}"
    parts = [f"## {proof.name}", proof.claim, record["figures"]]
    if record["commands"]:
        parts.append("```bash\n" + "\n".join(record["commands"]) + "\n```")
    return "\n\n".join([*parts, f"Measured on {on}."])
