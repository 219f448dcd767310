"""Writing suppressions: the edits after which a comment on its line suppresses every finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modlint.directives import IGNORE, can_end_with_comment, directives, last_line_of_statement
from modlint.edits import Edit
from modlint.judge import Judged
from modlint.syntax import Unit


def ignoring(units: Sequence[Unit], found: Iterable[Judged]) -> Iterator[tuple[Unit, Edit]]:
    """The edits that suppress findings."""
    for unit in units:
        wanted: dict[int, dict[str, None]] = {}
        for judged in found:
            place = judged.finding.place
            if place.unit is unit:
                line = _line_for_comment(unit, getattr(place.node, "lineno", 1))
                wanted.setdefault(line, {})[judged.rule.meta.code] = None
        for line, codes in wanted.items():
            yield unit, _edit(unit, line, sorted(codes))


def _line_for_comment(unit: Unit, line: int) -> int:
    return line if can_end_with_comment(unit, line) else last_line_of_statement(unit, line)


def _edit(unit: Unit, line: int, codes: Sequence[str]) -> Edit:
    there = next((one for one in directives([unit]) if one.line == line and one.word == IGNORE and one.items), None)
    if there is not None and there.items:
        end = there.items[-1].end
        return Edit(end, end, "".join(f", {code}" for code in codes))
    end = unit.offset(line, 0) + len(unit.line(line).rstrip())
    return Edit(end, end, f"  # modlint: {IGNORE}[{', '.join(codes)}]")
