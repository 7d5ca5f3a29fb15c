"""Every regular expression of our own code, how it is used, and texts that are hard for it."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from re import _constants as kind

from tools.testing.steps import REPEATS, SINGLE, parse, takes

# As methods of an expression and as functions of `re`.
FIRST = {"match", "fullmatch", "search"}
ALL = {"findall", "finditer", "sub", "subn", "split"}
WAYS = FIRST | ALL
DJANGO = {"RegexValidator", "RegexField", "re_path"}
# From here on a repeat is worth trying with a long text.
LONG = 100
# So many kinds of characters are words of a language, not a syntax.
MANY = 8


@dataclass
class Found:
    """`name` is what it is bound to, or the expression itself."""

    module: str
    name: str
    pattern: re.Pattern | None
    ways: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return f"{self.module}:{self.name}"


def find(module: str, tree: ast.Module, trees: Iterable[ast.Module]) -> Iterator[Found]:
    """The expressions of a module, by their names where they have one."""
    names = _names(tree)
    for node in ast.walk(tree):
        called = _called(node)
        if called == "compile":
            name = names.get(node, "")
            ways = _ways(name, trees) if name else set()
            # Without a name it may be used in any way.
            pattern = _pattern(module, node, name)
            yield Found(module, name or _text(node), pattern, ways or set(WAYS))
        elif called:
            way = called if called in WAYS else "search"
            yield Found(module, _text(node), _pattern(module, node), {way})
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "regex":
                    yield Found(module, node.name, re.compile(line.value.value), {"fullmatch"})


def _called(node) -> str:
    """What of `re` or of Django is called here with an expression."""
    if not isinstance(node, ast.Call):
        return ""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in DJANGO:
        return name
    of = getattr(getattr(node.func, "value", None), "id", "")
    return name if of == "re" and name in WAYS | {"compile"} else ""


def _names(tree) -> dict:
    return {
        node.value: node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _ways(name: str, trees) -> set[str]:
    """How something of this name is used anywhere; also handed on by its name."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and name in (getattr(node.value, "id", ""), getattr(node.value, "attr", ""))
    }
    return used & WAYS


def _argument(node):
    """The expression, whichever way it is given."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    return node.args[0] if node.args else named.get("regex") or named["pattern"]


def _text(node) -> str:
    argument = _argument(node)
    return argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument)


def _pattern(module: str, node, name: str = "") -> re.Pattern | None:
    """As it is at run time; None where only the running code knows it."""
    scope, argument = vars(import_module(module)), _argument(node)
    if isinstance(scope.get(name), re.Pattern):
        return scope[name]
    shape = getattr(argument, "value", None) or scope.get(getattr(argument, "id", ""))
    return re.compile(shape) if shape else None


def hard_texts(pattern: re.Pattern, length: int) -> Iterator[str]:
    """For each repeat: what leads to it, then what it takes again and again, then a wrong end."""
    tree = parse(pattern)
    chars = _representatives(tree, tree.state.flags)
    yield from (char * length for char in chars)
    is_syntax, wrong = len(chars) < MANY, chars[-1]
    common = chars[:3] if is_syntax else []
    pairs = {a + b for a, b in product(common, common)} if is_syntax else set()
    for before, body in sorted(set(_repeats(tree, tree.state.flags, chars, ""))):
        for turn in sorted({body, *common, *pairs} - {""}):
            yield (before + turn * length)[: length - 1] + wrong


def _representatives(tree, flags: int) -> list[str]:
    """One character of each kind that the expression tells apart; last one that it seldom takes."""
    nodes = list(_singles(tree))
    tests = [takes(node, flags) for node in nodes]
    tried = {char for node in nodes for char in _examples(node)} | set("a0Z _-.中\n\x00")
    kinds = {}
    for char in sorted(tried):
        kinds.setdefault(tuple(test(char) for test in tests), char)
    return [char for _kind, char in sorted(kinds.items(), key=lambda row: -sum(row[0]))]


def _examples(node) -> Iterator[str]:
    operation, argument = node
    items = argument if operation is kind.IN else [node]
    for name, value in items:
        if name in (kind.LITERAL, kind.NOT_LITERAL):
            yield chr(value)
        elif name is kind.RANGE:
            yield from map(chr, value)
    yield from "0 a_~"


def _children(operation, argument) -> list:
    if operation in REPEATS:
        return [argument[2]]
    if operation is kind.BRANCH:
        return argument[1]
    if operation is kind.SUBPATTERN:
        return [argument[3]]
    if operation in (kind.ASSERT, kind.ASSERT_NOT):
        return [argument[1]]
    return [argument] if operation is kind.ATOMIC_GROUP else []


def _singles(nodes) -> Iterator:
    for operation, argument in nodes:
        if operation in SINGLE:
            yield operation, argument
        for child in _children(operation, argument):
            yield from _singles(child)


def _repeats(nodes, flags, chars, before) -> Iterator[tuple[str, str]]:
    for operation, argument in nodes:
        if operation in REPEATS and argument[1] >= LONG:
            yield before, _shortest(argument[2], flags, chars)
        for child in _children(operation, argument):
            yield from _repeats(child, flags, chars, before)
        before += _shortest([(operation, argument)], flags, chars)


def _shortest(nodes, flags, chars) -> str:
    """A short text that these nodes take."""
    text = ""
    for operation, argument in nodes:
        if operation in SINGLE:
            test = takes((operation, argument), flags)
            text += next((char for char in chars if test(char)), "")
        elif operation in REPEATS:
            text += argument[0] * _shortest(argument[2], flags, chars)
        elif operation in (kind.BRANCH, kind.SUBPATTERN, kind.ATOMIC_GROUP):
            text += _shortest(_children(operation, argument)[0], flags, chars)
    return text
