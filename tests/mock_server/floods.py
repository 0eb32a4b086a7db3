"""Answers that never end, or unfold into more than anybody asked for."""

from __future__ import annotations

import zlib

from tests.mock_server.shapes import JSON, Fault, says

_GOOD = says(r"\boxed{5}").body


def _unfolding(encoding: str, window: int) -> Fault:
    """A megabyte that becomes a gigabyte of spaces. window: zlib's wbits."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    head = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(b" " * 2**24) + packer.flush(zlib.Z_FULL_FLUSH)  # which can be read after any other
    return Fault(200, head + 64 * part, (*JSON, ("Content-Encoding", encoding)))


FLOODS: dict[str, Fault] = {
    "gzip_bomb": _unfolding("gzip", zlib.MAX_WBITS + 16),
    "deflate_bomb": _unfolding("deflate", zlib.MAX_WBITS),
    "raw_deflate_bomb": _unfolding("deflate", -zlib.MAX_WBITS),
    "huge": Fault(body=b" " * 2**16, headers=(*JSON, ("Content-Length", str(2**40))), then="endless"),
    "endless": Fault(body=b" " * 2**16, then="endless"),
    "endless_bytes": Fault(body=b" ", then="endless"),
    "endless_error": Fault(500, b"no room. " * 2**13, then="endless"),
    "endless_refusal": Fault(400, b"no such field. " * 2**12, then="endless"),
    "endless_headers": Fault(then="endless_headers"),
    "many_headers": Fault(body=_GOOD, headers=tuple((f"X-Header-{number}", "x" * 1000) for number in range(2000))),
    "long_header": Fault(body=_GOOD, headers=(*JSON, ("X-Header", "x" * 10**6))),
    "many_values": Fault(body=b'{"choices": [' + b"[]," * 2**23 + b"[]]}"),
}
