"""Where a room finds this server: its number in the network, and as a square that a camera reads."""

import socket
from urllib.parse import urlsplit

import segno
import streamlit as st

from core.visitors import is_loopback

NOBODY = ("192.0.2.1", 9)  # an address of documentations (RFC 5737): nothing is sent, it only asks which way it is


def reached_at(url: str) -> str:
    """The start of an address that others in the room can type; url: by which this browser came."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if is_loopback(host):
        host = own_number() or host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme or 'http'}://{host}{port}"


def only_here() -> bool:
    """Does the server listen to this machine only, so that no phone reaches it?"""
    return is_loopback(str(st.get_option("server.address") or ""))


def own_number() -> str:
    """The machine's number in its network; "" where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOBODY)
            found = str(probe.getsockname()[0])
        except OSError:
            return ""
    return "" if is_loopback(found) else found


def square(address: str) -> str:
    """The address as an SVG of a QR code, dark on white in every theme."""
    svg: str = segno.make(address, error="m").svg_inline(scale=6, border=3, dark="#14181A", light="white")
    return svg
