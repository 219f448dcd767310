"""What a call that lacks an argument was meant to pass: as other calls do, or a size that stands nearby."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Text
from modlint.edits import Applicability
from modlint.interpret.events import CallMismatch
from modlint.rewrite import Edits, insert_argument, replace
from modlint.rule import Candidate
from modlint.rulekit.leftovers import unread_parameters
from modlint.rulekit.siblings import function_of, parents, statement_of
from modlint.rulekit.wording import is_size
from modlint.signature import Signature
from modlint.syntax import Place, nodes_in
from modlint.values import ClassValue, Function

_SIZES = frozenset({"in_features", "out_features", "in_channels", "out_channels", "num_features", "num_channels",
                    "normalized_shape", "hidden_size", "input_size", "embedding_dim", "embed_dim"})  # fmt: skip
_NEIGHBOURS = 4
_PLACES = 2


def with_argument(event: CallMismatch, name: str, signature: Signature) -> Iterator[Candidate]:
    """The call with a value for the parameter ``name``, the likeliest first."""
    copied = _passed_by_siblings(event, name, signature)
    sizes = _sizes_nearby(event.place, name) if name in _SIZES else []
    for cost, text in enumerate(dict.fromkeys([*copied, *sizes]), 1):
        title = Text(f"pass `{text}`", f"传入 `{text}`")
        if text in copied:
            title = Text(f"pass `{text}` as another call does", f"像其他调用一样传入 `{text}`")
        yield _passing(event, name, signature, text, cost, title)


def _passing(event: CallMismatch, name: str, signature: Signature, text: str, cost: int, title: Text) -> Candidate:
    """A number that the shapes force is no guess: another one would be found wrong."""
    value = ast.parse(f"f({text})", mode="eval").body
    assert isinstance(value, ast.Call)
    given = value.keywords[0].value if value.keywords else value.args[0]
    edits = _inserted(event, name, signature, text)
    if not is_size(given):
        return Candidate(title, edits, cost, Applicability.UNSAFE)
    return Candidate(title, edits, cost, rivals=(_inserted(event, name, signature, f"{text} + 1"),))


def _inserted(event: CallMismatch, name: str, signature: Signature, text: str) -> Edits:
    """The argument at its place: by position when it comes right behind the others, else by name."""
    unit, call = event.place.unit, event.place.node
    assert isinstance(call, ast.Call)
    by_name = _position(event, name, signature) != len(call.args) and not text.startswith(f"{name}=")
    return insert_argument(unit, call, f"{name}={text}" if by_name else text)


def other_sizes(place: Place, name: str, node: ast.expr) -> Iterator[Candidate]:
    """The call at a place with a size instead of ``node``, which is none, for the parameter ``name``."""
    texts = [*_unread_sizes(place), *_sizes_nearby(place, name)] if name in _SIZES else []
    for cost, text in enumerate(list(dict.fromkeys(texts))[:_TRIED], 1):
        rival = replace(place.unit, node, f"{text} + 1")
        yield Candidate(
            Text(f"pass `{text}`", f"传入 `{text}`"), replace(place.unit, node, text), cost, rivals=(rival,)
        )


def _unread_sizes(place: Place) -> list[str]:
    """The parameters of the function around that may be sizes and that it makes nothing of."""
    function = function_of(place)
    unread = unread_parameters(function, place.unit) if function is not None else []
    return [name for name in unread if is_size(_value(name))]


def _sizes_nearby(place: Place, name: str) -> list[str]:
    """Sizes of other layers: of the neighbour in a Sequential, and of those on the lines around, its own first."""
    unit, line, function = place.unit, getattr(place.node, "lineno", 0), function_of(place)
    others = [other for other in nodes_in(function) if isinstance(other, ast.Call)] if function is not None else []
    nearest = sorted(others, key=lambda other: abs(other.lineno - line))
    around = [arg for other in nearest for arg in other.args[:_PLACES]]
    beside = _neighbours(place, before=name.startswith(("in_", "num_", "normalized")))
    return [unit.segment(arg) for arg in (*beside, *around) if is_size(arg)]


_TRIED = 8


def _value(argument: str) -> ast.expr:
    """What ``1`` or ``depth=1`` passes."""
    call = ast.parse(f"f({argument})", mode="eval").body
    assert isinstance(call, ast.Call)
    return call.keywords[0].value if call.keywords else call.args[0]


def _neighbours(place: Place, before: bool) -> Iterator[ast.expr]:
    """What the layer before gives, or the one behind takes, when they stand in one list."""
    holder = parents(place.unit).get(place.node)
    items: list[ast.AST] = [*(holder.args if isinstance(holder, ast.Call) else getattr(holder, "elts", []))]
    if place.node not in items:
        return
    index = items.index(place.node)
    beside = list(reversed(items[:index])) if before else items[index + 1 :]
    for item in beside:
        at = 1 if before else 0
        if isinstance(item, ast.Call) and len(item.args) > at and is_size(item.args[at]):
            yield item.args[at]
            return


def _passed_by_siblings(event: CallMismatch, name: str, signature: Signature) -> list[str]:
    """What other calls of the same name pass for a parameter, as it is written: all in the same function, or what
    every other call in the file passes."""
    function = function_of(event.place)
    near = _passed(event, nodes_in(function), name, signature) if function is not None else []
    far = _passed(event, event.place.unit.every, name, signature)
    return near[:_NEIGHBOURS] if near else far if len(far) == 1 else []


def _passed(event: CallMismatch, nodes: Sequence[ast.AST], name: str, signature: Signature) -> list[str]:
    """The arguments of other calls, those on the nearest lines first."""
    unit, call = event.place.unit, event.place.node
    assert isinstance(call, ast.Call)
    written: list[tuple[int, str]] = []
    own = _target(event, call)
    for other in nodes:
        if isinstance(other, ast.Call) and other is not call and unit.segment(other.func) == unit.segment(call.func):
            distance = 0 if _target(event, other) == own else abs(other.lineno - call.lineno)
            texts = [f"{name}={unit.segment(word.value)}" for word in other.keywords if word.arg == name]
            texts += [unit.segment(arg) for arg in other.args[_position(event, name, signature) :][:1]]
            written += [(distance, text) for text in texts]
    return list(dict.fromkeys(text for _, text in sorted(written)))


def _target(event: CallMismatch, call: ast.Call) -> str:
    """What the value of a call is assigned to, itself if to nothing: two branches make the same thing."""
    statement = statement_of(Place(event.place.unit, call))
    return ast.unparse(statement.targets[0] if isinstance(statement, ast.Assign) else call)


def _position(event: CallMismatch, name: str, signature: Signature) -> int:
    """At which place of a call an argument goes; far behind for one that goes by keyword alone."""
    if name not in signature.positional:
        return sys.maxsize
    is_method = isinstance(event.callee, ClassValue) or (
        isinstance(event.callee, Function) and event.callee.owner is not None
    )
    return signature.positional.index(name) - is_method
