"""Make ``modlint/data/torch_classes.json`` from the sources of torch: what the objects of its layers have, and what its
optimizers, schedulers, loaders and utilities take.

Run it as ``python tools/make_classes.py FOLDER…`` with the ``torch`` folders of some versions, by default of the one
that is installed; nothing of torch is run. The versions, and what the table already has, are united: code is right when
it is right in any of them.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "modlint" / "data" / "torch_classes.json"
LAYERS = ("nn/modules/*.py", "nn/parallel/*.py")
CALLED = {
    "torch.optim": ("optim/[!ls]*.py", "optim/lbfgs.py", "optim/sgd.py", "optim/sparse_adam.py"),
    "torch.optim.lr_scheduler": ("optim/lr_scheduler.py",),
    "torch.optim.swa_utils": ("optim/swa_utils.py",),
    "torch.utils.data": ("utils/data/dataloader.py", "utils/data/dataset.py", "utils/data/sampler.py"),
    "torch.nn.utils": ("nn/utils/clip_grad.py", "nn/utils/convert_parameters.py"),
    "torch.nn.utils.rnn": ("nn/utils/rnn.py",),
}
PACKAGES = ("torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.optim.lr_scheduler", "torch.utils.data")
_REGISTERING = frozenset({"register_buffer", "register_parameter", "add_module", "register_module"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Sources:
    """The classes and functions in some files of torch, by name."""

    def __init__(self, root: Path, patterns: tuple[str, ...]) -> None:
        files = sorted(file for pattern in patterns for file in root.glob(pattern))
        bodies = [ast.parse(file.read_text(encoding="utf-8")).body for file in files]
        nodes = [node for body in bodies for node in body]
        self.classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}

    def lineage(self, name: str) -> Iterator[ast.ClassDef]:
        """A class and its bases in these files."""
        node = self.classes.get(name)
        if node is not None:
            yield node
            for base in node.bases:
                yield from self.lineage(getattr(base, "attr", getattr(base, "id", "")))


def attributes(sources: Sources, name: str) -> list[str] | None:
    """What the objects of a layer have beside what ``nn.Module`` gives, and a container beside its items; None when that
    depends on its arguments."""
    nodes = [node for cls in sources.lineage(name) if cls.name != "Module" for node in ast.walk(cls)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    defined = {node.name for node in nodes if isinstance(node, _Function)}
    sets_names = any(isinstance(call.func, ast.Name) and call.func.id == "setattr" for call in calls)
    if sets_names and "__getitem__" not in defined:
        return None
    registered = (call.args[0] for call in calls if getattr(call.func, "attr", "") in _REGISTERING and call.args)
    names = {arg.value for arg in registered if isinstance(arg, ast.Constant)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_own(node)}
    names |= {node.name for node in nodes if isinstance(node, _Function)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return sorted(str(one) for one in names)


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self"


def signature(function: _Function, skip: int) -> dict[str, Any]:
    """The parameters of a function: by place, by name alone, those that may be left out, and whether it takes others."""
    args = function.args
    positional = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    keyword = [arg.arg for arg in args.kwonlyargs]
    optional = positional[len(positional) - len(args.defaults) :] if args.defaults else []
    optional += [arg.arg for arg, default in zip(args.kwonlyargs, args.kw_defaults) if default is not None]
    is_open = args.vararg is not None or args.kwarg is not None
    return {"positional": positional[skip:], "keyword": keyword, "optional": sorted(optional), "open": is_open}


def signatures(sources: Sources) -> Iterator[tuple[str, dict[str, Any]]]:
    """The signature of every public class and function."""
    for name, function in sources.functions.items():
        yield name, signature(function, 0)
    for name in sources.classes:
        methods = (node for cls in sources.lineage(name) for node in cls.body if isinstance(node, ast.FunctionDef))
        init = next((node for node in methods if node.name == "__init__"), None)
        if init is not None:
            yield name, signature(init, 1)


def read(root: Path) -> dict[str, dict[str, Any]]:
    """The tables of one version of torch."""
    layers = Sources(root, LAYERS)
    known = {
        f"torch.nn.{name}": attributes(layers, name) for name in layers.classes if "Module" in _bases(layers, name)
    }
    inner = {f"torch.optim.{file.stem}": True for file in (root / "optim").glob("[!_]*.py")}
    called = {
        f"{module}.{name}": entry
        for module, patterns in CALLED.items()
        for name, entry in signatures(Sources(root, patterns))
        if not name.startswith("_") and f"{module}.{name}" not in inner
    }
    return {
        "attributes": {name: names for name, names in known.items() if names is not None},
        "signatures": called,
        "modules": {**inner, **dict.fromkeys(PACKAGES, True)},
    }


def _bases(sources: Sources, name: str) -> set[str]:
    return {cls.name for cls in sources.lineage(name)} if not name.startswith("_") and name != "Module" else set()


def united(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A signature that takes every call that one of two takes."""
    positional = max(one["positional"], other["positional"], key=len)
    names = [{*entry["positional"], *entry["keyword"]} for entry in (one, other)]
    optional = {*one["optional"], *other["optional"], *(names[0] ^ names[1])}
    return {
        "positional": positional,
        "keyword": sorted((names[0] | names[1]) - {*positional}),
        "optional": sorted(optional),
        "open": one["open"] or other["open"],
    }


def merge(table: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> None:
    """Add what a version has to what is known."""
    for name, names in found["attributes"].items():
        table["attributes"][name] = sorted({*table["attributes"].get(name, ()), *names})
    for name, entry in found["signatures"].items():
        table["signatures"][name] = united(table["signatures"].get(name, entry), entry)
    table["modules"].update(found["modules"])


def main(folders: list[str]) -> None:
    """Unite the table on disk with the versions of torch in ``folders``."""
    spec = importlib.util.find_spec("torch")
    installed = [Path(spec.origin).parent] if spec is not None and spec.origin is not None else []
    empty: dict[str, dict[str, Any]] = {"attributes": {}, "signatures": {}, "modules": {}}
    table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else empty
    for root in [Path(folder) for folder in folders] or installed:
        merge(table, read(root))
    TABLE.write_text(json.dumps(table, indent=0, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
