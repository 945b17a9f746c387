"""Keeps a kernel that starts up with this file from reaching any other machine."""

from __future__ import annotations

import ipaddress
import socket

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


def _require_here(host):
    try:
        here = host in {"localhost", None} or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise PermissionError(f"The network is cut off: {host} is not this machine.")


def _require_near(held, address):
    if held.family in {socket.AF_INET, socket.AF_INET6}:
        _require_here(address[0])


def _connect_here(held, address):
    _require_near(held, address)
    return _connect(held, address)


def _connect_ex_here(held, address):
    _require_near(held, address)
    return _connect_ex(held, address)


def _getaddrinfo_here(host, *options, **more):
    _require_here(host.decode() if isinstance(host, bytes) else host)
    return _getaddrinfo(host, *options, **more)


socket.socket.connect = _connect_here
socket.socket.connect_ex = _connect_ex_here
socket.getaddrinfo = _getaddrinfo_here
