"""How odd the expressions of a tree are: what parses, but nobody would have meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from modlint.repair.lexer import Token
from modlint.repair.vocabulary import (
    ARITY,
    CALLABLES,
    CONTAINERS,
    GENERICS,
    METHODS_ONLY,
    PLAIN_RESULTS,
    TAKES_DIM,
    words,
)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _called(node: ast.Call) -> float:
    """A literal or an operation is no function, and neither is what a module knows of itself."""
    literals = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.BinOp, ast.JoinedStr)
    return 3.0 if isinstance(node.func, literals) or _name(node.func) in ("__name__", "__file__") else 0.0


def _arity(node: ast.Call) -> float:
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return 0.0
    name, count = _name(node.func), len(node.args)
    if name.lower().endswith(("loss", "criterion", "loss_function", "loss_fn")) and isinstance(node.func, ast.Name):
        return 1.0 if count == 1 else 0.0
    least, most = ARITY.get(name, (0, count))
    if count == most and name in TAKES_DIM and any(keyword.arg == "dim" for keyword in node.keywords):
        return 1.5
    return 1.5 if count > most or count + len(node.keywords) < least else 0.0


def _method_as_function(node: ast.Call) -> float:
    return 0.7 if isinstance(node.func, ast.Name) and node.func.id in METHODS_ONLY else 0.0


def _layers_in_layer(node: ast.Call) -> float:
    name = _name(node.func)
    if not name[:1].isupper() or name in CONTAINERS:
        return 0.0
    return sum(1.0 for a in node.args if isinstance(a, ast.Call) and _is_layer(a))


def _is_layer(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and _name(call.func)[:1].isupper()


def _is_torch_layer(node: ast.expr) -> bool:
    """`nn.Linear(…)`, which has no effect by itself."""
    return isinstance(node, ast.Call) and _is_layer(node) and ast.unparse(node.func).startswith("nn.")


def _arguments_of_submodule(node: ast.Call) -> float:
    """`self.conv(x, 2)`: a layer takes no number."""
    function = node.func
    on_self = (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "self"
    )
    if not on_self or _name(function).startswith(("_", "make")):
        return 0.0
    return sum(0.5 for a in node.args[1:] if isinstance(a, ast.Constant) and isinstance(a.value, int | float))


def _passes_self(node: ast.Call) -> float:
    first = node.args[:1] if _name(node.func) not in _ASK_SELF else []
    return sum(0.7 for a in first if isinstance(a, ast.Name) and a.id == "self")


_ASK_SELF = words("super __init__ getattr setattr hasattr delattr isinstance type id")


# What a console shows of a value.
_PRINTED = ("tensor", "Size", "array")


def _statement(node: ast.Expr) -> float:
    value = node.value
    if isinstance(value, ast.Call):
        return 1.0 if _is_torch_layer(value) or _name(value.func) in _PRINTED else 0.0
    if isinstance(value, ast.Tuple) and any(_is_torch_layer(element) for element in value.elts):
        return 1.5
    if isinstance(value, (ast.Await, ast.Yield, ast.YieldFrom)):
        return 0.0
    if isinstance(value, ast.Constant) and (isinstance(value.value, str) or value.value is Ellipsis):
        return 0.0
    names = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)]
    # what is prose in another script reads as names
    return 2.0 if names and not any(name.isascii() for name in names) else 0.8


_QUOTES = ("'", '"')
_CODE_LINE = re.compile(
    r"^\s*(?:def \w+\(.*:|class \w+.*:|self\.\w+ ?=|return\b.*\)|(?:import|from) [\w.]+)", re.MULTILINE
)


def _string(node: ast.Constant) -> float:
    """Code that a quote in the wrong place has swallowed."""
    value = node.value
    if not isinstance(value, str):
        return 0.0
    if "\n" in value:
        return min(3.0, len(_CODE_LINE.findall(value)))
    unbalanced = _is_unbalanced(value, "(", ")") or _is_unbalanced(value, "[", "]")
    swallowed = (
        " % (" in value
        or " == " in value
        or ".format(" in value
        or (" if " in value and " else" in value)
        or "()" in value
    )
    listed = (
        re.search(r"\w, \w[.\w]*(?:, |\(|$)|, \w+=", value) is not None
        or value.startswith((",", " if "))
        or value.endswith((", ", ","))
        or re.fullmatch(r"\w+: \w+", value) is not None
    )
    quoted = (value[:1] in _QUOTES) != (value[-1:] in _QUOTES) and len(value) > 1
    return 0.5 * unbalanced + 0.6 * swallowed + 0.4 * listed + 0.3 * quoted


def _is_unbalanced(value: str, opener: str, closer: str) -> bool:
    """Whether a bracket is closed that was not opened, or the other way round."""
    depths = list(accumulate((c == opener) - (c == closer) for c in value))
    return bool(depths) and (min(depths) < 0 or depths[-1] > 0)


def _subscript(node: ast.Subscript) -> float:
    if isinstance(node.value, (ast.Constant, ast.Lambda)):
        return 3.0
    if isinstance(node.value, ast.Name) and _INDEX.search(node.value.id):
        return 0.7
    if isinstance(node.value, ast.BinOp):
        return 0.3
    wanted = GENERICS.get(_name(node.value))
    given = len(node.slice.elts) if isinstance(node.slice, ast.Tuple) else 1
    return 1.0 if _is_generic(node.value) or wanted not in (None, given) else 0.0


# What is called so is a number.
_INDEX = re.compile(r"^[ijn]$|(?:^|_)(?:idx|index)$")


def _is_generic(node: ast.expr) -> bool:
    """`Optional[int]`, which has neither items nor attributes of its own."""
    is_type = isinstance(node, ast.Subscript) and _name(node.value)[:1].isupper() and not _name(node.value).isupper()
    return is_type and isinstance(node, ast.Subscript) and all(_is_type(part) for part in _parts(node.slice))


def _parts(index: ast.expr) -> list[ast.expr]:
    return index.elts if isinstance(index, ast.Tuple) else [index]


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) or (isinstance(node, ast.Subscript) and _is_generic(node))


_SEQUENCES = ("list", "set", "tuple")
_OF_DICTIONARIES = ("keys", "values", "items")


def _attribute(node: ast.Attribute) -> float:
    value = node.value
    if isinstance(value, ast.Name):
        # `super(Net, self.__init__())` and `super.__init__()`
        return 1.5 if node.attr == "__init__" and value.id in ("self", "super") else 0.0
    if isinstance(value, ast.Constant) and not isinstance(value.value, str | bytes):
        return 3.0
    if not isinstance(value, ast.Call):
        return 1.0 if _is_generic(value) else 0.0
    name = _name(value.func)
    plain = (name in PLAIN_RESULTS and bool(value.args)) or (name in _SEQUENCES and node.attr in _OF_DICTIONARIES)
    return 1.5 if plain or (node.attr == "__init__" and name != "super") else 0.0


def _operation(node: ast.BinOp) -> float:
    """`keepdim=True + x`, `a - (b, 0)`: neither a truth value is a number, nor a tuple."""
    operands = (node.left, node.right)
    if isinstance(node.op, _NUMERIC) and any(isinstance(a, ast.Tuple | ast.List) for a in operands):
        return 2.0
    return sum(1.0 for a in operands if isinstance(a, ast.Constant) and (a.value is None or isinstance(a.value, bool)))


_NUMERIC = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult)


def _comparison(node: ast.Compare) -> float:
    """`x is not 'known'`, `n > ' 1'`: nothing is the same object as a text; `k, d in zip(a, b)` has lost its `for`."""
    last = node.comparators[-1]
    if isinstance(node.ops[-1], ast.In) and isinstance(last, ast.Call) and _name(last.func) in ("zip", "enumerate"):
        return 1.5
    identity = any(
        isinstance(operator, ast.Is | ast.IsNot | ast.Lt | ast.LtE | ast.Gt | ast.GtE) for operator in node.ops
    )
    texts = (node.left, *node.comparators)
    return 1.5 if identity and any(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in texts) else 0.0


def _condition(node: ast.BoolOp) -> float:
    """`f("_" and x)`: a text is always true."""
    return sum(1.0 for a in node.values[:-1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _assigned(node: ast.Assign) -> float:
    """`optimizer = Adam` forgets to call, `net = Net(),` has a comma too many."""
    value = node.value
    if isinstance(value, ast.Tuple):
        return 0.4 if len(value.elts) == 1 else 0.0
    name = _name(value)
    return 0.4 if name[:1].isupper() and not name.isupper() else 0.0


def _printed_within(node: ast.Call) -> float:
    """`print` has no value to pass on."""
    return sum(1.0 for a in node.args if isinstance(a, ast.Call) and _name(a.func) == "print")


def _said_by_exception(node: ast.Call) -> float:
    """`ValueError(depth="is wrong")`, `ValueError(a and "b are wrong")`: the built-in ones take a text alone."""
    name = _name(node.func)
    is_condition = any(isinstance(a, ast.BoolOp | ast.Compare) for a in node.args)
    return 1.0 if (node.keywords or is_condition) and name.endswith("Error") and name in CALLABLES else 0.0


def _repeated_keyword(node: ast.Call) -> float:
    """`cat(xs, dim=1, dim=1)`, which only the compiler refuses."""
    names = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
    return 3.0 if len(set(names)) < len(names) else 0.0


def _counts(node: ast.Call) -> float:
    """`len(xs > 1)`, `len(xs - 1)`."""
    only = node.args[0] if len(node.args) == 1 and _name(node.func) == "len" else None
    return 2.0 if isinstance(only, ast.Compare) else 0.7 if isinstance(only, ast.BinOp) else 0.0


def _list(node: ast.List) -> float:
    """`[f(x) * 4]`: `[f(x)] * 4` was meant, more often."""
    match node.elts:
        case [ast.BinOp(op=ast.Mult(), right=ast.Constant()) | ast.BinOp(op=ast.Mult(), left=ast.Constant())]:
            return 0.3
    return 0.0


def _parameters(node: ast.FunctionDef) -> float:
    """`def forward(x, x)`: no two of them have one name."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return 3.0 if len(set(names)) < len(names) else 0.0


