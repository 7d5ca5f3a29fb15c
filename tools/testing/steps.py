"""Counts what a regular expression does, so that a test of its worst case needs no clock.

Python's `re` backtracks and tells nobody how often. This is a matcher over the same parse tree
that backtracks in the same order and counts each character, alternative and assertion it looks at.
`re` skips some of them by tricks of its own: the count is an upper limit of what it does, within
a small factor.
"""

import re
from functools import cache
from re import _constants as kind
from re import _parser

CATEGORIES = {
    kind.CATEGORY_DIGIT: r"\d",
    kind.CATEGORY_NOT_DIGIT: r"\D",
    kind.CATEGORY_SPACE: r"\s",
    kind.CATEGORY_NOT_SPACE: r"\S",
    kind.CATEGORY_WORD: r"\w",
    kind.CATEGORY_NOT_WORD: r"\W",
}
REPEATS = (kind.MAX_REPEAT, kind.MIN_REPEAT, kind.POSSESSIVE_REPEAT)
FLOW = ("jump", "choice", "run")
SINGLE = (kind.LITERAL, kind.NOT_LITERAL, kind.ANY, kind.IN)


class TooManyStepsError(Exception):
    pass


def parse(pattern: re.Pattern):
    return _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)


def takes(node, flags: int):
    """A predicate: whether a node of one character takes this one."""
    operation, argument = node
    if operation is kind.ANY:
        return lambda char: char != "\n" or bool(flags & re.DOTALL)
    items = argument if operation is kind.IN else [node]
    is_negated = bool(items) and items[0][0] is kind.NEGATE

    @cache
    def inner(char: str) -> bool:
        forms = {char, char.lower(), char.upper()} if flags & re.IGNORECASE else {char}
        return any(_is_in(one, forms, flags) for one in items) != is_negated

    return inner


def _is_in(item, forms: set[str], flags: int) -> bool:
    operation, argument = item
    if operation is kind.LITERAL:
        return chr(argument) in forms
    if operation is kind.NOT_LITERAL:
        return chr(argument) not in forms
    if operation is kind.RANGE:
        return any(argument[0] <= ord(form) <= argument[1] for form in forms)
    if operation is kind.CATEGORY:
        shape = re.compile(CATEGORIES[argument], flags & re.ASCII)
        return any(shape.match(form) for form in forms)
    return False


class _Program:
    """Instructions as tuples; what is tried first stands first."""

    def __init__(self, flags: int):
        self.flags, self.code = flags, []

    def add(self, name: str, *given) -> int:
        self.code.append((name, given[0] if len(given) == 1 else given))
        return len(self.code) - 1

    def sequence(self, nodes) -> None:
        for node in nodes:
            self.node(*node)

    def node(self, operation, argument) -> None:
        if operation in SINGLE:
            self.add("one", takes((operation, argument), self.flags))
        elif operation in REPEATS:
            self.repeat(operation, *argument)
        elif operation is kind.BRANCH:
            self.branch(argument[1])
        elif operation is kind.SUBPATTERN:
            self.group(*argument)
        elif operation in (kind.ASSERT, kind.ASSERT_NOT):
            behind = argument[1].getwidth()[0] if argument[0] < 0 else 0
            self.add("look", self.part(argument[1]), behind, operation is kind.ASSERT)
        elif operation is kind.ATOMIC_GROUP:
            self.add("atomic", self.part(argument))
        elif operation in (kind.AT, kind.GROUPREF):
            self.add("at" if operation is kind.AT else "same", argument)
        else:
            raise NotImplementedError(f"{operation}: teach the counter what it does")

    def group(self, number, on, off, nodes) -> None:
        self.flags, before = (self.flags | on) & ~off, self.flags
        begin = self.add("save", number, 0) if number else None
        self.sequence(nodes)
        if begin is not None:
            self.add("save", number, 1)
        self.flags = before

    def part(self, nodes) -> list:
        program = _Program(self.flags)
        program.sequence(nodes)
        program.add("end")
        return program.code

    def branch(self, ways) -> None:
        choice, ends = self.add("choice"), []
        starts = []
        for way in ways:
            starts.append(len(self.code))
            self.sequence(way)
            ends.append(self.add("jump"))
        self.code[choice] = ("choice", tuple(starts))
        for place in ends:
            self.code[place] = ("jump", len(self.code))

    def repeat(self, operation, least: int, most: int, nodes) -> None:
        if operation is kind.POSSESSIVE_REPEAT:
            self.add("atomic", self.part([(kind.MAX_REPEAT, (least, most, nodes))]))
            return
        for _number in range(least):
            self.sequence(nodes)
        if most is kind.MAXREPEAT:
            self.loop(operation, nodes)
            return
        ways = [self._may(operation, nodes) for _number in range(most - least)]
        for place in ways:
            self._leave(operation, place, place + 1)

    def loop(self, operation, nodes) -> None:
        if operation is kind.MAX_REPEAT and len(nodes) == 1 and nodes[0][0] in SINGLE:
            self.add("run", takes(nodes[0], self.flags))
            return
        start = self.add("choice")
        name = ("turn", id(self), start)
        self.add("save", name, 0)
        self.sequence(nodes)
        # A turn that took nothing is the last one.
        self.add("moved", name)
        self.add("jump", start)
        self._leave(operation, start, start + 1)

    def _may(self, operation, nodes) -> int:
        place = self.add("choice")
        self.sequence(nodes)
        return place

    def _leave(self, operation, place: int, inside: int) -> None:
        out = len(self.code)
        ways = (inside, out) if operation is kind.MAX_REPEAT else (out, inside)
        self.code[place] = ("choice", ways)


