"""Tensor ops on sizes and ranks that are not known, values of small tensors, and einops patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_ops_symbolic import Bench, anything

from modlint.dims import Grade, symbol
from modlint.ops import dtypes
from modlint.ops.patterns import PatternError, check, parse
from modlint.ops.results import NamedResult
from modlint.values import ListValue, Tensor, Unknown

B = symbol("B", lower=2, grade=Grade.CONTRACT)
N, T, C, H, W = (symbol(name, grade=Grade.CONTRACT) for name in "NTCHW")
REST = slice(None)
Row = tuple[str, Callable[[Bench], Any]]


def method(name: str, *args: Any, **kwargs: Any) -> Callable[[Bench], Any]:
    return lambda bench: bench.op(f"Tensor.{name}", *[_run(bench, arg) for arg in args], **kwargs)


def function(name: str, *args: Any, **kwargs: Any) -> Callable[[Bench], Any]:
    return lambda bench: bench.op(name, *[_run(bench, arg) for arg in args], **kwargs)


def _run(bench: Bench, arg: Any) -> Any:
    return arg(bench) if callable(arg) else arg


def tensor(*shape: Any, dtype: str | None = "float32") -> Tensor:
    return Tensor(shape, dtype)


FITTING: list[Row] = [
    ("(B, 400)", method("view", tensor(B, 16, 5, 5), -1, 400)),
    ("(B, 16*H*W)", method("view", tensor(B, 16, H, W), B, -1)),
    ("(B, 16, 25)", method("view", tensor(B, 16, 5, 5), B, 16, -1)),
    ("(B, 400)", method("view", tensor(B, 16, H, W), B, 400)),
    ("(B, N, 8, (C//8))", method("view", tensor(B, N, C), B, N, 8, -1)),
    ("(B, T, C)", method("view", tensor(B * T, C), -1, T, C)),
    ("(B//8, 8, C)", method("view", tensor(B, C), -1, 8, C)),
    ("(B, 400)", method("view", tensor(B, 16, 5, 5), Unknown("the batch"), 400)),
    ("(n, n)", method("view", tensor(B, 16, 5, 5), Unknown("the batch"), -1)),
    ("(B, H*W, C)", method("view", method("permute", tensor(B, C, H, W), 0, 2, 3, 1), B, -1, C)),
    ("(B, C*H*W)", method("reshape", method("permute", tensor(B, C, H, W), 0, 2, 3, 1), B, -1)),
    ("(B, 8*N)", method("view", method("contiguous", method("transpose", tensor(B, 8, N), 1, 2)), B, -1)),
    ("(B, 8*N)", method("view", method("relu", method("squeeze", tensor(B, 1, 8, N), 1)), B, -1)),
    ("(B, N)", method("view", anything(), B, -1)),
    ("(N, 784)", method("view", anything(), -1, 784)),
    ("(B, N)", method("flatten", anything(), 1)),
    ("(B, N)", method("squeeze", tensor(B, 1, N))),
    ("(B, 1, N)", method("unsqueeze", tensor(B, N), 1)),
    ("(*, 1)", method("unsqueeze", anything(), -1)),
    ("(*)", method("mean", anything(), -1)),
    ("(*, 1)", method("mean", anything(), -1, True)),
    ("(*, N, 5)", function("matmul", anything(7), tensor(7, 5))),
    ("(*, 768)", function("mul", anything(), tensor(768))),
    ("(*, 196, 768)", function("add", anything(), tensor(1, 196, 768))),
    ("(B, 8, N, N)", function("add", tensor(B, 8, N, N), anything())),
    ("(B, 197, 768)", function("add", tensor(B, N + 1, C), tensor(1, 197, 768))),
    ("(B, H, W)", method("permute", anything(H, W), 0, 1, 2)),
    ("(*, N, M)", method("transpose", anything(symbol("M"), N), -1, -2)),
    ("(*, 2*N)", function("cat", ListValue([x := anything(N), x]), -1)),
    ("(B, C + 5)", function("cat", ListValue([tensor(B, C), tensor(B, 5)]), 1)),
    ("(B, C + 5)", function("cat", ListValue([tensor(B, C), tensor(B, 5)]), axis=1)),
    ("[(B, C), (B, C), (B, C)]", method("split", tensor(B, 3 * C), C, 1)),
    ("[(B, C), (B, C)]", method("chunk", tensor(B, 2 * C), 2, dim=1)),
    ("[(B, N), (B, N), (B, N)]", method("unbind", tensor(3, B, N))),
    ("(B, N - 1, C)", method("__getitem__", tensor(B, N, C), (REST, slice(1, None)))),
    ("(B, C)", method("__getitem__", tensor(B, N, C), (REST, -1))),
    ("(B, min(N, T), C)", method("__getitem__", tensor(B, N, C), (REST, slice(None, T)))),
    ("((B + 1)//2, N)", method("__getitem__", tensor(B, N), slice(None, None, 2))),
    ("(B, n)", method("__getitem__", tensor(B, N), (REST, slice(None, Unknown("k"))))),
    ("(*, (N + 1)//2)", method("__getitem__", anything(N), (..., slice(None, None, 2)))),
    ("(T, N)", method("__getitem__", tensor(B, N), Tensor((T,), "int64"))),
    ("(n, 5)", function("zeros", Unknown("a number"), 5)),
    ("((N + 1)//2)", function("arange", 0, N, 2)),
    ("(B, T, 6)", function("einsum", "bnd,de->bne", tensor(B, T, 5), tensor(5, 6))),
    ("(*, 6)", function("einsum", "...d,de->...e", anything(), tensor(5, 6))),
    ("(B, (C + 2)//2)", function("fft.rfft", tensor(B, C))),
]  # fmt: skip

BROKEN: list[tuple[tuple[str, Any, Any], Callable[[Bench], Any]]] = [
    (("view", 784, 400), method("view", tensor(B, 16, 5, 5), -1, 784)),
    (("view", 401, 400), method("view", tensor(B, 16, 5, 5), B, 401)),
    (("view", 784, 400), method("view", tensor(4, 16, 5, 5), 4, 784)),
    (("view", 7, 64), method("view", tensor(B, N, 64), B, N, 7, -1)),
    (("view", 5, 12), method("unflatten", tensor(B, 12), 1, (5, -1))),
    (("contiguous", (B, 8 * N), (B, N, 8)), method("view", method("transpose", tensor(B, 8, N), 1, 2), B, -1)),
    (("contiguous", (B, 8 * N), (B, N, 8)),
     method("view", method("relu", method("transpose", tensor(B, 8, N), 1, 2)), B, -1)),
    (("permute", (3,), (B, C, H, W)), method("permute", tensor(B, C, H, W), 0, 2, 1)),
    (("dim", (-2, 1), 2), method("transpose", tensor(B, N), 1, 2)),
    (("broadcast", (B, C, H), (B, C, H - 2)), function("add", tensor(B, C, H), tensor(B, C, H - 2))),
    (("cat", (B, 5, H), (B, 6, H - 1)), function("cat", ListValue([tensor(B, 5, H), tensor(B, 6, H - 1)]), 1)),
    (("stack", (B, 5), (B, 6)), function("stack", ListValue([tensor(B, 5), tensor(B, 6)]))),
    (("matmul", 64, 32), function("matmul", tensor(B, N, 32), tensor(64, 10))),
    (("bmm", B, 2 * B), function("bmm", tensor(B, N, 3), tensor(2 * B, 3, N))),
    (("split", 7, 8), method("split", tensor(B, 7), (4, 4), 1)),
    (("index", 3, 3), method("__getitem__", tensor(3, N), 3)),
    (("index", 2, 3), method("__getitem__", tensor(B, N), (REST, REST, None, 0))),
    (("expand", 4, 3), method("expand", tensor(B, 3), B, 4)),
    (("einsum", 5, 6), function("einsum", "bd,de->be", tensor(B, 5), tensor(6, 2))),
    (("dtype", "float32", "int64"), function("matmul", tensor(B, 3), tensor(3, 3, dtype="int64"))),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "run"), FITTING)
def test_symbolic_shape(wanted: str, run: Callable[[Bench], Any]) -> None:
    bench = Bench()
    assert bench.text(run(bench)) == wanted
    assert not bench.mismatches


@pytest.mark.parametrize(("wanted", "run"), BROKEN)
def test_symbolic_mismatch(wanted: tuple[str, Any, Any], run: Callable[[Bench], Any]) -> None:
    bench = Bench()
    run(bench)
    assert bench.mismatches == [wanted]


@pytest.mark.parametrize(
    "run",
    [
        method("mean", anything(), 1),
        method("transpose", anything(), 1, 2),
        method("unsqueeze", anything(), 1),
        method("__getitem__", anything(), 0),
        method("__getitem__", tensor(B, N), Unknown("an index")),
        method("unbind", tensor(B, N)),
        method("split", tensor(B, N), 2, 1),
        method("squeeze", tensor(B, H // 32, N)),
        method("item", tensor(1, dtype="int64")),
        function("cat", ListValue([anything(), anything()]), 1),
    ],
)
def test_what_cannot_be_known_is_unknown(run: Callable[[Bench], Any]) -> None:
    bench = Bench()
    assert isinstance(run(bench), Unknown)
    assert not bench.mismatches


def test_a_view_with_the_batch_says_what_the_input_must_be() -> None:
    bench = Bench()
    bench.op("Tensor.view", Tensor((B, 16, H)), B, 400)
    assert bench.knowledge.facts.resolve(H) == 25


@pytest.mark.parametrize(
    ("wanted", "run"),
    [
        ([0.0, 0.25, 0.5, 0.75, 1.0], function("linspace", 0, 1, 5)),
        ([1, 3], method("__getitem__", function("arange", 6), slice(1, 4, 2))),
        ([5, 6, 7], function("add", function("arange", 3), 5)),
        ([[0, 2], [1, 3]], method("t", method("view", function("arange", 4), 2, 2))),
        ([3, 3], function("full", (2,), 3)),
        ([2, 1, 0], method("flip", function("arange", 3), 0)),
        ([0, 1, 0], method("long", function("tensor", ListValue([0.5, 1.5, -0.5])))),
        ([N, 7], function("tensor", ListValue([N, 7]))),
    ],
)
def test_small_tensors_carry_their_values(wanted: list[Any], run: Callable[[Bench], Any]) -> None:
    bench = Bench()
    assert _plain(bench.op("Tensor.tolist", run(bench))) == wanted


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value.items] if isinstance(value, ListValue) else value


def test_what_is_written_in_place_is_not_remembered() -> None:
    bench = Bench()
    zeros = bench.op("zeros", 3)
    bench.op("Tensor.__setitem__", zeros, 0, 5)
    assert zeros.data is None


def test_named_results_are_tuples_with_names() -> None:
    result = NamedResult(("values", "indices"), (1, 2))
    first, second = result
    assert (first, second, result.values, result.indices, result[1]) == (1, 2, 1, 2, 2)
    with pytest.raises(AttributeError):
        _ = result.max


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ("int64", "float32", "float32"),
        ("float16", "bfloat16", "float32"),
        ("uint8", "int8", "int16"),
        ("float64", "complex64", "complex128"),
        ("bool", "bool", "bool"),
        ("int64", None, None),
    ],
)
def test_wider(a: str | None, b: str | None, wanted: str | None) -> None:
    assert dtypes.wider(a, b) == dtypes.wider(b, a) == wanted


def test_numbers_do_not_widen_tensors_of_their_kind() -> None:
    half, integers, scalar = tensor(2, dtype="float16"), tensor(2, dtype="int64"), tensor(dtype="float64")
    assert dtypes.promoted(half, 1.5) == "float16"
    assert dtypes.promoted(half, scalar) == "float16"
    assert dtypes.promoted(integers, 1.5) == "float32"
    assert dtypes.promoted(integers, scalar) == "float64"


@pytest.mark.parametrize(
    ("pattern", "operation", "lengths"),
    [
        ("b c", "rearrange", ()),
        ("b c -> b -> c", "rearrange", ()),
        ("b c -> b c d", "rearrange", ()),
        ("b c d -> b c", "rearrange", ()),
        ("b b -> b", "rearrange", ()),
        ("b 2 -> b 2", "rearrange", ()),
        ("b (c -> b c", "rearrange", ()),
        ("b c) -> b c", "rearrange", ()),
        ("b ((c d) e) -> b c d e", "rearrange", ()),
        ("(...) b -> b ...", "rearrange", ()),
        ("b -> b ...", "rearrange", ()),
        ("b _ -> b _", "rearrange", ()),
        ("b c -> b c", "rearrange", ("z",)),
        ("b c -> b c d", "repeat", ()),
        ("b c -> b d", "repeat", ("d",)),
        ("b c -> b d", "sum", ()),
        ("b c -> b 2", "sum", ()),
    ],
)
def test_patterns_that_einops_refuses(pattern: str, operation: str, lengths: tuple[str, ...]) -> None:
    with pytest.raises(PatternError):
        check(parse(pattern), operation, lengths)


@pytest.mark.parametrize(
    ("pattern", "operation", "lengths"),
    [
        ("b c -> c b", "rearrange", ()),
        ("b (h p) -> b h p", "rearrange", ("p",)),
        ("... c -> c ...", "rearrange", ()),
        ("b 1 () -> b", "rearrange", ()),
        ("b c -> b c d 2", "repeat", ("d",)),
        ("b (h 2) (w 2) -> b h w", "max", ()),
    ],
)
def test_patterns_that_einops_takes(pattern: str, operation: str, lengths: tuple[str, ...]) -> None:
    check(parse(pattern), operation, lengths)
