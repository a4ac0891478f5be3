"""Lesson: a task in a sentence, and controls that are fixed or hidden, as a teacher's link adds them to a Config.

A fixed control is shown and cannot be moved; a hidden one is not shown. Both stay at the lesson's settings, or, for the
controls that a page has of its own, at the lesson's view of that page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ae_core.config.schema import FORMER_NAMES, Config
from ae_core.config.variants import variant_of
from ae_core.text import plain, quoted

LONGEST_TASK = 400  # characters
#: What a lesson may fix or hide, by the field of Config that a control sets; "kind" is the picker of variants, which
#: sets what its Variant fixes.
CONTROLS = ("kind", *(f.name for f in fields(Config) if f.name not in ("variational", "sparsity", "pretraining")))
PARAMETERS = ("task", "fix", "hide", "settings", "on", "view")  # of a link


@dataclass(frozen=True)
class Lesson:
    """A task and the controls that it takes away from a visitor.

    ``task`` is plain text in one line of at most :data:`LONGEST_TASK` characters. ``fixed`` and ``hidden`` hold names
    of :data:`CONTROLS` and of ``own``, the controls that a page has beside the settings, none of them in both.
    ``settings`` and ``view`` say what value these keep; those of ``view`` are as a link has them, for the page to check.
    ``page`` is what whoever shows the lesson calls that page; empty where none has controls of its own.
    """

    task: str
    fixed: frozenset[str]
    hidden: frozenset[str]
    settings: Config
    page: str = ""
    own: tuple[str, ...] = ()
    view: dict[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def of(
        cls,
        task: str,
        fixed: Iterable[str],
        hidden: Iterable[str],
        settings: Config,
        page: str = "",
        own: Iterable[str] = (),
        view: Mapping[str, str] | None = None,
    ) -> Lesson:
        """Make a lesson of whatever somebody wrote: the task made plain and short, unknown controls left out.

        Args:
            task: in any number of lines.
            fixed: names of controls that are shown and cannot be moved.
            hidden: names of controls that are not shown; one that is in both is hidden.
            settings: what the controls of :data:`CONTROLS` are kept at.
            page: whose view is held, if any.
            own: the names of that page's own controls.
            view: what they are kept at, and whatever else the page shows.
        """
        own = tuple(own)
        known = {*CONTROLS, *own}
        hides = frozenset(hidden) & known
        shows = frozenset(fixed) & known - hides
        kept = {name: view[name] for name in own if view and name in view and name in hides | shows}
        text = plain(task[: 10 * LONGEST_TASK])[:LONGEST_TASK].rstrip()  # what is left out may have been most of it
        return cls(text, shows, hides, settings.canonical(), page if own else "", own, kept)

    @property
    def held(self) -> dict[str, Any]:
        """The values of Config that stay as they are, by their fields. What ``settings`` has no use for is not held."""
        used = self.settings.used_fields()
        return {name: getattr(self.settings, name) for name in CONTROLS if self.holds(name) and name in used}

    @property
    def order(self) -> tuple[str, ...]:
        """Every control that the lesson could hold."""
        return (*CONTROLS, *self.own)

    def holds(self, control: str) -> bool:
        """Return whether ``control`` stays at its value, shown or not."""
        return control in self.fixed or control in self.hidden

    def broken_by(self, config: Config) -> list[str]:
        """Return the controls that ``config`` has at another value than the lesson holds, in their order."""
        used = config.used_fields()
        broken = [name for name, value in self.held.items() if name in used and getattr(config, name) != value]
        if self.holds("kind") and variant_of(config) is not variant_of(self.settings):
            broken.insert(0, "kind")
        return broken

    def to_query(self, beside: Config | None) -> dict[str, str]:
        """Return the URL query parameters of the lesson, for a link that also carries the Config ``beside``.

        Where that Config does not say what the lesson holds (a page may show another run, or none), the lesson's own
        settings go along.
        """
        settings = _pairs(self.settings.to_query())
        if beside is None:
            says_it = not (self.fixed | self.hidden) & set(CONTROLS)
        else:
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
    def from_query(
        cls, params: Mapping[str, str], beside: Config, views: Mapping[str, Iterable[str]] | None = None
    ) -> tuple[Lesson | None, list[str]]:
        """Read the lesson of a link. Never raises.

        Args:
            params: the link's parameters.
            beside: the Config that the link carries, too.
            views: the names of each page's own controls, by what a link calls the page.

        Returns:
            The lesson, if there is one, and a sentence for each thing that had to change.
        """
        notes: list[str] = []
        task = plain(params.get("task", ""))
        if len(task) > LONGEST_TASK:
            notes.append(f"The link's task was longer than {LONGEST_TASK} characters, and was cut.")
        named = {
            way: [FORMER_NAMES.get(name.strip(), name.strip()) for name in params.get(way, "").split(",")]
            for way in ("fix", "hide")
        }
        page = params.get("on", "")
        own = tuple((views or {}).get(page, ()))
        unknown = sorted({n for names in named.values() for n in names if n} - {*CONTROLS, *own})
        if unknown:
            few = ", ".join(quoted(name) for name in unknown[:3]) + (" and more" if len(unknown) > 3 else "")
            notes.append(
                f"The link's lesson names controls that this version does not have: {few}. They were left out."
            )
        settings = beside
        if text := params.get("settings"):
            settings, more = Config.from_query(_from_pairs(text))
            notes += more
        lesson = cls.of(task, named["fix"], named["hide"], settings, page, own, _from_pairs(params.get("view", "")))
        return (lesson if lesson.task or lesson.fixed or lesson.hidden else None), notes


def controls_of(config: Config) -> list[str]:
    """Return the controls that set something of ``config``, those that matter most for its kind first."""
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
