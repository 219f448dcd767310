"""``nn.Module`` and its containers: what torch gives to every module (docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modlint.interpret.calls import call, call_values
from modlint.interpret.classes import external_mro, find_in, libraries_of, mro_of
from modlint.interpret.events import CallMismatch, NotModule, RefusedName
from modlint.interpret.hosts import HOSTS, host
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.names import attributes_of, defines
from modlint.interpret.scope import MISSING
from modlint.ops import registry
from modlint.signature import BindError, Passed
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Tensor,
    Unknown,
    Value,
)

MODULE = "torch.nn.Module"
LIGHTNING = frozenset(
    {"pytorch_lightning.LightningModule", "lightning.LightningModule", "lightning.pytorch.LightningModule"}
)
_MODULES = LIGHTNING | {MODULE}
_OWN_DATA = frozenset({"_modules", "_parameters", "_buffers", "_forward_hooks", "_backward_hooks", "call_super_init"})


def is_module_class(cls: Value) -> bool:
    """Whether objects of ``cls`` are torch modules."""
    return not libraries_of(cls).isdisjoint(_MODULES)


def is_module(value: Value) -> bool:
    """Whether a value is a torch module."""
    return isinstance(value, Instance) and is_module_class(value.cls)


def children(module: Instance) -> dict[str, Instance]:
    """The direct submodules by name, in the order of their registration."""
    return {name: value for name, value in module.attrs.items() if is_module(value)}


def named_modules(module: Instance, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Instance]]:
    """``Module.named_modules``: every module once, under the first path that leads to it."""
    seen = set() if seen is None else seen
    if id(module) not in seen:
        seen.add(id(module))
        yield prefix, module
        for name, child in children(module).items():
            yield from named_modules(child, f"{prefix}.{name}" if prefix else name, seen)


def parameters(module: Instance) -> dict[str, Tensor]:
    """``Module.named_parameters``."""
    return {
        f"{path}.{name}" if path else name: value
        for path, owner in named_modules(module)
        for name, value in owner.attrs.items()
        if isinstance(value, Tensor) and value.parameter
    }


def member_of_library(machine: Machine, value: Instance, name: str) -> Value:
    """What the library classes among the bases give under ``name``, or MISSING."""
    if name == "training" and is_module(value):
        return machine.training
    if name == "_modules" and is_module(value):
        return DictValue(dict(children(value)), value.partial)
    for base in mro_of(value.cls):
        if isinstance(base, External):
            full = f"{base.name}.{name}"
            if full in HOSTS or (base.name, name) in registry.METHODS:
                return BoundMethod(External(full), value)
    return _unmodelled(value, name)


def _unmodelled(value: Instance, name: str) -> Value:
    """Whether some library base may have the attribute all the same."""
    if not is_module(value):
        return MISSING if _is_plain(value) and not name.startswith("__") else Unknown(f"{name} of a library class")
    known = name in _OWN_DATA or name.startswith("__") or defines(MODULE, name)
    return Unknown(f"{name} of a module") if known or _a_base_may_define(value, name) else MISSING


def _is_plain(value: Instance) -> bool:
    return all(isinstance(base, ClassValue) or base.name == "builtins.object" for base in mro_of(value.cls))


_WITHOUT_ATTRIBUTES = frozenset({MODULE, "builtins.object", "abc.ABC", "typing.Generic"})


def _a_base_may_define(value: Instance, name: str) -> bool:
    """Whether a library class may give an attribute; what the tables tell of a layer holds for its bases as well."""
    libraries = [base.name for base in mro_of(value.cls) if isinstance(base, External)]
    first = next(base for base in libraries if base not in _WITHOUT_ATTRIBUTES - {MODULE})
    known = attributes_of(first)
    if known is not None:
        return name in known
    return any(base not in _WITHOUT_ATTRIBUTES for base in libraries)


@host(f"{MODULE}.__init__")
def _initialise_module(machine: Machine, place: Place, self: Value, *args: Value, **kwargs: Value) -> Value:
    if (
        (args or kwargs)
        and isinstance(self, Instance)
        and not self.partial
        and find_in(self.cls, "call_super_init") is MISSING
    ):
        error = (
            BindError("unexpected", tuple(kwargs))
            if kwargs
            else BindError("surplus", tuple(map(str, range(len(args)))))
        )
        machine.fail(CallMismatch, place, self.cls, f"{getattr(self.cls, 'name', 'Module')}.__init__", [error])
    return _initialise(machine, place, self)


@host(*(f"{name}.__init__" for name in LIGHTNING))
def _initialise(machine: Machine, place: Place, self: Value, *args: Value, **kwargs: Value) -> Value:
    if isinstance(self, Instance):
        self.initialised = True
    return None


@host("builtins.object.__init__")
def _object_init(machine: Machine, place: Place, self: Value, *args: Value, **kwargs: Value) -> Value:
    return None


@host(f"{MODULE}.add_module", f"{MODULE}.register_module")
def _add_module(machine: Machine, place: Place, self: Instance, name: Value, module: Value) -> Value:
    if isinstance(name, str):
        _register(machine, place, self, name, module)
    else:
        self.partial = True
    return None


def _register(machine: Machine, place: Place, self: Instance, name: str, module: Value) -> None:
    if is_module(module) and _is_refused(self, name):
        machine.fail(RefusedName, place, self, name)
    if isinstance(module, Instance) and not module.name:
        module.name = name
    machine.put(self, self.attrs, name, module)


_TAKEN = {
    "torch.nn.ModuleDict": frozenset({"keys", "items", "values", "pop", "clear", "update"}),
    "torch.nn.Sequential": frozenset({"append", "insert", "extend", "pop"}),
}
_METHODS = frozenset(
    {"apply", "bfloat16", "buffers", "children", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr",
     "float", "forward", "half", "modules", "named_children", "named_modules", "named_parameters", "parameters",
     "register_buffer", "requires_grad_", "share_memory", "state_dict", "to", "train", "training", "type", "zero_grad"}
)  # fmt: skip
"""Names that objects of ``nn.Module`` have in every version of torch."""


def _is_refused(self: Instance, name: str) -> bool:
    """Whether ``add_module`` raises KeyError: the name is empty, has a dot, or is that of a method."""
    taken = _TAKEN.get(self.cls.name, frozenset()) if isinstance(self.cls, External) else frozenset()
    return not name or "." in name or name in _METHODS or name in taken


@host(f"{MODULE}.register_buffer", f"{MODULE}.register_parameter")
def _register_tensor(machine: Machine, place: Place, self: Instance, name: Value, tensor: Value = None, *rest: Value,
                     **options: Value) -> Value:  # fmt: skip
    if isinstance(name, str):
        if not name or "." in name:
            machine.fail(RefusedName, place, self, name)
        machine.put(self, self.attrs, name, options.get("param", tensor))
    else:
        self.partial = True
    return None


@host(f"{MODULE}.children")
def _children(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("children") if self.partial else IteratorValue(list(children(self).values()))


@host(f"{MODULE}.named_children")
def _named_children(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("children") if self.partial else IteratorValue(list(children(self).items()))


@host(f"{MODULE}.modules")
def _modules(machine: Machine, place: Place, self: Instance) -> Value:
    return IteratorValue([module for _, module in named_modules(self)])


@host(f"{MODULE}.named_modules")
def _named_modules(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    return Unknown("modules") if rest or options else IteratorValue(list(named_modules(self)))


@host(f"{MODULE}.parameters")
def _parameters(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    return IteratorValue(list(parameters(self).values()))


@host(f"{MODULE}.named_parameters")
def _named_parameters(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    return IteratorValue(list(parameters(self).items()))


@host(f"{MODULE}.get_submodule")
def _get_submodule(machine: Machine, place: Place, self: Instance, path: Value) -> Value:
    found: Value = self
    for name in path.split(".") if isinstance(path, str) and path else ():
        found = found.attrs.get(name) if isinstance(found, Instance) else None
    return found if isinstance(found, Instance) and isinstance(path, str) else Unknown("the submodule is not known")


@host(f"{MODULE}.apply")
def _apply(machine: Machine, place: Place, self: Instance, function: Value) -> Value:

    with machine.silently():
        for _, module in list(named_modules(self)):
            call_values(machine, function, [module], place)
    return self


@host(*(f"{MODULE}.{name}" for name in (
    "to", "cuda", "cpu", "float", "half", "double", "bfloat16", "type", "requires_grad_", "share_memory",
    "xpu", "to_empty",
)))  # fmt: skip
def _itself(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    return self


@host(f"{MODULE}.train")
def _train(machine: Machine, place: Place, self: Instance, mode: Value = True) -> Value:
    """The mode of a module and all its parts; until it is called for, that of the machine."""
    for _, module in list(named_modules(self)):
        machine.put(module, module.attrs, "training", mode)
    return self


@host(f"{MODULE}.eval")
def _eval(machine: Machine, place: Place, self: Instance) -> Value:
    return _train(machine, place, self, False)


@host(*(f"{MODULE}.{name}" for name in ("zero_grad", "load_state_dict", "extra_repr", "compile")))
def _nothing(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    return Unknown("nothing of interest")


@host(f"{MODULE}.register_forward_pre_hook")
def _pre_hook(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    """A hook may change what a call gets."""
    machine.put(self, self.attrs, "__prepared__", True)
    return Unknown("a handle")


@host(*(f"{MODULE}.{name}" for name in (
    "register_forward_hook", "register_full_backward_hook", "register_backward_hook",
)))  # fmt: skip
def _hook(machine: Machine, place: Place, self: Instance, *rest: Value, **options: Value) -> Value:
    """A hook may change what a call gives."""
    machine.put(self, self.attrs, "__hooked__", True)
    return Unknown("a handle")


@host("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def _parameter(machine: Machine, place: Place, data: Value = None, requires_grad: Value = True) -> Value:
    if not isinstance(data, Tensor):
        return Unknown("the data of a parameter is not known")
    return Tensor(data.shape, data.dtype, parameter=True, origin=data.origin)


@host("torch.nn.Buffer")
def _buffer(machine: Machine, place: Place, data: Value = None, **options: Value) -> Value:
    return data


def container_items(self: Instance) -> list[Value]:
    """The modules in a Sequential or ModuleList, in order."""
    return [value for name, value in self.attrs.items() if name.isdigit() or is_module(value)]


def _append(machine: Machine, self: Instance, modules: list[Value] | None, place: Place) -> None:
    if modules is None:
        self.partial = True
        return
    start = len(container_items(self))
    for index, module in enumerate(_admitted(machine, self, modules, place), start):
        _register(machine, place, self, str(index), module)


def _admitted(machine: Machine, self: Instance, modules: list[Value], place: Place) -> Iterator[Value]:
    """The modules among the items; what is none is reported, and a list stands for its items."""
    for position, module in enumerate(modules):
        if not _is_no_module(module) or getattr(self.cls, "name", "") == "torch.nn.ParameterList":
            yield module
            continue
        machine.emit(NotModule, place, self, module, position)
        if isinstance(module, (ListValue, tuple)):
            yield from items_of(machine, module, place) or []


def _is_no_module(value: Value) -> bool:
    if isinstance(value, External):
        return value.name in registry.OPS or external_mro(value.name) is not None
    return isinstance(value, (ListValue, tuple, Function, ClassValue, Tensor, str, int, float))


@host("torch.nn.Sequential.__init__")
def _sequential(machine: Machine, place: Place, self: Instance, *modules: Value) -> Value:
    self.initialised = True
    if len(modules) == 1 and isinstance(modules[0], DictValue):
        return _fill_dict(machine, place, self, modules[0])
    _append(machine, self, list(modules), place)
    return None


def _fill_dict(machine: Machine, place: Place, self: Instance, entries: DictValue) -> Value:
    self.partial = self.partial or entries.partial
    for name, module in entries.entries.items():
        _register(machine, place, self, str(name), module)
    return None


@host("torch.nn.ModuleList.__init__", "torch.nn.ParameterList.__init__")
def _module_list(machine: Machine, place: Place, self: Instance, modules: Value = None) -> Value:
    self.initialised = True
    if modules is not None:
        _append(machine, self, items_of(machine, modules, place), place)
    return None


@host("torch.nn.ModuleDict.__init__", "torch.nn.ParameterDict.__init__")
def _module_dict(machine: Machine, place: Place, self: Instance, modules: Value = None) -> Value:
    self.initialised = True
    if modules is not None:
        _update(machine, place, self, modules)
    return None


@host("torch.nn.ModuleDict.update", "torch.nn.ParameterDict.update")
def _update(machine: Machine, place: Place, self: Instance, modules: Value) -> Value:
    if isinstance(modules, DictValue):
        return _fill_dict(machine, place, self, modules)
    pairs = items_of(machine, modules, place)
    if pairs is None or not all(isinstance(pair, (tuple, ListValue)) for pair in pairs):
        self.partial = True
        return None
    split = [items_of(machine, pair, place) or [] for pair in pairs]
    return _fill_dict(machine, place, self, DictValue({pair[0]: pair[1] for pair in split if len(pair) == 2}))


_LISTS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ParameterList")
_DICTS = ("torch.nn.ModuleDict", "torch.nn.ParameterDict")


@host(*(f"{name}.append" for name in _LISTS))
def _list_append(machine: Machine, place: Place, self: Instance, module: Value) -> Value:
    _append(machine, self, [module], place)
    return self


@host(*(f"{name}.{method}" for name in _LISTS for method in ("extend", "__iadd__")))
def _list_extend(machine: Machine, place: Place, self: Instance, modules: Value) -> Value:
    _append(machine, self, items_of(machine, modules, place), place)
    return self


@host(*(f"{name}.insert" for name in _LISTS))
def _list_insert(machine: Machine, place: Place, self: Instance, index: Value, module: Value) -> Value:
    modules = container_items(self)
    if not isinstance(index, int) or self.partial:
        self.partial = True
        return self
    modules.insert(index, module)
    for position, item in enumerate(modules):
        machine.put(self, self.attrs, str(position), item)
    return self


@host(*(f"{name}.pop" for name in _LISTS), *(f"{name}.__delitem__" for name in _LISTS))
def _list_pop(machine: Machine, place: Place, self: Instance, index: Value = -1) -> Value:
    """What is left is numbered anew, as torch does even where there were names."""
    modules = container_items(self)
    if self.partial or not isinstance(index, (int, slice)):
        self.partial = True
        return Unknown("the module is not known")
    if isinstance(index, int) and not -len(modules) <= index < len(modules):
        raise GuestError(External("builtins.IndexError"))
    taken = modules[index]
    del modules[index]
    for name in list(_entries(self)):
        machine.drop(self, self.attrs, name)
    for position, item in enumerate(modules):
        machine.put(self, self.attrs, str(position), item)
    return taken if isinstance(index, int) else None


@host(*(f"{name}.__getitem__" for name in _LISTS))
def _list_item(machine: Machine, place: Place, self: Instance, index: Value) -> Value:
    modules = container_items(self)
    if self.partial or not isinstance(index, (int, slice)):
        return Unknown("the module is not known")
    if isinstance(index, slice):
        return _sliced(machine, self, index)
    if not -len(modules) <= index < len(modules):
        raise GuestError(External("builtins.IndexError"))
    return modules[index]


def _sliced(machine: Machine, self: Instance, index: slice) -> Value:
    if not all(part is None or isinstance(part, int) for part in (index.start, index.stop, index.step)):
        return Unknown("the slice is not known")
    part = Instance(self.cls if isinstance(self.cls, External) else External("torch.nn.Sequential"), initialised=True)
    names = [name for name, value in self.attrs.items() if name.isdigit() or is_module(value)]
    part.attrs.update({name: self.attrs[name] for name in names[index]})
    return part


@host(*(f"{name}.__setitem__" for name in _LISTS))
def _list_set(machine: Machine, place: Place, self: Instance, index: Value, module: Value) -> Value:
    modules = container_items(self)
    if isinstance(index, int) and -len(modules) <= index < len(modules):
        names = [name for name, value in self.attrs.items() if name.isdigit() or is_module(value)]
        machine.put(self, self.attrs, names[index], module)
    else:
        self.partial = True
    return None


@host(*(f"{name}.__len__" for name in (*_LISTS, *_DICTS)))
def _length(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("the length is not known") if self.partial else len(_entries(self))


def _entries(self: Instance) -> dict[str, Any]:
    return {name: v for name, v in self.attrs.items() if name.isdigit() or is_module(v) or isinstance(v, Tensor)}


@host(*(f"{name}.__iter__" for name in _LISTS))
def _iterate(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("the modules are not all known") if self.partial else IteratorValue(list(_entries(self).values()))


@host(*(f"{name}.__iter__" for name in _DICTS), *(f"{name}.keys" for name in _DICTS))
def _keys(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("the modules are not all known") if self.partial else IteratorValue(list(_entries(self)))


@host(*(f"{name}.values" for name in _DICTS))
def _values(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("the modules are not all known") if self.partial else IteratorValue(list(_entries(self).values()))


@host(*(f"{name}.items" for name in _DICTS))
def _dict_items(machine: Machine, place: Place, self: Instance) -> Value:
    return Unknown("the modules are not all known") if self.partial else IteratorValue(list(_entries(self).items()))


@host(*(f"{name}.__getitem__" for name in _DICTS))
def _dict_item(machine: Machine, place: Place, self: Instance, key: Value) -> Value:
    if isinstance(key, str) and key in self.attrs:
        return self.attrs[key]
    if self.partial or not isinstance(key, str):
        return Unknown("the module is not known")
    raise GuestError(External("builtins.KeyError"))


@host(*(f"{name}.pop" for name in _DICTS), *(f"{name}.__delitem__" for name in _DICTS))
def _dict_pop(machine: Machine, place: Place, self: Instance, key: Value, *default: Value) -> Value:
    if not isinstance(key, str) or key not in self.attrs:
        self.partial = True
        return Unknown("the module is not known")
    taken = self.attrs[key]
    machine.drop(self, self.attrs, key)
    return taken


@host(*(f"{name}.__setitem__" for name in _DICTS))
def _dict_set(machine: Machine, place: Place, self: Instance, key: Value, module: Value) -> Value:
    if isinstance(key, str):
        _register(machine, place, self, key, module)
    else:
        self.partial = True
    return None


@host("torch.nn.Sequential.forward")
def _sequential_forward(machine: Machine, place: Place, self: Instance, input: Value, *rest: Value) -> Value:
    """Each module gets what the one before gave; a mismatch stands where the module was made."""

    if rest:
        surplus = BindError("surplus", tuple(str(index) for index in range(1, len(rest) + 1)))
        machine.fail(CallMismatch, place, self.cls, "Sequential.forward", [surplus])
        return Unknown("the modules of the Sequential may take several inputs")
    if self.partial:
        return Unknown("the modules of the Sequential are not all known")
    for module in container_items(self):
        input = call_values(
            machine, module, [input], module.place if isinstance(module, Instance) and module.place else place
        )
    return input


_WRAPPERS = ("torch.nn.DataParallel", "torch.nn.DistributedDataParallel")


@host(*(f"{name}.__init__" for name in _WRAPPERS))
def _wrap(machine: Machine, place: Place, self: Instance, module: Value, *rest: Value, **options: Value) -> Value:
    self.initialised = True
    machine.put(self, self.attrs, "module", module)
    return None


@host(*(f"{name}.forward" for name in _WRAPPERS))
def _wrapped_forward(machine: Machine, place: Place, self: Instance, *args: Value, **kwargs: Value) -> Value:
    """What the module inside gives: the parts of a batch are put together again."""
    named = {name: Passed(value) for name, value in kwargs.items()}
    return call(machine, self.attrs["module"], [*map(Passed, args)], named, place)