class Counter:
    """One expression, the steps it took so far, and how many it may take."""

    def __init__(self, pattern: re.Pattern, limit: int):
        tree = parse(pattern)
        self.flags, self.limit, self.steps = tree.state.flags, limit, 0
        program = _Program(self.flags)
        self.code = program.part(tree)
        self.is_word = takes((kind.IN, [(kind.CATEGORY, kind.CATEGORY_WORD)]), self.flags)

    def match(self, text: str) -> int | None:
        return self._run(self.code, text, 0, {})

    def fullmatch(self, text: str) -> int | None:
        return self._run(self.code, text, 0, {}, is_whole=True)

    def search(self, text: str) -> tuple[int, int] | None:
        return next(iter(self.finditer(text)), None)

    def finditer(self, text: str):
        """What findall, sub and split go through as well."""
        start, least = 0, -1
        name, given = next(one for one in self.code if one[0] != "save")
        test = given if name == "one" else None
        while start <= len(text):
            if test and start < len(text) and not test(text[start]):
                self._count(1)
                start += 1
                continue
            end = self._run(self.code, text, start, {}, beyond=least)
            if end is None:
                start += 1
                continue
            yield start, end
            start, least = end, (start if end == start else -1)

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self.limit:
            raise TooManyStepsError

    def _run(self, code, text, start, groups, *, is_whole=False, beyond=-1) -> int | None:
        """Where the match ends. `beyond`: there was an empty match already."""
        # Where to go on, and from which position down to which.
        stack, length = [(0, start, start, groups)], len(text)
        while stack:
            place, at, least, groups = stack.pop()
            if at > least:
                stack.append((place, at - 1, least, groups))
            while True:
                self._count(1)
                name, given = code[place]
                if name == "one":
                    if at == length or not given(text[at]):
                        break
                    place, at = place + 1, at + 1
                elif name in FLOW:
                    place, at = self._flow(name, given, text, (place, at, groups), stack)
                elif name == "end":
                    if (is_whole and at != length) or (start == at == beyond):
                        break
                    return at
                else:
                    found = self._one(name, given, text, at, groups)
                    if found is None:
                        break
                    at, groups = found
                    place += 1
        return None

    def _flow(self, name, given, text, now, stack) -> tuple[int, int]:
        """Where to go on; what else may be tried later goes on the stack."""
        place, at, groups = now
        if name == "jump":
            return given, at
        if name == "choice":
            stack += [(way, at, at, groups) for way in given[:0:-1]]
            return given[0], at
        end = self._as_many(given, text, at)
        if end > at:
            stack.append((place + 1, end - 1, at, groups))
        return place + 1, end

    def _as_many(self, test, text, at) -> int:
        begin = at
        while at < len(text) and test(text[at]):
            at += 1
        self._count(at - begin)
        return at

    def _one(self, name, given, text, at, groups):
        """Position and groups after one instruction, or None where it fails."""
        if name == "save":
            return at, groups | {given: at}
        if name == "moved":
            return (at, groups) if groups[given, 0] != at else None
        if name == "at":
            return (at, groups) if self._is_at(given, text, at) else None
        if name == "same":
            begin, end = groups.get((given, 0)), groups.get((given, 1))
            is_same = end is not None and text.startswith(text[begin:end], at)
            return (at + end - begin, groups) if is_same else None
        if name == "atomic":
            end = self._run(given, text, at, groups)
            return None if end is None else (end, groups)
        program, behind, is_wanted = given
        end = self._run(program, text, at - behind, groups) if at >= behind else None
        return (at, groups) if (end is not None) == is_wanted else None

    def _is_at(self, where, text, at) -> bool:
        if where in (kind.AT_BOUNDARY, kind.AT_NON_BOUNDARY):
            sides = [0 <= i < len(text) and self.is_word(text[i]) for i in (at - 1, at)]
            return (sides[0] != sides[1]) == (where is kind.AT_BOUNDARY)
        is_many = bool(self.flags & re.MULTILINE)
        if where in (kind.AT_BEGINNING, kind.AT_BEGINNING_STRING):
            return at == 0 or (is_many and where is kind.AT_BEGINNING and text[at - 1] == "\n")
        if at == len(text):
            return True
        is_line = where is kind.AT_END and text[at] == "\n"
        return is_line and (is_many or at == len(text) - 1)
