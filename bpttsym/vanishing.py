"""How far a gradient reaches back: the numbers of the figures, as plain data, held against their bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bpttsym.networks import (
    ACTIVATIONS,
    SETTINGS,
    Array,
    Networks,
    Setting,
    final_log_norms,
    networks,
    product_log_norms,
    step_log_norms,
    term_log_norms,
)

Numbers = tuple[float, ...]

SLACK = 1e-9
"""By how many decades rounding may lift a norm above its bound."""


class Curve(NamedTuple):
    """Logarithms of norms over the seeds, and their bound, at each place of the abscissa.

    ``median`` and the 10 % and 90 % quantiles ``low`` and ``high`` are drawn; ``highest`` is what the bound is held
    against. ``total`` holds the 10 %, 50 % and 90 % quantiles of the sum of all terms, or of the product of all steps.
    """

    sigma: float
    median: Numbers
    low: Numbers
    high: Numbers
    highest: Numbers
    bound: Numbers = ()
    total: Numbers = ()


class Panel(NamedTuple):
    """The curves of one setting."""

    name: str
    setting: Setting
    gamma: float
    curves: tuple[Curve, ...]


class Curves(NamedTuple):
    """The data of a figure of curves: ``places`` are the distances T-t, or the steps t."""

    places: tuple[int, ...]
    seeds: int
    hidden: int
    panels: tuple[Panel, ...]


def _curve(sigma: float, logs: Array, bound: Numbers = (), total: Array | None = None) -> Curve:
    low, median, high, highest = np.quantile(logs, [0.1, 0.5, 0.9, 1.0], axis=1, method="nearest").tolist()
    whole = () if total is None else tuple(np.quantile(total, [0.1, 0.5, 0.9], method="nearest").tolist())
    return Curve(sigma, tuple(median), tuple(low), tuple(high), tuple(highest), bound, whole)


def violations(curves: Curves) -> list[str]:
    """Where a norm is above its bound, one sentence each; there are none if the theorem and the code are right."""
    found = []
    for panel in curves.panels:
        for curve in panel.curves:
            for place, highest, bound in zip(curves.places, curve.highest, curve.bound, strict=True):
                if highest > bound + SLACK:
                    where = f"{panel.name}, sigma_max = {curve.sigma:g}, at {place}"
                    found.append(f"{where}: log10 of the norm is {highest:.6g}, its bound is {bound:.6g}")
    return found


def product_curves(panels: Sequence[str], sigma: Sequence[float], steps: int, seeds: int, hidden: int) -> Curves:
    """||dh_T/dh_t||_2 against T-t = 0, ..., ``steps`` for each setting and each sigma_max(W)."""
    found = []
    for name in panels:
        setting = SETTINGS[name]
        gamma = ACTIVATIONS[setting.activation].gamma
        curves = []
        for value in sigma:
            logs = product_log_norms(networks(setting, value, hidden, steps, seeds))
            bound = tuple(distance * math.log10(gamma * value) for distance in range(steps + 1))
            curves.append(_curve(value, logs, bound))
        found.append(Panel(name, setting, gamma, tuple(curves)))
    return Curves(tuple(range(steps + 1)), seeds, hidden, tuple(found))


def step_curves(panels: Sequence[str], sigma: Sequence[float], steps: int, seeds: int, hidden: int) -> Curves:
    """||dh_{t+1}/dh_t||_2 against t = 0, ..., ``steps`` - 1, and ||dh_T/dh_0||_2, for each setting and sigma_max(W)."""
    found = []
    for name in panels:
        setting = SETTINGS[name]
        gamma = ACTIVATIONS[setting.activation].gamma
        curves = []
        for value in sigma:
            family = networks(setting, value, hidden, steps, seeds)
            bound = (math.log10(gamma * value),) * steps
            curves.append(_curve(value, step_log_norms(family), bound, final_log_norms(family)))
        found.append(Panel(name, setting, gamma, tuple(curves)))
    return Curves(tuple(range(steps)), seeds, hidden, tuple(found))


def term_curves(panel: str, sigma: Sequence[float], steps: int, seeds: int, hidden: int) -> Curves:
    """The norm of each term of the many-to-one gradient against t = 1, ..., ``steps``, and of their sum."""
    setting = SETTINGS[panel]
    curves = []
    for value in sigma:
        terms, total = term_log_norms(networks(setting, value, hidden, steps, seeds), seeds)
        curves.append(_curve(value, terms, total=total))
    one = Panel(panel, setting, ACTIVATIONS[setting.activation].gamma, tuple(curves))
    return Curves(tuple(range(1, steps + 1)), seeds, hidden, (one,))


class Slopes(NamedTuple):
    """f' of one activation on a grid, and gamma; nan where f' does not exist."""

    name: str
    places: Numbers
    values: Numbers
    gamma: float


def slope_curves(names: Sequence[str], reach: float) -> tuple[Slopes, ...]:
    """f' of each activation on [-reach, reach]."""
    grid = np.linspace(-reach, reach, 241)
    found = []
    for name in names:
        values = np.asarray(ACTIVATIONS[name].derivative(grid))
        if name == "relu":
            values = np.where(grid == 0.0, np.nan, values)
        found.append(Slopes(name, tuple(grid.tolist()), tuple(values.tolist()), ACTIVATIONS[name].gamma))
    return tuple(found)


