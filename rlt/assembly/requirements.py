"""What rlt asks to be installed, read from pyproject.toml in a checkout, else from the installed package's metadata."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from rlt.errors import RunError

_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Requirements:
    """The requirements of one rlt, as they are written (`av>=13`)."""

    python: str
    """`>=3.11,<3.14`."""
    base: tuple[str, ...]
    extras: dict[str, tuple[str, ...]]
    checkout: Path | None
    """The folder of pyproject.toml; None where rlt was installed from a wheel."""

    @classmethod
    def read(cls, package: Path) -> Requirements:
        """Of the rlt whose package folder is `package`. RunError for a copy that was neither cloned nor installed."""
        file = package.resolve().parent / "pyproject.toml"
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}) if file.is_file() else {}
        if project.get("name") == "rlt":
            extras = {name: tuple(lines) for name, lines in project["optional-dependencies"].items()}
            return cls(project["requires-python"], tuple(project["dependencies"]), extras, file.parent)
        try:
            info, lines = metadata("rlt"), requires("rlt") or []
        except PackageNotFoundError:
            why = f"{file.parent} has no pyproject.toml, and no installed package is called rlt"
            raise RunError("rlt cannot tell what it requires", why, fix="pip install rlt") from None
        extras = {
            name: tuple(line for line in lines if name in _EXTRA.findall(line))
            for name in info.get_all("Provides-Extra") or []
        }
        base = tuple(line for line in lines if not _EXTRA.search(line))
        return cls(str(info["Requires-Python"]), base, extras, None)


@dataclass(frozen=True)
class Package:
    """A required package and what is installed of it."""

    name: str
    needs: str
    """The versions that fit: `>=2.8`; empty where any does."""
    found: str | None
    """The installed version."""
    fits: bool

    @property
    def wanted(self) -> str:
        """As pip reads it."""
        return self.name + self.needs


def packages(lines: Iterable[str], extra: str = "") -> Iterator[Package]:
    """Each requirement in `lines` and what its own extras bring (`gymnasium[box2d]`: box2d), each package once.

    Requirements whose markers do not hold here, with `extra` asked for, drop out. ImportError where the package
    `packaging` is not installed.
    """
    from packaging.requirements import Requirement

    seen: set[str] = set()
    waiting = [(Requirement(line), extra) for line in lines]
    while waiting:
        requirement, asked = waiting.pop(0)
        holds = requirement.marker is None or requirement.marker.evaluate({"extra": asked})
        key = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if not holds or key in seen or key == "rlt":
            continue
        seen.add(key)
        found = _installed(requirement.name)
        fits = found is not None and requirement.specifier.contains(found, prereleases=True)
        yield Package(requirement.name, str(requirement.specifier), found, fits)
        if found is not None and requirement.extras:
            inner = [line for line in requires(requirement.name) or [] if _EXTRA.search(line)]
            waiting[:0] = [(Requirement(line), name) for name in sorted(requirement.extras) for line in inner]


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
