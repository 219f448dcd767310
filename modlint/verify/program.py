"""A file's program inside the child: its segments run statement by statement, and what is missing stands in."""

from __future__ import annotations
import __future__

import ast
import linecache
import socket
import sys
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any, NoReturn

from modlint.verify.plan import bound_names
from modlint.verify.protocol import FileJob, Segment

_DEFAULT_MODULE = "__modlint_program__"
_OWN_CODE = frozenset({"torch", *sys.stdlib_module_names})


@dataclass(frozen=True)
class Failure:
    """Why a name has no value. ``environment`` says that the machine lacks something, not that the code is wrong."""

    message: str
    line: int | None
    environment: bool
    while_importing: bool = False


class UnavailableNameError(ImportError):
    """A model used a name that has no value here."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class StandIn:
    """What a name is bound to whose statement did not run; it may be mentioned, and raises once it is used."""

    def __init__(self, failure: Failure) -> None:
        self._failure = failure

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(self._failure)

    def __getitem__(self, key: object) -> StandIn:
        return StandIn(self._failure)

    def __or__(self, other: object) -> StandIn:
        return StandIn(self._failure)

    __ror__ = __or__

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def _use(self, *args: object, **kwargs: object) -> NoReturn:
        raise UnavailableNameError(self._failure)

    __call__ = __iter__ = __len__ = __bool__ = __int__ = __float__ = __index__ = __mro_entries__ = _use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _use
    __floordiv__ = __rfloordiv__ = __mod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = _use
    __lt__ = __le__ = __gt__ = __ge__ = __enter__ = __exit__ = __contains__ = __setitem__ = _use


class Program:
    """The namespace of one file and how far its segments have been executed."""

    def __init__(self, job: FileJob) -> None:
        self._job = job
        self._done = 0
        self._unknown_names: Failure | None = None
        self._why_alone: Exception | None = None
        sys.path[:0] = job.search_path
        self._module = _new_module(job.file)
        source = [f"{line}\n" for line in _merged_lines(job.segments)]
        linecache.cache[job.file] = (sum(map(len, source)), None, source, job.file)

    def advance(self, upto: int) -> None:
        """Execute the segments before ``upto`` that were not executed yet. Raises what ends the program."""
        if self._job.module and not self._done:
            self._import()
        while self._done < upto:
            self._execute_next()

    def evaluate(self, expression: str) -> Any:
        return eval(expression, self._namespace)

    def defines(self, cls: type) -> bool:
        """Whether the class is one of the file's."""
        return self._namespace.get(cls.__name__) is cls

    @property
    def _namespace(self) -> dict[str, Any]:
        return self._module.__dict__

    def _import(self) -> None:
        """Execute everything as a module of its package; where that cannot be imported, the file stands alone."""
        finder = _OwnText(self._job, self._execute_all)
        sys.meta_path.insert(0, finder)
        try:
            import_module(self._job.module)
        except Exception as error:
            self._why_alone = error
        sys.meta_path.remove(finder)

    def _execute_all(self, module: ModuleType) -> None:
        self._module = module
        while self._done < len(self._job.segments):
            self._execute_next()

    def _execute_next(self) -> None:
        self._done += 1
        self._execute(self._job.segments[self._done - 1])

    def line_of(self, error: BaseException) -> int | None:
        """The innermost line of the file that the error passed, for a syntax error the line it names."""
        if isinstance(error, SyntaxError) and error.filename == self._job.file:
            return error.lineno
        lines = [line for name, line in _frames(error) if name == self._job.file]
        return lines[-1] if lines else None

    def _execute(self, segment: Segment) -> None:
        for item in segment.left_out:
            failure = Failure(f"needs what line {item.line} binds, which is not run: {item.reason}", item.line, True)
            for name in item.names:
                self._namespace.setdefault(name, StandIn(failure))
        flags = 0
        for statement in ast.parse(segment.text, self._job.file).body:
            flags |= _future_flags(statement)
            code = compile(ast.Module([statement], []), self._job.file, "exec", flags, dont_inherit=True)
            self._run(statement, code)

    def _run(self, statement: ast.stmt, code: CodeType) -> None:
        try:
            exec(code, self._namespace)
        except BaseException as error:
            failure = self._import_failure(statement, error) or self.failure(error)
            for name in bound_names(statement):
                self._namespace[name] = StandIn(failure)
            if "*" in bound_names(statement):
                self._unknown_names = failure

    def failure(self, error: BaseException) -> Failure:
        """What an error means: a name without a value keeps its own reason, a missing package is not the code's."""
        for cause in _chain(error):
            if stand_in := _stand_in_behind(cause):
                return replace(stand_in, while_importing=True)
        if isinstance(error, NameError) and self._unknown_names:
            return replace(self._unknown_names, while_importing=True)
        package = error.name or "a module" if isinstance(error, ImportError) else ""
        lacking = _is_foreign(package) or _lacks_cuda(error) or _lacks_network(error)
        return Failure(_cannot_import(package, error) if package else describe(error), self.line_of(error), lacking)

    def _import_failure(self, statement: ast.stmt, error: BaseException) -> Failure | None:
        """An import of the file that fails in any way at all, unless it is of torch or the standard library."""
        match statement:
            case ast.ImportFrom(module=module, level=level):
                package = "." * level + (module or "")
            case ast.Import(names=names):
                package = ", ".join(alias.name for alias in names)
            case _:
                return None
        if not _is_foreign(package):
            return None
        cause = self._why_alone if package.startswith(".") and self._why_alone else error
        return Failure(_cannot_import(package, cause), statement.lineno, True)


