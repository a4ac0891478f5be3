"""The network that a visitor comes from, as far as it is known: no more than so many of its visitors' runs wait at once."""

from __future__ import annotations

import ipaddress

import streamlit as st

_OWN_PART = 64  # bits of an IPv6 address that name a network; whoever has one has all addresses within


def address() -> str:
    """Return the address of this visit's network, empty where it is not known, such as on one's own machine."""
    return network_of(st.context.ip_address)


def network_of(ip_address: str | None) -> str:
    """Return the network of an address, which of IPv6 is its first 64 bits; empty for what is no address."""
    try:
        found = ipaddress.ip_address(ip_address or "")
    except ValueError:
        return ""
    if found.is_loopback:
        return ""
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, _OWN_PART), strict=False))
