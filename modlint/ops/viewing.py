"""Giving the elements of a tensor another shape: the sizes must fit, and for a view the strides must allow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modlint.dims import Answer, Dim, divide_exactly, floordiv, product
from modlint.ops import elements
from modlint.ops.need import Impossible, Need, is_batch
from modlint.ops.shapes import Order, fresh
from modlint.values import CONTIGUOUS, SCATTERED, Shape, Tensor


class _Reduced(NamedTuple):
    """What is left of ``elements == product(sizes)`` without the sizes that divide the elements."""

    elements: Dim
    sizes: Dim


def resized(
    need: Need, shape: Sequence[Dim], sizes: Sequence[Dim | None], aspect: str = "view", operand: str = "shape"
) -> tuple[Dim, ...]:
    """The sizes that ``shape`` takes when it is viewed as ``sizes``.

    One of them may be -1, and None stands for a size that is not known. The number of elements is the same; where
    that depends on symbols it becomes a fact about them.
    """
    _demand_sizes(need, sizes, aspect, operand)
    open_places = [place for place, size in enumerate(sizes) if size is None or size == -1]
    if len(open_places) > 1:
        return tuple([fresh() if size is None or size == -1 else size for size in sizes])
    given = [size for size in sizes if size is not None and size != -1]
    if not open_places:
        _demand_product(need, shape, given, aspect, operand)
        return tuple(given)
    (place,) = open_places
    missing = _missing(need, shape, given, place == 0, aspect, operand)
    return (*given[:place], missing, *given[place:])


def _demand_sizes(need: Need, sizes: Sequence[Dim | None], aspect: str, operand: str) -> None:
    if sum(size == -1 for size in sizes) > 1 or any(isinstance(size, int) and size < -1 for size in sizes):
        need.fail(aspect, "sizes of which one may be -1", tuple(sizes), operand)
        raise Impossible


def _reduced(shape: Sequence[Dim], given: Sequence[Dim]) -> _Reduced:
    left, rest = product(shape), product(())
    for size in given:
        quotient = None if size == 0 else divide_exactly(left, size)
        if quotient is None:
            rest = rest * size
        else:
            left = quotient
    return _Reduced(left, rest)


def _demand_product(need: Need, shape: Sequence[Dim], given: Sequence[Dim], aspect: str, operand: str) -> None:
    left, rest = _reduced(shape, given)
    if need.facts.assume_equal(left, rest) is Answer.NO:
        wanted, found = _compared(shape, given)
        need.fail(aspect, wanted, found, operand, wanted, found)


def _compared(shape: Sequence[Dim], given: Sequence[Dim]) -> tuple[Dim, Dim]:
    """The products of the sizes and of the dims, without those in front that are the same."""
    same = next((place for place, pair in enumerate(zip(given, shape)) if pair[0] != pair[1]), 0)
    return product(given[same:]), product(shape[same:])


def _missing(need: Need, shape: Sequence[Dim], given: Sequence[Dim], first: bool, aspect: str, operand: str) -> Dim:
    """The size that -1 stands for; ``first``: it stands first, where it is meant to be the batch."""
    left, rest = _reduced(shape, given)
    if rest == 0:
        need.fail(aspect, product(given), product(shape), operand)
        raise Impossible
    if rest == 1:
        return left
    batch = shape[0] if first and shape else None
    sample = divide_exactly(left, batch) if batch is not None and is_batch(batch) else None
    if sample is None:
        return _quotient(need, _Reduced(left, rest), _compared(shape, given), aspect, operand)
    assert batch is not None
    if _divides_sample(need, sample, rest):
        return _product_quotient(need, batch, sample, rest)
    wanted, found = product(given), product(shape[1:])
    need.fail(aspect, wanted, found, operand, wanted, found)
    return batch


def _divides_sample(need: Need, sample: Dim, rest: Dim) -> bool:
    """Whether every batch fits: a sample holds ``rest`` several times, or ``rest`` is several samples."""
    if type(rest) is not int:
        return need.facts.divisible(sample, rest) is not Answer.NO
    if need.facts.assume_divisible(sample, rest) is not Answer.NO:
        return True
    return type(sample) is not int or rest % sample == 0


def _quotient(need: Need, reduced: _Reduced, compared: tuple[Dim, Dim], aspect: str, operand: str) -> Dim:
    left, rest = reduced
    answer = need.facts.assume_divisible(left, rest) if type(rest) is int else need.facts.divisible(left, rest)
    if answer is Answer.NO:
        need.fail(aspect, *compared, operand, *compared)
    return floordiv(need.facts.resolve(left), need.facts.resolve(rest))


def _product_quotient(need: Need, batch: Dim, sample: Dim, rest: Dim) -> Dim:
    """``batch * sample // rest``, written as a multiple of the batch when ``rest`` is not several samples."""
    sample, rest = need.facts.resolve(sample), need.facts.resolve(rest)
    if isinstance(sample, int) and isinstance(rest, int) and sample % rest:
        return floordiv(batch * sample, rest)
    return batch * floordiv(sample, rest)


def view_order(shape: Sequence[Dim], order: Order, sizes: Sequence[Dim]) -> tuple[bool | None, Order]:
    """Whether a tensor of ``shape`` with stride ``order`` can be viewed as ``sizes``, and the order of the view.

    None: it cannot be told. Axes whose strides fit together form chunks of memory, and every chunk must be cut into
    new axes for itself (``computeStride`` in ATen/TensorUtils.cpp).
    """
    if order is CONTIGUOUS or tuple(sizes) == tuple(shape):
        return True, order
    if order == SCATTERED or 0 in shape:
        return None, SCATTERED
    assert order is not None
    remaining = list(sizes)
    for chunk in reversed(_chunks(shape, order)):
        fits = _cut(remaining, chunk)
        if fits is not True:
            return fits, SCATTERED
    return True, SCATTERED


def moved(input: Tensor, shape: Shape, order: Order) -> Tensor:
    """The elements of ``input`` in the same row-major order with another shape."""
    data = input.data if input.data is not None and elements.count(shape) == len(input.data) else None
    return Tensor(shape, input.dtype, data=data, order=order, device=input.device)


def laid_out(input: Tensor, shape: Sequence[Dim], new: tuple[Dim, ...]) -> Tensor:
    """``input``, whose shape is ``shape``, as ``reshape`` makes it: a view, or where it must a contiguous copy."""
    possible, order = view_order(shape, input.order, new)
    return moved(input, new, CONTIGUOUS if possible is False else order)


def _chunks(shape: Sequence[Dim], order: tuple[int, ...]) -> list[Dim]:
    """The sizes of the runs of axes that lie in memory one behind the other."""
    kept = [axis for axis in order if shape[axis] != 1]
    follows = dict(zip(kept[1:], kept))
    chunks: list[Dim] = []
    previous: int | None = None
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        if previous is not None and follows.get(axis) == previous:
            chunks[-1] = chunks[-1] * size
        else:
            chunks.append(size)
        previous = axis
    return chunks


def _cut(sizes: list[Dim], chunk: Dim) -> bool | None:
    """Take from the end of ``sizes`` those that make up ``chunk``."""
    taken: Dim = 1
    while taken != chunk:
        if not sizes:
            return None
        taken = taken * sizes.pop()
        if taken == 0 or chunk == 0:
            return None
        if taken != chunk and divide_exactly(chunk, taken) is None:
            return None if divide_exactly(taken, chunk) is None and not _integers(taken, chunk) else False
    return True


def _integers(*dims: Dim) -> bool:
    return all(type(dim) is int for dim in dims)
