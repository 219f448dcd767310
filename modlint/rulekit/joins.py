"""Tensors that were joined along another axis than what comes behind them counts on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from modlint.diagnostics import Text
from modlint.dims import Dim
from modlint.rewrite import Edits, insert_argument, replace
from modlint.rule import Candidate
from modlint.rulekit.candidates import ancestry
from modlint.rulekit.misfits import CONCATENATING
from modlint.syntax import Place
from modlint.values import Open, Shape, Tensor


def rejoined(tensor: Tensor, wanted: object, shapes: Mapping[int, Shape]) -> Iterator[Candidate]:
    """Join what a tensor was last made from along an axis in which the sizes add up to what is ``wanted``."""
    joined = _last_joined(tensor)
    if joined is not None and joined.origin is not None:
        yield from (along(joined.origin.place, axis) for axis in _fitting(joined, wanted, shapes))


def wrong_join(tensor: Tensor, wanted: object, shapes: Mapping[int, Shape]) -> Place | None:
    """The call that made a tensor along the wrong axis: along one other alone, the sizes add up to what is ``wanted``."""
    joined = _last_joined(tensor)
    if joined is None or joined.origin is None or _shape(joined, shapes) != _shape(tensor, shapes):
        return None
    return joined.origin.place if len(_fitting(joined, wanted, shapes)) == 1 else None


def _last_joined(tensor: Tensor) -> Tensor | None:
    return next((made for made in ancestry(tensor) if made.origin and made.origin.op in CONCATENATING), None)


def _fitting(joined: Tensor, wanted: object, shapes: Mapping[int, Shape]) -> list[int]:
    """The axes along which the sizes of what was joined add up to what is ``wanted``."""
    totals = _totals([_shape(part, shapes) for part in joined.sources])
    return [axis for axis, total in enumerate(totals) if total == wanted]


def _shape(tensor: Tensor, shapes: Mapping[int, Shape]) -> Shape:
    return shapes.get(id(tensor), tensor.shape)


def _totals(parts: Sequence[Shape]) -> list[Dim]:
    """The sum of some shapes, axis by axis; nothing where one is not known, or they have different ranks."""
    known = [shape for shape in parts if not isinstance(shape, Open)]
    if len(known) < len(parts) or len({len(shape) for shape in known}) != 1:
        return []
    return [sum(sizes) for sizes in zip(*known)]


def along(place: Place, axis: int) -> Candidate:
    """Let a call join along an axis."""
    return Candidate(Text(f"join along `dim={axis}`", f"沿 `dim={axis}` 拼接"), _turned(place, axis))


def _turned(place: Place, axis: int) -> Edits:
    call = place.node
    if not isinstance(call, ast.Call) or not call.args:
        return ()
    given = [word.value for word in call.keywords if word.arg in ("dim", "axis")] or call.args[1:2]
    return replace(place.unit, given[0], str(axis)) if given else insert_argument(place.unit, call, f"dim={axis}")
