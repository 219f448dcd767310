"""The shapes that a function's parameters have as it says itself: in jaxtyping annotations, and in its docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from modlint.dims import Dim, Grade, symbol
from modlint.syntax import last_name
from modlint.values import Tensor

_DTYPES: Mapping[str, str | None] = {
    **dict.fromkeys(("Shaped", "Num", "Real", "Inexact", "Float", "Complex", "Integer", "Int", "UInt")),
    "Bool": "bool",
    "BFloat16": "bfloat16",
    **{f"{kind}{bits}": f"{kind.lower()}{bits}" for kind in ("Float", "Int") for bits in (16, 32, 64)},
    **{f"{kind}8": f"{kind.lower()}8" for kind in ("Int", "UInt")},
    **{f"Complex{bits}": f"complex{bits}" for bits in (64, 128)},
}
"""The element types of jaxtyping (docs.kidger.site/jaxtyping/api/array); None for those that leave it open."""
_BATCHES = frozenset({"b", "n", "bs", "batch", "batch_size", "batchsize"})
_SIZE = re.compile(r"(?:\w+=)?(\d+)")
_MANY = re.compile(r"\.\.\.|[#?_]*\*.*")

_ITEM = r"\s*(?:\d+|[^\W\d]\w*(?:\s*(?://|[-+*/])\s*\w+)*)\s*"
_DOCUMENTED = re.compile(
    rf"^\s*(?::param\s+)?[`*]*(?P<name>\w+)[`*]*\s*(?:\([\w.\s]*\)\s*)?:"
    rf"\s*(?:[^:()\[\]]*\b(?:shape|shaped|size|[Tt]ensor)(?:\s+of|\s+is)?\s*:?)?\s*[`*]*"
    rf"[\[(](?P<items>{_ITEM}(?:,{_ITEM})+),?\s*[\])][^\[(]*$",
    re.MULTILINE,
)
_WORDS = frozenset({"optional", "float", "int", "bool", "str", "default", "tensor", "list", "tuple", "dict", "none"})


class Sizes:
    """The sizes that a function names: a name stands for one size throughout."""

    def __init__(self) -> None:
        self._named: dict[str, Dim] = {}

    def read(self, item: str) -> Dim:
        """The size that an item stands for: a number, a name, or one that nobody knows."""
        number = _SIZE.fullmatch(item)
        if number is not None:
            return int(number[1])
        if not item.isidentifier() or item == "_":
            return symbol(item, grade=Grade.CONTRACT)
        if item not in self._named:
            lower = 2 if item.lower() in _BATCHES else 1
            self._named[item] = symbol(item, lower=lower, grade=Grade.CONTRACT)
        return self._named[item]


def annotated(annotation: ast.expr | None, sizes: Sizes) -> Tensor | None:
    """The tensor that ``Float[Tensor, "b 3 h w"]`` describes; None for other annotations and an open number of dims."""
    match annotation:
        case ast.Constant(value=str(text)):
            return annotated(_parsed(text), sizes)
        case ast.BinOp(left=left):
            return annotated(left, sizes)
        case ast.Subscript(value=kind, slice=ast.Tuple(elts=[array, ast.Constant(value=str(text))])):
            items = text.split()
            if last_name(kind) in _DTYPES and last_name(array) == "Tensor" and not any(map(_MANY.fullmatch, items)):
                return Tensor(tuple(map(sizes.read, items)), _DTYPES[last_name(kind)])
        case ast.Subscript(value=outer, slice=inner) if last_name(outer) == "Optional":
            return annotated(inner, sizes)
    return None


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def documented(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, sizes: Sizes) -> dict[str, Tensor]:
    """The tensors that lines such as ``x: (N, C, H, W)`` of a docstring describe, by parameter; unclear ones are not
    among them."""
    if isinstance(function, ast.Lambda):
        return {}
    found: dict[str, Tensor] = {}
    unclear: set[str] = set()
    for name, items in _documented_items(ast.get_docstring(function) or ""):
        if name in found or "0" in items or _WORDS & {item.lower() for item in items}:
            unclear.add(name)
        found[name] = Tensor(tuple(map(sizes.read, items)), None)
    return {name: tensor for name, tensor in found.items() if name not in unclear}


def _documented_items(text: str) -> Iterator[tuple[str, list[str]]]:
    for match in _DOCUMENTED.finditer(text):
        yield match["name"], ["".join(item.split()) for item in match["items"].split(",")]
