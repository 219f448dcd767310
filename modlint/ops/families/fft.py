"""Fourier transforms: docs.pytorch.org/docs/stable/fft.html, and the short-time ones of ``torch.stft``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from modlint.dims import Answer, Dim
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Axes, Flag, Sizes
from modlint.ops.demands import demand_kind
from modlint.ops.dtypes import Kind
from modlint.ops.families.create import Options, factory
from modlint.ops.names import everywhere
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import Along, along, known_sizes, sizes, unique
from modlint.values import SCATTERED, Tensor

_REAL = (Kind.BOOL, Kind.INTEGER, Kind.FLOAT)


class _Kind(NamedTuple):
    """What a transform takes and gives; ``halves``: it keeps half of the last dim, ``doubles``: it is given half."""

    takes_real: bool = False
    gives_real: bool = False
    halves: bool = False
    doubles: bool = False


_COMPLEX = _Kind()
_TO_HALF = _Kind(takes_real=True, halves=True)
_FROM_HALF = _Kind(gives_real=True, doubles=True)


def _transformed(need: Need, input: Tensor, at: Along, lengths: Sequence[Dim | None], kind: _Kind) -> Tensor:
    """``lengths`` are the signal lengths asked for along the axes, None for what the input has."""
    if kind.takes_real:
        demand_kind(need, input, _REAL)
    dims = list(at.dims)
    for place, (axis, length) in enumerate(zip(at.axes, lengths)):
        last = place == len(lengths) - 1
        default = 2 * (dims[axis] - 1) if kind.doubles and last else dims[axis]
        size = default if length is None else length
        need.at_least(size, 1, "kernel_size", "n")
        dims[axis] = size // 2 + 1 if kind.halves and last else size
    dtype = dtypes.complex_of(input.dtype)
    return Tensor(
        at.shape(dims), dtypes.real(dtype) if kind.gives_real else dtype, order=SCATTERED, device=input.device
    )


def _along_one(kind: _Kind) -> Any:
    def function(
        need: Need, input: Tensor, n: Dim | None = None, dim: int = -1, norm: Anything = None, *, out: Anything = None
    ) -> Tensor:
        return _transformed(need, input, along(need, input, dim), [n], kind)

    return function


for _names, _kind in [
    (("fft", "ifft"), _COMPLEX),
    (("rfft", "ihfft"), _TO_HALF),
    (("irfft", "hfft"), _FROM_HALF),
]:
    for _name in _names:
        op(
            f"torch.fft.{_name}",
            cases=[
                f"torch.fft.{_name}(torch.ones(2, 9))",
                f"torch.fft.{_name}(torch.ones(2, 9), 7, dim=0)",
                f"torch.fft.{_name}(torch.ones(2, 9), n=0)",
                f"torch.fft.{_name}(torch.ones(2, 9), dim=2)",
                f"torch.fft.{_name}(torch.ones(2, 9, dtype=torch.complex64))",
            ],
        )(_along_one(_kind))


def _axes(need: Need, input: Tensor, s: Sizes | None, dim: Axes | None) -> tuple[Along, list[Dim | None]]:
    """The transformed axes with the lengths asked for: all axes, or the last ones when only lengths are given."""
    lengths: list[Dim | None] = [] if s is None else list(s) if isinstance(s, tuple) else [s]
    if dim is None:
        count = len(lengths) if s is not None else len(need.dims(input))
        dims: tuple[int, ...] = tuple(range(-count, 0))
    else:
        dims = dim if isinstance(dim, tuple) else (dim,)
    if s is not None and len(lengths) != len(dims):
        need.fail("dim", len(dims), len(lengths), "s")
        raise Impossible
    at = along(need, input, *dims)
    unique(need, at.axes)
    return at, [None if length == -1 else length for length in lengths] or [None] * len(dims)


def _along_many(kind: _Kind) -> Any:
    def function(
        need: Need,
        input: Tensor,
        s: Sizes | None = None,
        dim: Axes | None = None,
        norm: Anything = None,
        *,
        out: Anything = None,
    ) -> Tensor:
        at, lengths = _axes(need, input, s, dim)
        return _transformed(need, input, at, lengths, kind)

    return function


def _along_two(kind: _Kind) -> Any:
    def function(
        need: Need,
        input: Tensor,
        s: Sizes | None = None,
        dim: Axes = (-2, -1),
        norm: Anything = None,
        *,
        out: Anything = None,
    ) -> Tensor:
        at, lengths = _axes(need, input, s, dim)
        return _transformed(need, input, at, lengths, kind)

    return function


for _prefix, _kind in [("", _COMPLEX), ("i", _COMPLEX), ("r", _TO_HALF), ("ir", _FROM_HALF)]:
    op(
        f"torch.fft.{_prefix}fft2",
        cases=[
            f"torch.fft.{_prefix}fft2(torch.ones(2, 4, 5))",
            f"torch.fft.{_prefix}fft2(torch.ones(2, 4, 5), s=(3, 6))",
            f"torch.fft.{_prefix}fft2(torch.ones(2, 4, 5), dim=(0, 1))",
            f"torch.fft.{_prefix}fft2(torch.ones(4))",
        ],
    )(_along_two(_kind))
    op(
        f"torch.fft.{_prefix}fftn",
        cases=[
            f"torch.fft.{_prefix}fftn(torch.ones(2, 4, 5))",
            f"torch.fft.{_prefix}fftn(torch.ones(2, 4, 5), s=(6,))",
            f"torch.fft.{_prefix}fftn(torch.ones(2, 4, 5), s=(3, -1), dim=(0, 1))",
            f"torch.fft.{_prefix}fftn(torch.ones(2, 4, 5), s=(3, 6), dim=(0,))",
            f"torch.fft.{_prefix}fftn(torch.ones(2, 4, 5), dim=(0, 0))",
        ],
    )(_along_many(_kind))


@op(
    "torch.fft.fftshift",
    "torch.fft.ifftshift",
    cases=["torch.fft.fftshift(torch.ones(2, 3))", "torch.fft.ifftshift(torch.ones(2, 3), dim=(0, 2))"],
)
def fftshift(need: Need, input: Tensor, dim: Axes | None = None) -> Tensor:
    if dim is not None:
        along(need, input, *(dim if isinstance(dim, tuple) else (dim,)))
    return input.with_shape(need.shape(input))


@op("torch.fft.fftfreq", cases=["torch.fft.fftfreq(5)", "torch.fft.fftfreq(4, 0.5)"])
@factory
def fftfreq(need: Need, options: Options, n: Anything, d: Anything = 1.0) -> Tensor:
    return options.tensor(need, known_sizes(need, ((n,),), operand="n"), "float32")


@op("torch.fft.rfftfreq", cases=["torch.fft.rfftfreq(5)", "torch.fft.rfftfreq(6, d=0.1)"])
@factory
def rfftfreq(need: Need, options: Options, n: Anything, d: Anything = 1.0) -> Tensor:
    (length,) = sizes(need, ((n,),), operand="n")
    if length is None or (isinstance(length, int) and length < 0):
        raise Undecided("the number of samples is not known")
    return options.tensor(need, (length // 2 + 1,), "float32")


# Short-time transforms


def _demand_window(need: Need, window: Tensor | None, length: Dim, n_fft: Dim) -> None:
    need.at_least(length, 1, "kernel_size", "win_length")
    if need.facts.assume_at_least(n_fft - length, 0) is Answer.NO:
        need.fail("kernel_size", n_fft, length, "win_length", n_fft, length)
    if window is not None:
        need.equal(need.rank(window, 1, operand="window")[0], length, "kernel_size", "window")


@op(
    *everywhere("stft"),
    cases=[
        "torch.stft(torch.ones(2, 400), 64, return_complex=True)",
        "torch.stft(torch.ones(400), n_fft=64, hop_length=16, window=torch.ones(64), return_complex=True)",
        "torch.ones(400).stft(64, 16, center=False, return_complex=True)",
        "torch.stft(torch.ones(400), 64, onesided=False, return_complex=True)",
        "torch.stft(torch.ones(2, 400), 64, return_complex=False)",
        "torch.stft(torch.ones(400, dtype=torch.complex64), 64, return_complex=True)",
        "torch.stft(torch.ones(400), 64)",
        "torch.stft(torch.ones(400), 64, 16, 32, torch.ones(64), return_complex=True)",
        "torch.stft(torch.ones(400), 64, 16, 128, return_complex=True)",
        "torch.stft(torch.ones(40), 64, center=False, return_complex=True)",
        "torch.stft(torch.ones(20), 64, return_complex=True)",
        "torch.stft(torch.ones(2, 2, 400), 64, return_complex=True)",
    ],
)
def stft(
    need: Need,
    input: Tensor,
    n_fft: Dim,
    hop_length: Dim | None = None,
    win_length: Dim | None = None,
    window: Tensor | None = None,
    center: Flag = True,
    pad_mode: Anything = "reflect",
    normalized: Anything = False,
    onesided: Flag | None = None,
    return_complex: Flag | None = None,
    align_to_window: Anything = None,
) -> Tensor:
    """(B?, L) -> (B?, frequencies, frames): one frame every ``hop_length`` samples."""
    shape = need.rank(input, 1, 2)
    dtype = input.dtype if window is None else dtypes.promoted(input, window)
    is_complex = dtype is not None and dtype.startswith("complex")
    if return_complex is None and not is_complex:
        need.fail("value", "return_complex=True", None, "return_complex")
    hop = n_fft // 4 if hop_length is None else hop_length
    need.at_least(hop, 1, "kernel_size", "hop_length")
    _demand_window(need, window, n_fft if win_length is None else win_length, n_fft)
    length = _padded(need, shape[-1], n_fft, pad_mode) if center else shape[-1]
    if need.facts.assume_at_least(length - n_fft, 0) is Answer.NO:
        need.fail("kernel_size", length, n_fft, "n_fft", length, n_fft)
    if hop == 0:
        raise Impossible
    one_sided = not is_complex if onesided is None else onesided
    frames = (length - n_fft) // hop + 1
    new = (*shape[:-1], n_fft // 2 + 1 if one_sided else n_fft, frames)
    if return_complex is False:
        return Tensor((*new, 2), dtypes.real(dtype), order=SCATTERED, device=input.device)
    return Tensor(new, dtypes.complex_of(dtype), order=SCATTERED, device=input.device)


def _padded(need: Need, length: Dim, n_fft: Dim, mode: object) -> Dim:
    """Half a frame is added at both ends, which a reflection must be able to fill."""
    half = n_fft // 2
    if mode == "reflect" and need.facts.assume_at_least(length - half, 1) is Answer.NO:
        need.fail("padding", length, half, "n_fft", length, half)
    return length + 2 * half


@op(
    *everywhere("istft"),
    cases=[
        "torch.istft(torch.ones(2, 33, 26, dtype=torch.complex64), 64)",
        "torch.istft(torch.ones(33, 26, dtype=torch.complex64), 64, length=300)",
        "torch.istft(torch.ones(2, 32, 26, dtype=torch.complex64), 64)",
        "torch.istft(torch.ones(2, 33, 26), 64)",
    ],
)
def istft(
    need: Need,
    input: Tensor,
    n_fft: Dim,
    hop_length: Dim | None = None,
    win_length: Dim | None = None,
    window: Tensor | None = None,
    center: Flag = True,
    normalized: Anything = False,
    onesided: Flag | None = None,
    length: Dim | None = None,
    return_complex: Flag = False,
) -> Tensor:
    """(B?, frequencies, frames) -> (B?, L): the inverse of ``stft``."""
    shape = need.rank(input, 2, 3)
    demand_kind(need, input, (Kind.COMPLEX,))
    hop = n_fft // 4 if hop_length is None else hop_length
    _demand_window(need, window, n_fft if win_length is None else win_length, n_fft)
    one_sided = onesided
    if onesided is None:
        one_sided = not return_complex and need.same(shape[-2], n_fft) is not Answer.YES
    need.equal(shape[-2], n_fft // 2 + 1 if one_sided else n_fft, "kernel_size")
    whole = n_fft + hop * (shape[-1] - 1) - (2 * (n_fft // 2) if center else 0)
    dtype = input.dtype if return_complex else dtypes.real(input.dtype)
    return Tensor((*shape[:-2], whole if length is None else length), dtype, order=SCATTERED, device=input.device)
