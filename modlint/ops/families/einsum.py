"""``torch.einsum``: every letter of the equation is a size, which is the same wherever the letter stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from modlint.dims import Answer, Dim
from modlint.ops import dtypes
from modlint.ops.arguments import Anything
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import broadcast, listed
from modlint.values import SCATTERED, Open, Shape, Tensor, Unknown, Value


class _Term(NamedTuple):
    """The letters of one operand before and after an ellipsis; ``tail`` is None without one."""

    head: str
    tail: str | None

    @property
    def letters(self) -> str:
        return self.head + (self.tail or "")


@op(
    "torch.einsum",
    cases=[
        "torch.einsum('bij,jk->bik', torch.ones(2, 3, 4), torch.ones(4, 5))",
        "torch.einsum('bij,jk', torch.ones(2, 3, 4), torch.ones(4, 5))",
        "torch.einsum('bij,jk', torch.ones(0, 3, 4), torch.ones(4, 5).bool())",
        "torch.einsum('...ij,jk->...ik', torch.ones(2, 3, 4), torch.ones(4, 5))",
        "torch.einsum('b i j, j k -> b i k', [torch.ones(2, 3, 4), torch.ones(4, 5)])",
        "torch.einsum('bii->b', torch.ones(2, 3, 3))",
        "torch.einsum('bij,bij->', torch.ones(2, 3, 4), torch.ones(2, 3, 4))",
        "torch.einsum('ij...->ji', torch.ones(2, 3, 4))",
        "torch.einsum('ij...->ji', torch.ones(2, 3).bool())",
        "torch.einsum('ij...->ji', torch.ones(2, 3, 1).bool())",
        "torch.einsum('bii->b', torch.ones(0, 3, 3).bool())",
        "torch.einsum('ij,ik->i', torch.ones(2, 3).int(), torch.ones(2, 4).int())",
        "torch.einsum('ij,ij->i', torch.ones(2, 1).bool(), torch.ones(2, 1).bool())",
        "torch.einsum('ij...,ij->ij', torch.ones(2, 3, 4).int(), torch.ones(2, 3).int())",
        "torch.einsum('ij,ijk->i', torch.ones(2, 3).int(), torch.ones(2, 3, 4).int())",
        "torch.einsum('i,j,k->', torch.ones(2).int(), torch.ones(3).int(), torch.ones(4).int())",
        "torch.einsum('b...,b...->b...', torch.ones(2, 3, 4), torch.ones(2, 4))",
        "torch.einsum('bij,bjk->bik', torch.ones(2, 3, 4), torch.ones(2, 5, 5))",
        "torch.einsum('bij', torch.ones(2, 3))",
        "torch.einsum('bij,jk->bik', torch.ones(2, 3, 4))",
        "torch.einsum('bij,jk->bkz', torch.ones(2, 3, 4), torch.ones(4, 5))",
        "torch.einsum('bij,jk->bkk', torch.ones(2, 3, 4), torch.ones(4, 5))",
        "torch.einsum('b1j->bj', torch.ones(2, 3, 4))",
        "torch.einsum('bii->b', torch.ones(2, 3, 4))",
    ],
)
def einsum(need: Need, equation: Anything, *operands: Anything) -> Tensor:
    if not isinstance(equation, str):
        raise Undecided("operands and sublists of indices")
    tensors = _tensors(need, operands)
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = [_term(need, part) for part in left.split(",")]
    if len(terms) != len(tensors):
        need.fail("einsum", len(terms), len(tensors), "operands")
        raise Impossible
    sizes: dict[str, Dim] = {}
    ellipsis: Shape = ()
    for term, tensor in zip(terms, tensors):
        ellipsis = broadcast(need, ellipsis, _read(need, term, tensor, sizes))
    output = _term(need, right) if arrow else _implicit(terms)
    _demand_output(need, output, sizes)
    dtype = _dtype(need, [_labelled(need, term, tensor) for term, tensor in zip(terms, tensors)], output, tensors)
    return Tensor(_shape(output, sizes, ellipsis), dtype, order=SCATTERED, device=tensors[0].device)


def _tensors(need: Need, operands: tuple[Value, ...]) -> tuple[Tensor, ...]:
    items = listed(operands[0]) if len(operands) == 1 else None
    tensors = []
    for value in operands if items is None else items:
        if isinstance(value, Unknown):
            raise Undecided(value.why)
        if not isinstance(value, Tensor):
            need.fail("type", "Tensor", value, "operands")
            raise Impossible
        tensors.append(value)
    if not tensors:
        need.fail("einsum", "at least one operand", (), "operands")
        raise Impossible
    return tuple(tensors)


def _term(need: Need, text: str) -> _Term:
    head, dots, tail = text.partition("...")
    letters = head + tail
    if letters and not (letters.isascii() and letters.isalpha()):
        need.fail("einsum", "letters", text, "equation")
        raise Impossible
    return _Term(head, tail if dots else None)


def _read(need: Need, term: _Term, tensor: Tensor, sizes: dict[str, Dim]) -> Shape:
    """Note the sizes of the letters of an operand; return the dims of its ellipsis."""
    shape, ellipsis = _parted(need, term, tensor)
    own: dict[str, Dim] = {}
    for letter, size in zip(term.letters, shape):
        if letter in own:
            need.equal(size, own[letter], "einsum", "operands")
        own[letter] = size
    for letter, size in own.items():
        sizes[letter] = _common(need, sizes.get(letter, 1), size)
    return ellipsis


def _parted(need: Need, term: _Term, tensor: Tensor) -> tuple[Sequence[Dim], Shape]:
    count = len(term.letters)
    if term.tail is None:
        return need.rank(tensor, count, aspect="einsum", operand="operands"), ()
    shape = need.shape(tensor)
    if isinstance(shape, Open):
        return _parted_open(need, term, tensor)
    if len(shape) < count:
        need.fail("einsum", count, shape, "operands")
        raise Impossible
    end = len(shape) - len(term.tail)
    return (*shape[: len(term.head)], *shape[end:]), shape[len(term.head) : end]


def _parted_open(need: Need, term: _Term, tensor: Tensor) -> tuple[Sequence[Dim], Shape]:
    if term.head or not term.tail:
        raise Undecided("the number of dimensions is not known")
    need.size(tensor, -len(term.tail))
    shape = need.shape(tensor)
    assert isinstance(shape, Open)
    end = len(shape.tail) - len(term.tail)
    return shape.tail[end:], Open(shape.rank, shape.tail[:end])


def _common(need: Need, a: Dim, b: Dim) -> Dim:
    """Sizes of one letter are equal, or 1."""
    if a == b or b == 1:
        return a
    if a != 1 and need.facts.assume_equal(b, a) is Answer.NO:
        need.fail("einsum", a, b, "operands", a, b)
        return a
    return b


def _implicit(terms: Sequence[_Term]) -> _Term:
    """Without an arrow: the ellipsis, then the letters that stand once, in alphabetical order."""
    letters = "".join(term.letters for term in terms)
    once = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return _Term("", once) if any(term.tail is not None for term in terms) else _Term(once, None)


def _demand_output(need: Need, output: _Term, sizes: dict[str, Dim]) -> None:
    strange = [letter for letter in output.letters if letter not in sizes]
    if strange or len(set(output.letters)) < len(output.letters):
        need.fail("einsum", "".join(sizes), output.letters, "equation")
        raise Impossible


def _labelled(need: Need, term: _Term, tensor: Tensor) -> dict[str, Dim]:
    """The size of every label of an operand; the dims of an ellipsis are labelled from their end."""
    letters, ellipsis = _parted(need, term, tensor)
    dims = ellipsis.tail if isinstance(ellipsis, Open) else ellipsis
    return dict(zip(term.letters, letters)) | {f"...{place}": size for place, size in enumerate(reversed(dims))}


def _dtype(need: Need, sizes: Sequence[dict[str, Dim]], output: _Term, tensors: Sequence[Tensor]) -> str | None:
    """What torch's ``sumproduct_pair`` gives: a label of one operand is summed over before the product.

    Two operands are multiplied as matrices, which wants one dtype, when a label of both is summed over.
    """
    if len(tensors) > 2:
        return None if any(dtypes.is_integral(tensor.dtype) for tensor in tensors) else dtypes.promoted(*tensors)
    gone = [{label for label in own if not _is_kept(label, output)} for own in sizes]
    if len(tensors) == 1:
        return dtypes.summed(tensors[0].dtype) if gone[0] else tensors[0].dtype
    several = [{label for label in labels if own[label] != 1} for labels, own in zip(gone, sizes)]
    alone = several[0] ^ several[1]
    summed = [
        replace(tensor, dtype=dtypes.summed(tensor.dtype)) if labels & alone else tensor
        for labels, tensor in zip(several, tensors)
    ]
    first, second = (tensor.dtype for tensor in summed)
    if any(need.is_empty(tensor) for tensor in tensors):
        return first if first == second else None
    if several[0] & several[1] and first != second and None not in (first, second):
        need.fail("dtype", first, second, "operands")
    return dtypes.promoted(*summed)


def _is_kept(label: str, output: _Term) -> bool:
    return output.tail is not None if label.startswith("...") else label in output.letters


def _shape(output: _Term, sizes: dict[str, Dim], ellipsis: Shape) -> Shape:
    head = tuple([sizes[letter] for letter in output.head])
    tail = tuple([sizes[letter] for letter in output.tail or ""])
    if output.tail is None:
        return head
    if not isinstance(ellipsis, Open):
        return (*head, *ellipsis, *tail)
    if head:
        raise Undecided("the number of dimensions is not known")
    return Open(ellipsis.rank, (*ellipsis.tail, *tail))