def _bases(node: ast.ClassDef) -> float:
    """`class Net(nn.Module()):`."""
    return sum(0.7 for base in node.bases if isinstance(base, ast.Call))


CHECKS: dict[type[ast.AST], tuple[Callable[..., float], ...]] = {
    ast.Call: (
        _called,
        _arity,
        _method_as_function,
        _layers_in_layer,
        _arguments_of_submodule,
        _passes_self,
        _printed_within,
        _said_by_exception,
        _repeated_keyword,
        _counts,
    ),
    ast.Expr: (_statement,),
    ast.Constant: (_string,),
    ast.Subscript: (_subscript,),
    ast.Attribute: (_attribute,),
    ast.BinOp: (_operation,),
    ast.BoolOp: (_condition,),
    ast.Compare: (_comparison,),
    ast.Assign: (_assigned,),
    ast.ClassDef: (_bases,),
    ast.FunctionDef: (_parameters,),
    ast.List: (_list,),
}


def implausibility(tree: ast.Module, tokens: Sequence[Token]) -> float:
    """The sum of what is odd in the expressions of a text, given as tree and as tokens."""
    return sum(_oddities(tree)) + odd_strings(tokens) + _odd_comments(tokens)


CODE_IN_COMMENT = re.compile(
    r"(?<=\s)(?:self\.\w+ =|def \w+\(|class \w+\(|return \w|import \w|from \w+ import|for \w+ in )"
)


def _odd_comments(tokens: Sequence[Token]) -> float:
    """A comment goes to the end of its line: where several statements are in it, the line ends are lost."""
    comments = (token.text for token in tokens if token.kind == "comment")
    return sum(3.0 for comment in comments if len(CODE_IN_COMMENT.findall(comment)) > 1)


def _oddities(tree: ast.Module) -> Iterator[float]:
    pieces: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            # what lies between two pairs of braces is no string of its own
            pieces.update(node.values)
        for check in CHECKS.get(type(node), ()) if node not in pieces else ():
            yield check(node)


def odd_strings(tokens: Sequence[Token]) -> float:
    """How often a string is right beside another, or glued to a word: the quote between them is in the wrong place."""
    odd = 0.0
    for before, after in pairwise(token for token in tokens if token.kind not in ("newline", "comment")):
        beside = before.kind == "string" and before.line == after.line
        swallowed = before.kind == "string" and before.text[-2:-1] == "," and len(before.text) > 3
        if after.kind == "string" and (swallowed or beside or (before.kind == "name" and before.end == after.start)):
            odd += 1.0
    return odd
