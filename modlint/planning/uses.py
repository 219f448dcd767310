"""What the parameters of a constructor must be, by what the code does with them: read, never executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice

from modlint.syntax import Unit

_DEEPEST = 6


class Kind(Enum):
    """What a value is, as one of its uses tells."""

    NUMBER = auto()
    FRACTION = auto()
    TEXT = auto()
    FLAG = auto()
    NOTHING = auto()
    DEVICE = auto()
    DTYPE = auto()
    SEQUENCE = auto()
    TABLE = auto()
    LAYER = auto()
    FACTORY = auto()
    SHAPE = auto()
    AXES = auto()
    AXIS = auto()
    TENSOR = auto()
    NAME_IN_TORCH = auto()


@dataclass
class Use:
    """All that is done with one value.

    ``choices`` are the constants that it is compared with, ``results`` how many values come out when it is called,
    ``length`` how many items it is unpacked into, ``annotation`` the last name in its annotation. A parameter is
    ``needed`` when it has no default, and ``optional`` when that is None.
    """

    kinds: set[Kind] = field(default_factory=set)
    attributes: dict[str, Use] = field(default_factory=dict)
    entries: dict[str, Use] = field(default_factory=dict)
    choices: list[str | int] = field(default_factory=list)
    length: int = 0
    results: int = 1
    annotation: str = ""
    needed: bool = True
    optional: bool = False
    _items: list[Use] = field(default_factory=list)

    @property
    def item(self) -> Use:
        """What is done with every item."""
        self.kinds.add(Kind.SEQUENCE)
        if not self._items:
            self._items.append(Use())
        return self._items[0]

    def attribute(self, name: str) -> Use:
        """What is done with an attribute; a method tells what its owner is."""
        if name in _METHODS:
            self.kinds.add(_METHODS[name])
            return Use()
        return self.attributes.setdefault(name, Use())

    def entry(self, key: ast.expr) -> Use:
        """What is done with what stands at a key or an index."""
        match key:
            case ast.Constant(value=str() as name):
                self.kinds.add(Kind.TABLE)
                return self.entries.setdefault(name, Use())
            case ast.Constant(value=int() as index):
                self.length = max(self.length, index + 1)
            case ast.Slice():
                self.kinds.add(Kind.SEQUENCE)
                return self
        return self.item


@dataclass(frozen=True)
class Definitions:
    """The classes, functions and tables that a document defines at its top level."""

    classes: Mapping[str, ast.ClassDef]
    functions: Mapping[str, ast.FunctionDef]
    tables: Mapping[str, ast.Dict]

    @classmethod
    def of(cls, units: Sequence[Unit]) -> Definitions:
        body = [statement for unit in units for statement in unit.tree.body]
        return cls(
            classes={one.name: one for one in body if isinstance(one, ast.ClassDef)},
            functions={one.name: one for one in body if isinstance(one, ast.FunctionDef)},
            tables=dict(_tables(body)),
        )

    def lineage(self, cls: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """The class, then those of the document that it derives from."""
        yield cls
        for base in cls.bases:
            if isinstance(base, ast.Name) and base.id != cls.name and base.id in self.classes:
                yield from self.lineage(self.classes[base.id])

    def method(self, cls: ast.ClassDef, name: str, skip: int = 0) -> ast.FunctionDef | None:
        """A method of the class, or of those after the first ``skip`` that it derives from."""
        found = (method for one in islice(self.lineage(cls), skip, None) for method in _methods(one))
        return next((method for method in found if method.name == name), None)

    def attributes(self, cls: ast.ClassDef) -> set[str]:
        """What the class and its methods bind."""
        nodes = [node for one in self.lineage(cls) for node in ast.walk(one)]
        stored = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        return stored | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def constructor_uses(cls: ast.ClassDef, definitions: Definitions) -> dict[str, Use]:
    """How a class uses the parameters of its constructor, and how the definitions do that it passes them on to."""
    init = definitions.method(cls, "__init__")
    if init is None:
        return {}
    defaults = dict(_defaults(init.args))
    parameters = [*init.args.posonlyargs, *init.args.args, *init.args.kwonlyargs][1:]
    uses = {
        one.arg: Use(
            annotation=_annotated(one), needed=one.arg not in defaults, optional=_is_none(defaults.get(one.arg))
        )
        for one in parameters
    }
    _Reader(definitions).build(cls, uses)
    return uses


@dataclass
class _Frame:
    """Where the reader is: in which class, and which names and attributes stand for values that are followed."""

    names: dict[str, Use]
    attributes: dict[str, Use] = field(default_factory=dict)
    cls: ast.ClassDef | None = None
    building: bool = False
    depth: int = 0


@dataclass(frozen=True)
class _Reader:
    """Follows values through the methods of a class, and through what they are passed on to, once each way."""

    definitions: Definitions
    seen: set[tuple[int, tuple[tuple[str, int], ...]]] = field(default_factory=set)

    def build(self, cls: ast.ClassDef, arguments: Mapping[str, Use], depth: int = 0) -> None:
        """A class is built with the values."""
        attributes: dict[str, Use] = {}
        if init := self.definitions.method(cls, "__init__"):
            self._run(init, _Frame(dict(arguments), attributes, cls, building=True, depth=depth))
        for one in self.definitions.lineage(cls):
            for method in _methods(one):
                if method.name != "__init__":
                    self._run(method, _Frame({}, attributes, cls, depth=depth))

    def _run(self, function: ast.FunctionDef, frame: _Frame) -> None:
        followed = {**frame.attributes, **frame.names}
        way = id(function), tuple(sorted((name, id(use)) for name, use in followed.items()))
        if way not in self.seen:
            self.seen.add(way)
            for statement in function.body:
                self._read(statement, frame)

    def _read(self, node: ast.AST, frame: _Frame) -> None:
        _bind(node, frame)
        if isinstance(node, ast.Call):
            self._read_call(node, frame)
            return
        for child in ast.iter_child_nodes(node):
            if use := _find(child, frame):
                self._note(use, node, child)
            if use is None or isinstance(child, ast.IfExp):
                self._read(child, frame)

    def _note(self, use: Use, node: ast.AST, child: ast.AST) -> None:
        """What the node tells of a value that stands in it."""
        match node:
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                use.kinds.add(Kind.FLAG)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                use.kinds |= {Kind.FLAG} if child is test else set()
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                if child is left:
                    _note_comparison(use, operator, right)
                elif isinstance(operator, ast.In | ast.NotIn):
                    _note_contents(use, left)
            case ast.Subscript(value=ast.Name(id=name)) if name in self.definitions.tables:
                use.choices += _constants(self.definitions.tables[name].keys)
            case ast.Subscript(value=ast.Dict(keys=keys)):
                use.choices += _constants(keys)
            case ast.Starred():
                use.kinds.add(Kind.SEQUENCE)
            case ast.BinOp(left=ast.Constant(value=str())) | ast.BinOp(right=ast.Constant(value=str())):
                use.kinds.add(Kind.TEXT)
            case ast.BinOp() | ast.Subscript() | ast.UnaryOp():
                use.kinds.add(Kind.NUMBER)

    def _read_call(self, call: ast.Call, frame: _Frame) -> None:
        if called := _find(call.func, frame):
            called.kinds.add(Kind.FACTORY if frame.building else Kind.LAYER)
        else:
            self._read(call.func, frame)
        passed: dict[str | int, Use] = {}
        named: list[tuple[str | int, ast.expr]] = [(one.arg or "", one.value) for one in call.keywords]
        for name, argument in [*enumerate(call.args), *named]:
            if isinstance(argument, ast.Starred) and (use := _find(argument.value, frame)):
                use.kinds.add(_KINDS_OF_STARRED.get(_name(call.func), Kind.SEQUENCE))
            elif use := _find(argument, frame):
                passed[name] = use
            else:
                self._read(argument, frame)
        followed = bool(passed) and frame.depth < _DEEPEST and self._follow(call, passed, frame)
        for name, use in {} if followed else passed.items():
            use.kinds |= _kinds_of_argument(call, name)

    def _follow(self, call: ast.Call, passed: Mapping[str | int, Use], frame: _Frame) -> bool:
        """Read what a definition of the document does with the values; whether one is called."""
        depth = frame.depth + 1
        match call.func:
            case ast.Name(id=name) if name in self.definitions.classes:
                cls = self.definitions.classes[name]
                init = self.definitions.method(cls, "__init__")
                if init is not None:
                    self.build(cls, _bound(init, passed, skip=1), depth)
                return True
            case ast.Name(id=name):
                function = self.definitions.functions.get(name)
                inside = _Frame({}, building=frame.building, depth=depth)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if frame.cls is not None:
                function = self.definitions.method(frame.cls, name)
                inside = _Frame({}, frame.attributes, frame.cls, frame.building, depth)
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name) if frame.cls is not None:
                function = self.definitions.method(frame.cls, name, skip=1)
                inside = _Frame({}, frame.attributes, frame.cls, frame.building, depth)
            case _:
                return False
        if function is None:
            return False
        inside.names = _bound(function, passed, skip=int(inside.cls is not None))
        self._run(function, inside)
        return True


def _find(node: ast.AST | None, frame: _Frame) -> Use | None:
    """What is done with the value of an expression, None when it is none of those that are followed."""
    match node:
        case ast.Name(id=name):
            return frame.names.get(name)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return frame.attributes.get(name)
        case ast.Attribute(value=owner, attr=name) if use := _find(owner, frame):
            return use.attribute(name)
        case ast.Subscript(value=owner, slice=key) if use := _find(owner, frame):
            return use.entry(key)
        case ast.IfExp(body=body, orelse=orelse):
            return _find(body, frame) or _find(orelse, frame)
        case ast.Call(func=function, args=[copied]) if _name(function) in _COPIES and (use := _find(copied, frame)):
            return _copied(use, _name(function))
    return None


def _copied(use: Use, function: str) -> Use:
    if function != "deepcopy":
        use.kinds.add(Kind.SEQUENCE)
    if function == "ModuleList":
        use.item.kinds.add(Kind.LAYER)
    return use


def _bind(node: ast.AST, frame: _Frame) -> None:
    """Note which names stand for a value from now on."""
    match node:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            _bind_value(target, value, frame)
        case ast.For(target=target, iter=iterable):
            _bind_items(target, iterable, frame)
        case ast.ListComp(generators=generators) | ast.GeneratorExp(generators=generators):
            for one in generators:
                _bind_items(one.target, one.iter, frame)


def _bind_value(target: ast.expr, value: ast.expr | None, frame: _Frame) -> None:
    match target, value:
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for one, part in zip(targets, values):
                _bind_value(one, part, frame)
        case ast.Tuple(elts=targets), ast.Call(func=func) if called := _find(func, frame):
            called.results = len(targets)
        case _ if use := _find(value, frame):
            _bind_use(target, use, frame)


def _bind_items(target: ast.expr, iterable: ast.expr, frame: _Frame) -> None:
    match target, iterable:
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources):
            for one, source in zip(targets, sources):
                _bind_items(one, source, frame)
        case ast.Tuple(elts=[_, one]), ast.Call(func=ast.Name(id="enumerate"), args=[source, *_]):
            _bind_items(one, source, frame)
        case _ if use := _find(iterable, frame):
            _bind_use(target, use.item, frame)


def _bind_use(target: ast.expr, use: Use, frame: _Frame) -> None:
    match target:
        case ast.Name(id=name):
            frame.names[name] = use
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            frame.attributes[name] = use
        case ast.Tuple(elts=targets):
            use.length = len(targets)
            for one in targets:
                _bind_use(one, use.item, frame)


def _bound(function: ast.FunctionDef, passed: Mapping[str | int, Use], skip: int) -> dict[str, Use]:
    """What is passed, by the names of the parameters."""
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)][skip:]
    by_name = ((names[key] if key < len(names) else "", use) if isinstance(key, int) else (key, use)
               for key, use in passed.items())  # fmt: skip
    return {name: use for name, use in by_name if name}


def _note_contents(use: Use, item: ast.expr) -> None:
    """Something is looked for in it."""
    use.kinds.add(Kind.TEXT if isinstance(item, ast.Constant) and isinstance(item.value, str) else Kind.SEQUENCE)


def _note_comparison(use: Use, operator: ast.cmpop, other: ast.expr) -> None:
    match operator, other:
        case ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq(), ast.Constant(value=None):
            use.kinds.add(Kind.NOTHING)
        case ast.Eq() | ast.NotEq(), ast.Constant(value=str() as text):
            use.choices.append(text)
        case ast.In(), ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items) | ast.Dict(keys=items):
            use.choices += _constants(items)


def _kinds_of_argument(call: ast.Call, position: str | int) -> set[Kind]:
    function = _name(call.func)
    if position == 0 and function in ("to", "device"):
        return {Kind.DEVICE}
    if position in _KINDS_BY_KEYWORD:
        return {_KINDS_BY_KEYWORD[position]}
    if position == 0 and function in _TAKES_TENSOR:
        return {Kind.TENSOR}
    if function == "getattr" and position == 1:
        return {Kind.NAME_IN_TORCH}
    if function in _OF_SEQUENCES and (len(call.args) == 1 or function == "zip"):
        return {Kind.SEQUENCE}
    return set() if function in _SILENT else {Kind.NUMBER}


def _tables(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.Dict]]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table):
                yield name, table


def _constants(nodes: Sequence[ast.expr | None]) -> list[str | int]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str | int)]


def _methods(cls: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in cls.body if isinstance(node, ast.FunctionDef))


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    by_position = zip(reversed(positional), reversed(arguments.defaults))
    for one, default in (*by_position, *zip(arguments.kwonlyargs, arguments.kw_defaults)):
        if default is not None:
            yield one.arg, default


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _name(node: ast.expr) -> str:
    """The last name of a dotted one."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _annotated(parameter: ast.arg) -> str:
    node = parameter.annotation
    while isinstance(node, ast.Subscript) and _name(node.value) == "Optional":
        node = node.slice
    if isinstance(node, ast.Subscript):
        node = node.value
    return _name(node) if node is not None else ""


_KINDS_BY_KEYWORD: dict[str | int, Kind] = {
    "device": Kind.DEVICE,
    "dtype": Kind.DTYPE,
    "dim": Kind.AXIS,
    "axis": Kind.AXIS,
}
_TAKES_TENSOR = frozenset({"Parameter", "from_pretrained", "from_numpy", "as_tensor"})
_KINDS_OF_STARRED = {"view": Kind.SHAPE, "reshape": Kind.SHAPE, "transpose": Kind.AXES, "permute": Kind.AXES}
_COPIES = frozenset({"ModuleList", "deepcopy", "list", "reversed", "sorted", "tuple"})
_OF_SEQUENCES = frozenset({"enumerate", "iter", "len", "max", "min", "set", "sum", "zip"})
_SILENT = frozenset({"__init__", "format", "hasattr", "isinstance", "print", "setattr", "str", "type"})
_METHODS = {
    method: kind
    for kind, methods in {
        Kind.TEXT: "capitalize endswith lower lstrip replace split startswith strip upper",
        Kind.TABLE: "get items keys values",
        Kind.SEQUENCE: "append copy extend index insert pop",
        Kind.LAYER: "children eval modules named_parameters parameters state_dict train",
    }.items()
    for method in methods.split()
}
