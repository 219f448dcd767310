"""Which statements of a file are executed: definitions and the values they need, never training or input and output."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from modlint.verify.protocol import LeftOut, Segment

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Compound = ast.If | ast.For | ast.Try | ast.With


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUIET_MODULES = _words(
    "abc collections copy dataclasses decimal einops enum fractions functools itertools math numbers numpy operator "
    "random re string torch types typing typing_extensions"
)
_LOUD_PATHS = _words(
    "numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap numpy.save numpy.savetxt numpy.savez "
    "torch.compile torch.distributed torch.hub torch.jit.load torch.load torch.multiprocessing torch.onnx torch.optim "
    "torch.save torch.utils torchvision.datasets"
)
_LOUD_MODULES = _words(
    "argparse click cv2 datasets fire getpass gdown glob http huggingface_hub hydra io json kagglehub matplotlib "
    "mlflow os pandas pickle PIL requests shutil sklearn socket subprocess sys tensorboard time tqdm urllib wandb yaml"
)
_QUIET_PATHS = _words(
    "logging.getLogger os.environ.get os.getenv os.path.abspath os.path.basename os.path.dirname os.path.join "
    "os.cpu_count pathlib.Path torch.utils.checkpoint torch.manual_seed torch.set_default_dtype torch.fx.wrap "
    "sys.path.append sys.path.insert warnings.filterwarnings warnings.simplefilter"
)
_QUIET_BUILTINS = _words(
    "abs all any bool bytes callable chr complex dict divmod enumerate float frozenset getattr hasattr hash int "
    "isinstance issubclass iter len list map max min next object ord pow property range repr reversed round set slice "
    "sorted staticmethod classmethod str sum super tuple type vars zip ValueError TypeError NotImplementedError "
    "RuntimeError KeyError AssertionError"
)
_QUIET_METHODS = _words(
    "capitalize copy count difference double endswith eval extend float format get half index insert intersection "
    "items join keys lower lstrip replace requires_grad_ reshape setdefault size split startswith strip title to "
    "tolist train union unsqueeze update upper values view add add_module append register_buffer register_module "
    "register_parameter item numel __init__"
)
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})
_MODULE_MOVES = frozenset({"to", "eval", "train", "half", "float", "double"})
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_MAIN_PART = "it is the script's main part"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def executable(tree: ast.Module, text: str) -> Segment:
    """The module with everything blank that must not run: training, downloads, arguments, prints, files, model calls.

    ``tree`` is the parse of ``text``. What stays keeps its line and column.
    """
    plan = _Plan(_Facts.of(tree))
    plan.body(tree.body, nested=False)
    return Segment(_blank(text, plan.cuts), tuple(plan.left_out))


@dataclass(frozen=True)
class _Facts:
    """What the module's names stand for, as far as their spelling tells."""

    imports: dict[str, str]
    functions: dict[str, _Function]
    classes: dict[str, ast.ClassDef]
    read_by_definitions: frozenset[str]

    @classmethod
    def of(cls, tree: ast.Module) -> _Facts:
        nodes = list(ast.walk(tree))
        definitions = [node for node in tree.body if isinstance(node, _DEFINITIONS)]
        return cls(
            imports=dict(_imports(nodes)),
            functions={node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)},
            classes={node.name: node for node in nodes if isinstance(node, ast.ClassDef)},
            read_by_definitions=frozenset(name for node in definitions for name in _free_names(node)),
        )

    def path(self, node: ast.expr) -> str | None:
        """The dotted name behind an expression whose root is an import, else None."""
        if isinstance(node, ast.Attribute):
            owner = self.path(node.value)
            return owner and f"{owner}.{node.attr}"
        return self.imports.get(node.id) if isinstance(node, ast.Name) else None

    def is_module_class(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name not in self.classes or name in seen:
            return False
        for base in self.classes[name].bases:
            path = self.path(base) or ""
            if path.startswith("torch.nn.") or (
                isinstance(base, ast.Name) and self.is_module_class(base.id, seen | {name})
            ):
                return True
        return False


class _Cut(NamedTuple):
    """What is not executed, and what takes its place where the grammar wants something."""

    node: ast.stmt | ast.expr
    filler: bytes
    wanted: bool = True


@dataclass
class _Plan:
    """Walks the statements, collecting what to cut away and what to say about it."""

    facts: _Facts
    cuts: list[_Cut] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    def body(self, statements: list[ast.stmt], *, nested: bool) -> bool:
        """Plan the statements; whether any of them is executed."""
        kept = [self._statement(statement, nested) for statement in statements]
        return any(kept)

    def _statement(self, statement: ast.stmt, nested: bool) -> bool:
        if isinstance(statement, _Compound) and self._compound(statement):
            return True
        if isinstance(statement, ast.If) and _is_main(statement.test) and self._main_part(statement):
            return True
        return self._alone(statement, nested)

    def _alone(self, statement: ast.stmt, nested: bool) -> bool:
        """Whether a statement is executed as a whole."""
        reason = self._reason(statement)
        names = tuple(dict.fromkeys(bound_names(statement)))
        if not reason:
            self.missing.difference_update(names)
            return True
        self.missing.update(names)
        self.cuts.append(_Cut(statement, b"pass", nested))
        self.left_out.append(LeftOut(statement.lineno, names, reason))
        return False

    def _main_part(self, statement: ast.If) -> bool:
        """Whether something of the script's main part runs: the values that definitions read."""
        if statement.orelse or not any(
            isinstance(item, _ASSIGNMENTS) and self._is_needed(item) for item in statement.body
        ):
            return False
        self.cuts.append(_Cut(statement.test, b"True"))
        kept = [self._alone(item, nested=True) for item in statement.body]
        return any(kept)

    def _compound(self, statement: _Compound) -> bool:
        """Whether the statement runs: branches in part, the bodies of loops and contexts only as a whole."""
        if self._header_reason(statement):
            return False
        before = len(self.cuts), len(self.left_out)
        kept = [self.body(block, nested=True) for block in _blocks(statement)]
        if any(kept) and (isinstance(statement, ast.If | ast.Try) or len(self.cuts) == before[0]):
            return True
        del self.cuts[before[0] :], self.left_out[before[1] :]
        return False

    def _reason(self, statement: ast.stmt) -> str:
        """Why the statement is not executed, empty when it is."""
        match statement:
            case (
                ast.Import()
                | ast.ImportFrom()
                | ast.FunctionDef()
                | ast.AsyncFunctionDef()
                | ast.ClassDef()
                | ast.Pass()
                | ast.Delete()
            ):
                return ""
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.AugAssign(value=value):
                needed = self._is_needed(statement)
                return self._value_reason(value, needed=needed) or ("" if needed else self._spare_model(value))
            case ast.Expr(value=ast.Constant()):
                return ""
            case ast.Expr(value=ast.Call() as call):
                return self._effect_reason(call)
            case ast.If() | ast.For() | ast.Try() | ast.With():
                return self._header_reason(statement) or "nothing in it is executed"
            case _:
                return "it is no definition"

    def _effect_reason(self, call: ast.Call) -> str:
        mutates = isinstance(call.func, ast.Attribute) and call.func.attr in _QUIET_METHODS - _MODULE_MOVES
        path = self.facts.path(call.func) or ""
        if mutates or path in _QUIET_PATHS:
            return self._value_reason(call)
        if path.rpartition(".")[2].startswith("register"):
            return self._value_reason(call, needed=True)
        return _calls(call)

    def _header_reason(self, statement: ast.stmt) -> str:
        match statement:
            case ast.If(test=test):
                return _MAIN_PART if _is_main(test) else self._value_reason(test)
            case ast.For(iter=iterable):
                return self._value_reason(iterable)
            case ast.With(items=items):
                reasons = (self._value_reason(item.context_expr) for item in items)
                return next(filter(None, reasons), "")
            case _:
                return ""

    def _is_needed(self, statement: ast.stmt) -> bool:
        return not self.facts.read_by_definitions.isdisjoint(bound_names(statement))

    def _value_reason(self, value: ast.expr | None, *, needed: bool = False) -> str:
        """Why the value is not evaluated, empty when it is."""
        nodes = list(_outside(value, (ast.Lambda,))) if value else []
        missing = self.missing.intersection(node.id for node in nodes if isinstance(node, ast.Name))
        if missing:
            return f"it needs {min(missing)}, which is not there"
        calls = (node for node in nodes if isinstance(node, ast.Call | ast.Await | ast.Yield))
        loud = (node for node in calls if not (isinstance(node, ast.Call) and self._is_quiet(node, needed)))
        return next(map(_calls, loud), "")

    def _is_quiet(self, call: ast.Call, needed: bool, seen: frozenset[str] = frozenset()) -> bool:
        """Functions of which nothing is known are called when a definition needs it, or when they are the project's."""
        path = self.facts.path(call.func)
        if path is not None:
            return _is_quiet_path(path) or (_is_unknown_path(path) and (needed or path.startswith(".")))
        match call.func:
            case ast.Name(id=name) if name in self.facts.functions:
                return name in seen or self._runs_quietly(self.facts.functions[name], needed, seen | {name})
            case ast.Name(id=name) if name in self.facts.classes:
                return name in seen or self._constructs_quietly(name, needed, seen | {name})
            case ast.Name(id=name):
                return name in _QUIET_BUILTINS
            case ast.Attribute(value=ast.Name(id=name)) if name in self.facts.classes:
                return True
            case ast.Attribute(value=owner, attr=attr):
                return attr in _QUIET_METHODS and (attr not in _MODULE_MOVES or self._makes_module(owner))
            case ast.Lambda():
                return True
            case _:
                return False

    def _runs_quietly(self, function: _Function, needed: bool, seen: frozenset[str]) -> bool:
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        return all(self._is_quiet(call, needed, seen) for call in calls)

    def _constructs_quietly(self, name: str, needed: bool, seen: frozenset[str]) -> bool:
        if self.facts.is_module_class(name):
            return True
        methods = (node for node in self.facts.classes[name].body if isinstance(node, ast.FunctionDef))
        return all(self._runs_quietly(method, needed, seen) for method in methods if method.name in _CONSTRUCTORS)

    def _makes_module(self, owner: ast.expr) -> bool:
        if not isinstance(owner, ast.Call):
            return False
        if isinstance(owner.func, ast.Name) and self.facts.is_module_class(owner.func.id):
            return True
        return (self.facts.path(owner.func) or "").startswith("torch.nn.")

    def _spare_model(self, value: ast.expr | None) -> str:
        """Instances of the file's own models are made by the verifier, unless a definition reads them."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Call() as inner, attr=attr)) if attr in _MODULE_MOVES:
                return self._spare_model(inner)
            case ast.Call(func=ast.Name(id=name)) if self.facts.is_module_class(name):
                return f"the verifier makes its own {name}"
            case _:
                return ""


def _is_quiet_path(path: str) -> bool:
    if path in _QUIET_PATHS:
        return True
    if path.split(".")[0] not in _QUIET_MODULES:
        return False
    return not _is_below(path, _LOUD_PATHS)


def _is_unknown_path(path: str) -> bool:
    """Whether this module says neither that it is quiet nor that it is loud."""
    if path.split(".")[0] in _LOUD_MODULES | _QUIET_MODULES:
        return False
    return not _is_below(path, _LOUD_PATHS)


def _is_below(path: str, prefixes: frozenset[str]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes)


def _imports(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def _free_names(definition: ast.AST) -> frozenset[str]:
    """The names that a definition reads, without those that the function where they are read binds itself."""
    below = list(_outside(definition, _FUNCTIONS))
    functions = [node for node in below if isinstance(node, _FUNCTIONS)]
    return frozenset(_names(below, ast.Load)).union(*map(_read_from_outside, functions))


def _read_from_outside(function: _Function) -> frozenset[str]:
    nodes = list(ast.walk(function))
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return frozenset(_names(nodes, ast.Load)) - arguments - frozenset(_names(nodes, ast.Store))


def _names(nodes: Iterable[ast.AST], context: type[ast.expr_context]) -> Iterator[str]:
    return (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context))


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that the statement binds in its own scope."""
    for node in _outside(statement, _SCOPES):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def _outside(node: ast.AST, scopes: tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """The node and what is below it, without what is below nodes of the given kinds."""
    yield node
    if not isinstance(node, scopes):
        for child in ast.iter_child_nodes(node):
            yield from _outside(child, scopes)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    match statement:
        case ast.If(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse):
            return [body, orelse]
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            return [body, *(handler.body for handler in handlers), orelse, finalbody]
        case ast.With(body=body):
            return [body]
        case _:
            return []


def _is_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _calls(node: ast.AST) -> str:
    callee = ast.unparse(node.func) if isinstance(node, ast.Call) else type(node).__name__.lower()
    return f"it calls {callee.splitlines()[0][:60]}"


def _blank(text: str, cuts: list[_Cut]) -> str:
    """Cut nodes out of the text; where the grammar wants something, the filler takes the place."""
    lines = [line.encode() for line in _LINE.findall(text)]
    for cut in reversed(cuts):
        node = cut.node
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        for row in range(first, last + 1):
            content = lines[row].rstrip(b"\r\n")
            start = node.col_offset if row == first else 0
            end = (node.end_col_offset or 0) if row == last else len(content)
            shares_line = bool(content[:start].strip() or content[end:].strip())
            filler = cut.filler if row == first and (cut.wanted or shares_line) else b""
            lines[row] = content[:start] + filler.ljust(end - start) + content[end:] + lines[row][len(content) :]
    return b"".join(lines).decode()
