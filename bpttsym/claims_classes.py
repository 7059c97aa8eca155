"""Checks of what is said of softmax and cross entropy by classes, of losses, and of products of vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bpttsym.claims_cases import Case, Role, error_words
from bpttsym.claims_tools import HIDDEN, OUTPUT, SAME, Numbers, derivative, difference, random, softmax

ONE_HOT = np.eye(OUTPUT)[1]


def scores() -> Numbers:
    """What the softmax reads."""
    return random(20, OUTPUT)


def soft() -> Numbers:
    """A target whose entries sum to one."""
    found: Numbers = softmax(random(21, OUTPUT))
    return found


def jacobian() -> Numbers:
    r"""The derivatives of \\hat y_t by z_k: a row for each t."""
    return derivative(softmax, scores())


def by_scores(y: Numbers) -> Numbers:
    """The gradient of the cross entropy by the scores."""
    return derivative(lambda z: -(y @ np.log(softmax(z))), scores())


def by_cases(z: Numbers) -> Numbers:
    """The Jacobian of the softmax by its two cases."""
    y = softmax(z)
    found: Numbers = np.where(np.eye(len(z), dtype=bool), y * (1.0 - y), -np.outer(y, y))
    return found


def _case(words: str, found: Numbers, wanted: Numbers, role: Role = "case") -> Case:
    error = difference(found, wanted)
    return Case(words, error <= SAME, error_words(error), role)


def softmax_of_a_class() -> Iterator[Case]:
    """The formula of one entry, where its index counts classes, and where it counts steps."""
    z = scores()
    yield _case("where t and k count classes", np.array([np.exp(a) / sum(np.exp(z)) for a in z]), softmax(z))
    steps = random(22, 3, OUTPUT)
    entries = np.exp(steps) / np.exp(steps).sum(axis=0)
    yield _case("where t counts steps", entries, np.stack([softmax(z_t) for z_t in steps]))


def equal_classes_equal_exponentials() -> Iterator[Case]:
    """Equal indices name equal entries."""
    powers = np.exp(scores())
    yield Case("t = k", all(powers[t] == powers[k] for t in range(OUTPUT) for k in range(OUTPUT) if t == k))
    yield Case("all t and k", all(powers[t] == powers[k] for t in range(OUTPUT) for k in range(OUTPUT)), role="wrong")


def other_classes_other_exponentials() -> Iterator[Case]:
    """Different indices may name equal entries, and the other exponential is held constant for another derivative."""
    z = np.array([0.3, 0.3, -1.0])
    powers = np.exp(z)
    different = all(powers[t] != powers[k] for t in range(3) for k in range(3) if t != k)
    yield Case("different classes have different exponentials", different, "z = (0.3, 0.3, -1)")
    held = derivative(lambda a: np.exp(a) / (np.exp(a) + powers[1:].sum()), np.array([z[0]]))
    wanted = -softmax(z)[:1] * softmax(z)[1:2]
    yield _case("held constant, the other exponential gives the other case", held.ravel(), wanted)


def softmax_own_class() -> Iterator[Case]:
    """The diagonal of the Jacobian."""
    z = scores()
    total = np.exp(z).sum()
    members = (np.exp(z) / total - np.exp(z) * np.exp(z) / total**2, softmax(z) * (1.0 - softmax(z)))
    yield _case("by its own score, with the exponentials", members[0], np.diag(jacobian()))
    yield _case("by its own score, with the outputs", members[1], np.diag(jacobian()))


def softmax_other_class() -> Iterator[Case]:
    """The Jacobian away from its diagonal, and on it."""
    z = scores()
    found = -np.outer(np.exp(z), np.exp(z)) / np.exp(z).sum() ** 2
    other = ~np.eye(OUTPUT, dtype=bool)
    yield _case("by the score of another class", found[other], jacobian()[other])
    yield _case("by its own score", np.diag(found), np.diag(jacobian()))


def softmax_jacobian_by_cases() -> Iterator[Case]:
    """Both cases at once."""
    yield _case("as the derivative by one score z_k, where t and k count classes", by_cases(scores()), jacobian())
    own = by_cases(scores()).diagonal()
    yield _case("as the derivative by the vector Z_t of a step", own, jacobian())


def entries_before_the_sum() -> Iterator[Case]:
    """The products of which the gradient by a score is the sum."""
    y, z = soft(), scores()
    terms = -(y / softmax(z))[:, None] * by_cases(z)
    yield _case("as the terms that are added over the classes t", terms.sum(axis=0), by_scores(y))
    yield _case("as the gradient itself", terms, by_scores(y))


def merged_braces() -> Iterator[Case]:
    """The lines that the transcription shows, with the factor before the brace and without it."""
    y, z = soft(), scores()
    outer = np.outer(y, softmax(z))
    intended = np.where(np.eye(OUTPUT, dtype=bool), np.diag(softmax(z) * y - y), outer)
    wanted = -(y / softmax(z))[:, None] * jacobian()
    yield _case("with the factor before the brace", (y / softmax(z))[:, None] * intended, wanted)
    other = ~np.eye(OUTPUT, dtype=bool)
    error = difference(-np.outer(softmax(z), softmax(z))[other], outer[other])
    yield Case("with both lines for t not k", error <= SAME, f"one against the other {error_words(error)}")
    yield _case("without the factor and without the line that is too many", intended, wanted)


def sum_over_k() -> Iterator[Case]:
    """Which of the two indices is added."""
    y, z = soft(), scores()
    terms = -(y / softmax(z))[:, None] * jacobian()
    over_k = terms.sum(axis=1)
    yield Case("over k, with t held", difference(over_k, by_scores(y)) <= SAME, "this sum is zero")
    yield _case("over t, with k held", terms.sum(axis=0), by_scores(y), role="right")


def own_class_term() -> Iterator[Case]:
    """The term of the class itself."""
    y, z = soft(), scores()
    found = softmax(z) * y - y
    yield _case("for every class", found, -(y / softmax(z)) * jacobian().diagonal())
    yield _case("with the other sign", -found, -(y / softmax(z)) * jacobian().diagonal(), role="wrong")


def sum_over_classes() -> Iterator[Case]:
    """The term of the class itself, and those of the others."""
    y, z = soft(), scores()
    yield _case("with k for t in the first brace", softmax(z) * y - y + softmax(z) * (y.sum() - y), by_scores(y))
    first = (softmax(z) * y - y)[:, None] + (softmax(z) * (y.sum() - y))[None, :]
    yield _case("with another t in the first brace", first[0], by_scores(y))


def collected_targets() -> Iterator[Case]:
    """The targets of all classes in one bracket, whatever their sum."""
    z = scores()
    for words, y in (("targets that sum to one", soft()), ("any targets", random(23, OUTPUT))):
        yield _case(words, -y + softmax(z) * (y + (y.sum() - y)), by_scores(y))
    yield _case("without the outputs", -y + (y + (y.sum() - y)), by_scores(y), role="wrong")


def collected_sum() -> Iterator[Case]:
    """With the sum over all classes, whatever it is."""
    z = scores()
    for words, y in (("targets that sum to one", soft()), ("any targets", random(23, OUTPUT))):
        yield _case(words, -y + softmax(z) * y.sum(), by_scores(y))
    yield _case("with the sum left out", -y + softmax(z), by_scores(y), role="wrong")


def one_hot() -> Iterator[Case]:
    """A vector of classes, and one entry of it."""
    yield Case("for the vector y", ONE_HOT.shape == (OUTPUT,) and ONE_HOT.sum() == 1.0)
    yield Case("for one entry of it", np.shape(ONE_HOT[1]) == (OUTPUT,), "an entry is a number")


def output_minus_target() -> Iterator[Case]:
    """The gradient by the scores."""
    for words, y in (
        ("for a one-hot target", ONE_HOT),
        ("for a target that sums to one", soft()),
        ("for a target that sums to two", np.array([1.0, 1.0, 0.0, 0.0])),
    ):
        yield _case(words, softmax(scores()) - y, by_scores(y))


def output_minus_label() -> Iterator[Case]:
    """The same with the label as an indicator."""
    label = 1
    found = softmax(scores()) - np.array([float(i == label) for i in range(OUTPUT)])
    yield _case("for every entry", found, by_scores(ONE_HOT))
    yield _case("with another label", softmax(scores()) - np.eye(OUTPUT)[2], by_scores(ONE_HOT), role="wrong")


# -------------------------------------------------------------------------------------------------- losses and products


def huber(error: Numbers, delta: float) -> Numbers:
    """Quadratic near zero, linear with the slope delta beyond."""
    size = np.abs(error)
    return np.where(size < delta, 0.5 * error**2, delta * (size - 0.5 * delta))


def smooth_l1(error: Numbers, beta: float) -> Numbers:
    """Quadratic near zero, linear with the slope 1 beyond."""
    size = np.abs(error)
    return np.where(size < beta, 0.5 * error**2 / beta, size - 0.5 * beta)


def huber_is_smooth_l1() -> Iterator[Case]:
    """With the same width of the quadratic part."""
    error = np.linspace(-4.0, 4.0, 81)
    for width in (1.0, 2.0):
        yield _case(f"with the width {width:g}", huber(error, width), smooth_l1(error, width))


def cross_entropy_is_a_number() -> Iterator[Case]:
    """The product of target and logarithm, in two meanings."""
    y, log = soft(), np.log(softmax(scores()))
    yield Case("as an inner product", np.shape(-(y @ log)) == ())
    yield Case("entry by entry", np.shape(-(y * log)) == (), f"{OUTPUT} numbers")


def squared_difference_is_a_number() -> Iterator[Case]:
    """The square of a difference of vectors, in two meanings, and the mean that the name promises."""
    error = soft() - softmax(scores())
    mean = np.mean(error**2)
    yield Case("for one number", difference(error[:1] ** 2, np.mean(error[:1] ** 2, keepdims=True)) <= SAME)
    yield Case("for a vector, entry by entry", np.shape(error**2) == (), f"{OUTPUT} numbers")
    ratio = float(error @ error / mean)
    yield Case("for a vector, as its squared norm", abs(ratio - 1.0) <= SAME, f"{ratio:.2g} times the mean")


def outer_or_cross_product() -> Iterator[Case]:
    """Two products that have the same name in Korean."""
    left, right = random(24, OUTPUT), random(25, HIDDEN)
    yield Case("as the outer product", np.outer(left, right).shape == (OUTPUT, HIDDEN), "a matrix like V")
    fits = len(left) == len(right) == 3
    yield Case("as the cross product", fits, f"it needs two vectors of size 3, and these have {OUTPUT} and {HIDDEN}")


def outer_or_kronecker() -> Iterator[Case]:
    """Two products with the same sign."""
    left, right = random(24, OUTPUT), random(25, HIDDEN)
    yield Case("as the outer product", np.outer(left, right).ndim == 2)
    found = np.kron(left, right)
    yield Case("as the Kronecker product of vectors", found.ndim == 2, f"its shape is {found.shape}")
