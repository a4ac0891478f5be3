"""Which network a visitor comes from."""

from __future__ import annotations

import pytest

from ui.visit.network import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),  # whoever has one address has all of them
        ("127.0.0.1", ""),
        ("::1", ""),
        ("no address", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_network_is_an_address_or_the_first_half_of_one(address: str | None, network: str) -> None:
    assert network_of(address) == network
