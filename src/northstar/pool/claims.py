"""Claims work in a pool's folder: by renaming files, which one of several nodes can do; without locks or clocks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from northstar.core.atomic import cannot_write
from northstar.core.errors import NorthstarError
from northstar.pool.tokens import Listing, ShardName, Token, beat_file, born_file, read_names


class Claims:
    """What one node does in a pool's folder; every step leaves each row in a token, also if it is the node's last.

    Args:
        folder: The pool's.
        node: The name of this life of this node: nobody else has it, now or later.
    """

    def __init__(self, folder: Path, node: str) -> None:
        self.folder, self.node = folder, node
        self.count = 0

    def look(self) -> Listing:
        """Return what the folder says now."""
        try:
            return read_names(file.name for file in self.folder.iterdir())
        except FileNotFoundError:
            return Listing()
        except OSError as error:
            raise NorthstarError(f"cannot read {self.folder}: {error.strerror}.") from None

    def enter(self) -> None:
        """Say for the first time that this node is alive. Raises NorthstarError."""
        with cannot_write(self.folder):
            self.folder.mkdir(exist_ok=True)  # the output folder is there, unless it was moved while this node worked
            self._create(beat_file(self.node, self.count))

    def renew(self) -> bool:
        """Say again that this node is alive; False if others have taken it for dead, and its work."""
        before, self.count = self.count, self.count + 1
        if self._rename(beat_file(self.node, before), beat_file(self.node, self.count)):
            return True
        self.enter()
        return False

    def leave(self) -> None:
        """Give back what this node still has, and remove its sign of life and a folder without work."""
        for token in self.look().held_by(self.node):
            self.give_back(token)
        self._remove(beat_file(self.node, self.count))
        with suppress(OSError):  # others work there
            self.folder.rmdir()

    def put_in(self, shard: ShardName, time: int, rows: Iterable[range], epoch: int = 0) -> bool:
        """Put rows of a shard into the pool; False if another node does.

        Args:
            shard: The shard.
            time: How often it was put in before.
            rows: Its rows that are not done.
            epoch: 0 if no node has begun any of them.

        Raises:
            NorthstarError: The folder cannot be written.
        """
        with cannot_write(self.folder):
            if not self._create(born_file(shard, time)):
                return False
            for part in rows:
                self._create(Token(shard, part.start, part.stop, epoch).file)
        return True

    def claim(self, token: Token, size: int) -> Token | None:
        """Claim the first `size` rows of a token, free or of a node that is gone; None if another node was faster."""
        mine = replace(token, holder=self.node, epoch=token.epoch + bool(token.holder))
        if not self._rename(token.file, mine.file):
            return None
        part, rest = mine.split(size)
        if rest is None or not self._put_back(rest):
            return mine
        # In this order: a node that dies between the two leaves rows in two tokens, never in none.
        return part if self._rename(mine.file, part.file) else None

    def has(self, token: Token) -> bool:
        """Return whether a token is there."""
        return os.path.lexists(self.folder / token.file)

    def give_back(self, token: Token) -> None:
        """Let others claim the rows of a token of this node."""
        self._rename(token.file, replace(token, holder="", epoch=token.epoch + 1).file)

    def expel(self, node: str, count: int) -> None:
        """Remove the sign of life of a node whose work was taken, so that it notices when it wakes."""
        self._remove(beat_file(node, count))

    def retire(self, token: Token) -> None:
        """Remove a token of this node: its rows are done, and on disk."""
        self._remove(token.file)

    def remove_shard(self, shard: ShardName, listing: Listing) -> None:
        """Remove everything of a shard whose output is written."""
        for token in listing.tokens:
            if token.shard == shard:
                self._remove(token.file)
        for time in range(listing.born.get(shard, 0)):
            self._remove(born_file(shard, time))

    def _put_back(self, token: Token) -> bool:
        """Make a free token; False where the disk takes no more files, and the whole token is kept."""
        try:
            self._create(replace(token, holder="").file)
        except OSError:
            return False
        return True

    def _create(self, name: str) -> bool:
        """Create a file; False if it is there."""
        try:
            os.close(os.open(self.folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        except FileExistsError:
            return False
        return True

    def _rename(self, before: str, after: str) -> bool:
        """Rename a file; False if another node has renamed it. `after` is a name that only this node gives."""
        try:
            (self.folder / before).rename(self.folder / after)
        except FileNotFoundError:
            # On NFS the first request may have done it while its reply was lost.
            return os.path.lexists(self.folder / after)
        except OSError as error:
            raise NorthstarError(f"cannot write to {self.folder}: {error.strerror}.") from None
        return True

    def _remove(self, name: str) -> None:
        with suppress(OSError):
            (self.folder / name).unlink()
