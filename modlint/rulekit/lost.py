"""An attribute that a class reads and its constructor does not assign, and what the class still tells of it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from modlint.interpret.modules import MODULE
from modlint.interpret.names import tables
from modlint.rulekit.bindings import bound_in, names_in
from modlint.rulekit.blocks import method
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.leftovers import unread_parameters
from modlint.rulekit.siblings import parents, self_attribute
from modlint.syntax import Place, Unit, nodes_in, own_nodes


@dataclass(frozen=True)
class Lost:
    """The attribute ``name`` that the methods of a class read, and that its constructor does not assign."""

    name: str
    place: Place
    owner: ast.ClassDef
    init: ast.FunctionDef

    @property
    def unit(self) -> Unit:
        return self.place.unit

    @cached_property
    def made(self) -> dict[str, ast.expr]:
        """What the constructor assigns to the other attributes."""
        return assigned_values(self.init)

    @cached_property
    def built(self) -> frozenset[ast.AST]:
        """The nodes of the constructor."""
        return frozenset(nodes_in(self.init))

    @cached_property
    def visible(self) -> frozenset[str]:
        """The names that an expression in the constructor may use."""
        return bound_in(self.init) | bound_in(self.unit.tree) | frozenset(dir(builtins))

    @cached_property
    def unread(self) -> frozenset[str]:
        """The parameters of the constructor that lost their use."""
        return frozenset(unread_parameters(self.init, self.unit))

    @property
    def is_called(self) -> bool:
        """Whether the class calls what it reads, and neither goes through it nor wants more of it than of any module."""
        call = parents(self.unit).get(self.place.node)
        is_called = isinstance(call, ast.Call) and call.func is self.place.node
        wanted = {node.attr for node in nodes_in(self.owner)
                  if isinstance(node, ast.Attribute) and self_attribute(node.value) == self.name}  # fmt: skip
        return is_called and wanted <= tables().get(MODULE, frozenset())

    def can_read(self, value: ast.expr) -> bool:
        """Whether all that an expression names is known in the constructor."""
        own = {node.id for node in nodes_in(value) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        methods = {item.name for item in self.owner.body if isinstance(item, ast.FunctionDef)}
        attributes = attributes_of_self(self.owner, ast.Store) | methods
        return names_in(value) <= self.visible | own and attributes_of_self(value, ast.Load) <= attributes - {self.name}

    @property
    def called_around(self) -> tuple[str | None, str | None]:
        """The attributes that ``forward`` calls last before this one, and first after it."""
        before, after = self.ways
        return (before[0] if before else None), (after[0] if after else None)

    @cached_property
    def ways(self) -> tuple[list[str], list[str]]:
        """The attributes that ``forward`` calls before this one and after it, the nearest first."""
        forward = method(self.owner, "forward")
        called = list(_calls_in_order(forward)) if forward is not None else []
        if self.name not in called:
            return [], []
        here = called.index(self.name)
        before = [name for name in reversed(called[:here]) if name in self.made]
        return before, [name for name in called[here + 1 :] if name in self.made]


@lru_cache(maxsize=256)
def assigned_values(init: ast.FunctionDef) -> dict[str, ast.expr]:
    """What a constructor assigns to the attributes that it assigns once, and alone."""
    values: dict[str, list[ast.expr]] = {}
    for node in own_nodes(init):
        name = self_attribute(node.targets[0]) if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if name is not None:
            values.setdefault(name, []).append(node.value)
    return {name: made[0] for name, made in values.items() if len(made) == 1}


def _calls_in_order(node: ast.AST) -> Iterator[str]:
    """The attributes that code calls, in the order in which Python does."""
    for child in ast.iter_child_nodes(node):
        yield from _calls_in_order(child)
    name = self_attribute(node.func) if isinstance(node, ast.Call) else None
    if name is not None:
        yield name
