"""Where data is followed: in files that speak of shapes, that is, import rlt or jaxtyping.

Following tensors takes mypy's `allow_redefinition` (`x = conv(x)` is a variable of several shapes), which changes what
mypy says of other code. So it is turned on for these files alone; elsewhere only the construction of layers is checked,
unless the user has turned it on for all.
"""

from __future__ import annotations

from typing import Any

from mypy.nodes import Import, ImportFrom, MypyFile
from mypy.options import Options

FLAG = "allow_redefinition_new" if hasattr(Options(), "allow_redefinition_new") else "allow_redefinition"
"""1.20's name of what 2.0 calls allow_redefinition."""
_SAY_SHAPES = ("rlt", "jaxtyping")
_EVERY_MODULE = "*.*"
_BUILDERS = "rlt.nn.*"
"""Modules whose functions build layers for others: mypy drops function bodies of installed packages as it reads them."""


UNREAD = (
    "torch._inductor.*", "torch._dynamo.*", "torch._export.*", "torch._higher_order_ops.*", "torch._subclasses.*",
    "torch._refs.*", "torch._prims.*", "torch._decomp.*", "torch._meta_registrations.*", "torch._torch_docs.*",
    "torch._tensor_docs.*",
)  # fmt: skip
"""Parts of torch, private by name, that the compiler is made of: no annotation of torch's public functions needs them, and
reading them takes mypy a third of its time for all of torch."""


def give_each_module_its_options(options: Options) -> None:
    """mypy shares one object between modules without a section of their own; this empty section makes it copy.

    Imports into `UNREAD` are not followed, but for a part that the user's settings have a section for."""
    options.per_module_options.setdefault(_EVERY_MODULE, {})
    options.per_module_options.setdefault(_BUILDERS, {})["preserve_asts"] = True
    options.local_partial_types = True
    for pattern in UNREAD:
        options.per_module_options.setdefault(pattern, {}).setdefault("follow_imports", "skip")
    for pattern in (_BUILDERS, *UNREAD):
        options.clone_for_module(pattern.replace("*", "x"))  # else mypy calls a section unused where nothing of it is imported


def imports(file: MypyFile, packages: tuple[str, ...]) -> bool:
    for imported in file.imports:
        if isinstance(imported, ImportFrom):
            if imported.id.partition(".")[0] in packages:
                return True
        elif isinstance(imported, Import):
            for name, _ in imported.ids:
                if name.partition(".")[0] in packages:
                    return True
    return False


def follow(api: Any) -> None:
    """Turns following on for the file that names are being resolved in, if it speaks of shapes."""
    if api.options is _seen.get("options"):  # asked for every class and annotation of a file: once is enough
        return
    file = api.modules.get(api.cur_mod_id)
    if file is not None:
        _seen["options"] = api.options
        if not getattr(api.options, FLAG) and imports(file, _SAY_SHAPES):
            setattr(api.options, FLAG, True)


_seen: dict[str, Any] = {}
"""The options of the file that was asked about last: each file has its own."""


def is_followed(api: Any) -> bool:
    """Whether the file that is being checked is one whose tensors are followed."""
    return bool(getattr(api.options, FLAG))
