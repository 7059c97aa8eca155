r"""What an undefined loss may be where targets appear that it must be computed from: cross entropy, squared error.

    \partial L_t/\partial o_t = \hat y_t - y_t    where \hat y_t = softmax(o_t): L_t is their cross entropy

One form is a condition of all equations of a document together: see ``Candidates.forms``.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.expr import Add, Call, Divide, Expr, Multiply, Negate, Norm, Power, Sum, Symbol, Transpose, integer
from bpttsym.guesses import STEP, outputs_of, ways_written
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, Model
from bpttsym.records import dataclass, replace
from bpttsym.regular import pattern

SOFTMAX, LOGISTIC = r"\mathrm{softmax}", r"\sigma"
_TARGET = pattern(r"(?:\\(?:mathbf|tilde|bar|check)\{)*[ydr]\}*")

Loss = tuple[str, int]


@dataclass(frozen=True)
class Form:
    """What a loss is, in words and as a formula of a step, and the model in which it is that."""

    loss: str
    words: str
    body: Expr
    model: Model


def are_targets(names: set[tuple[str, int]]) -> bool:
    """Whether what nothing defines is one target."""
    return len(names) == 1 and all(_TARGET.fullmatch(name) for name, _ in names)


def forms(losses: set[Loss], target: Loss, model: Model) -> Iterator[Form]:
    """The model with the losses as each form of each output that has as many steps as the target."""
    names = {name for name, _ in losses}
    if len(names) != 1:
        return
    loss, (name, count) = min(names), target
    for output in _computed(losses, model):
        if len(output.index) != count or count > 1:
            continue
        index = (STEP,) * count
        out, wanted = Symbol(output.name, index), Symbol(name, index)
        for words, body, sums_to_one in _bodies(out, wanted, output.body):
            added = [*_definitions(loss, {number for _, number in losses}, count, body)]
            shown = unicode_line(Symbol(loss, index if (loss, count) in losses else ()))
            given = replace(model, definitions=(*model.definitions, *added))
            if sums_to_one:
                given = replace(given, distributions=tuple(sorted({*model.distributions, name})))
            yield Form(loss, f"`{shown}` is {words}", body, given)


def _computed(losses: set[Loss], model: Model) -> list[Definition]:
    """The outputs that a loss is written with, else all outputs of the model."""
    ways = [way for loss in losses for way in ways_written(*loss, model) or ()]
    named = {part.name for way in ways for part in way if isinstance(part, Symbol)}
    return [d for d in model.definitions if d.name in named] or outputs_of(model)


def _bodies(out: Symbol, target: Symbol, body: Expr) -> Iterator[tuple[str, Expr, bool]]:
    """Words, formula, and whether the entries of the target must sum to one."""
    one, two = unicode_line(target), unicode_line(out)
    function = body.function if isinstance(body, Call) and not body.parameters else ""
    summing = f", the entries of `{one}` summing to 1"
    if function == SOFTMAX:
        yield f"the cross entropy of `{one}` and `{two}`{summing}", Negate(_against(target, out)), True
    elif function == LOGISTIC:
        rest = _against(_rest(target), _rest(out))
        both = Negate(Add((_against(target, out), rest)))
        yield f"the cross entropy of the entries of `{one}` and `{two}`", both, False
    else:
        inside = Call(SOFTMAX, (out,))
        yield (
            f"the cross entropy of `{one}` and the softmax of `{two}`{summing}",
            Negate(_against(target, inside)),
            True,
        )
    square = Power(Norm(Add((out, Negate(target)))), integer(2))
    yield f"½‖{two} - {one}‖²", Multiply((Divide(integer(1), integer(2)), square), ("",)), False
    yield f"‖{two} - {one}‖²", square, False


def _against(target: Expr, out: Expr) -> Expr:
    return Multiply((Transpose(target), Call(r"\log", (out,))), ("",))


def _rest(part: Expr) -> Expr:
    return Add((integer(1), Negate(part)))


def _definitions(loss: str, counts: set[int], steps: int, body: Expr) -> Iterator[Definition]:
    """The loss of a step, and the sum of it where the loss as a whole is not defined."""
    if steps == 0 or 1 not in counts:
        whole = Sum(body, STEP.name, None, None) if steps else body
        yield Definition(loss, (), whole)
        return
    yield Definition(loss, (STEP,), body)
    if 0 in counts:
        yield Definition(loss, (), Sum(Symbol(loss, (STEP,)), STEP.name, None, None))
