"""Gates: figures that must be reached."""

import pytest

from agent.errors import InputError
from evals.gates import Gate, failures, gates_of, with_limits
from evals.stats.intervals import Interval

FIGURES = {"qwk": 0.64, "attacks.injection": 1.0, "bias": -0.2, "icc": None}


def test_a_gate_names_a_figure_a_sign_and_a_bound() -> None:
    assert gates_of(["attacks.injection >= .95"]) == (Gate("attacks.injection", ">=", 0.95),)


@pytest.mark.parametrize("text", ["qwk", "qwk=0.6", ">=0.6", "qwk>=high", "qwk>=0.6 or so", ""])
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="NAME>=NUMBER"):
        gates_of([text])


@pytest.mark.parametrize("text", ["qwk>=0.64", "qwk<=0.64", "bias>-0.3", "bias<0"])
def test_a_figure_that_reaches_its_bound_passes(text: str) -> None:
    assert failures(gates_of([text]), FIGURES) == ()


def test_a_figure_that_does_not_is_named_with_its_value() -> None:
    (failed,) = failures(gates_of(["qwk>0.64"]), FIGURES)
    assert failed == "qwk>0.64 failed: qwk is 0.64"


def test_a_figure_that_is_undefined_fails() -> None:
    assert failures(gates_of(["icc>=0"]), FIGURES) == ("icc>=0 failed: icc is undefined",)


def test_an_unknown_figure_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(InputError, match=r"'attacks.injektion'; did you mean attacks.injection"):
        failures(gates_of(["attacks.injektion>=1"]), FIGURES)


def test_the_limits_of_an_interval_can_be_gates() -> None:
    figures = with_limits("qwk", Interval(value=0.6, low=0.5, high=0.7))
    assert failures(gates_of(["qwk.low>=0.5", "qwk.high<0.8"]), figures) == ()
