"""A startup file of IPython that lets the kernel connect to loopback only."""

from __future__ import annotations

import ipaddress
import socket

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


def _require_loopback(host):
    try:
        allowed = host in {"localhost", None} or ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise PermissionError(f"The network is cut off: {host} is not this machine.")


def _require_loopback_address(socket_object, address):
    if socket_object.family in {socket.AF_INET, socket.AF_INET6}:
        _require_loopback(address[0])


def _connect_to_loopback(socket_object, address):
    _require_loopback_address(socket_object, address)
    return _connect(socket_object, address)


def _connect_ex_to_loopback(socket_object, address):
    _require_loopback_address(socket_object, address)
    return _connect_ex(socket_object, address)


def _getaddrinfo_of_loopback(host, *arguments, **options):
    _require_loopback(host.decode() if isinstance(host, bytes) else host)
    return _getaddrinfo(host, *arguments, **options)


socket.socket.connect = _connect_to_loopback
socket.socket.connect_ex = _connect_ex_to_loopback
socket.getaddrinfo = _getaddrinfo_of_loopback
