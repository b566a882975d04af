"""`make prove AREA=house`: runs the proofs of an area one after the other and writes experiments/proofs/AREA.md.

A result that holds is kept in experiments/proofs/.state/AREA and not measured again; one that was interrupted goes on
where it was; one that failed is measured anew.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.proofs.page import write_page
from experiments.proofs.proof import Proof, Result
from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError, one_of
from rlt.run.folder import provenance
from rlt.store.atomic import write_text

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class ProveOptions:
    """What to measure."""

    only: list[str] | None = None
    """Names of proofs; the others are left as they are."""
    again: bool = False
    """Measure anew what already holds."""
    long: bool = False
    """Also the proofs that take more than half an hour each."""
    state: str | None = None
    """Folder for runs and results on the way. null: experiments/proofs/.state."""
    out: str | None = None
    """Folder for the page. null: experiments/proofs."""


COMMAND = Command(
    "experiments.proofs.prove", "Measures the claims of an area at full size and writes the page with the figures.", ProveOptions,
    words=Words("AREA", "a module of experiments/proofs that lists PROOFS", most=1),
    examples=(("house", "every claim of the house"), ("house only=resume_cartpole again=true", "one of them, anew")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """0; 1 where a claim does not hold; 2 after a mistake."""
    return run(COMMAND, argv, _prove)


def _prove(words: list[str], options: ProveOptions) -> int:
    proofs = proofs_of(words[0])
    for name in options.only or ():
        if name not in [p.name for p in proofs]:
            raise ConfigError(f"only={name}: {words[0]} has no such proof", one_of(name, [p.name for p in proofs]))
    state = Path(options.state or HERE / ".state").absolute() / words[0]
    for proof in proofs:
        chosen = proof.name in options.only if options.only is not None else options.long or not proof.long
        if chosen:
            measured(proof, state / proof.name, options.again)
    results = {p.name: found for p in proofs if (found := recorded(state / p.name)) is not None}
    page = Path(options.out or HERE) / f"{words[0]}.md"
    write_page(page, words[0], proofs, results)
    print(f"written: {os.path.relpath(page)}")
    return 0 if all(r["holds"] for r in results.values()) else 1


def proofs_of(area: str) -> list[Proof]:
    """The list PROOFS of an area's module."""
    areas = [p.stem for p in HERE.glob("*.py") if "\nPROOFS = [" in p.read_text(encoding="utf-8")]
    if area not in areas:
        raise ConfigError(f"there is no area {area}", one_of(area, areas))
    proofs: list[Proof] = importlib.import_module(f"experiments.proofs.{area}").PROOFS
    return proofs


def measured(proof: Proof, folder: Path, again: bool = False) -> dict[str, Any]:
    """The record of a proof, measured now unless it already holds."""
    old = recorded(folder)
    if old is not None and old["holds"] and not again:
        commit = (provenance()["git"] or {}).get("commit")
        changed = "" if old["git"] is None or old["git"]["commit"] == commit else ", on other code than today's: again=true"
        print(f"{proof.name}: holds since {old['date']}{changed}", flush=True)
        return old
    if old is not None:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{proof.name}: {proof.claim}", flush=True)
    spent, began, origin = _spent(folder), time.monotonic(), provenance()
    try:
        result = proof.measure(folder)
    except KeyboardInterrupt:
        write_text(folder / "spent", str(spent + time.monotonic() - began))
        raise
    except Exception:  # a proof that cannot be carried out does not hold; the others still run
        text = traceback.format_exc()
        print(text, file=sys.stderr)
        result = Result(False, f"It could not be measured.\n\n```\n{text[-3000:].replace(str(HERE.parents[1]), '.')}\n```")
    record = asdict(result) | origin | {
        "seconds": spent + time.monotonic() - began, "date": datetime.date.today().isoformat(),
    }
    write_text(folder / "result.json", json.dumps(record, indent=2) + "\n")
    print(f"  {'holds' if result.holds else 'DOES NOT HOLD'}, {record['seconds'] / 60:.1f} minutes", flush=True)
    return record


def recorded(folder: Path) -> dict[str, Any] | None:
    """What `measured` wrote, None before."""
    file = folder / "result.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _spent(folder: Path) -> float:
    file = folder / "spent"
    return float(file.read_text()) if file.is_file() else 0.0


if __name__ == "__main__":
    raise SystemExit(main())
