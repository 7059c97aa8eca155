r"""``\otimes`` of two columns is their outer product; of matrices it is not read, and never called false."""

from __future__ import annotations

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

DEFINITIONS = r"$$ h_t = \tanh(W h_{t-1} + U x_t), \quad L = \|h_T\|^2 $$" + "\n\n"
ROWS = [
    (r"\nabla_W L = \sum_t (1-h_t^2) \odot \nabla_{h_t} L \otimes h_{t-1}", "proved"),
    (r"\nabla_W L = \sum_t (1-h_t) \odot \nabla_{h_t} L \otimes h_{t-1}", "refuted"),
    (r"\frac{\partial^+ h_t}{\partial W} = h_{t-1}^\top \otimes \mathrm{diag}(1-h_t^2)", "unchecked"),
    (r"\frac{\partial^+ h_t}{\partial W} = \mathrm{diag}(1-h_t^2) \otimes h_{t-1}^\top", "unchecked"),
    (
        r"\frac{\mathrm d h_t}{\mathrm d W} = \mathrm{diag}(1-h_t^2)"
        r"\Bigl(W \frac{\mathrm d h_{t-1}}{\mathrm d W} + h_{t-1}^\top \otimes I\Bigr)",
        "unchecked",
    ),
    (r"\nabla_W L = \sum_t \left(\frac{\partial^+ h_t}{\partial W}\right)^\top \nabla_{h_t} L", "unchecked"),
]


def test_kronecker_products_and_listed_entries_are_not_called_false() -> None:
    """The outer product is judged beside them."""
    text = DEFINITIONS + "\n\n".join(f"$${row[0]}$$" for row in ROWS)
    verdicts = judge(read_document(source_from_text(text)), mend=False)[2:]
    assert [(verdict.status) for verdict in verdicts] == [row[1] for row in ROWS]
    assert all("Kronecker" in verdict.message for verdict in verdicts[2:5])
    assert "lists the entries" in verdicts[5].message
