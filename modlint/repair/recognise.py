"""Is it Python at all? Console output, prose and other languages are to be left alone."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from modlint.diagnostics import Text
from modlint.repair.vocabulary import SLIPS


class Sign(NamedTuple):
    """A kind of text, known by lines that match ``pattern``; enough when ``share`` of all lines do."""

    why: Text
    pattern: re.Pattern[str]
    share: float


def _sign(why: Text, share: float, *patterns: str) -> Sign:
    return Sign(why, re.compile("|".join(patterns)), share)


_COMMANDS = (
    "sudo|pip3?|conda|cd|ls|git|apt(?:-get)?|python3?|bash|export|mkdir|wget|curl|docker|echo|source|chmod|npm|"
    "nvidia-smi|rm|cp|mv|tar|brew|make|unzip|ssh|scp|cat|grep"
)

SIGNS: tuple[Sign, ...] = (
    _sign(Text("a traceback", "异常回溯"), 0.1, r"^\s*Traceback \(most recent call last\)", r'^\s*File ".*", line \d+'),
    _sign(
        Text("the printed form of a module", "打印出来的模型结构"),
        0.8,
        r"^\s*\(\w+\): \w+\(",
        r"^\s*\w+\($",
        r"^\s*\)$",
    ),
    _sign(Text("the printed form of a module", "打印出来的模型结构"), 0.3, r"^\s*\w+\(\(\w+\): \w+\("),
    _sign(Text("a printed tensor", "打印出来的张量"), 0.3, r"^\s*(?:tensor|array)\(\[", r"grad_fn=<", r"\], device='"),
    _sign(Text("a table", "表格"), 0.3, r"^\s*[-=_+|]{8,}\s*$", r"^\s*\w+-\d+\s+\[", r"^\s*\|.*\|\s*$"),
    _sign(
        Text("the output of a training run", "训练过程的输出"),
        0.5,
        r"(?i)^\W*(?:epoch|step|iter|train|test|loss|acc|val)\w*\W+[\d\[(]",
        r"\d+%\|",
    ),
    _sign(
        Text("shell commands", "命令行命令"), 0.4, r"^\s*[$#%]\s+\w", rf"^\s*(?:{_COMMANDS})\s+[\w./-]", r"^\s*\./\w"
    ),
    _sign(
        Text("another language", "另一种语言的代码"),
        0.4,
        r"[;{]\s*(?://.*)?$",
        r"^\s*(?:/\*| \*[ /])",
        r"^\s*(?:(?:const|static|unsigned|struct|extern|inline)\s+)*[A-Za-z_]\w*\s*\*+\s*\w+\s*[,;)(]",
        r"^\s*}[\s;,)]*(?:else\b.*)?$",
        r"^\s*#(?:include|define|ifn?def|endif|pragma)\b",
        r"^\s*//",
    ),
    _sign(
        Text("JavaScript", "JavaScript"),
        0.2,
        r"^\s*(?:const|let|var|export)\s+\w",
        r"=>",
        r"^\s*this\.",
        r"===",
        r"\bmodule\.exports\b",
        r"\bfunction\b.*{",
    ),
    _sign(
        Text("a shell script", "shell 脚本"),
        0.2,
        r"^\s*(?:if|elif|while) \[",
        r"^\s*(?:then|fi|do|done|esac)\b",
        r"\$[{(]?[A-Za-z_]\w*",
    ),
    _sign(
        Text("CMake", "CMake"),
        0.25,
        r"^\s*(?:set|message|add_\w+|target_\w+|find_package|list|string)\s*\([A-Z$\"]",
        r"^\s*(?:set|macro|function|include)\s*\(\w+[ /][^\s,=]+\)",
        r"^\s*find_\w+\s*\([A-Z_]+ [^,=]*$",
        r"^\s*mark_as_advanced\s*\(",
        r"^\s*end(?:if|foreach|function|macro|while)\s*\(",
        r"^\s*(?:if|elseif|foreach|while)\s*\((?:NOT\s+)?[A-Z]{2,}",
    ),
    _sign(Text("CMake", "CMake"), 0.002, r"^#\[=+\["),
    _sign(Text("Perl", "Perl"), 0.05, r"^\s*[$@%]\w[\w:]*\s*=", r"^\s*(?:my|our)\s+[$@%]\w"),
    _sign(Text("HTML or XML", "HTML 或 XML"), 0.3, r"^\s*</?[A-Za-z!?][^>]*>"),
    _sign(
        Text("YAML or a list of settings", "YAML 或设置列表"),
        0.6,
        r"^\s*(?:- )?[A-Za-z_][\w.-]*:(?:\s+[^\s=(].*)?$",
        r"^\s*- ",
    ),
    _sign(Text("a settings file", "配置文件"), 0.15, r"^\s*\[[\w. -]+\]\s*$"),
    _sign(
        Text("a query", "数据库查询"),
        0.8,
        r"(?i)^\s*(?:select|insert into|update|create table|from|where|group by|order by)\b.*;?$",
    ),
    _sign(Text("a formula", "公式"), 0.2, r"\\(?:frac|begin|end|sum|mathbf|left|text|cdot)\b", r"^\s*\$\$"),
    _sign(Text("a list of versions", "版本列表"), 0.6, r"^[\w.-]+(?:[=<>~!]=)[\w.*]+$", r"^[\w.-]+\s+\d+(?:\.\d+)+"),
)

_DEFINERS = "|".join(sorted(spelling for spelling, meant in SLIPS.items() if meant in ("def", "class")))
_EVIDENCE = re.compile(
    rf"""^\s*(?:>>>\s?|\.\.\.:?\s|In\s?\[\d*\]:\s*|[\[L]?\d{{1,4}}(?:[\].:|)]{{1,2}}|[ \t]+\|)?\s+|[+-]\s*|>\s){{0,2}}\s*(?:
        import\s+[\w.]+(?:\s+\w+){{0,2}}(?:\s*,.*)?\s*(?:\#.*)?$ | import\w+\s*$
      | import\s+[\w.]+\s+(?:import|from)\s+\w
      | from\s*[\w. ]+\s+import\b | import\s+[\w.]+\s+from\s+[\w.]+$ | \w+\s+[\w.]+\s+import\s+\w+
      | (?:async\s+)?(?:def|del|class|{_DEFINERS})[_ \t]*\w[\w ]*[(（]
      | class\s+\w+\s*[:：]
      | (?:return|yield|raise|assert)\b\s*[\w(\[{{'"-]?[\w.\s]*$ | return\b.*[(\[=+*/.]
      | for\s+[\w,\s()]+\s+in\b.*[:：]\s*(?:\#.*)?$ | (?:if|elif|while|with)\b.*[:：]\s*(?:\#.*)?$
      | (?:else|try|finally)\s*[:：] | except\b.*[:：]
      | @\w[\w.]*
      | self\s*\.\s*\w+ | super\s*\(
      | [\w.\[\]'"]+(?:\s*[,，]\s*[\w.]+)*\s*(?::\s*[\w.\[\], ]+)?[-+*/]?=(?!=)\s*\S
      | [\w.]+\s*[(（][^。]*[)）,，(（\[]?\s*(?:\#.*)?$
      | (?:print|pass|break|continue)\b | [)\]}}][)\]}},.\s]*(?:\#.*)?$ | \#
      | ['"]{{3}}
    )""",
    re.VERBOSE,
)
_STRONG = re.compile(
    r"^\W*L?\d*\W*(?:import\s+\w|from\s+[\w.]+\s+import\b|(?:def|class)\b[\s_]*\w[\w ]*[(（:]|self\s*\.|@\w|super\s*\()"
    r"|\bself\.|\b(?:nn|torch|F|optim)\s*\.\s*\w+[\w.]*\s*[(（]"
)
_SENTENCE = re.compile(
    r"^[^\W\d_][\w',-]*(?:\s+[\w',()`*-]+){4,}[.:;!?,]?$|[\u4e00-\u9fff][^#'\"]*[，。；：！？、][^#]*[\u4e00-\u9fff]"
)
_SHEBANG = re.compile(r"#!(?!.*python)")
# What may stand between the lines of a text and tells nothing of it: fences, the numbers of a listing.
_BESIDE = re.compile(r"\s*(?:(?:`{3,}|~{3,}).*|\d{1,4}\s*)")
_COMMENT_OR_STRING = re.compile(r"#.*$|\"[^\"]*\"|'[^']*'")

_TRACEBACK = re.compile(
    r"(?ms)^[ \t]*Traceback \(most recent call last\).*?^\w[\w.]*(?:Error|Exception|Interrupt)\b[^\n]*$"
)
_A_FEW = 4

_BINARY = Text(
    "binary data, such as a compiled or encrypted file: nothing can restore the source, look for the original",
    "二进制数据（例如编译或加密过的文件）：无法从中还原源代码，请找回原始文件",
)

LEAST_EVIDENCE = {True: 0.4, False: 0.75}
MOST_PROSE = 0.34


def not_python(text: str, *, certain: bool) -> Text | None:
    """What ``text`` is when it is no Python; None when it is, or is meant as Python.

    ``certain`` tells that the author called it Python: then half of its lines need to look like it, else most.
    """
    lines = _telling(_TRACEBACK.sub("", text))
    if len(lines) < _A_FEW:
        lines = _telling(text)
    said = [line for line in lines if not line.lstrip().startswith("#")] or lines
    if not lines:
        return None
    if _SHEBANG.match(text):
        return Text("a script for another interpreter", "另一种解释器的脚本")
    if _is_binary(text):
        return _BINARY
    if _is_json(text):
        return Text("JSON", "JSON")
    strong = sum(bool(_STRONG.search(line)) for line in lines)
    for sign in SIGNS:
        share = sum(bool(sign.pattern.search(line)) for line in lines) / len(lines)
        if share >= sign.share and strong / len(lines) < 0.3:
            return sign.why
    code = [bool(_EVIDENCE.match(line)) for line in said]
    prose = sum(_is_sentence(line) for line, is_code in zip(said, code, strict=True) if not is_code)
    if prose / len(said) > MOST_PROSE and strong / len(lines) < 0.5:
        return Text("prose", "普通文字")
    if sum(code) / len(said) < LEAST_EVIDENCE[certain] or (not certain and not strong):
        return Text("something else", "其他内容")
    return None


def _telling(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not _BESIDE.fullmatch(line)]


def _is_sentence(line: str) -> bool:
    return _SENTENCE.search(_COMMENT_OR_STRING.sub("", line).strip()) is not None


def _is_binary(text: str) -> bool:
    odd = sum(c == "\ufffd" or (c < " " and c not in "\t\n\r\f\0") for c in text)
    return odd > 0.02 * len(text)


def _is_json(text: str) -> bool:
    stripped = text.strip()
    if stripped[:1] not in "{[":
        return False
    try:
        json.loads(stripped)
    except ValueError:
        return bool(re.match(r"[{\[]\s*\n?\s*\"[\w. -]+\"\s*:", stripped)) and "=" not in stripped
    return True
