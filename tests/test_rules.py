"""Every rule against its own examples, without knowing any rule by name; with torch they are run as well."""

from __future__ import annotations

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from programs import execute

from modlint import rule as rule_module
from modlint import session
from modlint.edits import Applicability
from modlint.repair import KINDS
from modlint.rule import Doc, Invalid, MalformedRuleError, Rule, Valid, load_rules

RULES = load_rules()
HEADINGS = ("title", "what", "why", "torch_says", "fix")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _named(kind: str) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule.meta.code}-{index}")
        for rule in RULES
        for index, example in enumerate(getattr(rule, kind))
    ]


INVALID, VALID = _named("invalid"), _named("valid")
FIXED = [case for case in INVALID if case.values[1].fixed is not None]


def _options(rule: Rule) -> session.Options:
    trusted = frozenset({Applicability.SAFE, Applicability.UNSAFE})
    return session.Options(codes=frozenset({rule.meta.code}), seconds=20.0, trusted=trusted)


def _lines(rule: Rule, code: str) -> list[int]:
    found = session.check("example.py", code.encode(), _options(rule)).diagnostics
    assert {one.code for one in found} <= {rule.meta.code}
    return sorted({one.span.start.line for one in found})


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_finds_what_is_wrong_on_its_line(rule: Rule, example: Invalid) -> None:
    assert _lines(rule, example.code) == sorted(example.lines)


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_is_silent_on_what_is_right(rule: Rule, example: Valid) -> None:
    assert _lines(rule, example.code) == []


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_fixes_to_the_expected_text_once_and_for_all(rule: Rule, example: Invalid) -> None:
    fixed = session.fix_file("example.py", example.code.encode(), _options(rule)).after_text
    assert fixed == (example.code if example.fixed is None else example.fixed)
    assert example.fixed is None or _lines(rule, fixed) == []
    assert session.fix_file("example.py", fixed.encode(), _options(rule)).after_text == fixed


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_says_it_in_both_languages(rule: Rule, example: Invalid) -> None:
    for one in session.check("example.py", example.code.encode(), _options(rule)).diagnostics:
        texts = [one.message, *(reason.message for reason in one.why)]
        assert all(text.en and CHINESE.search(text.zh) for text in texts)
        assert one.fix is None or (one.fix.title and CHINESE.search(one.fix.title_zh))


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_torch_agrees_that_it_is_wrong(rule: Rule, example: Invalid) -> None:
    if example.raises:
        with pytest.raises(Exception):  # noqa: B017 - which one it is depends on the version of torch
            execute(example.code)
    else:
        execute(example.code)


@pytest.mark.parametrize(("rule", "example"), FIXED)
def test_torch_runs_what_was_fixed(rule: Rule, example: Invalid) -> None:
    assert example.fixed is not None
    execute(example.fixed)


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_torch_runs_what_is_right(rule: Rule, example: Valid) -> None:
    if example.runs:
        execute(example.code)
    else:
        compile(example.code, "example.py", "exec")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.code)
def test_has_more_right_examples_than_wrong_ones(rule: Rule) -> None:
    assert len(rule.valid) > len(rule.invalid) > 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.code)
def test_is_documented_under_every_heading(rule: Rule) -> None:
    assert isinstance(rule.meta.en, Doc) and isinstance(rule.meta.zh, Doc)
    assert all(getattr(rule.meta.en, heading).strip() for heading in HEADINGS)
    assert all(CHINESE.search(getattr(rule.meta.zh, heading)) for heading in HEADINGS if heading != "torch_says")
    assert not any(CHINESE.search(getattr(rule.meta.en, heading)) for heading in ("title", "why", "fix"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.code)
def test_file_is_named_after_the_rule(rule: Rule) -> None:
    meta = rule.meta
    assert re.fullmatch(r"ML\d{3}", meta.code)
    module = type(rule).__module__
    assert module == f"modlint.rules.{meta.code.lower()}_{meta.name.replace('-', '_')}"
    assert (sys.modules[module].__doc__ or "").startswith(f"{meta.code}: ")


def test_names_are_unique() -> None:
    assert len({rule.meta.name for rule in RULES}) == len(RULES)


def test_every_file_of_the_catalogue_is_discovered() -> None:
    files = Path(sys.modules["modlint.rules"].__path__[0]).glob("ml*.py")
    assert {path.stem for path in files} == {type(rule).__module__.rpartition(".")[2] for rule in RULES}


def test_every_repair_is_explained_by_one_rule() -> None:
    explained = [kind for rule in RULES if rule.meta.code < "ML100" for kind in rule.aspects]
    assert sorted(explained) == sorted([*KINDS, "syntax-error", "newer-syntax"])


# --- packs of other people ---

HEADER = """\
from modlint.diagnostics import Severity
from modlint.interpret.events import ClassRead
from modlint.rule import Doc, Invalid, Meta, Rule, Valid

doc = Doc("a title", "what", "why", "torch says", "fix")


class Custom(Rule):
"""
META = '    meta = Meta("XX901", "custom", Severity.INFO, doc, doc)\n'
EXAMPLES = "    valid = ()\n    invalid = ()\n"
CHECK = "    def check(self, event: ClassRead):\n        return iter(())\n"


def _load_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> tuple[Rule, ...]:
    name = f"pack_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "custom.py").write_text(HEADER + body)
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint(name="custom", value=name, group="modlint.rules")
    monkeypatch.setattr(rule_module, "entry_points", lambda group: [entry] if group == "modlint.rules" else [])
    return load_rules.__wrapped__()


def test_a_pack_adds_its_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _load_pack(tmp_path, monkeypatch, META + EXAMPLES + CHECK)
    assert [rule.meta.code for rule in found] == [*(rule.meta.code for rule in RULES), "XX901"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param(EXAMPLES + CHECK, "has no meta", id="no-meta"),
        pytest.param(META + "    invalid = ()\n" + CHECK, "has no valid", id="no-valid"),
        pytest.param(META + "    valid = ()\n" + CHECK, "has no invalid", id="no-invalid"),
        pytest.param(META + EXAMPLES + CHECK.replace(": ClassRead", ""), "annotate", id="no-event"),
        pytest.param(META + EXAMPLES + CHECK.replace("ClassRead", "int"), "annotate", id="event-of-another-kind"),
        pytest.param(META + EXAMPLES + CHECK.replace("ClassRead", "ClassRead | str"), "annotate", id="partly-an-event"),
        pytest.param(META + EXAMPLES + "    check = Rule.check\n", "annotate", id="no-check"),
        pytest.param(META.replace("XX901", "ML101") + EXAMPLES + CHECK, "ML101 is taken", id="taken-code"),
    ],
)
def test_a_malformed_rule_is_refused(
    body: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MalformedRuleError, match=complaint):
        _load_pack(tmp_path, monkeypatch, body)


def test_what_an_example_adds_to_torch_is_gone_afterwards() -> None:
    nn = pytest.importorskip("torch.nn")
    execute("from torch import nn\nnn.relu = nn.ReLU\n")
    assert not hasattr(nn, "relu")
