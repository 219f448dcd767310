"""A layer that is made and never read, for one that is called and never made: its name was meant to be the other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Text
from modlint.interpret.modules import MODULE
from modlint.interpret.names import tables
from modlint.likeness import closest
from modlint.rewrite import rename_attribute
from modlint.rule import Candidate
from modlint.rulekit.blocks import method
from modlint.rulekit.definitions import attributes_of_self, makes_module
from modlint.rulekit.lost import assigned_values
from modlint.rulekit.numbered import family
from modlint.rulekit.siblings import class_of
from modlint.syntax import Place, Unit, last_name

_KINDS = {
    r"fc|lin|dense|head|out|proj|class|score": r"Linear",
    r"conv": r"Conv\d",
    r"bn|norm": r"Norm",
    r"pool": r"Pool",
    r"drop": r"Drop",
    r"lstm|rnn|gru": r"LSTM|GRU|RNN",
    r"emb": r"Embedding",
}


def unused_layer(place: Place, name: str) -> Iterator[Candidate]:
    """Reads of the one layer that nothing reads, instead of the one attribute ``name`` that nothing assigns."""
    owner, unit, node = class_of(place), place.unit, place.node
    if owner is None or not isinstance(node, ast.Attribute):
        return
    unread = _unread_layers(owner, unit)
    missing = sorted(attributes_of_self(owner, ast.Load) - _provided(owner))
    numbered = _pair(family(name, missing), family(name, unread))
    alike = [one for one in unread if one == closest(name, unread) or _is_of_kind(name, unread[one])]
    meant = numbered or _pair(missing, alike)
    if meant is not None:
        cost = 1 if numbered else 2
        yield Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), rename_attribute(unit, node, meant), cost)


def _pair(missing: Sequence[str] | dict[str, int], unread: Sequence[str] | dict[str, int]) -> str | None:
    """The name of the layer, where one is missing and one is not used."""
    return next(iter(unread)) if len(missing) == len(unread) == 1 else None


def _unread_layers(owner: ast.ClassDef, unit: Unit) -> dict[str, str]:
    """The attributes that the constructor gives a layer and no code of the file reads or names, with its class."""
    init = method(owner, "__init__")
    made = assigned_values(init) if init is not None else {}
    read = {node.attr for node in unit.nodes.get(ast.Attribute, ()) if isinstance(node.ctx, ast.Load)}
    named = {node.value for node in unit.nodes.get(ast.Constant, ()) if isinstance(node.value, str)}
    return {name: last_name(value.func) for name, value in made.items()
            if isinstance(value, ast.Call) and makes_module(unit, value) and name not in read | named}  # fmt: skip


def _provided(owner: ast.ClassDef) -> frozenset[str]:
    """What objects of a class have: what its code assigns, its methods, and what torch gives to every module."""
    own = {item.name for item in owner.body if isinstance(item, ast.FunctionDef)}
    return attributes_of_self(owner, ast.Store) | own | tables().get(MODULE, frozenset())


def _is_of_kind(name: str, layer: str) -> bool:
    """Whether an attribute is called after layers of a class: ``head`` or ``fc`` for ``Linear``."""
    return any(re.match(word, name.lower()) and re.search(kind, layer) for word, kind in _KINDS.items())
