"""Addresses of virtual people: each presents one of its own to a target that trusts the generator's header."""

import ipaddress
import socket
from functools import lru_cache

from scenarios.target import Target


def address_header(target: Target, seed: int, number: int) -> dict[str, str] | None:
    """Return the header by which this person presents an address of its own."""
    if target.addresses.header is None:
        return None
    first, count = _addresses(target.addresses.network)
    offset = (number * 2654435761 + seed) % (count - 2) + 1  # Knuth's multiplicative hash spreads neighbours
    if first.version == 4:  # by hand: the module takes ten times as long
        return {target.addresses.header: socket.inet_ntoa((int(first) + offset).to_bytes(4))}
    return {target.addresses.header: str(first + offset)}


@lru_cache(maxsize=8)
def _addresses(network: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """Return the first address of a network and how many it has: parsing it for each session would cost as much as its request."""
    parsed = ipaddress.ip_network(network)
    return parsed.network_address, parsed.num_addresses
