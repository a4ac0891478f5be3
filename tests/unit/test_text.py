"""Text from outside in our sentences and on our pages. What a browser makes of it: browser/test_foreign_text.py."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ae_core.text import as_written, plain, quoted

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("beta", "“beta”"),
        (" a\n\u202eb\x1b[31m\ud800 ", "“a b[31m”"),
        ("x" * 40, f"“{'x' * 40}”"),
        ("x" * 10**6, f"“{'x' * 40}…”"),
        ("", "“”"),
        (0.5, "0.5"),
        (None, "None"),
        (["\u202e"], r"['\u202e']"),
        ([1] * 100, "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …"),
    ],
)
def test_what_somebody_wrote_is_a_few_words_of_a_sentence(value: object, words: str) -> None:
    assert quoted(value) == words


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Held-out error 0.05 (PCA: 0.04), 50% of it.", "Held-out error 0.05 (PCA: 0.04), 50% of it."),
        ("![x](y)", "!\\[x\\](y)"),
        ("*a* _b_ `c` ~d~ <e> $f$ #g |h| &lt;", r"\*a\* \_b\_ \`c\` \~d\~ \<e\> \$f\$ \#g \|h\| \&lt;"),
        ("- a", "\\- a"),
        ("12. a", "12\\. a"),
        ("one\n\n    two\u202e", "one two"),
        ("www.a.b WWW.a.b", "www\u2060.a.b WWW\u2060.a.b"),
        ("https://a.b a@b.c", "https:\u2060//a.b a\u2060@b.c"),
        (":red[x] :material/home:", ":\u2060red\\[x\\] :\u2060material/home:"),
        ("\\(x\\)", "\\\\\u2060(x\\\\\u2060)"),
    ],
)
def test_markdown_shows_text_as_it_was_written(text: str, markdown: str) -> None:
    assert as_written(text) == markdown
    shown = markdown.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\").replace("\u2060", "")
    assert shown == plain(text)


def test_no_page_draws_a_message_as_markdown() -> None:
    """Messages repeat what was written in a file or a link: each goes through ``as_written``."""
    bare = []
    for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            said = node.args[0]
            named = isinstance(said, ast.Name | ast.Attribute)
            message = named or (isinstance(said, ast.Call) and ast.unparse(said.func) != "as_written")
            if node.func.attr in ("error", "warning", "info") and message and "join" not in ast.unparse(said):
                bare.append(f"{path.name}: {ast.unparse(node)}")
    assert bare == []
