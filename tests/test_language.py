"""What modlint makes of plain Python is what Python makes of it, and code that runs gets no error."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from modlint import session
from modlint.diagnostics import Severity
from modlint.interpret.files import Project
from modlint.interpret.reading import open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import ListValue, Tensor, Unknown

torch = pytest.importorskip("torch")

PREAMBLE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def _plain(value: Any) -> Any:
    """A value of either side: numbers and strings as they are, tensors as their shapes."""
    if isinstance(value, ListValue):
        return None if value.partial else [_plain(item) for item in value.items]
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(_plain(item) for item in value)
    return tuple(value.shape) if isinstance(value, (Tensor, torch.Tensor)) else value


def _read(program: str) -> Any:
    document = load("program.py", program.encode())
    reading = open_document([parse("program.py", document.cells[0])], Project())
    return reading.scope.own("result")


def _run(program: str) -> Any:
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(program, "program.py", "exec"), namespace)
    return namespace["result"]


LIBRARIES = "import collections, collections.abc, copy, functools, itertools, math, operator, re\n"
EXPRESSIONS = r"""
    math.prod((3, 4))
    math.prod([2, 3], start=2)
    sum([[1, 2], [3]], [])
    sum(((1,), (2, 3)), ())
    torch.ones(2, 3).shape + (4,)
    (4,) + torch.ones(2, 3).shape
    [*torch.ones(2, 3).shape[:-1], 5]
    torch.ones(2, 3).shape[:-1] + (7, 8)
    torch.ones(2, 3).shape == (2, 3)
    list(torch.ones(2, 3).shape) + [1]
    torch.ones(4, 3).view(torch.ones(2, 2).shape + (3,))
    functools.partial(functools.partial(int, base=2), "101").func is int
    functools.partial(functools.partial(max, 1), 2).args
    re.split(r'(\d.*)', "k3")
    re.split(r"[_-]", "a_b-c")
    re.sub(r"\d+", "#", "a12b3")
    re.findall(r"\d+", "a12b3")
    bool(re.match(r"layer\d", "layer12"))
    re.match(r"layer(\d)", "layer4").group(1)
    re.fullmatch(r"a+", "aab") is None
    re.search(r"\d", "ab") is None
    set([1, 2]).issubset([1, 2, 3])
    {1, 2} <= {1, 2, 3}
    sorted({3, 1, 2} - {1})
    sorted(["bb", "a"], key=len)
    sorted([3, 1, 2], reverse=True)
    sorted([(2, "b"), (1, "c")], key=lambda pair: pair[1])
    max(["a", "bbb", "cc"], key=len)
    max([1, 5], [2, 3], key=sum)
    min([], default=4)
    max(3, 4.5)
    max((3, 4), (2, 9))
    list(itertools.islice(range(10), 2, 5))
    list(itertools.chain.from_iterable([[1], [2, 3]]))
    list(itertools.combinations([1, 2, 3], 2))
    list(itertools.permutations([1, 2, 3], 2))
    list(itertools.zip_longest([1, 2], [3], fillvalue=0))
    list(itertools.accumulate([1, 2, 3]))
    list(itertools.pairwise([1, 2, 3]))
    list(itertools.product([1, 2], "ab"))
    functools.reduce(operator.mul, [2, 3, 4])
    functools.reduce(lambda a, b: a + b, [2, 3, 4], 1)
    collections.OrderedDict([("a", 1)])["a"]
    collections.defaultdict(list)["a"]
    list(collections.deque([1, 2], maxlen=5))
    copy.deepcopy([[1], [2]])
    copy.copy({"a": 1})["a"]
    dict.fromkeys("ab", 0)["b"]
    list(dict(a=1, **{"b": 2}))
    dict(zip("ab", (1, 2)))["b"]
    {**{"a": 1}, "b": 2}["a"]
    ({"a": 1} | {"b": 2})["b"]
    list({"a": 1, "b": 2}.items())
    {"a": 1}.get("c", 5)
    sorted({"b": 1, "a": 2})
    "{name}".format(name="x")
    "a,b".split(",")
    ", ".join(str(i) for i in range(3))
    "%s_%d" % ("a", 3)
    f"{3:02d}|{2.5:.2f}|{'a'!r}"
    "abc"[::-1]
    "ab" * 2
    "layer.1".rsplit(".", 1)
    "x".join(["a", "b"])
    "a=1".partition("=")
    "abc".find("c")
    "a" in "abc"
    divmod(7, 2)
    pow(2, 5)
    round(2.567, 2)
    abs(-3)
    int("101", 2)
    int(3.7)
    float("2.5")
    bool([])
    1 < 2 < 3
    (1, 2) < (1, 3)
    [1, 2] == [1, 2]
    (1, 2) + (3,)
    [0] * 3
    3 // 2 + 3 % 2 - 2 ** 3
    -7 // 2
    1 if not [] else 2
    [i * j for i in range(2) for j in range(3) if i != j]
    {i: i ** 2 for i in range(3)}[2]
    {i % 2 for i in range(4)} == {0, 1}
    (lambda *a, k=1, **r: (a, k, sorted(r)))(1, 2, k=3, z=4)
    (lambda x, y=2: x + y)(1)
    list(map(lambda a, b: a + b, [1, 2], [3, 4]))
    list(filter(None, [0, 1, 2]))
    list(reversed([1, 2, 3]))
    list(enumerate("ab", 1))
    list(zip([1, 2], [3, 4], strict=True))
    any(x > 2 for x in [1, 2, 3])
    all([])
    next(iter([1, 2]))
    next((x for x in [1, 2] if x > 5), None)
    type(3) is int
    type([1]) == list
    type("a").__name__
    isinstance(3, (float, int))
    isinstance(True, int)
    isinstance([1], collections.abc.Sequence)
    isinstance((1,), collections.abc.Iterable)
    isinstance(nn.ReLU(), nn.Module)
    isinstance("a", str) and not isinstance(3, str)
    issubclass(nn.ReLU, nn.Module)
    callable(len)
    hasattr(nn.Linear(2, 3), "weight")
    hasattr(3, "shape")
    len(range(3, 10, 2))
    list(range(3))[1:]
    range(5)[2]
    3 in range(5)
    (a := 3) + a
    [*range(3), *"ab"]
    [1, 2, 3, 4][slice(1, 3)]
    math.ceil(7 / 2)
    math.log2(8)
    math.floor(2.5)
    math.gcd(12, 18)
    math.sqrt(16)
    math.lcm(4, 6)
    math.fmod(7, 3)
    math.isfinite(2.0)
    math.cos(0.0)
    math.acos(1.0)
    torch.jit.annotate(int, 3)
    torch.arange(3).tolist()
    torch.linspace(0, 1, 3).tolist()
    [x.item() for x in torch.linspace(0, 0.5, 3)]
    torch.diff(torch.tensor([1, 4, 9])).int().tolist()
    (torch.arange(3) * 2.5 + 8).tolist()
    torch.round(torch.log(torch.arange(1, 4) * 8.0 / 8) / math.log(2.0)).tolist()
    torch.pow(2.0, torch.arange(3)).tolist()
    torch.divide(torch.tensor([16.0, 24.0]), 8).int().tolist()
    len(torch.unique(torch.tensor([1, 1, 2])))
    int(torch.tensor([1, 5, 2]).max().item())
    int(torch.arange(5).max()) + 1
    torch.tensor([3, 4]).sum().item()
    torch.tensor([3, 4]).prod().item()
    torch.tensor([3, 4])[1].item()
    torch.full((2,), 3).tolist()
    torch.ones(2, 3).numel()
    torch.ones(2, 3).dim()
    len(torch.ones(2, 3))
    torch.Size([2, 3]).numel()
    torch.ones(2, 3).shape.numel()
    torch.ones(2, 3, 4).size()[1:].numel()
    torch.FloatTensor(torch.ones(2, 3).size())
    torch.Tensor(torch.ones(2, 3, 4).shape[1:]).shape[0]
    torch.ones(2).new(torch.ones(3, 4).size())
    torch.LongTensor(tuple(torch.ones(3, 4).size()))
    torch.autograd.Variable(torch.ones(2, 3)).view(-1)
    torch.nn.modules.utils._pair(3)
    torch.nn.modules.utils._triple([1, 2, 3])
    torch.nn.modules.utils._ntuple(4)(2.5)
    1 if nn.ReLU() else 2
    1 if nn.Sequential(nn.ReLU()) else 2
    1 if nn.Sequential() or nn.ModuleList([]) else 2
    nn.ModuleList([nn.ReLU()]) and 3
    isinstance(nn.ReLU, nn.Module)
    isinstance(nn.ReLU, type)
    nn.Linear(2, 3).__getattr__("weight")
    nn.Linear(2, 3).__getattribute__("in_features")
    torch.sqrt_(torch.clamp_(torch.ones(2, 3), 0.0, 1.0))
    torch.zero_(torch.fill_(torch.empty(4), 3))
    torch.Size((2, 3))[0]
    tuple(torch.ones(2, 3).size())
    torch.finfo(torch.float32).max > 1
    torch.float32 == torch.float32
    torch.ones(2).dtype == torch.float32
    torch.ones(2).dtype in (torch.float16, torch.bfloat16)
    torch.ones(2).dtype.is_floating_point
    torch.is_tensor(torch.ones(2))
    torch.is_floating_point(torch.ones(2))
    torch.ones(2).ndim
    str(3) + repr("a")
    list("ab") + ["c"]
    sum(x for x in (1, 2, 3))
    sum([1.5, 2])
    [[0] * 2 for _ in range(2)]
    not None
    None is None
    [1, 2, 3].index(2)
    [1, 2, 2].count(2)
    (1, 2, 2).count(2)
    ord("a") + len(chr(98))
    hex(255)
    tuple(i for i in range(3))
    list(zip(*[(1, 2), (3, 4)]))
    "a" < "b"
    1_000 if True and not False else 0
    int(math.log(8, 2))
    isinstance(functools.partial(int), functools.partial)
    frozenset([1, 2]) == {1, 2}
    nn.Linear(2, 3).in_features
    nn.Sequential(nn.Linear(2, 3), nn.ReLU())[0].out_features
    len(nn.Sequential(nn.ReLU(), nn.ReLU()))
    list(nn.Sequential(nn.ReLU())._modules)
    nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))[-1](torch.ones(1, 3))
    nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))[:1](torch.ones(1, 2))
    [m.out_features for m in nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 4)])]
    sorted(nn.ModuleDict({"a": nn.ReLU()}).keys())
    "a" in nn.ModuleDict({"a": nn.ReLU()})
    [n for n, _ in nn.Sequential(nn.Linear(2, 3)).named_parameters()]
    [n for n, _ in nn.Sequential(nn.Linear(2, 3)).named_modules()]
    [type(m).__name__ for m in nn.Sequential(nn.Linear(2, 3)).modules()]
    sum(p.numel() for p in nn.Linear(2, 3).parameters())
    sum(p.numel() for p in nn.Linear(2, 3).parameters() if p.requires_grad)
    next(nn.Linear(2, 3).parameters()).shape
    nn.Linear(2, 3).__class__.__name__
    nn.Linear.__name__
    nn.Conv2d(2, 3, 3).kernel_size
    nn.Conv2d(2, 3, 3, padding="same").padding
    nn.Linear(2, 3).bias is not None
    nn.Linear(2, 3, bias=False).bias is None
    nn.ReLU().training
    set("ab").union("c") == {"a", "b", "c"}
    {1, 2}.isdisjoint({3})
    len({1, 2} | {2, 3})
    [1, 2, 2].count(2)
