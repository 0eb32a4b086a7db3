"""Landlock (Linux 5.13): a process gives up access to all files except those it names."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from northstar.sandbox.inside.system import call_number, checked, libc, no_new_privileges

SCOPES_SIGNALS = 6
"""The version that introduces scopes, which keep a process from signalling others."""

_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""The number of file rights each version knows; later versions know 16."""
_EXECUTE, _READ_FILE, _READ_FOLDER = 1, 4, 8
_ON_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
"""Execute, write, read, truncate, ioctl: the rights that apply to single files."""


def version() -> int:
    """Return the kernel's Landlock version; 0 if it is missing or disabled."""
    return max(0, int(libc.syscall(call_number("landlock_create_ruleset"), None, 0, 1)))


def restrict(readable: Iterable[str], writable: Iterable[str], abi: int) -> None:
    """Deny this process all other files for good, and signals and TCP if version `abi` supports that.

    Missing paths are ignored. Raises OSError.
    """
    every_right = (1 << _RIGHTS.get(abi, 16)) - 1
    network, scopes = (3 if abi >= 4 else 0), (3 if abi >= SCOPES_SIGNALS else 0)
    size = 8 if abi < 4 else 16 if abi < SCOPES_SIGNALS else 24
    attributes = struct.pack("QQQ", every_right, network, scopes)[:size]
    rules = checked(
        libc.syscall(call_number("landlock_create_ruleset"), attributes, size, 0), "landlock_create_ruleset"
    )
    try:
        for paths, rights in ((readable, _EXECUTE | _READ_FILE | _READ_FOLDER), (writable, every_right)):
            for path in paths:
                _allow(rules, path, rights & every_right)
        no_new_privileges()
        checked(libc.syscall(call_number("landlock_restrict_self"), rules, 0), "landlock_restrict_self")
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if os.path.isdir(path) else rights & _ON_FILES  # noqa: PTH112
        rule = struct.pack("=Qi", allowed, place)
        checked(libc.syscall(call_number("landlock_add_rule"), rules, 1, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(place)
