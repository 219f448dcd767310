"""Whether nothing gives an object the attribute that it was found to lack."""

from __future__ import annotations

import ast

from modlint.interpret.events import MissingAttribute
from modlint.rulekit.definitions import assigned_attributes, attributes_of_self, misnamed_init
from modlint.rulekit.siblings import class_of, self_attribute, statement_of
from modlint.syntax import Place, nodes_in
from modlint.values import ClassValue


def is_left_to_misnamed_init(event: MissingAttribute, cls: ClassValue) -> bool:
    """Whether the method that was meant to be ``__init__`` assigns the attribute."""
    init = misnamed_init(cls)
    return init is not None and event.name in assigned_attributes(init)


def is_assigned_elsewhere(event: MissingAttribute, cls: ClassValue) -> bool:
    """Whether a method that did not run, a class derived from it, or code outside assigns an attribute of the name."""
    own = {base.name for base in cls.mro if isinstance(base, ClassValue)}
    units = {id(base.unit): base.unit for base in cls.mro if isinstance(base, ClassValue)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == event.name
        and isinstance(node.ctx, ast.Store)
        and (self_attribute(node) is None or _gives(Place(unit, node), own))
        for unit in (event.place.unit, *units.values())
        for node in nodes_in(unit.tree)
    )


def _gives(target: Place, names: set[str]) -> bool:
    """Whether ``self.x = …`` stands in one of the classes, and is no ``self.x = self.x[1:]``, which needs it before."""
    return _belongs_to(target, names) and not _needs_itself(target)


def _needs_itself(target: Place) -> bool:
    """Whether an assignment reads the attribute that it assigns, and no code asks whether there is one."""
    statement, name = statement_of(target), self_attribute(target.node)
    asked = any(node.value == name for node in target.unit.nodes.get(ast.Constant, ()))
    return isinstance(statement, ast.Assign) and name in attributes_of_self(statement.value, ast.Load) and not asked


def _belongs_to(place: Place, names: set[str]) -> bool:
    """Whether a place is in one of the classes, or in one that derives from them."""
    owner = class_of(place)
    bases = {getattr(base, "id", "") for base in owner.bases} if owner is not None else set()
    return owner is None or owner.name in names or bool(bases & names)
