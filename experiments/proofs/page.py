"""The page of an area: what was claimed, what came out, on what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.proofs.proof import Proof, table
from rlt.store.atomic import write_text


def write_page(path: Path, area: str, proofs: Sequence[Proof], results: Mapping[str, Mapping[str, Any]]) -> None:
    """Every proof of `area`, also those that were not measured.

    What the page says of a proof without a result stays, if the claim is the same: it was measured in another clone.
    """
    kept = _measured_elsewhere(path, [p for p in proofs if p.name not in results])
    rows: list[tuple[object, ...]] = [
        kept[p.name][0] if p.name in kept else (f"[{p.name}](#{p.name})", p.claim, *_verdict(results.get(p.name)))
        for p in proofs
    ]
    parts = [
        f"# Proofs: {area}",
        f"Written by `make prove AREA={area}`: every line measured at full size.",
        table(("proof", "claim", "result", "minutes", "revision", "date"), rows),
        *(kept[p.name][1] if p.name in kept else _section(p, results[p.name])
          for p in proofs if p.name in results or p.name in kept),
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "\n\n".join(parts) + "\n")


def _measured_elsewhere(path: Path, proofs: Sequence[Proof]) -> dict[str, tuple[tuple[str, ...], str]]:
    """The row and the section of each of `proofs` that the page says was measured."""
    page = path.read_text(encoding="utf-8") if path.is_file() else ""
    sections = {text.partition("\n")[0]: "## " + text.strip() for text in re.split(r"^## ", page, flags=re.MULTILINE)[1:]}
    kept = {}
    for p in proofs:
        row = re.search(rf"^\| (\[{p.name}\]\(#{p.name}\) \| {re.escape(p.claim)} \| .*) \|$", page, re.MULTILINE)
        if row is not None and p.name in sections:
            kept[p.name] = (tuple(row[1].split(" | ")), sections[p.name])
    return kept


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
