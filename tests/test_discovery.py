"""Which files a run reads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from modlint.patterns import Patterns
from modlint.sources.discovery import Choice, MissingPathError, discover

Tree = Callable[[str], Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make the current folder hold the files named; ``name=line|line`` gives one its lines."""
    monkeypatch.chdir(tmp_path)

    def make(files: str) -> Path:
        for file in files.split():
            name, _, lines = file.partition("=")
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            else:
                path.write_text(lines.replace("|", "\n") + "\n")
        return tmp_path

    return make


def choice(patterns: str) -> Choice:
    """What patterns relative to the current folder say."""
    rules = Patterns(Path.cwd().as_posix() + "/", tuple(patterns.split()))
    return lambda path: bool(rules.verdict(path))


def found(*paths: str, exclude: str = "", include: str = "") -> str:
    return " ".join(discover(paths, exclude=choice(exclude), include=choice(include)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("b.py a.py", "a.py b.py"),
        ("a.py a/b.py a/c/d.py b.ipynb", "a/b.py a/c/d.py a.py b.ipynb"),
        ("A.PY z.py", "A.PY z.py"),
        ("a.py a.pyi a.pyw a.pyc a.txt py b.py/c.txt", "a.py"),
        ("a.py README.md docs/b.md", "a.py"),
        ("README.md docs/a.ipynb", "docs/a.ipynb"),
        ("b.md a.markdown c/d.md e.txt", "a.markdown b.md c/d.md"),
        ("z/deep/down/x.py a.md", "z/deep/down/x.py"),
        ("a.md .venv/x.py", "a.md"),
        ("a.md setup.pyi", "a.md"),
        (".hidden/a.py .b.py", ".b.py .hidden/a.py"),
        ("x.txt", ""),
        ("empty/", ""),
    ],
)
def test_folder_gives_its_python_or_else_its_markdown(tree: Tree, files: str, expected: str) -> None:
    tree(files)
    assert found(".") == expected


@pytest.mark.parametrize(
    "folder",
    [
        ".git",
        ".hg",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        "build",
        "dist",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        "site-packages",
        ".eggs",
        "net.egg-info",
    ],
)
def test_folders_that_hold_no_sources_are_passed_over(tree: Tree, folder: str) -> None:
    tree(f"{folder}/a.py sub/{folder}/b.py sub/c.py {folder}x/d.py")
    assert sorted(found(".").split()) == sorted(["sub/c.py", f"{folder}x/d.py"])
    assert found(folder) == f"{folder}/a.py"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["."], "a.py s/b.py"),
        (["s"], "s/b.py"),
        (["s/"], "s/b.py"),
        (["./s"], "./s/b.py"),
        (["./"], "./a.py ./s/b.py"),
        (["s/.."], "s/../a.py s/../s/b.py"),
        (["s", "."], "s/b.py a.py"),
        (["s", "s", "s/b.py", "./s"], "s/b.py"),
        (["./s/b.py", "s"], "./s/b.py"),
        (["n.txt"], "n.txt"),
        (["r.md", "."], "r.md a.py s/b.py"),
        ([], ""),
    ],
)
def test_paths_are_spelled_as_given_and_come_once(tree: Tree, paths: list[str], expected: str) -> None:
    tree("a.py s/b.py n.txt r.md")
    assert found(*paths) == expected


def test_absolute_path_stays_absolute(tree: Tree) -> None:
    root = tree("s/a.py")
    assert found(f"{root}/s") == f"{root}/s/a.py"


@pytest.mark.parametrize("path", ["nowhere", "a.py/", "s/a.py", ""])
def test_missing_path_is_named_before_anything_is_read(tree: Tree, path: str) -> None:
    tree("b.py s/c.txt")
    files = discover(["b.py", path or "no file"])
    with pytest.raises(MissingPathError, match=f"{path or 'no file'} does not exist"):
        next(files)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("", "a.py d/a.py d/b.py d/e/c.py"),
        ("a.py", "d/b.py d/e/c.py"),
        ("/a.py", "d/a.py d/b.py d/e/c.py"),
        ("d", "a.py"),
        ("d/", "a.py"),
        ("e/", "a.py d/a.py d/b.py"),
        ("d/*.py", "a.py d/e/c.py"),
        ("d/**", "a.py"),
        ("**/c.py", "a.py d/a.py d/b.py"),
        ("*.py !b.py", "d/b.py"),
        ("d/ !d/b.py", "a.py"),
        ("[ab].py", "d/e/c.py"),
        ("a.py/", "a.py d/a.py d/b.py d/e/c.py"),
        ("A.py", "a.py d/a.py d/b.py d/e/c.py"),
    ],
)
def test_exclude_and_gitignore_read_the_same_patterns(tree: Tree, patterns: str, expected: str) -> None:
    tree("a.py d/a.py d/b.py d/e/c.py")
    assert sorted(found(".", exclude=patterns).split()) == expected.split()
    tree(f".gitignore={patterns.replace(' ', '|')}")
    assert sorted(found(".").split()) == expected.split()


