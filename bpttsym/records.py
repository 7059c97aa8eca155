"""Data classes as in the standard library, whose methods are compiled when they are first called.

``dataclasses`` compiles six methods for each class when it is defined, and loads ``inspect`` for that: half of what
a short command takes. Here a class begins with stand-ins that compile the real method, put it in their place and call
it. To a type checker, and to ``dataclasses.replace`` and its like, these are data classes as any other.

Not supported, since nothing here needs it: ``order``, ``init=False``, ``InitVar``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field", "fields", "replace"]

FIELDS = "__record_fields__"
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


class Field:
    """What is said of one field: its default, and whether it is shown, compared, or given by name only."""

    __slots__ = ("compare", "default", "default_factory", "kw_only", "name", "repr", "type")

    def __init__(self, default: Any, default_factory: Any, *, repr: bool, compare: bool, kw_only: bool) -> None:
        self.name = self.type = ""
        self.default, self.default_factory = default, default_factory
        self.repr, self.compare, self.kw_only = repr, compare, kw_only


def _field(
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    repr: bool = True,
    compare: bool = True,
    kw_only: bool = False,
) -> Any:
    """A field of which more is said than its type and default."""
    return Field(default, default_factory, repr=repr, compare=compare, kw_only=kw_only)


def _fields(record: Any) -> tuple[Field, ...]:
    """The fields of a data class or of an instance of one, those of its bases first."""
    return tuple(getattr(record, FIELDS).values())


def _replace(record: Any, /, **changes: Any) -> Any:
    """A copy with some fields changed."""
    for name in getattr(record, FIELDS):
        if name not in changes:
            changes[name] = getattr(record, name)
    return record.__class__(**changes)


def _dataclass(kind: Any = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:
    """Make a data class of a class, as ``dataclasses.dataclass`` does."""
    if kind is None:
        return partial(_dataclass, frozen=frozen, slots=slots, eq=eq)
    own = _own_fields(kind)
    known: dict[str, Field] = {}
    for base in reversed(kind.__mro__[1:]):
        known |= base.__dict__.get(FIELDS, {})
    added: dict[str, Any] = {FIELDS: known | own, "__dataclass_fields__": _STANDARD}
    added["__match_args__"] = tuple(name for name, one in added[FIELDS].items() if not one.kw_only)
    if slots:
        kind = _with_slots(kind, tuple(name for name in own if name not in known), frozen)
    for name, value in added.items():
        setattr(kind, name, value)
    made: list[tuple[str, Callable[..., Any]]] = [("__init__", _init), ("__repr__", _repr)]
    if eq:
        made.append(("__eq__", _eq))
        if kind.__dict__.get("__hash__") is None:
            kind.__hash__ = _later(kind, "__hash__", _hash) if frozen else None
    for name, build in made:
        if name not in kind.__dict__:
            setattr(kind, name, _later(kind, name, build))
    if frozen:
        kind.__setattr__, kind.__delattr__ = _guard(kind, "assign to"), _guard(kind, "delete")
    return kind


def _own_fields(kind: Any) -> dict[str, Field]:
    """The fields that a class itself declares; what they are declared with is taken from it."""
    found: dict[str, Field] = {}
    for name, hint in kind.__annotations__.items():
        value = kind.__dict__.get(name, MISSING)
        one = value if isinstance(value, Field) else Field(value, MISSING, repr=True, compare=True, kw_only=False)
        if one.default.__class__.__hash__ is None:
            raise ValueError(f"the default of {kind.__name__}.{name} can be changed; use default_factory")
        one.name, one.type = name, hint
        found[name] = one
        if value is one and one.default is MISSING:
            delattr(kind, name)
        elif value is one:
            setattr(kind, name, one.default)
    return found


def _with_slots(kind: Any, names: tuple[str, ...], frozen: bool) -> Any:
    """The class made once more, with a slot for each of its own fields."""
    attributes = {name: value for name, value in kind.__dict__.items() if name not in names}
    for name in ("__dict__", "__weakref__"):
        attributes.pop(name, None)
    attributes["__slots__"] = names
    if frozen:
        attributes |= {"__getstate__": _state, "__setstate__": _set_state}
    made = type(kind)(kind.__name__, kind.__bases__, attributes)
    made.__qualname__ = kind.__qualname__
    return made


def _state(record: Any) -> list[Any]:
    return [getattr(record, name) for name in getattr(record, FIELDS)]


def _set_state(record: Any, values: list[Any]) -> None:
    for name, value in zip(getattr(record, FIELDS), values, strict=True):
        object.__setattr__(record, name, value)


def _guard(kind: Any, what: str) -> Callable[..., None]:
    """Refuses to change a field of a frozen class."""
    change = object.__setattr__ if what == "assign to" else object.__delattr__

    def guarded(record: Any, name: str, *value: Any) -> None:
        if type(record) is kind or name in getattr(kind, FIELDS):
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot {what} field {name!r}")
        change(record, name, *value)

    return guarded


def _later(kind: Any, name: str, build: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    """A stand-in that puts the real method in its own place when it is called."""

    def stand_in(record: Any, *values: Any, **named: Any) -> Any:
        made = build(kind)
        made.__qualname__ = f"{kind.__qualname__}.{name}"
        setattr(kind, name, made)
        return made(record, *values, **named)

    return stand_in


def _compiled(code: str, known: dict[str, Any]) -> Callable[..., Any]:
    """The function ``made`` of a text, which sees the known names."""
    exec(code, known)  # as in the standard library: there is no other way to a signature of one's own
    made: Callable[..., Any] = known["made"]
    return made


def _init(kind: Any) -> Callable[..., Any]:
    """``__init__``, with the fields as parameters in their order."""
    known: dict[str, Any] = {"_missing": MISSING, "_set": object.__setattr__}
    frozen = "__setattr__" in kind.__dict__
    positional: list[str] = []
    named: list[str] = []
    lines: list[str] = []
    for one in getattr(kind, FIELDS).values():
        name, value = one.name, one.name
        parameter = name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            parameter, value = f"{name}=_missing", f"_make_{name}() if {name} is _missing else {name}"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            parameter = f"{name}=_default_{name}"
        (named if one.kw_only else positional).append(parameter)
        slot: Any = getattr(kind, name, None)
        if frozen and hasattr(slot, "__set__"):  # which takes half the time of setting by name
            known[f"_set_{name}"] = slot.__set__
            lines.append(f"_set_{name}(self, {value})")
        else:
            lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(kind, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    return _compiled(f"def made({parameters}):\n " + "\n ".join(lines or ["pass"]), known)


def _compared(kind: Any, record: str) -> str:
    return "".join(f"{record}.{one.name}, " for one in getattr(kind, FIELDS).values() if one.compare)


def _eq(kind: Any) -> Callable[..., Any]:
    """``__eq__``: of the same class, with the same fields."""
    same = f"({_compared(kind, 'self')}) == ({_compared(kind, 'other')})"
    return _compiled(
        "def made(self, other):\n"
        " if self is other: return True\n"
        f" return {same} if other.__class__ is self.__class__ else NotImplemented",
        {},
    )


def _hash(kind: Any) -> Callable[..., Any]:
    return _compiled(f"def made(self): return hash(({_compared(kind, 'self')}))", {})


def _repr(kind: Any) -> Callable[..., Any]:
    shown = [one.name for one in getattr(kind, FIELDS).values() if one.repr]

    def made(record: Any) -> str:
        values = ", ".join(f"{name}={getattr(record, name)!r}" for name in shown)
        return f"{record.__class__.__qualname__}({values})"

    return made


class _Standard:
    """What ``dataclasses`` asks a class for, made when it is asked."""

    def __get__(self, record: Any, kind: Any) -> Any:
        import dataclasses

        wanted: Any = [
            (
                one.name,
                one.type,
                dataclasses.field(
                    **{
                        name: value
                        for name in ("default", "default_factory")
                        if (value := getattr(one, name)) is not MISSING
                    },
                    repr=one.repr,
                    compare=one.compare,
                    kw_only=one.kw_only,
                ),
            )
            for one in _fields(kind)
        ]
        return dataclasses.make_dataclass(kind.__name__, wanted).__dict__["__dataclass_fields__"]


_STANDARD = _Standard()

if TYPE_CHECKING:  # which knows the fields of the standard's data classes
    from dataclasses import dataclass, field, fields, replace
else:
    dataclass, field, fields, replace = _dataclass, _field, _fields, _replace
