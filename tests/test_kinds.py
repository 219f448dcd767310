"""What ``isinstance``, ``callable`` and ``type`` say of every kind of value, against Python and torch."""

from __future__ import annotations

from typing import Any

import pytest

from modlint.interpret.files import Project
from modlint.interpret.reading import open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import Unknown

PREAMBLE = """\
import collections, collections.abc, functools, inspect, numbers, types, typing
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd


class Base:
    pass


class Derived(Base):
    def method(self):
        pass


class Net(nn.Module):
    def __iter__(self):
        return iter(())


"""
VALUES = """
    1  True  1.5  1j  'a'  b'a'  None  (1,)  [1]  {1:2}  {1}  frozenset([1])  slice(1)  range(3)  iter([1])  (lambda:1)  len  int
    collections.OrderedDict(a=1)  collections.defaultdict(list)  functools.partial(len,[1])  torch.ones(2)
    torch.ones(2).shape  torch.ones(2).view  nn.Parameter(torch.ones(2))  F.relu  nn.Linear  nn.Linear(2,2)
    nn.Linear(2,2).forward  nn.BatchNorm2d(2)  nn.ModuleList()  nn.Sequential()  nn.LSTM(2,2)  Base  Base()  Derived()
    Derived().method  Net()
"""
KINDS = """
    object  int  float  bool  str  bytes  complex  tuple  list  dict  set  frozenset  type  slice  range  torch.Tensor  torch.Size
    nn.Parameter  nn.Module  torch.nn.modules.module.Module  nn.Linear  nn.Sequential  nn.ModuleList  nn.RNNBase
    _BatchNorm  _ConvNd  Base  Derived  Net  collections.OrderedDict  collections.defaultdict  functools.partial
    collections.abc.Callable  collections.abc.Collection  collections.abc.Container  collections.abc.Hashable
    collections.abc.Iterable  collections.abc.Iterator  collections.abc.Mapping  collections.abc.MutableMapping
    collections.abc.MutableSequence  collections.abc.Sequence  collections.abc.Set  collections.abc.Sized
    numbers.Number  numbers.Integral  numbers.Real  types.FunctionType  types.MethodType  types.GeneratorType
    typing.Callable  typing.Dict  typing.Iterable  typing.List  typing.Sequence
"""
DECIDED = 0.95


def answers(expressions: list[str]) -> list[Any]:
    """What the interpreter says of each."""
    document = load("program.py", (PREAMBLE + f"result = [{', '.join(expressions)}]\n").encode())
    found = open_document([parse("program.py", document.cells[0])], Project()).scope.own("result")
    return list(found.items)


@pytest.mark.parametrize("value", VALUES.split())
def test_isinstance_agrees_with_python(value: str) -> None:
    asked = [f"isinstance({value}, {kind})" for kind in KINDS.split()]
    asked += [f"{ask}({value})" for ask in ("callable", "inspect.isclass", "inspect.isfunction", "inspect.ismethod")]
    namespace: dict[str, Any] = {}
    exec(PREAMBLE, namespace)
    real = [eval(expression, namespace) for expression in asked]
    ours = answers(asked)
    wrong = [
        (one, told) for one, told, is_so in zip(asked, ours, real) if not isinstance(told, Unknown) and told != is_so
    ]
    assert not wrong


def test_most_of_it_is_decided() -> None:
    told = answers([f"isinstance({value}, {kind})" for value in VALUES.split() for kind in KINDS.split()])
    assert sum(not isinstance(one, Unknown) for one in told) > DECIDED * len(told)


@pytest.mark.parametrize(
    "value", ["1", "'a'", "(1,)", "[1]", "{1: 2}", "torch.ones(2)", "torch.ones(2).shape", "Base()"]
)
def test_the_type_of_a_value_makes_what_is_alike(value: str) -> None:
    told = answers([f"isinstance({value}, type({value}))", f"type({value}) is type({value})"])
    assert told[0] is True
    assert told[1] is True or isinstance(told[1], Unknown)
