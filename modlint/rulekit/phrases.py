"""How findings speak of layers, tensors and shapes, in every language."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from modlint.diagnostics import Text
from modlint.dims import Expr, text
from modlint.locating import is_installed
from modlint.progressions import Allowed, Progression
from modlint.rule import Because
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    ExternalMethod,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Open,
    Partial,
    Quotient,
    SetValue,
    Shape,
    Tensor,
    Value,
)

_SHOWN_ARGUMENTS = 3


def shape_text(shape: object) -> str:
    """``[B, 64, H, W]``; an open rank shows as ``…``."""
    if isinstance(shape, Open):
        return f"[…, {', '.join(map(dim_text, shape.tail))}]" if shape.tail else "[…]"
    if isinstance(shape, tuple):
        return f"[{', '.join(map(dim_text, shape))}]"
    return dim_text(shape)


def dim_text(dim: object) -> str:
    """``64``, ``B``, ``(H - 1)//2 + 1``."""
    return text(dim) if isinstance(dim, (int, Expr)) else str(dim)


def layer_text(layer: Instance) -> str:
    """``GRU(128, 64, batch_first=True)``: the class and its first arguments, as they were passed."""
    call = layer.place.node if layer.place is not None else None
    named = {id(word.value) for word in call.keywords} if isinstance(call, ast.Call) else set()
    shown = [f"{name}={dim_text(value)}" if id(node) in named else dim_text(value)
             for name, (value, node) in list(layer.arguments.items())[:_SHOWN_ARGUMENTS]
             if node is not None and isinstance(value, (int, float, Expr, tuple))]  # fmt: skip
    return f"{class_name(layer)}({', '.join(shown)})"


def class_name(layer: Instance) -> str:
    """The class of a layer as its author calls it."""
    cls = layer.cls
    return cls.name if isinstance(cls, ClassValue) else cls.name.rsplit(".", 1)[1]


def named_layer(layer: Instance) -> str:
    """``bn1 = BatchNorm1d(64)``, or the class alone for a layer without a name."""
    name = layer.name
    return f"`{name}` = `{layer_text(layer)}`" if name and not name.isdigit() else f"`{layer_text(layer)}`"


def made_here(layer: Instance) -> tuple[Because, ...]:
    """Where a layer was made, as a reason."""
    if layer.place is None:
        return ()
    return (Because(layer.place, Text(f"{named_layer(layer)} is made here", f"{named_layer(layer)} 在这里创建")),)


def comes_from(tensor: Tensor, shapes: Mapping[int, Shape]) -> tuple[Because, ...]:
    """Where a tensor comes from and what shape it has, as a reason."""
    shape = shape_text(shapes.get(id(tensor), tensor.shape))
    if tensor.origin is None:
        return ()
    label, place = tensor.origin.label, _made_at(tensor)
    return (Because(place, Text(f"`{label}` gives {shape}", f"`{label}` 输出 {shape}")),)


def _made_at(tensor: Tensor) -> Place:
    assert tensor.origin is not None
    return tensor.origin.place


def giver(tensor: Value, shapes: Mapping[int, Shape]) -> Text:
    """`` `conv1` (line 10) gives [B, 64, H, W]``, or ``it gets [B, 64]`` when nobody in the file made it."""
    if not isinstance(tensor, Tensor):
        return Text("", "")
    shape = shape_text(shapes.get(id(tensor), tensor.shape))
    if tensor.origin is None:
        return Text(f"the input is {shape}", f"输入是 {shape}")
    label, place = tensor.origin.label, _made_at(tensor)
    file = f"{Path(place.unit.path).name}, " if is_installed(place.unit.path) else ""
    return Text(
        f"`{label}` ({file}line {place.line}) gives {shape}", f"`{label}`（{file}第 {place.line} 行）输出 {shape}"
    )


def library_name(value: Value) -> str:
    """The last part of a library's qualified name."""
    return value.name.rsplit(".", 1)[1] if isinstance(value, External) else str(value)


def allowed_text(allowed: Allowed) -> Text:
    """``163..226``, ``a multiple of 32``, ``at least 7``, or several of these."""
    return Text(str(allowed), " 或 ".join(map(_progression_zh, allowed.progressions)))


def _progression_zh(values: Progression) -> str:
    if values.low == values.high:
        return str(values.low)
    end = f"至少 {values.low}" if values.high is None else f"{values.low}..{values.high}"
    if values.step == 1:
        return end
    offset = values.low % values.step
    kind = f"除以 {values.step} 余 {offset} 的数" if offset else f"{values.step} 的倍数"
    return kind if values.high is None and values.low <= values.step else f"{kind}（{end}）"


def subject(layer: Instance | None, op: str) -> str:
    """Who complains: a layer as its author calls it, else the operation."""
    return named_layer(layer) if layer is not None else f"`{op.removesuffix('.forward').rsplit('.', 1)[-1]}`"


def value_text(value: object) -> Text:
    """What was given, or is wanted, in words: ``64``, ``[B, 3]``, ``int32 or int64``, ``a tuple``."""
    for kind, kind_text in _KINDS:
        if isinstance(value, kind):
            return kind_text
    if isinstance(value, tuple) and value and all(isinstance(item, str) for item in value):
        return Text(" or ".join(value), " 或 ".join(value))
    if isinstance(value, tuple) and not all(isinstance(item, (int, Expr)) for item in value):
        return Text("a tuple", "元组")
    text = shape_text(value)
    return Text(text, text)


_KINDS = (
    (Quotient, Text("a float", "浮点数")),
    (Tensor, Text("a tensor", "张量")),
    (ListValue, Text("a list", "列表")),
    (DictValue, Text("a dict", "字典")),
    (Instance, Text("an object", "对象")),
    ((ClassValue, External), Text("a class or function", "类或函数")),
    ((Function, Partial), Text("a function", "函数")),
    ((BoundMethod, ExternalMethod), Text("a method", "方法")),
    (IteratorValue, Text("an iterator", "迭代器")),
    (SetValue, Text("a set", "集合")),
)
