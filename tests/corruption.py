"""Break good modules the way people and web pages break them, and measure how repair puts them right.

``python -m tests.corruption --count 1000`` prints a table per family; a directory of sources may replace the templates.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from modlint.repair import Repaired, repair

TEMPLATES: tuple[str, ...] = (
    """import torch
import torch.nn as nn
import torch.nn.functional as F


class DigitNet(nn.Module):
    def __init__(self, classes=10):
        super(DigitNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.drop = nn.Dropout(0.25)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        x = self.drop(F.relu(self.fc1(x)))
        return self.fc2(x)


model = DigitNet()
out = model(torch.randn(4, 1, 28, 28))
print(out.shape)
""",
    '''import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)  # the residual connection
        return self.relu(out)


class SmallResNet(nn.Module):
    def __init__(self, blocks, num_classes=10):
        super().__init__()
        self.width = 64
        self.stem = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3)
        self.layer1 = self._make_layer(64, blocks[0], 1)
        self.layer2 = self._make_layer(128, blocks[1], 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(128, num_classes)

    def _make_layer(self, channels, count, stride):
        layers = []
        for s in [stride] + [1] * (count - 1):
            layers.append(Block(self.width, channels, s))
            self.width = channels
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.stem(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.pool(x)
        x = torch.flatten(x, 1)
        return self.fc(x)
''',
    """import torch
import torch.nn as nn


class AutoEncoder(nn.Module):

    def __init__(self):
        super(AutoEncoder, self).__init__()
        self.encoder = nn.Sequential(
            nn.Linear(784, 128),
            nn.Tanh(),
            nn.Linear(128, 12),
        )
        self.decoder = nn.Sequential(
            nn.Linear(12, 128),
            nn.Tanh(),
            nn.Linear(128, 784),
            nn.Sigmoid(),
        )

    def forward(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return encoded, decoded


if __name__ == '__main__':
    net = AutoEncoder()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    criterion = nn.MSELoss()
    for step in range(100):
        batch = torch.rand(16, 784)
        code, output = net(batch)
        loss = criterion(output, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print('step', step, 'loss', loss.item())
""",
    """import torch
from torch import nn
from torch.nn import functional as F


class TextCNN(nn.Module):
    # three widths of convolution over the same embedding
    def __init__(self, vocabulary, dim, classes, widths=(3, 4, 5)):
        super(TextCNN, self).__init__()
        self.embed = nn.Embedding(vocabulary, dim)
        self.convs = nn.ModuleList([nn.Conv1d(dim, 100, k) for k in widths])
        self.dropout = nn.Dropout(p=0.5)
        self.fc = nn.Linear(100 * len(widths), classes)

    def forward(self, tokens, lengths=None):
        x = self.embed(tokens)
        x = x.permute(0, 2, 1)
        pooled = []
        for conv in self.convs:
            h = F.relu(conv(x))
            pooled.append(F.max_pool1d(h, h.size(2)).squeeze(2))
        x = torch.cat(pooled, dim=1)
        if lengths is None:
            x = self.dropout(x)
        else:
            x = x * 2
        return F.log_softmax(self.fc(x), dim=1)

    def count(self):
        return sum(p.numel() for p in self.parameters() if p.requires_grad)
""",
    """import torch
import torch.nn as nn
import torch.optim as optim


class LSTMTagger(nn.Module):
    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super().__init__()
        self.hidden_dim = hidden_dim
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers=2, batch_first=True)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentence):
        embeds = self.word_embeddings(sentence)
        lstm_out, (h, c) = self.lstm(embeds)
        tag_space = self.hidden2tag(lstm_out[:, -1, :])
        return torch.log_softmax(tag_space, dim=1)


def train(model, loader, epochs):
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    model.to(device)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_function = nn.NLLLoss()
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for inputs, labels in loader:
            inputs, labels = inputs.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = loss_function(model(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print("epoch %d: loss %.3f" % (epoch, total / len(loader)))
    return model
""",
)

Corruption = Callable[[str, random.Random], "str | None"]
CORRUPTIONS: dict[str, Corruption] = {}


def corruption(function: Corruption) -> Corruption:
    """Enter a way to break a text; it returns None where the text offers no place for it."""
    CORRUPTIONS[function.__name__.replace("_", "-")] = function
    return function


_COVERED = re.compile(r"#[^\n]*|[rRfFbB]*(?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"[^\"\n]*\"|'[^'\n]*')", re.DOTALL)


def _code_offsets(text: str, pattern: str) -> list[re.Match[str]]:
    """Matches outside strings and comments, judged line by line."""
    covered = [m.span() for m in _COVERED.finditer(text)]
    return [m for m in re.finditer(pattern, text) if not any(a < m.start() < b for a, b in covered)]


def _replace_one(
    text: str, rng: random.Random, pattern: str, replacement: Callable[[re.Match[str]], str]
) -> str | None:
    matches = _code_offsets(text, pattern)
    if not matches:
        return None
    match = rng.choice(matches)
    return text[: match.start()] + replacement(match) + text[match.end() :]


_WIDE = str.maketrans(",:()[]=", "，：（）［］＝")


@corruption
def full_width(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"[,:()]", lambda m: m.group().translate(_WIDE))


@corruption
def full_width_line(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"(?m)^.*[,()].*$", lambda m: m.group().translate(_WIDE))


@corruption
def full_width_everywhere(text: str, rng: random.Random) -> str | None:
    marks = {m.start() for m in _code_offsets(text, rng.choice([r"[,]", r"[()]", r"[:]", r"[,:()]"]))}
    return "".join(c.translate(_WIDE) if i in marks else c for i, c in enumerate(text))


@corruption
def typographic_quotes(text: str, rng: random.Random) -> str | None:
    left, right = rng.choice([("‘", "’"), ("“", "”"), ("’", "’"), ("″", "″")])
    quoted = [m for m in _code_offsets(text, r"'[^'\n]*'") if m.group().isascii()]
    for match in reversed(quoted):
        text = f"{text[: match.start()]}{left}{match.group()[1:-1]}{right}{text[match.end() :]}"
    return text if quoted else None


@corruption
def missing_quote(text: str, rng: random.Random) -> str | None:
    strings = [m for m in _COVERED.finditer(text) if m.group()[0] in "'\"" and m.group()[:3] not in ('"""', "'''")]
    if not strings:
        return None
    match = rng.choice(strings)
    at = rng.choice([match.start(), match.end() - 1])
    return text[:at] + text[at + 1 :]


@corruption
def unusual_space(text: str, rng: random.Random) -> str | None:
    space = rng.choice(["\xa0", "\u3000", "\u2003"])
    if rng.random() < 0.5:
        return text.replace("    ", "\xa0" * 4)
    return _replace_one(text, rng, r"(?<=\S) (?=\S)", lambda _: space)


@corruption
def invisible_character(text: str, rng: random.Random) -> str | None:
    mark = rng.choice(["\u200b", "\ufeff", "\x00", "\u200d"])
    return _replace_one(text, rng, r"(?<=\s)(?=\w)", lambda _: mark)


@corruption
def html_entity(text: str, _: random.Random) -> str | None:
    broken = text.replace("'", "&#39;").replace('"', "&quot;").replace("->", "-&gt;")
    return broken if broken != text else None


@corruption
def mangled_dunder(text: str, rng: random.Random) -> str | None:
    broken = rng.choice(["_ init _", "__ init __", "_ _init_ _", "__init __", "__ init__", "_ _ init _ _"])
    return _replace_one(text, rng, r"(?<=def )__init__", lambda _: broken)


@corruption
def glued_dunder(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"def __init__", lambda _: rng.choice(["def__init__", "def_init_", "def__init_"]))


@corruption
def glued_keyword(text: str, rng: random.Random) -> str | None:
    before = r"(?m)^[ ]*(?:def|class|from|for|if) (?=\w)|\b(?:in|as|import) (?=\w)(?<!^import )"
    return _replace_one(text, rng, before, lambda m: m.group()[:-1])


@corruption
def misspelled_keyword(text: str, rng: random.Random) -> str | None:
    slips = {
        "def": ["dfe", "del", "define", "deff", "Def", "定义"],
        "class": ["calss", "Class", "clas", "类"],
        "return": ["retrun", "reutrn", "Return"],
        "import": ["improt", "imoprt", "Import"],
        "from": ["form", "From", "fron"],
        "for": ["fro", "For"],
        "else": ["esle", "Else"],
        "if": ["If", "fi"],
    }
    return _replace_one(
        text, rng, r"(?m)(?<=^)[ ]*(?:def|class|return|import|from|for|else|if)\b(?=[ :])",
        lambda m: m.group()[: -len(m.group().strip())] + rng.choice(slips[m.group().strip()]),
    )  # fmt: skip


@corruption
def missing_colon(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r":(?=\n)", lambda _: rng.choice(["", "", ";", "."]))


@corruption
def missing_comma(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"(?<=[\w)]),(?= ?[\w'\"]|\n)", lambda _: "")


@corruption
def missing_closing_bracket(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"[)\]]", lambda _: "")


@corruption
def missing_opening_bracket(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"(?<=\w)\(", lambda _: rng.choice(["", " "]))


@corruption
def extra_bracket(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"\)", lambda _: "))")


@corruption
def tab_mix(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    deep = [i for i in _code_lines(lines) if lines[i].startswith("        ")]
    tabs = rng.choice(["\t", "\t\t"])
    for i in rng.sample(deep, min(len(deep), rng.randint(1, 6))):
        lines[i] = tabs + lines[i][8:]
    return "\n".join(lines)


def _code_lines(lines: list[str]) -> list[int]:
    """Lines on which a statement of a block begins."""
    tree = ast.parse("\n".join(lines))
    starts = {node.lineno - 1 for node in ast.walk(tree) if isinstance(node, ast.stmt)}
    return sorted(i for i in starts if lines[i].startswith(" "))


@corruption
def odd_indentation(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    i = rng.choice(_code_lines(lines) or [0])
    shift = rng.choice([-2, -1, 1, 2, 3])
    lines[i] = " " * max(0, len(lines[i]) - len(lines[i].lstrip()) + shift) + lines[i].lstrip()
    return "\n".join(lines)


def _functions(text: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


@corruption
def lost_body_indentation(text: str, rng: random.Random) -> str | None:
    functions = _functions(text)
    if not functions:
        return None
    function = rng.choice(functions)
    lines = text.split("\n")
    lost = rng.choice([4, function.body[0].col_offset])
    for i in range(function.body[0].lineno - 1, function.end_lineno or 0):
        lines[i] = lines[i][min(lost, len(lines[i]) - len(lines[i].lstrip())) :]
    return "\n".join(lines)


@corruption
def flat_class(text: str, rng: random.Random) -> str | None:
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    if not found:
        return None
    lines = text.split("\n")
    chosen = rng.choice(found)
    for i in range(chosen.lineno, chosen.end_lineno or 0):
        lines[i] = lines[i].lstrip()
    return "\n".join(lines)


@corruption
def one_column(text: str, _: random.Random) -> str | None:
    return "\n".join(line.lstrip() for line in text.split("\n"))


@corruption
def one_blank(text: str, _: random.Random) -> str | None:
    return "\n".join(" " + line.lstrip() if line.startswith(" ") else line for line in text.split("\n"))


@corruption
def merged_lines(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    starts = set(_code_lines(lines))
    pairs = [
        i for i in starts if i - 1 in starts and "#" not in lines[i - 1] and not lines[i - 1].endswith(("(", '"""'))
    ]
    if not pairs:
        return None
    i = rng.choice(pairs)
    lines[i - 1 : i + 1] = [lines[i - 1] + rng.choice([" ", "  "]) + lines[i].lstrip()]
    return "\n".join(lines)


@corruption
def split_line(text: str, rng: random.Random) -> str | None:
    return _replace_one(
        text, rng, r"(?<=\w) = (?=\w)|(?<=\w)\.(?=\w+\()", lambda m: m.group().rstrip() + "\n" + " " * 8
    )


@corruption
def prompts(text: str, rng: random.Random) -> str | None:
    first, more = rng.choice([(">>> ", "... "), ("In [1]: ", "   ...: "), (">>> ", ">>> ")])
    return "\n".join((first if line[:1] not in ("", " ", ")") else more) + line for line in text.split("\n"))


@corruption
def line_numbers(text: str, rng: random.Random) -> str | None:
    style = rng.choice(["{} {}", "{:3} {}", "{}. {}", "{:>3}: {}", "{}| {}"])
    return "\n".join(style.format(i, line) for i, line in enumerate(text.split("\n"), 1))


@corruption
def diff_marks(text: str, rng: random.Random) -> str | None:
    return "\n".join(rng.choice("+ ") + line for line in text.split("\n"))


@corruption
def impossible_import(text: str, rng: random.Random) -> str | None:
    wrong = rng.choice(["from torch.nn import torch.functional as F", "from torch.nn import nn.functional as F"])
    changed = text.replace("from torch.nn import functional as F", wrong)
    if changed == text:
        changed = text.replace("from torch import nn\n", "import nn from torch\n")
    return changed if changed != text else None


@corruption
def class_by_def(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"class (?=\w+\(nn)", lambda _: "def ")


@corruption
def assignment_for_comparison(text: str, rng: random.Random) -> str | None:
    return _replace_one(text, rng, r"==", lambda _: "=")


@corruption
def python2_print(text: str, rng: random.Random) -> str | None:
    broken = re.sub(r"(?m)^(\s*)print\((.*)\)$", r"\1print \2", text)
    return broken if broken != text else None


class Attempt(NamedTuple):
    """What became of one broken text, in how many seconds of one processor."""

    parses: bool
    same: bool
    seconds: float
    original: str
    broken: str
    repaired: str | None


def breaks(text: str, names: Sequence[str], rng: random.Random) -> str | None:
    """``text`` broken by each of ``names`` in turn; None when it offers no place or still parses in the end."""
    for name in names:
        try:
            broken = CORRUPTIONS[name](text, rng)
        except SyntaxError:
            return None
        if broken is None:
            return None
        text = broken
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    return None


def _shape(text: str) -> str:
    """The tree, but for the blanks within strings: what a docstring's indentation was, nobody can tell."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = " ".join(node.value.split())
    return ast.dump(tree)


def attempt(original: str, broken: str) -> Attempt:
    """Repair ``broken`` and compare with the tree of ``original``."""
    begin = time.process_time()
    outcome = repair(broken)
    seconds = time.process_time() - begin
    if not isinstance(outcome, Repaired):
        return Attempt(False, False, seconds, original, broken, None)
    same = _shape(outcome.text) == _shape(original)
    return Attempt(True, same, seconds, original, broken, outcome.text)


def attempts(
    names: Sequence[str], count: int, seed: int, sources: Sequence[str] = TEMPLATES
) -> Iterator[tuple[str, Attempt]]:
    """``count`` broken texts for each family of ``names``."""
    for name in names:
        rng = random.Random(f"{seed} {name}")
        made = 0
        for _ in range(20 * count):
            if made == count:
                break
            original = rng.choice(sources)
            broken = breaks(original, name.split("+"), rng)
            if broken is not None:
                made += 1
                yield name, attempt(original, broken)


def several(faults: int, count: int, seed: int, sources: Sequence[str] = TEMPLATES) -> Iterator[tuple[str, Attempt]]:
    """``count`` texts, each broken by ``faults`` different families."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        names = rng.sample(sorted(CORRUPTIONS), faults)
        names.sort(key=_layout_last)
        original = rng.choice(sources)
        broken = breaks(original, names, rng)
        if broken is not None:
            made += 1
            yield "+".join(names), attempt(original, broken)


def _layout_last(name: str) -> int:
    """Those that need a tree to choose their place come first, those that touch every line last."""
    first = ("odd-indentation", "lost-body-indentation", "flat-class", "merged-lines")
    last = ("one-column", "one-blank", "prompts", "line-numbers", "diff-marks")
    return 0 if name in first else 2 if name in last else 1


def table(title: str, results: Iterable[tuple[str, Attempt]], show: int = 0) -> None:
    """Print parse and equality rates, and times."""
    by_family: dict[str, list[Attempt]] = {}
    for name, result in results:
        by_family.setdefault(name, []).append(result)
        if show and not result.same:
            show -= 1
            print(f"##### {name}\n{result.broken}\n----- became\n{result.repaired}\n")
    rows = by_family if len(by_family) < 50 else {}
    everything = [a for family in by_family.values() for a in family]
    for name, results_of in [*rows.items(), (title, everything)]:
        print(_row(name, results_of))


def _row(name: str, results: Sequence[Attempt]) -> str:
    parse, same = (100 * statistics.mean(values) for values in ([a.parses for a in results], [a.same for a in results]))
    times = sorted(a.seconds * 1000 for a in results)
    late = times[min(len(times) - 1, int(0.95 * len(times)))]
    rates = f"n={len(results):5} parse {parse:5.1f} %  same {same:5.1f} %"
    return f"{name:28} {rates}  p50 {statistics.median(times):6.1f} ms  p95 {late:6.1f} ms"


def _sources(root: Path | None) -> Sequence[str]:
    if root is None:
        return TEMPLATES
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(root.rglob("*.py"))]
    return [text for text in texts if "\t" not in text and "nn.Module" in text and text.count("\n") < 400]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", action="append", help="only these families")
    parser.add_argument("--faults", type=int, action="append", help="only texts with so many faults")
    parser.add_argument("--sources", type=Path, help="a directory of Python files instead of the templates")
    parser.add_argument("--show", type=int, default=0, help="print so many failures")
    options = parser.parse_args()
    sources = _sources(options.sources)
    faults = options.faults or ([1] if options.family else [1, 2, 3])
    if 1 in faults:
        names = options.family or list(CORRUPTIONS)
        table("single", attempts(names, options.count, options.seed, sources), options.show)
    for number in (n for n in faults if n > 1):
        table(f"{number} faults", several(number, options.count * 4, options.seed, sources), options.show)


if __name__ == "__main__":
    main()
