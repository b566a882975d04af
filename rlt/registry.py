"""Names to objects: the one place of rlt that imports by name.

`ppo` in group `agents` is the module `rlt.agents.ppo`, by rule; `package.module:Name` is an object of another package.
Other packages announce theirs by entry points (`rlt.agents`, `rlt.envs`, `rlt.models`), and then count like rlt's own.

Trust: a name that a person types is imported as it stands. A name that was read from a file (`trust` is then a tuple
of packages, not None) is imported only if it is rlt's own, announced by an entry point, or its package is in `trust`.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rlt.errors import ConfigError, TrustError, one_of


def entry_points(group: str) -> Any:
    """What other packages announce for `group`."""
    from importlib.metadata import entry_points as installed  # slow to import, and most uses of rlt need no name

    return installed(group=group)


def lazy_names(package: str, where: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package whose names are imported on first use.

    `where` maps a name to its module (`.agent`), or to `.agent:Other` where it is called otherwise there.
    """

    def get(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package} has no attribute {name}; {one_of(name, where)}")
        module, _, attribute = where[name].partition(":")
        value = getattr(importlib.import_module(module, package), attribute or name)
        setattr(sys.modules[package], name, value)  # next time without this function
        return value

    return get, lambda: sorted(where)


def names(group: str) -> list[str]:
    """Every registered name of `group` (`agents`, `envs`, `models`): rlt's packages and modules, then entry points."""
    own: list[str] = []
    if importlib.util.find_spec(f"rlt.{group}") is not None:
        package = importlib.import_module(f"rlt.{group}")
        own = [m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg and not m.name.startswith("_")]
    return sorted({*own, *(e.name for e in entry_points(group=f"rlt.{group}"))})


def folder(group: str) -> str:
    """Where `rlt.<group>` lies: `rlt.configs` is the folder of the YAML files."""
    spec = importlib.util.find_spec(f"rlt.{group}")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"rlt.{group} is not there", "the link to it in rlt/ is missing", fix="pip install -e .")
    return str(next(iter(spec.submodule_search_locations)))


def refuse_text_link(group: str) -> None:
    """For a checkout whose link rlt/<group> became a text file: ImportError, unless an installation knows the folder."""
    if importlib.util.find_spec(f"rlt.{group}") is None:
        error = ConfigError(
            f"rlt/{group} is a text file where git should have made a link to the folder {group}/",
            "git did so because core.symlinks is false, as on Windows without developer mode",
            fix="pip install -e .   (it needs no links), or git config core.symlinks true && git checkout -- rlt",
        )
        raise ImportError(str(error), name="rlt")  # with this name `python -m` prints it without a traceback


def is_external(name: str) -> bool:
    """Whether `name` is of the form `package.module:Object`."""
    return ":" in name


def check_trust(name: str, *, key: str, trust: tuple[str, ...] | None, repeat: str | None = None) -> None:
    """Refuses a `package.module:Object` read from a file unless it is registered or its package is trusted.

    `trust=None` means that a person typed the name. `key` says where it stood, `repeat` is the command to run again.
    """
    package = None if trust is None else untrusted_package(name, trust)
    if package is None:
        return
    asked = ",".join([*(trust or ()), package])  # with those that are trusted already: the line is to be typed as it is
    command = f"{repeat} trust={asked}" if repeat else f"trust={asked}"
    raise TrustError(
        f"{key}={name} was read from a file and would import the package {package}",
        "nothing of it was imported: code that a file names runs only with your word",
        fix=f"if you trust {package}: {command}",
    )


def untrusted_package(name: str, trust: tuple[str, ...]) -> str | None:
    """The package that `name` would import without anyone's word; None where it imports none, or one that is trusted."""
    if not is_external(name) or _is_registered(name):
        return None
    module = name.split(":", 1)[0]
    return None if any(module == t or module.startswith(t + ".") for t in trust) else module.split(".", 1)[0]


def _is_registered(name: str) -> bool:
    """Whether `name` is announced by an entry point, or a class that an own room defines.

    Not everything that can be reached through rlt counts: `rlt.run.folder:os.system` is reached through it too."""
    if any(name == e.value for group in _ROOMS for e in entry_points(group=f"rlt.{group}")):
        return True
    module, _, attribute = name.partition(":")
    if module.split(".")[:1] != ["rlt"] or module.split(".")[1:2] not in [[room] for room in _ROOMS]:
        return False
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError:
        return False
    return isinstance(found, type) and found.__module__.split(".")[0] == "rlt"


_ROOMS = ("agents", "envs", "models")


def load(group: str, name: str, *, key: str, trust: tuple[str, ...] | None = None, repeat: str | None = None) -> Any:
    """The object called `name` in `group`: a module for a plain name, an attribute for `package.module:Object`."""
    if is_external(name):
        check_trust(name, key=key, trust=trust, repeat=repeat)
        return load_object(name, key=key)
    for entry in entry_points(group=f"rlt.{group}"):
        if entry.name == name:
            return entry.load()
    if name not in names(group):
        raise ConfigError(f"{key}={name}: there is no such name in rlt.{group}", one_of(name, names(group)))
    return importlib.import_module(f"rlt.{group}.{name}")


def load_object(name: str, *, key: str) -> Any:
    """`package.module:Object`, imported. The error says which half is missing."""
    module_name, _, attribute = name.partition(":")
    found: Any = load_module(module_name, what=f"{key}={name}")
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [n for n in vars(found) if not n.startswith("_")]
            raise ConfigError(f"{key}={name}: {module_name} has no {attribute}", one_of(part, public))
        found = getattr(found, part)
    return found


def load_module(name: str, *, what: str) -> Any:
    """The module `name`, imported. ConfigError, which begins with `what`, where it is not there."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise  # the module is there; something that it imports is not
        raise ConfigError(
            f"{what}: there is no module {name}",
            f"{error.name} was looked for in the working directory and in the installed packages",
        ) from None
