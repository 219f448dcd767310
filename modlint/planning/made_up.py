"""Arguments for constructors that nobody calls, made up from how they are used: expressions of Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modlint.facts import usual_sizes
from modlint.planning.uses import Definitions, Kind, Use, constructor_uses

FRACTION = "0.1"
_FRACTIONS = re.compile(r"drop|prob|momentum|^p$")
_TORCH = "__import__('torch')"
_ITEMS = 2
_DEEPEST = 4


def is_fraction(name: str) -> bool:
    """Whether a number of that name lies between 0 and 1."""
    return bool(_FRACTIONS.search(name))


def made_up(cls: ast.ClassDef, definitions: Definitions) -> list[dict[str, str]]:
    """Expressions for those parameters of the constructor that the code does not use as mere numbers.

    Several ways: by the classes of the document that fit, and by what is asked of them alone. What is None when it is
    not given is made up where the code reckons with it all the same.
    """
    uses = constructor_uses(cls, definitions)
    needed = {name: use for name, use in uses.items() if use.needed and not _is_number(use)}
    missed = {name: use for name, use in uses.items() if use.optional and not use.kinds & _FOR_NOTHING and use.kinds}
    makers = [_Maker(definitions, depth) for depth in (0, _DEEPEST)]
    return [maker.entries(chosen) for chosen in (needed, {**needed, **missed}) for maker in makers]


@dataclass(frozen=True)
class _Maker:
    """Makes expressions; ``depth`` counts the classes of the document that were built on the way."""

    definitions: Definitions
    depth: int = 0

    def value(self, name: str, use: Use) -> str:
        """A value of that name that can be used like this."""
        kinds = use.kinds | _KINDS_BY_ANNOTATION.get(use.annotation, set())
        if own := self._own_class(name, use, kinds):
            return own
        if use.choices and Kind.NOTHING not in kinds:
            return repr(use.choices[0])
        if use.attributes and Kind.LAYER not in kinds:
            return f"__import__('types').SimpleNamespace({self._named(use.attributes)})"
        make = next((make for kind, make in _MAKERS.items() if kind in kinds), _number)
        return make(self, name, use)

    def entries(self, uses: Mapping[str, Use]) -> dict[str, str]:
        return {name: self.value(name, use) for name, use in uses.items()}

    def _named(self, uses: Mapping[str, Use]) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.entries(uses).items())

    def _own_class(self, name: str, use: Use, kinds: set[Kind]) -> str | None:
        """A class of the document that the annotation or the name of what is called or read speaks of."""
        if self.depth >= _DEEPEST:
            return None
        if Kind.FACTORY in kinds:
            classes = self.definitions.classes.values() if use.attributes else ()
            return next(
                (one.name for one in classes if use.attributes.keys() <= self.definitions.attributes(one)), None
            )
        wanted = {use.annotation, *([_plain(name)] if Kind.LAYER in kinds or use.attributes else [])}
        named = (one for one in self.definitions.classes.values() if {one.name, _plain(one.name)} & wanted)
        cls = next((one for one in named if use.attributes.keys() <= self.definitions.attributes(one)), None)
        return f"{cls.name}({_Maker(self.definitions, self.depth + 1).arguments(cls)})" if cls else None

    def arguments(self, cls: ast.ClassDef) -> str:
        """What the constructor of a class needs, by name."""
        uses = constructor_uses(cls, self.definitions)
        return self._named({name: use for name, use in uses.items() if use.needed})


def _is_number(use: Use) -> bool:
    plain = use.kinds - {Kind.FLAG} == {Kind.NUMBER} and use.annotation in ("", "int")
    return plain and not (use.attributes or use.choices)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _layer(maker: _Maker, name: str, use: Use) -> str:
    """A module that gives its first input, as often as results are wanted, and that has the attributes."""
    first = "[*given, *named.values()][0]"
    result = f"({first},) * {use.results}" if use.results > 1 else first
    members = {"forward": f"lambda self, *given, **named: {result}", **maker.entries(use.attributes)}
    shown = ", ".join(f"{key!r}: {value}" for key, value in members.items())
    return f"type('Layer', ({_TORCH}.nn.Module,), {{{shown}}})()"


def _sequence(maker: _Maker, name: str, use: Use) -> str:
    return f"[{', '.join([maker.value(name, use.item)] * (use.length or _ITEMS))}]"


def _table(maker: _Maker, name: str, use: Use) -> str:
    return f"{{{', '.join(f'{key!r}: {value}' for key, value in maker.entries(use.entries).items())}}}"


def _number(maker: _Maker, name: str, use: Use) -> str:
    return FRACTION if is_fraction(name) else str(usual_sizes(name)[0])


def _always(expression: str) -> Callable[[_Maker, str, Use], str]:
    return lambda maker, name, use: expression


_FOR_NOTHING = {Kind.NOTHING, Kind.FLAG, Kind.DEVICE, Kind.DTYPE}
_MAKERS: dict[Kind, Callable[[_Maker, str, Use], str]] = {
    Kind.NOTHING: _always("None"),
    Kind.DEVICE: _always("'cpu'"),
    Kind.DTYPE: _always(f"{_TORCH}.float32"),
    Kind.NAME_IN_TORCH: _always("'ReLU'"),
    Kind.LAYER: _layer,
    Kind.FACTORY: _always(f"{_TORCH}.nn.Identity"),
    Kind.TENSOR: _always(f"{_TORCH}.rand(4, 64)"),
    Kind.AXIS: _always("-1"),
    Kind.SHAPE: _always("[-1]"),
    Kind.AXES: _always("[0, 1]"),
    Kind.TABLE: _table,
    Kind.SEQUENCE: _sequence,
    Kind.TEXT: _always("'a'"),
    Kind.FRACTION: _always(FRACTION),
    Kind.NUMBER: _number,
    Kind.FLAG: _always("False"),
}
_KINDS_BY_ANNOTATION: dict[str, set[Kind]] = {
    "str": {Kind.TEXT},
    "bool": {Kind.FLAG},
    "float": {Kind.FRACTION},
    "device": {Kind.DEVICE},
    "dtype": {Kind.DTYPE},
    "Module": {Kind.LAYER},
    "Callable": {Kind.LAYER},
    "Type": {Kind.FACTORY},
    **{name: {Kind.TABLE} for name in ("dict", "Dict", "Mapping")},
    **{name: {Kind.SEQUENCE} for name in ("list", "List", "tuple", "Tuple", "Sequence", "Iterable", "Size")},
}
