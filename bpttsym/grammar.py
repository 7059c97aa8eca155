"""The grammar of latex.lark as a table of states, and the parser that follows it.

The table is made by lark from the grammar, and kept in ``latex_table`` together with the text that it was made from.
Where that text is no longer the grammar, the table is made anew, so what is read is always what the grammar says;
where it is, lark is not loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from bpttsym import latex_table

END = "$END"
FOLDER = os.path.dirname(__file__)

State = dict[str, int]
"""What to do at a symbol: go to a state, or reduce by rule ``~n`` where the number is negative."""

Rule = tuple[str, str, int]
"""What makes the node (nothing where the one child is the node), the symbol it is, and how many symbols it takes."""


class Table(NamedTuple):
    """The states of a grammar, the first one, the one that a whole line ends in, and the rules."""

    states: tuple[State, ...]
    first: int
    last: int
    rules: tuple[Rule, ...]


class Unexpected(Exception):
    """A token that fits nowhere (None: the end of the line); ``accepted`` are the kinds that would have fitted."""

    def __init__(self, kind: str, token: Any, accepted: frozenset[str]) -> None:
        super().__init__()
        self.kind = kind
        self.token = token
        self.accepted = accepted


def grammar_text() -> str:
    """The grammar as it is written."""
    with open(os.path.join(FOLDER, "latex.lark"), encoding="utf-8") as file:
        return file.read()


@cache
def table() -> Table:
    """The table of the grammar: the one that is kept, if the grammar has not changed since."""
    text = grammar_text()
    if text == latex_table.GRAMMAR:
        return Table(latex_table.STATES, latex_table.FIRST, latex_table.LAST, latex_table.RULES)
    return made_table(text)


def made_table(text: str) -> Table:
    """The table of a grammar, by lark."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    made: Any = Lark(text, parser="lalr").parser.parser
    given = made._parse_table
    order = [given.start_states["start"]]
    for state in order:  # which grows: every state is numbered when it is first reached, in the order of the symbols
        reached = [target for _, (action, target) in sorted(given.states[state].items()) if action is Shift]
        order += [target for target in dict.fromkeys(reached) if target not in order]
    numbers = {state: number for number, state in enumerate(order)}
    actions = [given.states[state] for state in order]
    rules = sorted({_rule(target) for state in actions for action, target in state.values() if action is not Shift})
    states = tuple(
        {
            str(symbol): numbers[target] if action is Shift else ~rules.index(_rule(target))
            for symbol, (action, target) in sorted(state.items())
        }
        for state in actions
    )
    return Table(states, 0, numbers[given.end_states["start"]], tuple(rules))


def _rule(rule: Any) -> Rule:
    only = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
    return "" if only else str(rule.alias or rule.origin.name), str(rule.origin.name), len(rule.expansion)


def parse(tokens: Iterator[tuple[str, Any]], build: Callable[[str, Sequence[Any]], Any]) -> Any:
    """What ``build`` makes of a line: of the name of a rule and what it takes. Raises Unexpected.

    ``tokens`` are kinds with their tokens, taken one after another as they are reached.
    """
    states, first, last, rules = table()
    stack = [first]
    values: list[Any] = []
    for kind, token in tokens:
        while (action := states[stack[-1]].get(kind)) is not None and action < 0:
            _reduce(rules[~action], stack, states, values, build)
        if action is None:
            raise Unexpected(kind, token, _accepted(stack))
        stack.append(action)
        values.append(token)
    while stack[-1] != last:
        action = states[stack[-1]].get(END)
        if action is None:
            raise Unexpected(END, None, _accepted(stack))
        _reduce(rules[~action], stack, states, values, build)
    return values[-1]


def _reduce(
    rule: Rule,
    stack: list[int],
    states: tuple[State, ...],
    values: list[Any],
    build: Callable[[str, Sequence[Any]], Any] | None,
) -> None:
    name, symbol, size = rule
    if size == 1:  # as most are: a factor that is a term by itself
        if name and build is not None:
            values[-1] = build(name, values[-1:])
        stack[-1] = states[stack[-2]][symbol]
        return
    start = len(stack) - size
    if build is not None:
        taken = values[start - 1 :]
        del values[start - 1 :]
        values.append(build(name, taken) if name else taken[0])
    del stack[start:]
    stack.append(states[stack[-1]][symbol])


def _accepted(stack: list[int]) -> frozenset[str]:
    """The kinds of tokens that fit behind what was read."""
    states, _, last, rules = table()
    found = set()
    for kind in states[stack[-1]]:
        tried = list(stack)
        while (kind != END or tried[-1] != last) and (action := states[tried[-1]].get(kind)) is not None and action < 0:
            _reduce(rules[~action], tried, states, [], None)
        if (kind.isupper() and action is not None) or (kind == END and tried[-1] == last):
            found.add(kind)
    return frozenset(found)
