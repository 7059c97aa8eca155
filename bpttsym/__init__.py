"""bpttsym derives, verifies and draws backpropagation through time."""

__version__ = "0.1.0"