def describe(error: BaseException) -> str:
    """``Type: message``, of bounded length, whatever the message does."""
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    name = type(error).__name__
    return f"{name}: {_shortened(text)}" if text else name


_LONGEST_TEXT = 4000


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} … ({len(text)} characters)"


class _OwnText(Loader, MetaPathFinder):
    """Imports the program's module from the text of its job, once, wherever its package asks for it first."""

    def __init__(self, job: FileJob, execute: Callable[[ModuleType], None]) -> None:
        self._job = job
        self._execute = execute

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, origin=self._job.file) if name == self._job.module else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self._job.file
        self._execute(module)


def _new_module(file: str) -> ModuleType:
    module = ModuleType(_DEFAULT_MODULE)
    module.__file__ = file
    sys.modules[_DEFAULT_MODULE] = module
    return module


def _merged_lines(segments: tuple[Segment, ...]) -> list[str]:
    merged: list[str] = []
    for segment in segments:
        lines = segment.text.split("\n")
        merged.extend([""] * (len(lines) - len(merged)))
        for index, line in enumerate(lines):
            merged[index] = merged[index] or line.rstrip("\r")
    return merged


def _future_flags(statement: ast.stmt) -> int:
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    flags = 0
    for alias in statement.names:
        flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _stand_in_behind(error: BaseException) -> Failure | None:
    """The failure behind an error that a stand-in raised, or that a function raised because it was given one."""
    if isinstance(error, UnavailableNameError):
        return error.failure
    trace = error.__traceback__
    found = None
    while trace:
        frame = trace.tb_frame
        local = frame.f_locals.values() if frame.f_locals is not frame.f_globals else ()
        found = next((value._failure for value in local if type(value) is StandIn), found)
        trace = trace.tb_next
    return found


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _is_foreign(package: str) -> bool:
    return bool(package) and package.partition(".")[0] not in _OWN_CODE


def _cannot_import(package: str, error: BaseException) -> str:
    return f"{package} cannot be imported: {describe(error)}"


def _lacks_network(error: BaseException) -> bool:
    """Whether a library could not reach a host, unless the code turned that into an error of its own."""
    unreachable = any(isinstance(cause, socket.gaierror | urllib.error.URLError) for cause in _chain(error))
    return unreachable and (isinstance(error, OSError) or type(error).__module__ != "builtins")


def _lacks_cuda(error: BaseException) -> bool:
    text = describe(error)
    return "Torch not compiled with CUDA enabled" in text or "Found no NVIDIA driver" in text