class Growth(NamedTuple):
    """Decades by which ||dh_T/dh_0||_2 grows in a step (median over seeds); a row for each value of ``name``."""

    name: str
    sigma: Numbers
    values: Numbers
    rates: tuple[Numbers, ...]


class GrowthMaps(NamedTuple):
    """The data of the heat maps: ``name`` of the setting that is varied, and how it was run."""

    name: str
    setting: Setting
    gamma: float
    steps: int
    seeds: int
    hidden: int
    maps: tuple[Growth, ...]


def growth_maps(panel: str, reach: float, points: int, steps: int, seeds: int, hidden: int) -> GrowthMaps:
    """The growth rate over sigma_max(W) and, in one map, the bias, in the other, the scale of the inputs."""
    setting = SETTINGS[panel]
    sigma = tuple(np.linspace(reach / points, reach, points).tolist())
    values = tuple(np.linspace(0.0, 2.0, points).tolist())
    maps = []
    for name in ("bias", "inputs"):
        varied = [setting._replace(**{name: value}) for value in values]
        rates = tuple(_growth_rates(one, sigma, steps, seeds, hidden) for one in varied)
        maps.append(Growth(name, sigma, values, rates))
    gamma = ACTIVATIONS[setting.activation].gamma
    return GrowthMaps(panel, setting, gamma, steps, seeds, hidden, tuple(maps))


def growth_violations(data: GrowthMaps) -> list[str]:
    """Where a rate is above log10(gamma sigma_max), one sentence each; there are none if all is right."""
    found = []
    for one in data.maps:
        for value, rates in zip(one.values, one.rates, strict=True):
            for sigma, rate in zip(one.sigma, rates, strict=True):
                if rate > math.log10(data.gamma * sigma) + SLACK:
                    found.append(
                        f"{one.name} = {value:g}, sigma_max = {sigma:g}: the rate {rate:.6g} is above its bound"
                    )
    return found


def _growth_rates(setting: Setting, sigma: Numbers, steps: int, seeds: int, hidden: int) -> Numbers:
    """The rate for each sigma_max(W): all networks of a row of the map are run side by side."""
    one = networks(setting, 1.0, hidden, steps, seeds)
    scales = np.repeat(sigma, seeds)
    many = Networks(
        one.activation,
        scales[:, np.newaxis, np.newaxis] * np.tile(one.weights, (len(sigma), 1, 1)),
        np.tile(one.inputs, (1, len(sigma), 1)),
        np.tile(one.drive, (1, len(sigma), 1)),
        np.tile(one.start, (len(sigma), 1)),
    )
    logs = final_log_norms(many).reshape(len(sigma), seeds)
    return tuple((np.quantile(logs, 0.5, axis=1, method="nearest") / steps).tolist())