"""


@pytest.mark.parametrize("expression", [line.strip() for line in EXPRESSIONS.strip().splitlines()])
def test_an_expression_has_the_value_of_python(expression: str) -> None:
    text = f"{PREAMBLE}{LIBRARIES}result = {expression}\n"
    ours = _read(text)
    assert not isinstance(ours, Unknown), ours
    assert _plain(ours) == _plain(_run(text))


RESULTS = {
    "super() in a decorated constructor": """
        import functools

        def keeping(init):
            @functools.wraps(init)
            def wrapper(self, *args, **kwargs):
                init(self, *args, **kwargs)
            return wrapper

        class Base:
            def __init__(self, width):
                self.width = width

        class Derived(Base):
            @keeping
            def __init__(self, width):
                super().__init__(width + 1)

        result = Derived(3).width
        """,
    "a module is true unless it says otherwise": """
        class Block(nn.Module):
            pass

        class Empty(nn.Module):
            def __len__(self):
                return 0

        class Blocks(nn.ModuleList):
            pass

        result = [1 if one else 2 for one in (Block(), nn.ReLU(), nn.Sequential(Block()))], isinstance(Block, Block)
        """,
    "a function of autograd": """
        class Swish(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, scale):
                y = x * torch.sigmoid(x) * scale
                ctx.save_for_backward(x, y)
                ctx.scale = scale
                return y

            @staticmethod
            def backward(ctx, grad):
                x, y = ctx.saved_tensors
                return grad * y, None

        result = Swish.apply(torch.ones(2, 3), 2)
        """,
    "a function of autograd whose forward is a method of the class": """
        class Double(torch.autograd.Function):
            factor = 2

            @classmethod
            def forward(cls, ctx, x):
                return torch.cat([x] * cls.factor)

        result = Double.apply(torch.ones(2, 3))
        """,
    "a function of autograd whose context is set up apart": """
        class Flat(torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x.flatten(), x.size(0)

            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.shape = inputs[0].shape

        class Flatter(Flat):
            pass

        result = Flatter.apply(torch.ones(2, 3))
        """,
    "attributes set and read by the methods behind them": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                for i in range(2):
                    self.__setattr__("fc%d" % i, nn.Linear(3 - i, 2))

        net = Net()
        result = net.fc1(net.__getattr__("fc0")(torch.ones(4, 3))), len(list(net.children()))
        """,
    "a tensor equals no string": """
        x = torch.ones(2)
        result = (x == "mean", x != "mean", x == None, x != [1, 1], x == (1, 1))
        """,
    "the handler of what is raised": """
        def attempt(wanted):
            try:
                raise KeyError(wanted)
            except ValueError:
                return 1
            except (LookupError, TypeError):
                return 2

        result = attempt(3)
        """,
    "the handler of what torch raises": """
        layer = nn.Linear(4, 2)
        try:
            result = layer(torch.ones(3, 5))
        except RuntimeError:
            result = layer(torch.ones(3, 4))
        """,
    "the handler of a call that does not fit": """
        try:
            result = nn.ReLU()(torch.ones(2), lengths=3)
        except TypeError:
            result = nn.ReLU()(torch.ones(2))
        """,
    "what is raised past handlers of something else": """
        def inner():
            try:
                return torch.ones(2).no_such_method()
            except KeyError:
                return 1

        try:
            result = inner()
        except AttributeError:
            result = 2
        """,
    "the handler of a name that is not bound": """
        try:
            text = basestring
        except NameError:
            text = str
        result = isinstance("a", text)
        """,
    "a cache under a key of which nothing is known": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cache = {}
                self.table = nn.Parameter(torch.zeros(3, 4))

            def biases(self, device):
                key = str(device)
                if key not in self.cache:
                    self.cache[key] = self.table[:2]
                return self.cache[key]

            def forward(self, x):
                return x + self.biases(x.device)

        result = Net()(torch.ones(2, 4))
        """,
    "submodules by their registry": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self._modules["fc"] = nn.Linear(4, 2)

            def forward(self, x):
                for layer in self._modules.values():
                    x = layer(x)
                return self.fc.out_features, x

        result = Net()(torch.ones(3, 4))
        """,
    "dataclasses that derive from each other": """
        from dataclasses import dataclass, field
        from typing import ClassVar

        @dataclass
        class Base:
            kernel: int
            stride: int = 1
            kinds: ClassVar[tuple] = (1, 2)

        class Wide(Base):
            def __init__(self, kernel):
                super().__init__(kernel * 2, stride=2)

        class Same(Base):
            pass

        @dataclass
        class More(Base):
            names: list = field(default_factory=list)

        one, other, more = Wide(3), Same(5, 4), More(1, 2)
        result = (one.kernel, one.stride, other.kernel, other.stride, more.names, more.stride)
        """,
    "annotations that a class writes itself": """
        class Net(nn.Module):
            __annotations__ = {"bias": int}
            stride: int

            def __init__(self):
                super().__init__()
                self.stride = 2

        result = Net().stride
        """,
    "slices of lists that are written": """
        names = [1, 2, 3, 4]
        names[1:3] = [7]
        names[-1:-1] = [8, 9]
        names[0] = 5
        result = names
        """,
    "items of an array": """
        import numpy

        rates = numpy.linspace(0, 0.5, 6)
        result = rates.tolist()[2], len(rates), [round(float(rate), 3) for rate in rates], int(numpy.arange(2, 9, 3)[1])
        """,
    "lists of modules that grow": """
        class Grown:
            def __init__(self):
                self.items = []

            def __iadd__(self, more):
                self.items += more
                return self

        layers = nn.ModuleList()
        layers += [nn.Linear(4, 3), nn.Linear(3, 2)]
        grown = Grown()
        grown += [1, 2]
        result = torch.ones(5, 4)
        for layer in layers:
            result = layer(result)
        result = result, len(layers), grown.items
        """,
    "objects that hold the object they are given": """
        class Wrap(nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

        blocks = nn.Sequential(*[Wrap(nn.Linear(4, 4)) for _ in range(3)])
        result = blocks[0].inner is blocks[1].inner, len({block.inner for block in blocks})
        """,
    "a set that changes": """
        seen = {1, 2}
        seen.add(3)
        seen.discard(1)
        seen.update([7, 8])
        result = sorted(seen), 1 in seen, len(seen)
        """,
    "work that is computed again for the gradients": """
        from torch.utils.checkpoint import checkpoint

        layer = nn.Linear(4, 2)
        result = (
            checkpoint(layer, torch.ones(3, 4), use_reentrant=False),
            checkpoint(torch.sum, torch.ones(3, 4), dim=1, use_reentrant=False, early_stop=True),
        )
        """,
    "patterns of sequences, mappings and classes": """
        def told(value):
            match value:
                case ("linear", wide, 3 as deep):
                    return wide, deep
                case [first, *rest, last] if len(rest) > 1:
                    return first, len(rest), last
                case {"kind": kind, **others}:
                    return kind, len(others)
                case int() | str():
                    return "scalar"
                case []:
                    return "empty"
                case _:
                    return None

        class Base:
            pass

        result = [
            told(("linear", 4, 3)), told((1, 2, 3, 4)), told([1, 2, 3]), told({"kind": 1, "x": 2}), told({"x": 2}),
            told(3), told("linear"), told([]), told(Base()), told(None),
        ]
        """,
    "the parameters that inspect tells": """
        import inspect

        class Net(nn.Module):
            def __init__(self, width, *rest, scale=1, **options):
                super().__init__()

            def forward(self, x, mask=None):
                return x

        specs = [inspect.getfullargspec(one) for one in (Net, Net.__init__, Net.forward, Net(3).forward, nn.ELU, nn.Linear, Net(3))]
        result = [(spec.args, spec.kwonlyargs, spec.varargs, spec.varkw) for spec in specs]
        """,
    "properties that are set": """
        class Box:
            def __init__(self):
                self._width = 2

            @property
            def width(self):
                return self._width

            @width.setter
            def width(self, value):
                self._width = 2 * value

            @width.deleter
            def width(self):
                self._width = 0

        box = Box()
        box.width = 3
        result = box.width, box._width
        """,
    "comprehensions in a class": """
        class Sizes:
            widths = [2, 3]
            doubled = [2 * width for width in widths]
            pairs = {(a, b) for a in widths for b in range(2)}
            table = {name: len(name) for name in ("x", "yz")}
            total = sum(width for width in widths)

        result = Sizes.doubled, len(Sizes.pairs), Sizes.table["yz"], Sizes.total
        """,
    "conditions of which one part decides": """
        maybe = torch.is_grad_enabled()
        result = [
            1 if maybe and "" else 2,
            1 if not (maybe or [0]) else 2,
            1 if (maybe and True) and maybe and None else 2,
        ]
        """,
    "suppressed exceptions": """
        from contextlib import suppress

        result = 1
        with suppress(RuntimeError):
            nn.Linear(4, 2)(torch.ones(3, 5))
            result = 2
        """,
}


