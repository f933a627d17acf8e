"""Who may use the site, and how they are told apart: decided once, from the options.

Pure. What the plan asks for is carried out by `agent.web.access.door`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import InputError

Networks = tuple[IPv4Network | IPv6Network, ...]
LOOPBACK: Networks = (ip_network("127.0.0.1"), ip_network("::1"))
_HEADER = re.compile(r"[A-Za-z0-9_-]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Local:
    """No login: only this machine reaches the site, and everyone is the local user."""


@dataclass(frozen=True)
class Passwords:
    """Users log in with a name and a password.

    `users` is the file of names and hashes. `proxies` may say for whom they ask. `origin` is
    what a browser sees before the path, such as "https://example.org", or "".
    """

    users: Path
    proxies: Networks = LOOPBACK
    origin: str = ""


@dataclass(frozen=True)
class ProxyHeader:
    """A proxy among `proxies` has logged the user in and names him in the header `header`."""

    header: str
    proxies: Networks = LOOPBACK
    origin: str = ""


Auth = Local | Passwords | ProxyHeader


def auth_for(
    host: str,
    option: str | None,
    *,
    users: Path,
    trusted_proxies: Sequence[str] = (),
    public_url: str | None = None,
) -> Auth:
    """The plan for a site bound to `host`, given what `--auth` and its companions say.

    `option` is None, "password" or "header:NAME"; `trusted_proxies` are addresses or networks
    in CIDR form, none meaning this machine. Raises InputError.
    """
    origin = _origin(public_url) if public_url else ""
    proxies = tuple(map(_network, trusted_proxies)) or LOOPBACK
    if option is None:
        if not is_loopback(host):
            raise InputError(
                f"other machines could reach the site (--host {host}) without a login; add "
                "--auth password, or --auth header:X-Remote-User behind a proxy that logs "
                "people in, or leave --host at 127.0.0.1"
            )
        if origin or trusted_proxies:
            given = "--public-url" if origin else "--trusted-proxy"
            raise InputError(
                f"{given} says that others reach the site, but there is no login; add "
                f"--auth password or --auth header:NAME, or leave {given} out"
            )
        return Local()
    if option == "password":
        return Passwords(users, proxies, origin)
    kind, _, header = option.partition(":")
    if kind == "header" and _HEADER.fullmatch(header):
        return ProxyHeader(header.lower(), proxies, origin)
    raise InputError(
        f"--auth {option!r} is not known; say `password`, or `header:NAME` with the name of the "
        "header in which your proxy names the user, such as header:X-Remote-User"
    )


def is_loopback(host: str) -> bool:
    """Whether a host (a name or an address, without a port) is this machine and no other."""
    known = address(host.removeprefix("[").removesuffix("]"))
    return known.is_loopback if known else host.lower() == "localhost"


def address(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address, an IPv4 one in IPv6 clothes as what it is; None if it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def among(text: str, networks: Networks) -> bool:
    """Whether an address stands in one of the networks."""
    known = address(text)
    return known is not None and any(known in network for network in networks)


def host_name(host: str) -> str:
    """The name or address in a Host header, without the port."""
    name, colon, port = host.rpartition(":")
    return name if colon and (port.isdecimal() or not port) else host


def is_own_origin(origin: str, host: str, public: str) -> bool:
    """Whether an Origin header names this site.

    `host` is the Host header of the same request, `public` the origin that was configured.
    """
    scheme, _, place = origin.lower().partition("://")
    if scheme not in _PORTS or not place:
        return False
    return origin.lower() == public or place == host.lower().removesuffix(f":{_PORTS[scheme]}")


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise InputError(
            f"--trusted-proxy {text!r}: {error}; give an address such as 10.0.0.5 or a network "
            "such as 10.0.0.0/24"
        ) from error
    if network.prefixlen == 0:
        raise InputError(
            f"--trusted-proxy {text} trusts everyone, so that anyone could name himself as he "
            "likes; give the address or the network of your proxy"
        )
    return network


def _origin(url: str) -> str:
    """The origin as browsers write it: lower case, without the usual port and a path."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"--public-url {url!r}: {error}") from error
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in _PORTS or not parts.hostname or not plain:
        raise InputError(
            f"--public-url {url!r} is not the address of a site; give scheme and host, such as "
            "https://interviews.example.org (without a path)"
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    unusual = port is not None and port != _PORTS[parts.scheme]
    return f"{parts.scheme}://{name}:{port}" if unusual else f"{parts.scheme}://{name}"
