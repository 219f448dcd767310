"""Words that the families know: keywords and what becomes of them, special methods, names of torch."""

from __future__ import annotations

import builtins
import keyword


def words(*rows: str) -> frozenset[str]:
    """A set of words written with blanks between them."""
    return frozenset(" ".join(rows).split())


KEYWORDS = frozenset(keyword.kwlist)
HEADERS = words("class def if elif else for while with try except finally async match case")
BLOCKS = HEADERS - words("async match case")

# Names that are read everywhere, and so tell nothing.
EVERYWHERE = words("self nn torch F np math os")

# What can only begin a statement: a bracket that is still open before it was never meant to be.
STATEMENT_ONLY = words(
    "def class return import from with while try except finally raise",
    "global nonlocal pass break continue del assert elif",
)
STATEMENT_STARTS = STATEMENT_ONLY | words("self super if for print x")

# What cannot end a statement: the rest stands in the next line.
OPEN_ENDS = words("= + - * / -> import in and or not as from def class")

# Keywords that stand within a line.
INFIX = words("import in as if else for lambda is or and not")

_SPELLINGS = {
    "def": words("dfe edf fed deff df define func function fn fun sub 定义 函数 definir"),
    "class": words("calss clas classs clss clase classe Klasse 类 类别"),
    "return": words("retrun retunr reutrn retur returm retern retorno 返回"),
    "import": words("improt imoprt imort impotr inport importar 导入 引入"),
    "from": words("form fron frm fromm desde von 从"),
    "elif": words("elseif elsif elfi eilf 否则如果"),
    "else": words("esle eles els sino sonst 否则"),
    "if": words("fi si wenn 如果"),
    "for": words("fro fore foreach para für 对于"),
    "while": words("whlie whiel wile mientras 当"),
    "with": words("wiht whit wth"),
    "lambda": words("lamda lamba lambada"),
    "try": words("tyr ty"),
    "except": words("expect excpet catch"),
    "in": words("en ni"),
}
SLIPS: dict[str, str] = {
    **{spelling: meant for meant, spellings in _SPELLINGS.items() for spelling in spellings},
    **{form: word for word in KEYWORDS if word.islower() for form in (word.capitalize(), word.upper())},
}

DUNDERS = words(
    "init call len getitem setitem delitem iter next enter exit repr str new del contains getattr setattr",
    "add mul sub eq ne lt gt hash bool name main post_init",
)

GLUED_BEFORE = words(
    "def class import from return for in if else elif while with as and or not is lambda yield assert raise",
    "del async await print",
)
GLUED_AFTER = words("as in if else for import and or is not")

CALLABLES = frozenset(dir(builtins)) | words(
    "Conv1d Conv2d Conv3d ConvTranspose2d Linear BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm MaxPool1d",
    "MaxPool2d AvgPool2d AdaptiveAvgPool2d Dropout Dropout2d Sequential ModuleList Embedding LSTM GRU RNN Flatten",
    "ReLU LeakyReLU GELU Softmax LogSoftmax Sigmoid Tanh Upsample MultiheadAttention CrossEntropyLoss MSELoss",
    "NLLLoss Adam SGD Module DataLoader Parameter relu leaky_relu gelu softmax log_softmax sigmoid tanh dropout",
    "max_pool1d max_pool2d avg_pool2d adaptive_avg_pool2d interpolate pad cross_entropy mse_loss nll_loss view",
    "reshape size flatten squeeze unsqueeze permute transpose contiguous mean sum matmul bmm stack cat chunk split",
    "repeat expand tensor arange linspace full eye rand randn zeros ones zeros_like ones_like forward append extend",
    "__init__ to cuda cpu item backward step zero_grad add_module parameters train eval no_grad is_available",
)
CONTAINERS = words("Sequential ModuleList ModuleDict DataParallel TransformerEncoder OrderedDict")

# Calls whose result has no attributes to ask for.
PLAIN_RESULTS = words("print range len size append extend int float str isinstance")

METHODS_ONLY = words("item size view backward step parameters append extend cuda squeeze unsqueeze contiguous")

# Types by the number of arguments that they take.
GENERICS: dict[str, int] = {
    "Optional": 1,
    "List": 1,
    "Set": 1,
    "Type": 1,
    "Sequence": 1,
    "Iterable": 1,
    "Iterator": 1,
    "Dict": 2,
    "Mapping": 2,
    "OrderedDict": 2,
    "Callable": 2,
}

# Calls whose last positional argument is called `dim`.
TAKES_DIM = words("cat stack softmax log_softmax")

# Calls by the least and the greatest number of positional arguments that they make sense with.
ARITY: dict[str, tuple[int, int]] = {
    "size": (0, 1),
    "dim": (0, 0),
    "item": (0, 0),
    "relu": (0, 1),
    "super": (0, 2),
    "zero_grad": (0, 1),
    "step": (0, 1),
    "backward": (0, 2),
    "len": (1, 1),
    "int": (0, 2),
    "float": (0, 1),
    "str": (0, 1),
    "range": (1, 3),
    "sigmoid": (0, 1),
    "tanh": (0, 1),
    "parameters": (0, 1),
    "is_available": (0, 0),
    "ReLU": (0, 1),
    "Sigmoid": (0, 0),
    "Tanh": (0, 0),
    "enumerate": (1, 2),
    "isinstance": (2, 2),
    "view": (1, 9),
    "Linear": (2, 3),
    "Embedding": (2, 7),
    "BatchNorm2d": (1, 5),
    "BatchNorm1d": (1, 5),
    "Dropout": (0, 2),
    "Conv1d": (3, 9),
    "Conv2d": (3, 9),
    "MaxPool2d": (1, 6),
    "max_pool1d": (2, 7),
    "max_pool2d": (2, 7),
    "log_softmax": (0, 2),
    "softmax": (0, 2),
    "cat": (1, 2),
    "stack": (1, 2),
    "append": (1, 1),
    "squeeze": (0, 1),
    "flatten": (0, 3),
    "no_grad": (0, 0),
    "eval": (0, 1),
    "train": (0, 9),
}
