"""Data flows one way: nothing lower imports anything higher, and the pure parts stay pure."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS: tuple[tuple[str, ...], ...] = (
    ("agent", "agent.errors", "agent.frozen"),
    ("agent.usage", "agent.files", "agent.diagram", "agent.yaml_bounds"),
    ("agent.rubric", "agent.scenario", "agent.transcript"),
    ("agent.move", "agent.answer_rubric"),
    ("agent.ports",),
    ("agent.scorecard", "agent.interview.plan", "agent.interview.clock", "agent.catalog"),
    ("agent.offline", "agent.interview.events", "agent.graded", "agent.calibration"),
    ("agent.interview.state", "agent.record", "agent.store"),
    ("agent.interview.policy", "agent.grading"),
    ("agent.llm",),
    ("agent.interview.session", "agent.report", "agent.progress"),
    ("agent.batch",),
    ("agent.engines",),
    ("agent.api",),
    ("agent.web",),
    ("agent.cli",),
    ("evals.levels",),
    ("evals.stats",),
    ("evals.scales", "evals.gates", "evals.yardsticks"),
    ("evals.dataset",),
    ("evals.formats",),
    ("evals.records", "evals.grading"),
    ("evals.metamorphic", "evals.orders", "evals.sides", "evals.selfplay"),
    ("evals.conditions",),
    ("evals.studies",),
    ("evals.report",),
    ("evals.cli",),
    ("evals",),
)
"""From the lowest to the highest. A module imports its own package and lower layers only."""

PURE = (
    "agent.answer_rubric",
    "agent.calibration",
    "agent.diagram",
    "agent.graded",
    "agent.interview.policy",
    "agent.interview.state",
    "agent.interview.plan",
    "agent.interview.events",
    "agent.grading",
    "agent.move",
    "agent.ports",
    "agent.progress",
    "agent.rubric",
    "agent.scenario",
    "agent.scorecard",
    "agent.transcript",
    "agent.usage",
    "agent.llm.grading",
    "agent.llm.guard",
    "agent.llm.reading",
    "agent.llm.verdicts",
    "evals.gates",
    "evals.levels",
    "evals.scales",
    "evals.stats",
    "evals.studies",
)
IMPURE = frozenset(
    "time random os sys io socket subprocess asyncio threading pathlib sqlite3 sqlalchemy "
    "yaml typer rich prompt_toolkit httpx openai langchain requests".split()
)
NEVER: dict[str, tuple[str, ...]] = {
    "agent.offline": ("agent.interview", "agent.store", "agent.cli", "agent.grading"),
    "agent.llm": ("agent.interview", "agent.store", "agent.cli", "agent.report"),
    "agent.store": ("agent.cli", "agent.offline", "agent.llm", "agent.report", "agent.grading"),
    "agent.report": ("agent.cli", "agent.store", "agent.offline", "agent.llm"),
    "agent.interview": ("agent.cli", "agent.store", "agent.offline", "agent.llm", "agent.report"),
    "agent.grading": ("agent.cli", "agent.store", "agent.offline", "agent.llm", "agent.report"),
    "agent.web": ("agent.cli",),
    "agent": ("evals", "tests"),
    "evals.stats": ("agent.cli", "agent.llm", "agent.batch", "agent.store", "agent.offline"),
    "evals.report": ("agent.cli", "agent.llm", "agent.offline"),
}
"""Beyond the order: what these packages must not know of."""


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted([*(ROOT / "agent").rglob("*.py"), *(ROOT / "evals").rglob("*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports anywhere in it, as full names of modules."""
    found = set()
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    if module == "agent":
        # What it offers to programs stands there for type checkers, and is loaded when asked for.
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in MODULES else base)
    return frozenset(found)


def within(module: str, package: str) -> bool:
    """Whether a module is this one or stands in it."""
    return module == package or module.startswith(f"{package}.")


def layer(module: str) -> tuple[int, str]:
    """The number and the name of the layer's entry that fits a module most closely."""
    fitting = [
        (len(name), number, name)
        for number, names in enumerate(LAYERS)
        for name in names
        if module == name or (name != "agent" and within(module, name))
    ]
    assert fitting, f"{module} has no place in LAYERS; add it where it belongs"
    _, number, name = max(fitting)
    return number, name


def _is_empty_package(module: str) -> bool:
    return MODULES[module].name == "__init__.py" and not imports(module)


@pytest.mark.parametrize("module", [m for m in MODULES if not _is_empty_package(m)])
def test_a_module_imports_nothing_higher(module: str) -> None:
    number, name = layer(module)
    higher = [
        found
        for found in imports(module)
        if found in MODULES
        and not _is_empty_package(found)
        and layer(found) != (number, name)
        and layer(found)[0] >= number
    ]
    assert higher == []


@pytest.mark.parametrize("package", NEVER)
def test_a_package_does_not_know_what_it_must_not(package: str) -> None:
    known = {
        (module, found)
        for module in MODULES
        if within(module, package)
        for found in imports(module)
        if any(within(found, other) for other in NEVER[package])
    }
    assert known == set()


@pytest.mark.parametrize("package", PURE)
def test_a_pure_part_has_no_clock_and_no_input_or_output(package: str) -> None:
    impure = {
        (module, found)
        for module in MODULES
        if within(module, package)
        for found in imports(module)
        if found.split(".")[0] in IMPURE
    }
    assert impure == set()


def test_only_the_catalog_and_its_guard_read_yaml() -> None:
    reading = [m for m in MODULES if within(m, "agent") and "yaml" in imports(m)]
    assert reading == ["agent.catalog", "agent.yaml_bounds"]
