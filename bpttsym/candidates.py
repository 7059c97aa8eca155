"""The models that the relations of a document may be about, and what else a relation may say (SEMANTICS 1, 2, 5)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from bpttsym.components import STEP, compared_letters, of_small_letters
from bpttsym.conditions import Row
from bpttsym.displayed import Entry
from bpttsym.document import LOGISTIC, Document
from bpttsym.doubts import unknown_functions
from bpttsym.expr import Call, Expr, Relation
from bpttsym.gated_numbers import with_numbers
from bpttsym.guesses import formulas_used
from bpttsym.layered import with_layers
from bpttsym.loss_forms import Form
from bpttsym.model import Model
from bpttsym.records import replace
from bpttsym.rephrased import has_lines, of_lines, of_reciprocals, of_sets, rephrasings, turned_primes
from bpttsym.supposed import Supposed, networks, supposed_variants
from bpttsym.variants import Variant, either, from_zero, given_function, narrow_variants, on_condition, variants

LEFT_OUT = "{} count entries, the step is left out"
OTHER_LOSS = "it does not go with the loss that an equation before it needs: {}"


class Candidates:
    """The models of one document; ``forms`` are what the equations so far leave possible for a loss, by scope."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.forms: dict[tuple[int, str], dict[Expr, str]] = {}
        self.supposed: dict[int, list[Supposed]] = {}

    def resolved(self, entry: Entry, relation: Relation) -> Relation:
        """A relation in which every index is a step or an entry; raises NotRead where one is both."""
        named = self.document.model_named(entry.model) if entry.model else None
        return self.document.resolved(relation, entry.scope, named)

    def of(self, entry: Entry, relation: Relation, models: Sequence[Model] | None = None) -> list[Variant]:
        """The models that a relation may be about; empty if its symbols are defined nowhere."""
        if entry.model:
            return with_layers(relation, variants(relation, 0, [self.document.model_named(entry.model)]))
        known = models or self.document.models
        lineage = self.document.lineage(entry.scope)
        found = variants(relation, len(lineage) - 1, [known[place] for place in lineage])
        if not found and models is None and self.document.scopes[entry.scope].aside is False:
            found = supposed_variants(relation, self._networks(entry.scope))
        if entry.aside is not None:
            found = either(found, variants(relation, 0, [known[entry.aside]]))
        found = with_layers(relation, found)
        if not entry.supposes:
            return found
        return [replace(on_condition(variant, entry.supposes), supposed=True) for variant in found]

    def _networks(self, scope: int) -> list[Supposed]:
        """The networks of which the claims of a section are chain rules; those of the document for a single claim."""
        if scope not in self.supposed:
            claims = [one for one in self.document.entries if one.kind == "claim" and one.relation is not None]
            here = [one for one in claims if one.scope == scope]
            relations = [one.relation for one in (here if len(here) > 1 else claims) if one.relation is not None]
            self.supposed[scope] = networks(relations, self.document.models[scope])
        return self.supposed[scope]

    def possible(self, entry: Entry, found: Sequence[Variant]) -> tuple[list[Variant], str]:
        """The models whose losses go with the equations before, and why there are none."""
        kept = [variant for variant in found if variant.form is None or self._goes(entry, variant.form)]
        words = {words for form in (one.form for one in found) if form for words in self._known(entry, form).values()}
        return kept, OTHER_LOSS.format(" or ".join(sorted(words))) if found and not kept else ""

    def _known(self, entry: Entry, form: Form) -> dict[Expr, str]:
        return self.forms.get((entry.scope, form.loss), {})

    def _goes(self, entry: Entry, form: Form) -> bool:
        known = self._known(entry, form)
        return not known or form.body in known

    def settle(self, entry: Entry, rows: Sequence[Row]) -> None:
        """Keep the losses under which an equation holds, of those that were possible."""
        holding = [row.variant.form for row in rows if row.holds and row.variant.form]
        for form in holding:
            self.forms[entry.scope, form.loss] = {one.body: one.words for one in holding if one.loss == form.loss}

    def otherwise(
        self, entry: Entry, written: Relation, relation: Relation
    ) -> Iterator[tuple[Relation, list[Variant]]]:
        """Where nothing holds, what else a relation may say, with the models that it then may be about."""
        lineage = self.document.lineage(entry.scope)
        models = [self.document.models[place] for place in lineage]
        yield relation, [] if entry.model else narrow_variants(relation, len(models) - 1, models)
        yield relation, list(self._with_numbers(entry, relation))
        named = self.document.model_named(entry.model) if entry.model else None
        yield relation, list(self._with_functions(entry, relation))
        if self.document.prose.starts_at_zero:
            yield relation, [from_zero(variant) for variant in self.possible(entry, self.of(entry, relation))[0]]
        for words, read in turned_primes(relation, models[-1].arities):
            yield read, self._under(entry, read, words)
        named_only = sorted(compared_letters(entry.where))
        left_out = list(self._left_out(entry, written, named, models[-1].arities))
        # both at once, a step left out and a line of a matrix, would make of x_k in another step a part of x_t
        left_out += [
            (f"{said} and {words}", read)
            for said, one in left_out
            for words, read in rephrasings(one, named_only)
            if has_lines(one) or not has_lines(read)
        ]
        for words, read in (*left_out, *rephrasings(relation), *of_lines(relation)):
            yield read, self._under(entry, read, words)
        for words, read in (*of_sets(relation), *of_reciprocals(relation)):
            yield read, [replace(variant, doubtful=True) for variant in self._under(entry, read, words)]

    def _left_out(
        self, entry: Entry, written: Relation, named: Model | None, known: Container[str]
    ) -> Iterator[tuple[str, Relation]]:
        """What a relation says whose step is left out, and whose entries may have the small letter of their whole."""
        compared = sorted(compared_letters((written, *entry.where)))
        counting = " and ".join(compared) if STEP in compared else "indices"  # the letter of steps counts them here
        said = LEFT_OUT.format(counting)
        for one in self.document.with_left_out_step(written, entry.scope, named, entry.where):
            yield said, one
        small = of_small_letters(written, known)
        if small is not None:
            for one in self.document.with_left_out_step(small[1], entry.scope, named, entry.where):
                yield f"{small[0]}, {said}", one

    def _under(self, entry: Entry, read: Relation, words: str) -> list[Variant]:
        """The models for what a relation may say on a condition."""
        found, _ = self.possible(entry, self.of(entry, read))
        return [
            replace(variant, condition=" and ".join(filter(None, (variant.condition, words))), suggested=True)
            for variant in found
        ]

    def _with_numbers(self, entry: Entry, relation: Relation) -> Iterator[Variant]:
        """The models in which what multiplies a vector, and is defined nowhere, is a number."""
        found = None if entry.model else with_numbers(self.document.models[entry.scope])
        if found is not None:
            for variant in self.possible(entry, variants(relation, 0, [found[0]]))[0]:
                yield replace(
                    variant, condition=" and ".join(filter(None, (variant.condition, found[1]))), suggested=True
                )

    def _with_functions(self, entry: Entry, relation: Relation) -> Iterator[Variant]:
        """The models in which the functions that have no formula are one of which the running text speaks."""
        taken = {LOGISTIC} if self.document.taken(Call(LOGISTIC, ())) else set()
        for function in self.document.prose.functions:
            for variant in self.possible(entry, self.of(entry, relation))[0]:
                formulas = [relation, *formulas_used(relation, variant.base)]
                unknown = unknown_functions(formulas, variant.base, self.document.signature.applies)
                unknown -= {LOGISTIC} - taken
                if (unknown and function != LOGISTIC) or unknown - {LOGISTIC}:
                    yield given_function(variant, sorted(unknown), function)
