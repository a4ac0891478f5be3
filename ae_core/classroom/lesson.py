"""Lesson: what a teacher's link adds to a Config: a task in a sentence, and controls that are fixed or hidden.

A fixed control is shown and cannot be moved; a hidden one is not shown. Both stay at the lesson's settings, or, for the
controls of a page that shows a run, at the lesson's view of that page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ae_core.config.schema import Config
from ae_core.config.variants import variant_of
from ae_core.text import plain, quoted

LONGEST_TASK = 400  # characters
#: What a lesson may fix or hide, by the field of Config that a control sets; "kind" is the picker of variants, which
#: sets what its Variant fixes.
CONTROLS = ("kind", *(f.name for f in fields(Config) if f.name not in ("variational", "sparsity", "pretraining")))
#: And beside the settings, of a page that shows a run: its own controls, by what they are called in its links.
VIEWS = {
    "reconstruct": ("start",),
    "denoise": ("image", "noise_kind", "draw", "strength"),
    "latent_map": ("plane", "points"),
    "generate": ("show", "temperature", "draw", "from", "to"),
}
PARAMETERS = ("task", "fix", "hide", "settings", "on", "view")  # of a link


@dataclass(frozen=True)
class Lesson:
    """A task and the controls that it takes away from a visitor.

    ``task`` is plain text in one line of at most :data:`LONGEST_TASK` characters. ``fixed`` and ``hidden`` hold names
    of :data:`CONTROLS` and of the :data:`VIEWS` of ``page``, none of them in both. ``settings`` and ``view`` say what
    value these keep; those of ``view`` are as a link has them, for the page to check.
    """

    task: str
    fixed: frozenset[str]
    hidden: frozenset[str]
    settings: Config
    page: str = ""
    view: dict[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def of(
        cls,
        task: str,
        fixed: Iterable[str],
        hidden: Iterable[str],
        settings: Config,
        page: str = "",
        view: Mapping[str, str] | None = None,
    ) -> Lesson:
        """A lesson of whatever somebody wrote: the task made plain and short, unknown controls left out."""
        own = VIEWS.get(page, ())
        known = {*CONTROLS, *own}
        hides = frozenset(hidden) & known
        shows = frozenset(fixed) & known - hides
        kept = {name: view[name] for name in own if view and name in view and name in hides | shows}
        return cls(plain(task)[:LONGEST_TASK].rstrip(), shows, hides, settings.canonical(), page if own else "", kept)

    @property
    def held(self) -> dict[str, Any]:
        """The values of Config that stay as they are, by their fields. What ``settings`` has no use for is not held."""
        used = self.settings.used_fields()
        return {name: getattr(self.settings, name) for name in CONTROLS if self.holds(name) and name in used}

    @property
    def order(self) -> tuple[str, ...]:
        """Every control that the lesson could hold."""
        return (*CONTROLS, *VIEWS.get(self.page, ()))

    def holds(self, control: str) -> bool:
        """Whether ``control`` stays at its value, shown or not."""
        return control in self.fixed or control in self.hidden

    def broken_by(self, config: Config) -> list[str]:
        """The controls that ``config`` has at another value than the lesson does, in the order of :data:`CONTROLS`."""
        used = config.used_fields()
        broken = [name for name, value in self.held.items() if name in used and getattr(config, name) != value]
        if self.holds("kind") and variant_of(config) is not variant_of(self.settings):
            broken.insert(0, "kind")
        return broken

    def to_query(self, beside: Config) -> dict[str, str]:
        """URL query parameters, for a link that also carries ``beside``.

        Where that Config does not say what the lesson holds (a page may show another run), the lesson's own settings
        go along.
        """
        settings = _pairs(self.settings.to_query())
        says_it = replace(self, settings=beside).held == self.held and "kind" not in self.broken_by(beside)
        query = {
            "task": self.task,
            "fix": ",".join(name for name in self.order if name in self.fixed),
            "hide": ",".join(name for name in self.order if name in self.hidden),
            "settings": "" if says_it else settings,
            "on": self.page if (self.fixed | self.hidden) - set(CONTROLS) else "",
            "view": _pairs(self.view),
        }
        return {name: value for name, value in query.items() if value}

    @classmethod
    def from_query(cls, params: Mapping[str, str], beside: Config) -> tuple[Lesson | None, list[str]]:
        """The lesson that a link carries beside its Config, if any, and a sentence for each thing that had to change.

        Never raises.
        """
        notes: list[str] = []
        task = plain(params.get("task", ""))
        if len(task) > LONGEST_TASK:
            notes.append(f"The link's task was longer than {LONGEST_TASK} characters, and was cut.")
        named = {way: [name.strip() for name in params.get(way, "").split(",")] for way in ("fix", "hide")}
        page = params.get("on", "")
        unknown = sorted({n for names in named.values() for n in names if n} - {*CONTROLS, *VIEWS.get(page, ())})
        if unknown:
            few = ", ".join(quoted(name) for name in unknown[:3]) + (" and more" if len(unknown) > 3 else "")
            notes.append(
                f"The link's lesson names controls that this version does not have: {few}. They were left out."
            )
        settings = beside
        if text := params.get("settings"):
            settings, more = Config.from_query(_from_pairs(text))
            notes += more
        lesson = cls.of(task, named["fix"], named["hide"], settings, page, _from_pairs(params.get("view", "")))
        return (lesson if lesson.task or lesson.fixed or lesson.hidden else None), notes


def controls_of(config: Config) -> list[str]:
    """The controls that the Train page has for ``config``, those that matter most for its kind first."""
    kind, used = variant_of(config), config.used_fields()
    first = ["kind", "dataset", *(name for name in kind.knobs if name in used and name in CONTROLS), "epochs"]
    rest = (name for name in CONTROLS if name in used and name not in kind.fixed)
    return list(dict.fromkeys([*first, *rest]))


def _pairs(values: Mapping[str, str]) -> str:
    return ",".join(f"{name}:{value}" for name, value in values.items())


def _from_pairs(text: str) -> dict[str, str]:
    pairs: list[tuple[str, str]] = []
    for part in text.split(","):
        name, colon, value = part.partition(":")
        if colon:
            pairs.append((name.strip(), value))
        elif pairs:  # a decimal comma
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]},{part}")
    return dict(pairs)
