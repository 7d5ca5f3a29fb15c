"""Whose line an address is: what tries are counted by. A leaf: imports no model."""

import ipaddress

# A line at home has 2^64 addresses of IPv6.
NETWORK_BITS = 64


def network_of(address: str) -> str:
    """Return an address of IPv4 as it is, of IPv6 its /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), NETWORK_BITS), strict=False))


def client_network(request) -> str:
    """Return what log-ins of staff are counted by, as an address (see TrustedProxyMiddleware)."""
    return network_of(request.META.get("REMOTE_ADDR", "")).partition("/")[0]