@pytest.mark.parametrize("program", RESULTS.values(), ids=RESULTS)
def test_the_result_is_that_of_python(program: str) -> None:
    text = PREAMBLE + textwrap.dedent(program)
    ours = _read(text)
    assert not isinstance(ours, Unknown), ours
    assert _plain(ours) == _plain(_run(text))


RUNNING = {
    "a norm of sequences or of vectors": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.BatchNorm1d(8)

            def forward(self, x):
                return self.norm(x).permute(0, 2, 1)

        Net()
        """,
    "an option that every caller gives": """
        class Turn(nn.Module):
            def forward(self, x, length=None, table=None):
                if table is not None:
                    turned = x * table
                return turned + torch.arange(length)

        Turn()
        """,
    "an element type that is given": """
        class Cast(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x, dtype, kind: torch.dtype):
                return self.fc(x).to(dtype=dtype).to(kind)

        Cast()
        """,
    "names that a text binds": """
        exec("width = 4")
        nn.Linear(width, 2)(torch.ones(1, 4))
        """,
    "layers under names that are given": """
        class Block(nn.Sequential):
            def __init__(self, width, name="conv"):
                super().__init__()
                if width % 2 == 0:
                    self.pad = nn.ZeroPad2d((0, 1, 0, 1))
                self.__setattr__(name, nn.Conv2d(width, width, 2))

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.block = Block(4)
                super().__setattr__("last", nn.Conv2d(4, 4, 1))

            def forward(self, x):
                return x + self.last(self.block(x))

        Net()(torch.ones(1, 4, 8, 8))
        """,
    "a table that is longer than what is looked up": """
        class Positions(nn.Module):
            def __init__(self, length=77, width=8):
                super().__init__()
                self.table = nn.Parameter(torch.zeros(length, width))
                self.embedding = nn.Embedding(100, width)

            def forward(self, tokens):
                batch, length = tokens.shape
                return self.embedding(tokens) + self.table[:length]

        Positions()
        """,
    "super() past bases that define nothing": """
        from abc import ABC
        from typing import Generic, TypeVar

        T = TypeVar("T")

        class Base(ABC, nn.Module, Generic[T]):
            pass

        class Net(Base[int]):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return self.fc(x)

        Net()(torch.ones(3, 4))
        """,
    "what is compared with an option that has gone wrong before": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x, image=None):
                image = self.fc(image)
                return x if torch.all(image == 0) else image

            def check(self, image=None):
                y = self.fc(image)
                return torch.all(image == 0)

        class Checked(Net):
            def forward(self, x, image=None):
                y = self.fc(image)
                return x + torch.all(image == 0)

        Net()(torch.ones(3), torch.ones(2, 4))
        """,
    "containers that lose modules": """
        from collections import OrderedDict

        x = torch.ones(1, 4)
        body = nn.Sequential(OrderedDict(a=nn.Linear(5, 4), b=nn.Linear(4, 2), c=nn.Linear(3, 1)))
        body.pop(0)
        del body[-1]
        nn.Linear(2, 1)(body(x))
        parts = nn.ModuleList([nn.Linear(5, 4), nn.Linear(4, 2), nn.Linear(7, 7)])
        del parts[0]
        nn.Linear(2, 1)(parts[0](x))
        nn.Linear(7, 1)(parts.pop(-1)(torch.ones(1, 7)))
        nn.Linear(len(parts), 1)(torch.ones(1, 1))
        named = nn.ModuleDict(dict(a=nn.Linear(5, 4), b=nn.Linear(4, 2)))
        named.pop("a")
        del named["b"]
        nn.Linear(1 + len(named), 1)(torch.ones(1, 1))
        """,
    "descriptors": """
        class Number:
            def __set_name__(self, owner, name):
                self.name = "_" + name

            def __get__(self, owner, cls=None):
                return getattr(owner, self.name)

            def __set__(self, owner, value):
                setattr(owner, self.name, int(value))

        class Config:
            width = Number()

            def __init__(self, width):
                self.width = width

        nn.Linear(Config("8").width, 2)(torch.ones(1, 8))
        """,
    "objects that are numbers, too": """
        class Size(int):
            pass

        class Sizes(tuple):
            pass

        nn.Conv2d(Size(3), 4, Sizes((3, 3)))(torch.ones(1, 3, 8, 8))
        """,
    "what nn.Module hides of a mixin behind it": """
        class Mixin:
            def register_buffer(self, name, tensor):
                raise NotImplementedError

            def prepare(self):
                self.register_buffer("low", torch.ones(4))

        class Net(nn.Module, Mixin):
            def __init__(self):
                super().__init__()
                self.prepare()

            def forward(self, x):
                return x + self.low

        Net()(torch.ones(2, 4))
        """,
    "an attribute that is declared and given by others": """
        from typing import ClassVar, Type

        class Wrapper(nn.Module):
            kind: ClassVar[Type[nn.Module]]
            scale: float

            def __init__(self):
                super().__init__()
                self.inner = self.kind(4, 2)

            def forward(self, x):
                return self.inner(x) * self.scale
        """,
    "a forward whose object has another name": """
        class Net(nn.Module):
            def __init__(this):
                super().__init__()
                this.fc = nn.Linear(4, 2)

            def forward(this, x, y):
                return this.scaled(this.fc(x), y)

            def scaled(this, x, y):
                return x * y
        """,
    "a parameter of a class that is no tensor": """
        from concurrent.futures import Future

        class Batch:
            def clone(self, deep):
                return self

        class Net(nn.Module):
            def forward(self, batch: Batch, later: Future):
                return batch.clone(False).values + later.result(3)
        """,
    "a hook that changes what goes in": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 2)
                self.fc.register_forward_pre_hook(lambda module, args: (torch.cat([args[0], args[0]], 1),))

            def forward(self, x):
                return self.fc(x)

        Net()(torch.ones(2, 4))
        """,
    "attributes that exec makes": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                for index in range(2):
                    exec("self.fc%d = nn.Linear(4, 4)" % index)

            def forward(self, x):
                return self.fc1(self.fc0(x))

        Net()(torch.ones(2, 4))
        """,
    "a default that nobody uses": """
        class Mlp(nn.Module):
            def __init__(self, width, act=nn.GELU()):
                super().__init__()
                self.fc = nn.Linear(width, width)
                self.act = act()

            def forward(self, x):
                return self.act(self.fc(x))
        """,
    "arguments of which nobody says whether they are flags": """
        class Net(nn.Module):
            def __init__(self, width, bias, affine):
                super().__init__()
                self.fc = nn.Linear(width, width, bias=bias)
                self.norm = nn.BatchNorm1d(width, affine=affine)

            def forward(self, x):
                return self.norm(self.fc(x))

        nn.Linear(4, 2, bias=None)
        nn.BatchNorm1d(4, affine="no")
        """,
    "a norm that gives a layer parameters of other names": """
        from torch.nn.utils import prune, spectral_norm

        class Head(nn.Module):
            def __init__(self):
                super().__init__()
                self.last = spectral_norm(module=nn.Linear(4, 2))
                self.last.weight_orig.data.fill_(1)

            def forward(self, x):
                return self.last(x)

        Head()(torch.ones(3, 4))
        prune.l1_unstructured(nn.Linear(3, 4), "weight", 0.5).weight_mask.shape
        """,
    "an attribute that comes later, beside one that is spelt alike": """
        class Tracker(nn.Module):
            target: torch.Tensor

            def set_target(self, target):
                self.target = target

            def forward(self, x):
                return F.interpolate(self.target, size=x.shape[2:])
        """,
    "a constructor with keywords that are given": """
        from functools import partialmethod

        class Block(nn.Module):
            def __init__(self, inner, outer, groups):
                super().__init__()
                self.conv = nn.Conv2d(inner, outer, 3, groups=groups)

            def forward(self, x):
                return self.conv(x)

        def grouped(cls, **kwargs):
            class Grouped(cls):
                __init__ = partialmethod(cls.__init__, **kwargs)

            return Grouped

        grouped(Block, groups=2)(4, outer=8)(torch.ones(2, 4, 8, 8))
        """,
    "a constructor of which the first arguments are given": """
        from functools import partialmethod

        class Base(nn.Module):
            def __init__(self, inner, outer):
                super().__init__()
                self.fc = nn.Linear(inner, outer)

            def forward(self, x):
                return self.fc(x)

        class Net(Base):
            __init__ = partialmethod(Base.__init__, 4)

        Net(8)(torch.ones(2, 4))
        """,
    "a constructor that makes no layers, of a class that is never called": """
        class Schedule(nn.Module):
            def __init__(self, steps=10):
                self.steps = steps

            def beta(self, t):
                return t / self.steps

        Schedule().beta(3)
        """,
    "a module that is called with nothing": """
        class Late(nn.Module):
            def __init__(self, make):
                super().__init__()
                self.make = make

            def __call__(self):
                return self.make()

        Late(list)()
        """,
    "a loss with a name of its own": """
        class Named:
            def __init__(self, name=None):
                super().__init__()

        class Loss(nn.L1Loss, Named):
            pass

        Loss()
        """,
    "a size that is kept until the rank is known": """
        class Snake(nn.Module):
            def forward(self, x):
                shape = x.shape
                y = x.reshape(shape[0], shape[1], -1)
                return (y + 1).reshape(shape)

        Snake()
        """,
    "a mode beside tensors": """
        class Net(nn.Module):
            def forward(self, x, mode):
                return x.sum() if mode == "sum" else x

        Net()
        """,
    "an argument that not every layer takes": """
        class Scaled(nn.Module):
            def forward(self, x, scale=1):
                return x * scale

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([Scaled(), nn.ReLU()])

            def forward(self, x):
                for layer in self.layers:
                    try:
                        x = layer(x, scale=2)
                    except TypeError:
                        x = layer(x)
                return x

        Net()(torch.ones(2))
        """,
    "arguments that only one way gives, and takes away": """
        class Net(nn.Module):
            def __init__(self, width=4):
                super().__init__()
                self.fc = nn.Linear(4, width)

        def build(old, wide, **options):
            if old is not None:
                options["old"] = old
                if wide:
                    options["wide"] = wide
                del options["old"]
            if wide and old:
                options["strange"] = 1
            return Net(**options)

        def first(weights):
            return build(weights, None)

        def second(weights, wide):
            return build(weights, wide)

        """,
    "what a decorator registers": """
        WIDTHS = {}

        def register(function):
            WIDTHS[function.__name__] = 8
            return function

        class Net(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.first = nn.Linear(4, width)
                self.second = nn.Linear(8, 2)

            def forward(self, x):
                return self.second(self.first(x))

        @register
        def net():
            return Net(WIDTHS.get("net", 4))

        net()(torch.ones(2, 4))
        """,
    "nothing where nothing is wanted": """
        class Net(nn.Module):
            def mask(self):
                self.seen = True

            def find(self, x):
                if x.size(0) > 100:
                    return x

            def forward(self, x):
                found = self.find(x)
                if found is None or not found or isinstance(found, torch.Tensor):
                    found = x
                if self.find(x) == None:
                    found = found + 1
                return F.scaled_dot_product_attention(found, x, x, attn_mask=self.mask())

        Net()(torch.ones(2, 3, 4, 5))
        """,
}
FAILING = {
    "a name of a class that the inside of a comprehension does not see": """
        class Net(nn.Module):
            width = 4
            layers = nn.ModuleList([nn.Linear(width, 4) for _ in range(2)])

        Net()
        """,
    "a method that returns nothing": """
        class Net(nn.Module):
            def double(self, x):
                2 * x

            def forward(self, x):
                return F.relu(self.double(x))

        Net()(torch.ones(2))
        """,
    "a way through a method that returns nothing": """
        class Net(nn.Module):
            def __init__(self, double):
                super().__init__()
                self.double = double

            def forward(self, x):
                if self.double:
                    2 * x
                else:
                    return x

        net = Net(True)
        net(torch.ones(2)).flatten()
        """,
    "nothing in a list of tensors": """
        class Part(nn.Module):
            def forward(self, x):
                x + 1

        part = Part()
        torch.cat([part(torch.ones(2)), torch.ones(2)], dim=0)
        """,
    "after a long loop that fills a table": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                offsets, index = {}, []
                for a in range(120):
                    for b in range(120):
                        offset = (abs(a - b), max(a, b))
                        if offset not in offsets:
                            offsets[offset] = len(offsets)
                        index.append(offsets[offset])
                self.register_buffer("index", torch.tensor(index))
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return self.fc(x)

        Net()(torch.ones(2, 5))
        """,
    "a name that nothing binds beside locals": """
        def same(width):
            return locals()["width"]

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.LayerNorm(same(4))

            def forward(self, x):
                return norm(x)

        try:
            Net()(torch.ones(2, 4))
        except NameError as error:
            raise AttributeError(error)
        """,
    "a block that one model of a class has": """
        class Block(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.fc = nn.Linear(width, width)

            def forward(self, x):
                return self.fc(x)

        class Net(nn.Module):
            def __init__(self, deep):
                super().__init__()
                self.stem = nn.Linear(4, 8)
                self.block = Block(9) if deep else nn.Identity()

            def forward(self, x):
                return self.block(self.stem(x))

        def shallow():
            return Net(False)

        def deep():
            return Net(True)

        if __name__ == "program":
            deep()(torch.ones(2, 4))
        """,
    "a block that is registered by name": """
        BLOCKS = {}

        def register(name, block):
            BLOCKS[name] = block

        class Block(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.fc = nn.Linear(width, width)

            def forward(self, x):
                return self.fc(x)

        register("block", Block)

        class Net(nn.Module):
            def __init__(self, name):
                super().__init__()
                self.stem = nn.Linear(4, 8)
                self.block = BLOCKS[name](9) if name else nn.Identity()

            def forward(self, x):
                return self.block(self.stem(x))

        def plain():
            return Net("")

        def blocked():
            return Net("block")

        if __name__ == "program":
            blocked()(torch.ones(2, 4))
        """,
    "a constructor with keywords that are given": """
        from functools import partialmethod

        class Base(nn.Module):
            def __init__(self, inner, outer):
                super().__init__()
                self.fc = nn.Linear(inner, outer)

            def forward(self, x):
                return self.fc(x)

        class Net(Base):
            __init__ = partialmethod(Base.__init__, outer=8)

        Net(4)(torch.ones(2, 8))
        """,
    "what a decorated forward does": """
        import functools

        def scaled(forward):
            @functools.wraps(forward)
            def wrapper(self, *args, **kwargs):
                return 2 * forward(self, *args, **kwargs)
            return wrapper

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(4, 8)
                self.second = nn.Linear(9, 2)

            @scaled
            def forward(self, x):
                return self.second(self.first(x))

        if __name__ == "program":
            Net()(torch.ones(2, 4))
        """,
    "nothing that is no list": """
        class Part(nn.Module):
            def forward(self, xs):
                if not isinstance(xs, list):
                    xs = [xs]
                F.relu(xs[0])

        part = Part()
        part(part(torch.ones(2)))
        """,
}


def _errors(path: str, text: str) -> list[str]:
    found = session.check(path, text.encode(), session.Options(fixes=False)).diagnostics
    return [str(one.message) for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize("program", RUNNING.values(), ids=RUNNING)
def test_code_that_runs_gets_no_error(program: str) -> None:
    text = PREAMBLE + textwrap.dedent(program)
    exec(compile(text, "program.py", "exec"), {"__name__": "program"})
    assert _errors("program.py", text) == []


@pytest.mark.parametrize("program", FAILING.values(), ids=FAILING)
def test_code_that_fails_gets_an_error(program: str) -> None:
    text = PREAMBLE + textwrap.dedent(program)
    with pytest.raises((AttributeError, IndexError, NameError, RuntimeError, TypeError, ValueError)):
        exec(compile(text, "program.py", "exec"), {"__name__": "program"})
    assert _errors("program.py", text)


def test_names_that_a_lazy_package_finds_later_are_not_undefined(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(
        "import sys\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .inner import Mixin\n"
        "else:\n    sys.modules[__name__] = lazy(__name__)\n"
    )
    text = PREAMBLE + "from package import Mixin\n\nclass Net(Mixin, nn.Module):\n    pass\n"
    assert _errors(str(tmp_path / "model.py"), text) == []


UNBOUND = (
    PREAMBLE
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(4, 4)

    def forward(self, x{option}):
        return proj(x)
"""
)


@pytest.mark.parametrize("option", ["", ", mask=None", ", scale=1.0"])
def test_a_name_that_nothing_binds_is_an_error_without_a_call(option: str) -> None:
    found = session.check("net.py", UNBOUND.replace("{option}", option).encode()).diagnostics
    assert [one.severity for one in found if one.code == "ML108"] == [Severity.ERROR]


def test_a_fault_in_a_block_is_told_for_every_model_that_repeats_it() -> None:
    program = (
        UNBOUND.replace("{option}", "")
        + """

class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Net() for _ in range(4)])

    def forward(self, x, mask=None):
        for block in self.blocks:
            x = block(x)
        return x
"""
    )
    found = session.check("net.py", program.encode()).diagnostics
    assert [one.severity for one in found if one.code == "ML108"] == [Severity.ERROR]