@pytest.mark.parametrize(
    ("files", "paths", "expected"),
    [
        ("d/.gitignore=a.py", ["."], "a.py d/b.py"),
        (".gitignore=*.py d/.gitignore=!b.py", ["."], "d/b.py"),
        (".gitignore=d/ d/.gitignore=!b.py", ["."], "a.py"),
        (".git/ .gitignore=b.py", ["d"], "d/a.py"),
        (".git/ .gitignore=/a.py", ["d"], "d/a.py d/b.py"),
        (".git/ .gitignore=/d/a.py", ["d"], "d/b.py"),
        (".git/ .gitignore=d/", ["d"], "d/a.py d/b.py"),
        (".git/ .gitignore=d/", ["."], "a.py"),
        (".git/ .gitignore=a.py d/.gitignore=!a.py", ["d"], "d/a.py d/b.py"),
        (".gitignore=b.py", ["d"], "d/a.py d/b.py"),
        (".gitignore=b.py d/.git/", ["d"], "d/a.py d/b.py"),
        (".git=gitdir .gitignore=b.py", ["d"], "d/a.py"),
        (".gitignore=a.py", ["a.py"], "a.py"),
        (".gitignore=#a.py||!|\\|b.py", ["."], "a.py d/a.py"),
        (".gitignore/a.py=", ["."], "d/a.py d/b.py .gitignore/a.py a.py"),
    ],
)
def test_gitignore_files(tree: Tree, files: str, paths: list[str], expected: str) -> None:
    tree(f"a.py d/a.py d/b.py {files}")
    assert sorted(found(*paths).split()) == sorted(expected.split())


def test_gitignore_in_another_encoding_is_read_as_far_as_it_goes(tree: Tree) -> None:
    root = tree("a.py b.py")
    (root / ".gitignore").write_bytes(b"# \xff\xfe\nb.py\n")
    assert found(".") == "a.py"


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [("a.py", "d/.x/c.py d/b.py"), ("!a.py", "a.py d/.x/c.py d/a.py d/b.py"), ("d/", "a.py")],
)
def test_exclude_is_not_undone_by_gitignore(tree: Tree, exclude: str, expected: str) -> None:
    tree("a.py d/a.py d/b.py d/.x/c.py .gitignore=!a.py d/.gitignore=!*.py|!*/")
    assert found(".", exclude=exclude) == expected


def test_exclude_counts_from_its_own_folder_and_spares_named_files(tree: Tree) -> None:
    tree("x.py a/x.py a/s/x.py b/x.py")
    assert found("a", "b", "x.py", exclude="/x.py /b/") == "a/s/x.py a/x.py x.py"


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ("", "a.py d/c.ipynb"),
        ("*.md", "a.md a.py d/b.md d/c.ipynb"),
        ("/a.md", "a.md a.py d/c.ipynb"),
        ("d/", "a.py d/b.md d/c.ipynb d/t.pyi"),
        ("*.pyi", "a.py d/c.ipynb d/t.pyi"),
        ("*.md !d/*", "a.md a.py d/c.ipynb"),
        ("*.txt", "a.py d/c.ipynb"),
        ("dist/", "a.py d/c.ipynb"),
        ("ignored.md", "a.py d/c.ipynb"),
    ],
)
def test_include_adds_files_that_can_be_read(tree: Tree, include: str, expected: str) -> None:
    tree("a.md a.py d/b.md d/c.ipynb d/t.pyi x.txt dist/z.md ignored.md .gitignore=ignored.md")
    assert sorted(found(".", include=include).split()) == expected.split()


def test_include_narrows_a_folder_of_markdown(tree: Tree) -> None:
    tree("a.md b.md d/c.md")
    assert found(".", include="d/") == "d/c.md"
    assert found(".", include="*.rst") == "a.md b.md d/c.md"


def test_links(tree: Tree) -> None:
    root = tree("a.py d/b.py")
    for link, target in {"d/up": root, "loop": root / "loop", "c.py": root / "a.py", "e.py": root / "none"}.items():
        (root / link).symlink_to(target)
    (root / "z").symlink_to(root / "d")
    assert found(".") == "a.py d/b.py"
    assert found("c.py", ".") == "c.py d/b.py"
    assert found("z", "d") == "z/b.py"
    with pytest.raises(MissingPathError):
        found("e.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_passed_over(tree: Tree) -> None:
    root = tree("a.py")
    os.mkfifo(root / "b.py")
    assert found(".") == "a.py"


def test_files_come_while_the_search_goes_on(tree: Tree) -> None:
    root = tree("a/x.py b/y.py")
    files = discover(["."])
    assert next(files) == "a/x.py"
    (root / "b" / "z.py").touch()
    assert list(files) == ["b/y.py", "b/z.py"]


def test_ten_thousand_files_are_found_quickly(tree: Tree) -> None:
    root = tree(".gitignore=" + "|".join(f"*.x{number}|folder{number}/" for number in range(30)))
    for folder in range(100):
        (root / f"f{folder:02}").mkdir()
        for number in range(100):
            (root / f"f{folder:02}" / f"m{number:02}.py").touch()
    start = time.perf_counter()
    assert list(islice(discover(["."]), 2)) == ["f00/m00.py", "f00/m01.py"]
    files = list(discover(["."]))
    assert time.perf_counter() - start < 5
    assert len(files) == 10_000
    assert files == sorted(files)
