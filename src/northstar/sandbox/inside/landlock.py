"""Landlock: what of the file system a process may touch, as the process itself gives up the rest (Linux 5.13)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from northstar.sandbox.inside.system import call_number, checked, libc, no_new_privileges

SCOPES_SIGNALS = 6
"""From this version on it can also keep a process from signalling others."""

_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files each version knows; later ones know 16."""
_EXECUTE, _READ_FILE, _READ_FOLDER = 1, 4, 8
_ON_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
"""Execute, write, read, truncate, ioctl: what can be allowed on a single file."""


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none, or it is switched off."""
    return max(0, int(libc.syscall(call_number("landlock_create_ruleset"), None, 0, 1)))


def restrict(readable: Iterable[str], writable: Iterable[str], abi: int) -> None:
    """Deny this process, for good, all files but these folders and files; also signals and TCP where `abi` knows how.

    Paths that are not there are passed over. Raises OSError.
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
        mine = rights if os.path.isdir(path) else rights & _ON_FILES  # noqa: PTH112
        rule = struct.pack("=Qi", mine, place)
        checked(libc.syscall(call_number("landlock_add_rule"), rules, 1, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(place)
