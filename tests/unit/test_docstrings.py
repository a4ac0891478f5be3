"""A docstring's first line tells somebody who has not seen the code what it does; ruff's D rules hold the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ae_core.paths import SOURCE_ROOT

FILES = sorted(path for package in ("ae_core", "ui") for path in (SOURCE_ROOT / package).rglob("*.py"))
# ruff's D401 knows verbs in another mood; these begin a line that has none
NO_VERBS = frozenset(
    {
        "a",
        "all",
        "also",
        "an",
        "another",
        "any",
        "as",
        "at",
        "by",
        "each",
        "either",
        "every",
        "everything",
        "for",
        "from",
    }
    | {"how", "if", "in", "it", "no", "none", "nothing", "of", "on", "one", "only", "that", "the", "their", "there"}
    | {
        "these",
        "they",
        "those",
        "to",
        "two",
        "what",
        "whatever",
        "when",
        "where",
        "whether",
        "which",
        "who",
        "why",
        "with",
    }
)  # "its" and "this" end in -s
VERBS_WITH_S = frozenset({"compress", "discuss", "express", "focus", "guess", "pass", "press", "process"})


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """Yield the name of each function outside other functions, the function, and whether it is a method."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield inside + node.name, node, bool(inside)


def is_property(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("property") for decorator in function.decorator_list)


def complaints(source: str) -> list[str]:
    found = []
    for name, function, is_method in functions(ast.parse(source)):
        text = ast.get_docstring(function)
        if text is None:  # that a public one has none is ruff's to say
            continue
        first, *_ = text.splitlines()
        if function.col_offset + 7 + len(first) > 120 or not first.endswith("."):
            found.append(f"{name}: the first line is no whole sentence in 120 characters")
        word = first.split()[0].strip(",.:;").lower()
        no_verb = not word.isalpha() or word in NO_VERBS or (word.endswith("s") and word not in VERBS_WITH_S)
        if no_verb and not is_property(function):  # a property is a thing, and may be named as one
            found.append(f"{name}: the first line begins with “{word}”, which is no imperative")
        arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
        static = any(ast.unparse(decorator) == "staticmethod" for decorator in function.decorator_list)
        count = len(arguments) - (is_method and not static)
        is_public = not any(part.startswith("_") for part in name.split("."))
        if is_public and count > 2 and "\nArgs:\n" not in text:
            found.append(f"{name}: {count} arguments, and no Args")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE_ROOT)))
def test_first_lines_say_what_functions_do_and_args_what_they_take(path: Path) -> None:
    assert complaints(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """How many layers there are."""',
        'def f():\n    """Images to codes."""',
        'def f():\n    """``images``, but smaller."""',
        'def f():\n    """Return what goes on and on over\n    the end of its line."""',
        'def f(a, b, c):\n    """Return their sum."""',
        'class C:\n    def f(self, a, b, *, c):\n        """Return their sum."""',
    ],
)
def test_a_riddle_is_found(source: str) -> None:
    assert len(complaints(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'def f(a, b):\n    """Pass both on."""',
        'class C:\n    @property\n    def f(self):\n        """The number of layers."""',
        'class C:\n    def f(self, a, b):\n        """Return their sum."""',
        'def f(a, b, c):\n    """Return their sum.\n\n    Args:\n        a: one\n    """',
    ],
)
def test_a_plain_docstring_is_left_alone(source: str) -> None:
    assert complaints(source) == []
