"""The protocol between the two sides of a sandbox: frames of a small JSON header and some bytes, over a stream socket.

The fork server receives its settings first; then, for each program, {"limits": …, "call": …}, {"code": …} with the
code, {"test": n} with the input for each test, and {"end": true}. It answers {"ready": …}, {"result": n, …} with the
output for each test, and {"finished": true, "clean": …}, which tells whether the program's folder is removed.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

HEAD = struct.Struct("!IQ")
"""Lengths of the header and the bytes."""
SMALL = 1 << 16
"""Up to this size, a frame's bytes are copied to be sent together with its header."""


def pack(header: dict[str, Any], length: int) -> bytes:
    """Return the bytes that precede a frame's content of `length` bytes."""
    encoded = json.dumps(header).encode()
    return HEAD.pack(len(encoded), length) + encoded


def send(stream: socket.socket, header: dict[str, Any], content: bytes | bytearray = b"") -> None:
    head = pack(header, len(content))
    if len(content) < SMALL:
        stream.sendall(head + content)
    else:
        stream.sendall(head)
        stream.sendall(content)


def receive(stream: socket.socket) -> tuple[dict[str, Any], bytes]:
    """Return the next frame. Raises EOFError when the other side is gone."""
    header_length, length = HEAD.unpack(_exactly(stream, HEAD.size))
    header: dict[str, Any] = json.loads(_exactly(stream, header_length))
    return header, _exactly(stream, length)


def _exactly(stream: socket.socket, length: int) -> bytes:
    content = bytearray(length)
    view = memoryview(content)
    while view:
        size = stream.recv_into(view)
        if not size:
            raise EOFError
        view = view[size:]
    return bytes(content)
