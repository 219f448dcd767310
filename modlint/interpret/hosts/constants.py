"""Library names that stand for a value."""

from __future__ import annotations

import math
from collections.abc import Callable

from modlint.values import DictValue, External, Unknown, Value

CONSTANTS: dict[str, Value] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
    "numpy.newaxis": None,
    "torch.pi": math.pi,
    "torch.inf": math.inf,
    "typing.TYPE_CHECKING": False,
    "builtins.__debug__": True,
    "torch.strided": External("torch.strided"),
    "sys.argv": Unknown("the command line"),
    "sys.version_info": (3, 12, 0),
    "torch.__version__": Unknown("the version of torch"),
    "builtins.NotImplemented": External("builtins.NotImplemented"),
}
STATE: dict[str, Callable[[], Value]] = {
    "os.environ": lambda: DictValue({}, kind="defaultdict"),
}
"""What a program may change: every run begins with its own."""
