"""What a configuration may say, where it is looked for, and which rules it selects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modlint.config import Config, ConfigError, configure, find_config, read_config
from modlint.diagnostics import Severity
from modlint.inputs import parse_inputs
from modlint.misuse import MisuseError
from modlint.rule import load_rules
from modlint.selection import UnknownRuleError, find_rule, selected_codes

RULES = load_rules()


def written(folder: Path, text: str, name: str = "modlint.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


KEYS: list[tuple[str, Config]] = [
    ("", Config()),
    ('select = ["ML1", "norm-rank"]', Config(select=("ML1", "norm-rank"))),
    ('ignore = ["ML204"]', Config(ignore=("ML204",))),
    ('include = ["*.md"]\nexclude = ["old/"]', Config(include=("*.md",), exclude=("old/",))),
    ('fail-on = "error"', Config(fail_on=Severity.ERROR)),
    ('fail-on = "info"', Config(fail_on=Severity.INFO)),
    ('language = "zh"', Config(language="zh")),
    ('input = "8x3x4x4, 2x7:int64"', Config(input=(((8, 3, 4, 4), "float32"), ((2, 7), "int64")))),
    ('output-format = "sarif"', Config(output_format="sarif")),
    ("show-info = true", Config(show_info=True)),
]


@pytest.mark.parametrize(("text", "wanted"), KEYS, ids=[text for text, _ in KEYS])
def test_keys_are_read(text: str, wanted: Config, tmp_path: Path) -> None:
    assert read_config(written(tmp_path, text)) == wanted
    assert read_config(written(tmp_path, f"[tool.modlint]\n{text}", "pyproject.toml")) == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('selct = ["ML1"]', "unknown key `selct`; did you mean `select`?"),
        ("fail_on = 'error'", "unknown key `fail_on`; did you mean `fail-on`?"),
        ("zzz = 1", "unknown key `zzz`"),
        ('select = "ML1"', "`select` must be a list of strings"),
        ("ignore = [1]", "`ignore` must be a list of strings"),
        ('fail-on = "eror"', "did you mean `error`?"),
        ("fail-on = 2", "`fail-on` must be one of error, warning, info"),
        ('language = "fr"', "`language` must be one of en, zh"),
        ('output-format = "jsn"', "did you mean `json`?"),
        ("show-info = 1", "`show-info` must be true or false"),
        ("input = [8, 3]", '`input` must be a string such as "8x3x224x224"'),
        ('input = "8*3"', "`8*3` is no input"),
        ("select = [", "modlint.toml: "),
    ],
)
def test_what_is_not_known_is_an_error_that_names_the_file(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_config(written(tmp_path, text))
    assert str(error.value).startswith(str(tmp_path / "modlint.toml"))
    assert told in str(error.value)


def test_the_nearest_file_wins_and_foreign_ones_are_passed_over(tmp_path: Path) -> None:
    outer = written(tmp_path, "[tool.modlint]", "pyproject.toml")
    written(tmp_path / "package", "[tool.other]", "pyproject.toml")
    model = written(tmp_path / "package", "", "model.py")
    assert find_config([str(model)]) == outer
    inner = written(tmp_path / "package", "")
    assert find_config([str(model)]) == inner
    assert find_config([str(model), str(tmp_path)]) == outer


def test_modlint_toml_goes_before_pyproject_toml(tmp_path: Path) -> None:
    written(tmp_path, "[tool.modlint]", "pyproject.toml")
    own = written(tmp_path, "")
    assert find_config([str(tmp_path)]) == own


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    written(tmp_path, 'language = "zh"\nselect = ["ML1"]')
    given: dict[str, Any] = {"select": ("ML2",), "ignore": None, "show-info": None, "fail-on": "info"}
    wanted = Config(language="zh", select=("ML2",), fail_on=Severity.INFO)
    assert configure([str(tmp_path)], given) == wanted


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("8x3x224x224", (((8, 3, 224, 224), "float32"),)),
        ("5", (((5,), "float32"),)),
        ("2x16:int64", (((2, 16), "int64"),)),
        ("2x16:int64,8x3", (((2, 16), "int64"), ((8, 3), "float32"))),
        (" 2x1 , 3 ", (((2, 1), "float32"), ((3,), "float32"))),
        ("0x3:bool", (((0, 3), "bool"),)),
    ],
)
def test_inputs_are_read(spec: str, wanted: object) -> None:
    assert parse_inputs(spec) == wanted


@pytest.mark.parametrize(
    "spec", ["", "x", "3x", "x3", "3xx4", "-1x3", "3.5", "8,", "B x 3", "8x3:", "8x3:float23", "8X3"]
)
def test_what_is_no_input_is_refused(spec: str) -> None:
    with pytest.raises(MisuseError):
        parse_inputs(spec)


def codes(prefix: str) -> frozenset[str]:
    return frozenset(rule.meta.code for rule in RULES if rule.meta.code.startswith(prefix))


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        ([], [], None),
        (["ML"], [], codes("ML")),
        (["ML2"], [], codes("ML2")),
        (["ml2"], [], codes("ML2")),
        (["ML101"], [], {"ML101"}),
        (["missing-super-init", "ML204"], [], {"ML101", "ML204"}),
        ([], ["ML1"], codes("ML") - codes("ML1")),
        (["ML2"], ["norm-rank"], codes("ML2") - {"ML204"}),
        (["ML204"], ["ML2"], set()),
    ],
)
def test_rules_are_selected(select: list[str], ignore: list[str], wanted: set[str] | None) -> None:
    assert selected_codes(RULES, select, ignore) == wanted


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("ML9999", "unknown rule `ML9999`"),
        ("missing-super-ini", "did you mean `missing-super-init`?"),
        ("norm", "unknown rule `norm`"),
        ("", "unknown rule ``"),
        ("xyzzy", "`modlint rules` lists them all"),
        ("L204", "did you mean `ML204`?"),
    ],
)
def test_unknown_rules_are_errors(selector: str, told: str) -> None:
    for select, ignore in ([selector], []), ([], [selector]):
        with pytest.raises(UnknownRuleError) as error:
            selected_codes(RULES, select, ignore)
        assert told in str(error.value)


@pytest.mark.parametrize("selector", ["ML101", "ml101", "missing-super-init"])
def test_one_rule_is_found_by_code_or_name(selector: str) -> None:
    assert find_rule(RULES, selector).meta.code == "ML101"


@pytest.mark.parametrize("selector", ["ML1", "missing", ""])
def test_a_prefix_names_no_single_rule(selector: str) -> None:
    with pytest.raises(UnknownRuleError):
        find_rule(RULES, selector)
