"""Rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from streams.rows.compiled import KERNEL

ROOT = Path(streams.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE = 300
#: what the methods of these are for is said by Python itself
_UNDOCUMENTED = frozenset(("__init__", "__enter__", "__exit__", "__iter__", "__post_init__", "__str__", "__call__"))


def named(path: Path) -> str:
    """The module's place in the package."""
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    """The module's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


def without_docstring(node: ast.AST, prefix: str) -> Iterator[str]:
    """Public classes and functions below a node that have no docstring."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if child.name.startswith("_") or child.name in _UNDOCUMENTED:
                continue
            if not ast.get_docstring(child) and not is_variant(child) and not is_promise(child):
                yield f"{prefix}{child.name}"
            if isinstance(child, ast.ClassDef):
                yield from without_docstring(child, f"{prefix}{child.name}.")


def is_variant(node: ast.AST) -> bool:
    """Whether a function is an overload of another, or sets what another gets."""
    decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", ())]
    return any(one.endswith(("overload", ".setter")) for one in decorators)


def is_promise(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a body is only ``...``: a method of a protocol, described where it is kept."""
    return [ast.unparse(one) for one in node.body] == ["..."]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_all_that_is_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), "the module has no docstring"
    assert list(without_docstring(tree, "")) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


# -- the kernel -------------------------------------------------------------------------------------------------------


#: what makes machine code of a function; all but ``entry`` make what only other machine code can call
MAKERS = {node.name for node in tree_of(ROOT / "rows/compiled.py").body if isinstance(node, ast.FunctionDef)}
INNER = MAKERS - {"entry"}


def decorated(path: Path, decorators: set[str]) -> set[str]:
    """The module's functions with one of these decorators."""
    functions = [node for node in tree_of(path).body if isinstance(node, ast.FunctionDef)]
    return {f.name for f in functions if {ast.unparse(one) for one in f.decorator_list} & decorators}


def imports(path: Path) -> dict[str, set[str]]:
    """Module of the package -> names imported from it; of a whole module "*"."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streams"):
            for alias in node.names:
                whole = ROOT.joinpath(*str(node.module).split(".")[1:], f"{alias.name}.py")
                if whole.exists():
                    found.setdefault(named(whole), set()).add("*")
                else:
                    place = "/".join(str(node.module).split(".")[1:]) + ".py"
                    found.setdefault(place, set()).add(alias.name)
    return found


def test_the_kernel_is_all_that_is_compiled_and_what_that_is_made_of() -> None:
    """Machine code is kept under a digest of these files: one that is missing would leave stale code behind."""
    compiled = {named(path) for path in MODULES if decorated(path, MAKERS)}
    made_of = {place for name in compiled for place in imports(ROOT / name)} - {"rows/compiled.py"}
    assert len(KERNEL) == len(set(KERNEL))
    assert set(KERNEL) == compiled | made_of


def test_only_the_kernel_calls_what_has_no_wrapper_for_python() -> None:
    """A function with no wrapper that is called from Python ends the process."""
    inner = {name: decorated(ROOT / name, INNER) for name in KERNEL}
    wrong = [
        f"{named(path)}: {place}: {', '.join(names & (inner[place] | {'*'}))}"
        for path in MODULES
        if named(path) not in KERNEL
        for place, names in imports(path).items()
        if inner.get(place) and names & (inner[place] | {"*"})
    ]
    assert wrong == []


@pytest.mark.parametrize("name", KERNEL)
def test_python_functions_of_the_kernel_call_only_entries(name: str) -> None:
    inner = set().union(*(decorated(ROOT / one, INNER) for one in KERNEL))
    own = decorated(ROOT / name, MAKERS)
    for function in ast.walk(tree_of(ROOT / name)):
        if isinstance(function, ast.FunctionDef) and function.name not in own:
            called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
            assert called & inner == set(), function.name


# -- quick answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["--help"], ["check", "{rules}"], ["--version"]])
def test_small_commands_load_no_engine(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "active").mkdir()
    (tmp_path / "active" / "a.yaml").write_text("title: T\nwhen: {count: views, at_least: 1}\n", encoding="utf-8")
    arguments = [one.format(rules=tmp_path) for one in command]
    code = (
        "import sys\nfrom streams.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {name.partition('.')[0] for name in sys.modules}\n"
        "print('loaded:', *sorted(heavy & {'numba', 'numpy', 'faust', 'aiokafka', 'confluent_kafka', 'kafka'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"
