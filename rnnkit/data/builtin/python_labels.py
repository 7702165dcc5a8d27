"""What each token of Python source is, from its syntax tree: the labels of the built-in tagging corpus."""

import ast
import io
import keyword
import token as token_types
import tokenize
from typing import NamedTuple

from rnnkit.data.builtin.python_scopes import Scope, children, module_scope

TAGS = {
    "keyword": "a reserved word, or match, case, type and _ where they act as one",
    "operator": "operators, brackets and punctuation",
    "string": "a string literal, f-strings as a whole",
    "number": "a number literal",
    "function_definition": "the name after def",
    "class_definition": "the name after class",
    "decorator": "the last name of a decorator",
    "parameter": "a name in the signature of a function or lambda (used inside it, it is a local variable)",
    "keyword_argument": "the name before = in a call or a class statement",
    "import": "a name in an import statement",
    "module": "a name that `import` bound, used elsewhere",
    "call": "a plain name that is called",
    "method_call": "an attribute that is called",
    "attribute": "any other attribute, and the names that a class body binds",
    "builtin": "a built-in that is used without being called",
    "constant": "a module's own name in upper case",
    "global_variable": "any other name of the module: variables, functions, classes",
    "local_variable": "a name that a function, lambda or comprehension binds",
}

_MAX_STRING = 40  # characters kept of a string literal
_SKIPPED = {token_types.COMMENT, token_types.NL, token_types.INDENT, token_types.DEDENT, token_types.ENDMARKER}
_STRING_STARTS = {number for number, name in token_types.tok_name.items() if name in ("FSTRING_START", "TSTRING_START")}
_STRING_ENDS = {number for number, name in token_types.tok_name.items() if name in ("FSTRING_END", "TSTRING_END")}


class Token(NamedTuple):
    """A token of the source; `start` is (line from 1, column from 0 in characters)."""

    type: int
    text: str
    start: tuple[int, int]


def label(source: str) -> list[list[tuple[str, str]]]:
    """The tokens of Python source with their tags, one list for each logical line.

    Comments, line ends and indentation are left out. A long string literal is cut, its quotes kept, and line breaks
    inside it become spaces. A line is left out that holds a name of which the tree does not say what it is.

    Args:
        source: a whole module.

    Returns:
        For each logical line a list of (token, tag), the tag one of `TAGS`.

    Raises:
        SyntaxError: the source does not parse with this version of Python.
    """
    tree = ast.parse(source)
    tokens = read_tokens(source)
    tags = _NameTags(tree, source, tokens).tags
    lines, line = [], []
    for token in tokens:
        if token.type == token_types.NEWLINE:
            lines.append(line)
            line = []
        else:
            line.append((_shown(token), _tag(token, tags)))
    return [line for line in lines if line and all(tag is not None for _, tag in line)]


def read_tokens(source: str) -> list[Token]:
    """The tokens, alike in every version: an f-string (which 3.12 splits) is one token. NEWLINE ends a logical line."""
    lines = io.StringIO(source).readlines()
    tokens, depth, start = [], 0, None
    for type_, text, begin, end, _ in tokenize.generate_tokens(iter(lines).__next__):
        if type_ in _STRING_STARTS:
            start = start if depth else begin
            depth += 1
        elif type_ in _STRING_ENDS:
            depth -= 1
            if depth == 0:
                tokens.append(Token(token_types.STRING, _between(lines, start, end), start))
        elif depth == 0 and type_ not in _SKIPPED:
            tokens.append(Token(type_, text, begin))
    return tokens


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    (first, left), (last, right) = start, end
    if first == last:
        return lines[first - 1][left:right]
    return "".join([lines[first - 1][left:], *lines[first : last - 1], lines[last - 1][:right]])


def _shown(token: Token) -> str:
    if token.type != token_types.STRING:
        return token.text
    text = " ".join(token.text.split())
    if len(text) <= _MAX_STRING:
        return text
    quotes = text[-3:] if text.endswith(('"""', "'''")) else text[-1]
    return text[: _MAX_STRING - 1 - len(quotes)].rstrip("\\ ") + "…" + quotes


def _tag(token: Token, tags: dict[tuple[int, int], str]) -> str | None:
    if token.type == token_types.NAME:
        if keyword.iskeyword(token.text):
            return "keyword"
        return tags.get(token.start, "keyword" if keyword.issoftkeyword(token.text) else None)
    if token.type == token_types.STRING:
        return "string"
    return "number" if token.type == token_types.NUMBER else "operator"


class _NameTags:
    """Walks a tree and notes at which (line, column) a name of which kind stands."""

    def __init__(self, tree: ast.Module, source: str, tokens: list[Token]):
        self._lines = source.split("\n")
        self._names = [token for token in tokens if token.type == token_types.NAME]
        self.tags: dict[tuple[int, int], str] = {}
        self._definitions()
        waiting = [(tree, module_scope(tree))]
        while waiting:
            node, scope = waiting.pop()
            self._note(node, scope)
            waiting.extend(children(node, scope))

    def _definitions(self) -> None:
        """The names after def and class, which have no node of their own."""
        for before, name in zip(self._names, self._names[1:], strict=False):
            if before.text in ("def", "class"):
                self.tags[name.start] = "function_definition" if before.text == "def" else "class_definition"

    def _note(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Call(func=func):
                self._role(func, "call" if isinstance(func, ast.Name) else "method_call")
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for decorator in node.decorator_list:
                    self._role(decorator.func if isinstance(decorator, ast.Call) else decorator, "decorator")
            case ast.Name(id=name):
                self.tags.setdefault(self._start(node), scope.kind(name))
            case ast.Attribute(attr=name):
                self.tags.setdefault(self._end(node, name), "attribute")
            case ast.arg():
                self.tags[self._start(node)] = "parameter"
            case ast.keyword(arg=str()):
                self.tags[self._start(node)] = "keyword_argument"
            case ast.Import() | ast.ImportFrom():
                self._all_names(node, lambda name: "import")
            case ast.Global() | ast.Nonlocal():
                self._all_names(node, scope.kind)
            case ast.ExceptHandler(name=str(name)):
                after = self._end(node.type, "")
                place = next(token.start for token in self._names if token.start >= after and token.text == name)
                self.tags[place] = scope.kind(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.tags[self._end(node, name)] = scope.kind(name)

    def _role(self, node: ast.AST, tag: str) -> None:
        """Notes the last name of `a.b.c`, before the walk comes to it with less context."""
        if isinstance(node, ast.Name):
            self.tags.setdefault(self._start(node), tag)
        elif isinstance(node, ast.Attribute):
            self.tags.setdefault(self._end(node, node.attr), tag)

    def _all_names(self, node: ast.AST, tag) -> None:
        first, last = self._start(node), self._end(node, "")
        for token in self._names:
            if first <= token.start < last:
                self.tags[token.start] = tag(token.text)

    def _start(self, node: ast.AST) -> tuple[int, int]:
        return node.lineno, self._column(node.lineno, node.col_offset)

    def _end(self, node: ast.AST, name: str) -> tuple[int, int]:
        """Where `name` starts, if the node ends with it."""
        return node.end_lineno, self._column(node.end_lineno, node.end_col_offset) - len(name)

    def _column(self, line: int, offset: int) -> int:
        """The tree counts UTF-8 bytes, the tokens count characters."""
        text = self._lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())
