"""Make ``modlint/data/torch_names.json``: which names the installed torch defines, module by module.

Names that the table already has are kept, so that running this under several versions of torch unites them:
code is right when any of them knows a name. Run it as ``python tools/make_names.py`` where torch is installed.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

TABLE = Path(__file__).parent.parent / "modlint" / "data" / "torch_names.json"
MODULES = (
    "torch",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.utils.data",
)
CLASSES = ("torch.Tensor", "torch.nn.Module")
_DUNDER = re.compile(r"__\w+__$")


def names_of_module(module: ModuleType) -> set[str]:
    """What a module defines, and the modules inside its package, which an import makes attributes of it."""
    inner = {info.name for info in pkgutil.iter_modules(getattr(module, "__path__", ()))}
    lazy = set(getattr(module, "_deprecated_attrs", ())) | set(getattr(module, "_lazy_modules", ()))
    return {name for name in {*dir(module), *inner, *lazy} if not _DUNDER.match(name)}


def names_of_class(cls: type) -> set[str]:
    """The attributes of a class, those that its objects get in ``__init__`` included."""
    annotated = {name for base in cls.__mro__ for name in vars(base).get("__annotations__", ())}
    return {name for name in {*dir(cls), *annotated} if not _DUNDER.match(name)}


def installed() -> dict[str, set[str]]:
    """The table of the torch that is installed."""
    table = {name: names_of_module(importlib.import_module(name)) for name in MODULES}
    for qualified in CLASSES:
        module, _, name = qualified.rpartition(".")
        table[qualified] = names_of_class(getattr(importlib.import_module(module), name))
    return table


def united(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Both tables in one, in an order that does not depend on them."""
    return {key: sorted(one.get(key, set()) | other.get(key, set())) for key in sorted({*one, *other})}


def main() -> None:
    """Unite the table on disk with that of the installed torch."""
    before = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    after = united({key: set(names) for key, names in before.items()}, installed())
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(after, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
