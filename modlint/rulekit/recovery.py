"""Writing again what a constructor has lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.rewrite import Edits, insert_after
from modlint.rule import Candidate
from modlint.rulekit.bindings import bound_in, names_in
from modlint.rulekit.blocks import method
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.guesses import guesses
from modlint.rulekit.lost import Lost
from modlint.rulekit.numbered import family
from modlint.rulekit.siblings import class_of, self_attribute
from modlint.syntax import Place, nodes_in


def recovered(place: Place, name: str) -> Iterator[Candidate]:
    """Assignments that the constructor of the class around ``place`` may have lost, the surest first."""
    owner = class_of(place)
    init = method(owner, "__init__") if owner is not None else None
    if owner is None or init is None or self_attribute(place.node) != name:
        return
    lost = Lost(name, place, owner, init)
    told = set()
    for guess in guesses(lost):
        edits = _assigning(lost, guess.text)
        if edits and guess.text not in told:
            told.add(guess.text)
            line = guess.text if "\n" not in guess.text else f"{guess.text.splitlines()[0]} …"
            title = Text(f"assign `self.{name} = {line}`", f"添加 `self.{name} = {line}`")
            rivals = tuple(_assigning(lost, text) for text in guess.rivals)
            yield Candidate(title, edits, guess.cost, guess.trust, rivals)


def _assigning(lost: Lost, text: str) -> Edits:
    """Assign an expression behind all that it uses, and behind the layer that is called before this one: the last that is
    called alike, if there is one."""
    tree = ast.parse(f"({text})", mode="eval")
    used, needed = names_in(tree) & bound_in(lost.init), attributes_of_self(tree, ast.Load)
    called, _ = lost.ways
    before = next((name for name in called if name in family(lost.name, lost.made)), lost.called_around[0])
    behind = [
        statement
        for statement in lost.init.body
        if _runs_super(statement)
        or attributes_of_self(statement, ast.Store) & {before, *needed}
        or _fills(statement, used)
    ]
    return insert_after(lost.unit, behind[-1], f"self.{lost.name} = {text}") if behind else ()


def _runs_super(statement: ast.stmt) -> bool:
    nodes = nodes_in(statement)
    return any(isinstance(node, ast.Attribute) and node.attr == "__init__" for node in nodes)


def _fills(statement: ast.stmt, names: frozenset[str]) -> bool:
    """Whether a statement binds one of the names, or puts something into what it stands for."""
    stored = {node.id for node in nodes_in(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    grown = {node.value.id for node in nodes_in(statement)
             if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.value, ast.Name)
             and (isinstance(node.ctx, ast.Store) or getattr(node, "attr", "") in ("append", "extend", "insert"))}  # fmt: skip
    return bool((stored | grown) & names)
