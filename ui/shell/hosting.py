"""What an operator sets about who reaches the lab: sites that may frame it, its own names, and the operator's token."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ae_core.errors import LabError
from ae_core.text import quoted

FRAME_ANCESTORS, HOSTS, OPERATOR_TOKEN = "AE_FRAME_ANCESTORS", "AE_HOSTS", "AE_OPERATOR_TOKEN"
SHORTEST_TOKEN = 16  # characters

#: This machine by itself. A browser that asks for it has reached its own, so no other name can be bound to it.
_ITSELF = ("localhost", "127.0.0.1", "[::1]")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"
_ORIGIN = re.compile(rf"https?://(\*\.)?{_NAME}(:[0-9]{{1,5}})?")
_HOST = re.compile(rf"(\*\.)?{_NAME}|\[[0-9a-f:.]+\]")


class HostingError(LabError):
    """A setting of the operator's that means nothing; the lab does not start with it."""


@dataclass(frozen=True)
class Hosting:
    """How the lab is reached.

    Attributes:
        framers: origins of other sites whose pages may show the lab in a frame.
        hosts: names that the lab answers to; empty for any.
        token: what the operator shows to see more than visitors do; empty where nobody does.
    """

    framers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    token: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Hosting:
        """Read it from the environment.

        Raises:
            HostingError: if a setting means nothing.
        """
        framers = _named(
            environment, FRAME_ANCESTORS, _ORIGIN, "the sites whose pages may show the lab in a frame",
            "https://name, https://*.name or https://name:port",
        )  # fmt: skip
        hosts = _named(
            environment, HOSTS, _HOST, "the hosts that the lab answers to",
            "lab.example.org or *.example.org, without https:// and without a port",
        )  # fmt: skip
        token = environment.get(OPERATOR_TOKEN, "")
        if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
            raise HostingError(
                f"{OPERATOR_TOKEN} has to be at least {SHORTEST_TOKEN} letters, digits and signs without a space, so that "
                "nobody guesses it. One is made by: python -c 'import secrets; print(secrets.token_urlsafe())'"
            )
        return cls(framers, hosts, token)

    @property
    def answers_to(self) -> list[str]:
        """Every host name that is answered, as Starlette's ``TrustedHostMiddleware`` reads them."""
        return [*self.hosts, *_ITSELF] if self.hosts else ["*"]

    def is_operator(self, authorization: str) -> bool:
        """Return whether a request is the operator's, in a time that does not tell how near a guess came.

        Args:
            authorization: the request's header of that name, ``Bearer`` and the token.
        """
        scheme, _, shown = authorization.partition(" ")
        return self.is_token(shown.strip()) and scheme.lower() == "bearer"

    def is_token(self, shown: str) -> bool:
        """Return whether this is the operator's token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(shown.encode(), self.token.encode()) and bool(self.token)


def _named(
    environment: Mapping[str, str], variable: str, pattern: re.Pattern[str], what: str, forms: str
) -> tuple[str, ...]:
    """Return what a variable of the environment names, in small letters.

    Args:
        environment: that has it, or not.
        variable: its name; what is in it is parted by spaces.
        pattern: that each has to match.
        what: they are, in words.
        forms: that each may have, in words.

    Raises:
        HostingError: one does not match.
    """
    names = tuple(environment.get(variable, "").lower().split())
    for name in names:
        if not pattern.fullmatch(name):
            raise HostingError(
                f"{variable} names {what}, with spaces between them, each as {forms}. {quoted(name)} is none of these."
            )
    return names
