"""What a call that lacks an argument was meant to pass: as other calls do, or a size that stands nearby."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence

from modlint.diagnostics import Text
from modlint.edits import Applicability
from modlint.interpret.events import CallMismatch
from modlint.rewrite import Edits, insert_argument, replace
from modlint.rule import Candidate
from modlint.rulekit.bindings import bound_in, names_in
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.leftovers import unread_parameters
from modlint.rulekit.pooling import pooled_sizes
from modlint.rulekit.siblings import class_of, function_of, parents, statement_of
from modlint.rulekit.wording import another_size, is_size
from modlint.signature import Signature
from modlint.syntax import Place, nodes_in, own_nodes
from modlint.values import ClassValue, Function

_SIZES = frozenset({"in_features", "out_features", "in_channels", "out_channels", "num_features", "num_channels",
                    "normalized_shape", "hidden_size", "input_size", "embedding_dim", "embed_dim"})  # fmt: skip
_NEIGHBOURS = 4
_PLACES = 2


def with_argument(event: CallMismatch, name: str, signature: Signature) -> Iterator[Candidate]:
    """The call with a value for the parameter ``name``, the likeliest first.

    Safe is a variable of the same name, what another call for the same target passes, the one parameter that nothing is
    made of, and a size that the shapes force: another one would be found wrong.
    """
    namesakes = _namesakes(event.place, name)
    for cost, text in enumerate(namesakes, 1):
        yield Candidate(Text(f"pass `{text}`", f"传入 `{text}`"), _inserted(event, name, signature, text), cost)
    if namesakes:
        return
    if name == "output_size":
        yield from _pooled(event, signature)
    twins, copied = _passed_by_siblings(event, name, signature)
    unread = _unread_sizes(event.place) if name in _SIZES else []
    sizes = _sizes_nearby(event.place, name) if name in _SIZES else []
    for cost, text in enumerate(_first([*twins, *copied[:1], *unread, *copied, *sizes]), 1):
        title = Text(f"pass `{text}`", f"传入 `{text}`")
        if text in (*twins, *copied):
            title = Text(f"pass `{text}` as another call does", f"像其他调用一样传入 `{text}`")
        edits = _inserted(event, name, signature, text)
        if [text] in (twins, unread):
            yield Candidate(title, edits, cost)
        elif is_size(_value(text)):
            word = f"{name}=" if text.startswith(f"{name}=") else ""
            rival = f"{word}{another_size(text.removeprefix(word))}"
            yield Candidate(title, edits, cost, rivals=(_inserted(event, name, signature, rival),))
        else:
            yield Candidate(title, edits, cost, Applicability.UNSAFE)


def _namesakes(place: Place, name: str) -> list[str]:
    """The variable that the function around has for the parameter, by its own name, and the attribute of the object."""
    function, owner = function_of(place), class_of(place)
    line = getattr(place.node, "lineno", 0)
    nodes = own_nodes(function) if function else ()
    passing = {id(inner) for node in nodes if _is_over(node, line) for inner in nodes_in(node.target)}
    own = {node.arg if isinstance(node, ast.arg) else node.id for node in nodes
           if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < line
               and id(node) not in passing) or isinstance(node, ast.arg)}  # fmt: skip
    kept = attributes_of_self(owner, ast.Store) if owner is not None and function is not None else frozenset()
    return [text for text, known in ((name, own), (f"self.{name}", kept)) if name in known]


def _is_over(node: ast.AST, line: int) -> bool:
    """Whether a node is a loop that ends before a line, or a comprehension: its variable is not meant there."""
    return isinstance(node, ast.comprehension) or (isinstance(node, ast.For) and (node.end_lineno or 0) < line)


def _pooled(event: CallMismatch, signature: Signature) -> Iterator[Candidate]:
    for cost, (size, other) in enumerate(pooled_sizes(class_of(event.place) or event.place.unit.tree), 1):
        edits, rival = (_inserted(event, "output_size", signature, text) for text in (size, other))
        yield Candidate(Text(f"pass `{size}`", f"传入 `{size}`"), edits, cost, rivals=(rival,))


def other_sizes(place: Place, name: str, node: ast.expr) -> Iterator[Candidate]:
    """The call at a place with a size instead of ``node``, which is none, for the parameter ``name``."""
    texts = [*_unread_sizes(place), *_sizes_nearby(place, name)] if name in _SIZES else []
    for cost, text in enumerate(_first(texts), 1):
        title, rival = Text(f"pass `{text}`", f"传入 `{text}`"), replace(place.unit, node, another_size(text))
        yield Candidate(title, replace(place.unit, node, text), cost, rivals=(rival,))


def _first(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))[:_TRIED]


_TRIED = 8


def _inserted(event: CallMismatch, name: str, signature: Signature, text: str) -> Edits:
    """The argument at its place: by position when it comes right behind the others, else by name."""
    unit, call = event.place.unit, event.place.node
    assert isinstance(call, ast.Call)
    by_name = _position(event, name, signature) != len(call.args) and not text.startswith(f"{name}=")
    return insert_argument(unit, call, f"{name}={text}" if by_name else text)


def _unread_sizes(place: Place) -> list[str]:
    """The parameters of the function around that may be sizes and that it makes nothing of."""
    function = function_of(place)
    unread = unread_parameters(function, place.unit) if function is not None else []
    return [name for name in unread if is_size(_value(name)) and _may_be_integer(function, name)]


def _may_be_integer(function: ast.FunctionDef | None, name: str) -> bool:
    """Whether the default of a parameter, if it has one, is an integer."""
    assert function is not None
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    defaults = dict(zip([arg.arg for arg in reversed(positional)], reversed(args.defaults)))
    defaults |= {arg.arg: value for arg, value in zip(args.kwonlyargs, args.kw_defaults) if value is not None}
    return name not in defaults or is_size(defaults[name])


def _sizes_nearby(place: Place, name: str) -> list[str]:
    """Sizes of other layers: of the neighbour in a Sequential, and of those on the lines around, its own first."""
    unit, line, function = place.unit, getattr(place.node, "lineno", 0), function_of(place)
    others = [other for other in nodes_in(function) if isinstance(other, ast.Call)] if function is not None else []
    nearest = sorted(others, key=lambda other: abs(other.lineno - line))
    around = [arg for other in nearest for arg in other.args[:_PLACES] if not _is_small(arg)]
    beside = _neighbours(place, before=name.startswith(("in_", "num_", "normalized")))
    known = bound_in(function) | bound_in(unit.tree) if function is not None else bound_in(unit.tree)
    return [unit.segment(arg) for arg in (*beside, *around) if is_size(arg) and names_in(arg) <= known]


def _value(argument: str) -> ast.expr:
    """What ``1`` or ``depth=1`` passes."""
    call = ast.parse(f"f({argument})", mode="eval").body
    assert isinstance(call, ast.Call)
    return call.keywords[0].value if call.keywords else call.args[0]


def _is_small(node: ast.expr) -> bool:
    """``3``: a kernel or a stride rather than features."""
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value < _FEATURES


_FEATURES = 8


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


def _passed_by_siblings(event: CallMismatch, name: str, signature: Signature) -> tuple[list[str], list[str]]:
    """What other calls of the same name pass for a parameter, as it is written: those whose value goes to the same
    target; and all in the same function, or what every other call in the file passes."""
    function = function_of(event.place)
    near = _passed(event, _siblings(event, function), name, signature) if function is not None else []
    others = _siblings(event, event.place.unit.tree)
    far = _passed(event, others, name, signature)
    own = _assigned(event, event.place.node)
    twins = [other for other in others if own is not None and _is_twin(own, _assigned(event, other))]
    return _passed(event, twins, name, signature), near[:_NEIGHBOURS] if near else far if len(far) == 1 else []


def _siblings(event: CallMismatch, around: ast.AST) -> list[ast.Call]:
    """Other calls of the same name, those on the nearest lines first."""
    unit, call = event.place.unit, event.place.node
    assert isinstance(call, ast.Call)
    callee = unit.segment(call.func)
    calls = [node for node in nodes_in(around) if isinstance(node, ast.Call) and node is not call]
    return sorted(
        (node for node in calls if unit.segment(node.func) == callee), key=lambda node: abs(node.lineno - call.lineno)
    )


def _passed(event: CallMismatch, calls: Sequence[ast.Call], name: str, signature: Signature) -> list[str]:
    """The arguments of calls for a parameter, each text once."""
    unit, position = event.place.unit, _position(event, name, signature)
    written: list[str] = []
    for other in calls:
        written += [f"{name}={unit.segment(word.value)}" for word in other.keywords if word.arg == name]
        written += [unit.segment(arg) for arg in other.args[position:][:1]]
    return list(dict.fromkeys(written))


def _assigned(event: CallMismatch, call: ast.AST) -> ast.Assign | None:
    """The assignment of what a call gives."""
    statement = statement_of(Place(event.place.unit, call))
    return statement if isinstance(statement, ast.Assign) else None


def _is_twin(one: ast.Assign, other: ast.Assign | None) -> bool:
    """Whether another statement assigns to the same target: two branches, or two methods, make the same thing."""
    return other is not None and one is not other and ast.unparse(one.targets[0]) == ast.unparse(other.targets[0])


def _position(event: CallMismatch, name: str, signature: Signature) -> int:
    """At which place of a call an argument goes; far behind for one that goes by keyword alone."""
    if name not in signature.positional:
        return sys.maxsize
    is_method = isinstance(event.callee, ClassValue) or (
        isinstance(event.callee, Function) and event.callee.owner is not None
    )
    return signature.positional.index(name) - is_method
