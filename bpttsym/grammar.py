"""The grammar of latex.lark as a table of states, and the parser that follows it.

The table is made by lark from the grammar, and kept in ``latex_table`` together with the text that it was made from.
Where that text is no longer the grammar, the table is made anew, so what is read is always what the grammar says;
where it is, lark is not loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from bpttsym import latex_table

END = "$END"
FOLDER = os.path.dirname(__file__)

State = dict[str, int]
"""What to do at a symbol: go to a state, or reduce by rule ``~n`` where the number is negative."""

Rule = tuple[str, str, int]
"""What makes the node (nothing where the one child is the node), the symbol it is, and how many symbols it takes."""


class Table(NamedTuple):
    """The states of a grammar, the first one, the one that a whole line ends in, the rules, and steps that were found.

    A step is what a symbol does above two states: the rules of one symbol each that make a node, one after another, the
    state that is then on top, and what to do there.
    """

    states: tuple[State, ...]
    first: int
    last: int
    rules: tuple[Rule, ...]
    steps: dict[tuple[int, int, str], tuple[tuple[str, ...], int, int | None]]


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
        return Table(latex_table.STATES, latex_table.FIRST, latex_table.LAST, latex_table.RULES, {})
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
    return Table(states, 0, numbers[given.end_states["start"]], tuple(rules), {})


def _rule(rule: Any) -> Rule:
    only = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
    return "" if only else str(rule.alias or rule.origin.name), str(rule.origin.name), len(rule.expansion)


def parse(tokens: Iterator[tuple[str, Any]], build: Callable[[str, Sequence[Any]], Any]) -> Any:
    """What ``build`` makes of a line: of the name of a rule and what it takes. Raises Unexpected.

    ``tokens`` are kinds with their tokens, taken one after another as they are reached.
    """
    made = table()
    states, first, _, rules, steps = made
    stack = [first, first]  # the lower one only stands below
    values: list[Any] = []
    for kind, token in chain(tokens, ((END, None),)):
        while True:
            names, top, action = steps.get((stack[-2], stack[-1], kind)) or _step(made, stack[-2], stack[-1], kind)
            for name in names:
                values[-1] = build(name, values[-1:])
            stack[-1] = top
            if action is None:
                raise Unexpected(kind, token, _accepted(stack))
            if action >= 0:
                break
            _reduce(rules[~action], stack, states, values, build)
        stack.append(action)
        values.append(token)
    return values[-2]


def _step(made: Table, below: int, top: int, kind: str) -> tuple[tuple[str, ...], int, int | None]:
    """What a symbol does above two states; most rules take one symbol only: a factor is a term by itself."""
    key = below, top, kind
    names: list[str] = []
    while True:
        action = made.first if kind == END and top == made.last else made.states[top].get(kind)
        name, symbol, size = made.rules[~action] if action is not None and action < 0 else ("", "", 0)
        if size != 1:
            made.steps[key] = tuple(names), top, action
            return made.steps[key]
        names += [name] if name else []
        top = made.states[below][symbol]


def _reduce(
    rule: Rule,
    stack: list[int],
    states: tuple[State, ...],
    values: list[Any],
    build: Callable[[str, Sequence[Any]], Any] | None,
) -> None:
    name, symbol, size = rule
    if build is not None:
        start = len(values) - size
        taken = values[start:]
        del values[start:]
        values.append(build(name, taken) if name else taken[0])
    del stack[len(stack) - size :]
    stack.append(states[stack[-1]][symbol])


def _accepted(stack: list[int]) -> frozenset[str]:
    """The kinds of tokens that fit behind what was read."""
    states, _, last, rules, _ = table()
    found = set()
    for kind in states[stack[-1]]:
        tried = list(stack)
        while (kind != END or tried[-1] != last) and (action := states[tried[-1]].get(kind)) is not None and action < 0:
            _reduce(rules[~action], tried, states, [], None)
        if (kind.isupper() and action is not None) or (kind == END and tried[-1] == last):
            found.add(kind)
    return frozenset(found)
