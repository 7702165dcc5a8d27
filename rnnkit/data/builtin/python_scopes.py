"""What a name in Python source refers to, by the language's scoping rules and without running anything."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BUILTINS = {name for name in dir(builtins) if not name.startswith("_")}


@dataclass
class Scope:
    """The names that a module, class, function or comprehension binds."""

    node: ast.AST
    parent: "Scope | None" = None
    bound: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)  # bound by `import`
    global_names: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def top(self) -> "Scope":
        return self if self.parent is None else self.parent.top

    def kind(self, name: str) -> str:
        """The tag of a name used here: module, local_variable, attribute, constant, global_variable or builtin."""
        scope = self._owner(name)
        if scope is not None and name in scope.modules:
            return "module"
        if scope is not None and scope.parent is not None:
            return "attribute" if scope.is_class else "local_variable"
        if scope is None and name in _BUILTINS:
            return "builtin"
        return "constant" if name.isupper() else "global_variable"

    def _owner(self, name: str) -> "Scope | None":
        """The scope that binds the name; the bodies of enclosing classes are not seen from a function inside them."""
        scope = self
        while scope is not None:
            if name in scope.global_names:
                return self.top
            if name in scope.bound and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None


def children(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """The nodes below `node` with the scope that each lies in; no node inside an f-string.

    Decorators, defaults, annotations, base classes and a comprehension's first iterable belong to the outer scope.
    """
    if isinstance(node, (ast.JoinedStr, ast.FormattedValue)):
        return
    inner = None
    if isinstance(node, (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS)):
        inner = Scope(node, scope)
        _bind(inner)
    for child in ast.iter_child_nodes(node):
        yield from _placed(node, child, scope, inner)


def module_scope(tree: ast.Module) -> Scope:
    """The scope of a whole module. Names that a function declares `global` are bound here too."""
    scope = Scope(tree)
    _bind(scope)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            scope.bound.update(node.names)
    return scope


def _placed(node: ast.AST, child: ast.AST, scope: Scope, inner: Scope | None) -> Iterator[tuple[ast.AST, Scope]]:
    if inner is None:
        yield child, scope
    elif isinstance(node, COMPREHENSIONS):
        if isinstance(child, ast.comprehension):
            for part in ast.iter_child_nodes(child):
                yield part, scope if part is node.generators[0].iter else inner
        else:
            yield child, inner
    else:
        body = node.body if isinstance(node.body, list) else [node.body]
        yield child, inner if child in body else scope


def _bind(scope: Scope) -> None:
    """Collects what the scope's own statements bind, without entering scopes inside it."""
    node = scope.node
    if isinstance(node, FUNCTIONS):
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        scope.bound.update(argument.arg for argument in every if argument is not None)
    if isinstance(node, COMPREHENSIONS):
        for generator in node.generators:
            scope.bound.update(name.id for name in ast.walk(generator.target) if isinstance(name, ast.Name))
        return
    for statement in node.body if isinstance(node.body, list) else [node.body]:
        _bind_from(statement, scope)
    scope.bound -= scope.global_names


def _bind_from(node: ast.AST, scope: Scope) -> None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            scope.bound.add(name)
            return
        case ast.Lambda():
            return
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            scope.bound.add(name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bound.add(name)
        case ast.Import(names=aliases):
            names = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
            scope.bound |= names
            scope.modules |= names
        case ast.ImportFrom(names=aliases):
            scope.bound.update(alias.asname or alias.name for alias in aliases)
        case ast.Global(names=names):
            scope.global_names.update(names)
        case ast.comprehension():  # its target is bound inside; a walrus below it is bound here
            for part in (node.iter, *node.ifs):
                _bind_from(part, scope)
            return
    for child in ast.iter_child_nodes(node):
        _bind_from(child, scope)
