"""--rerun_done: earlier results are set aside, and put back where nothing was made in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from northstar.core.atomic import cannot_write
from northstar.core.lock import Locks
from northstar.core.regular import is_there
from northstar.engine.shards import lock_shards
from northstar.results.layout import (
    METRICS_FILE,
    Shard,
    benchmark_folder,
    journal_beside,
    output_file,
    path_of,
    superseded_folder,
    whole_stem,
)
from northstar.results.metrics_file import drop_metrics, restore_metrics
from northstar.results.state import has_generations, judgement_folders, stems_there


class SetAside:
    """The files that a rerun moved away; nothing that was paid for is deleted.

    As a context manager it puts them back on an exception, until `handed_over`: from then on whoever knows whether the
    run got an answer decides.
    """

    def __init__(self) -> None:
        self.handed_over = False
        self._moves: list[tuple[Path, Path]] = []
        self._numbers: list[tuple[Path, Path]] = []
        self._to_put_back: list[tuple[Path, Path]] | None = None

    def __enter__(self) -> SetAside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self.handed_over:
            self.put_back()

    def move(self, folder: Path, stems: Iterable[str], when: str) -> None:
        """Move these outputs and journals into superseded/<when>. Raises NorthstarError."""
        aside = superseded_folder(folder, when)
        for stem in stems:
            for file in (output := path_of(folder, stem), journal_beside(output)):
                if file.exists():
                    with cannot_write(aside):
                        aside.mkdir(parents=True, exist_ok=True)
                        with suppress(FileNotFoundError):  # another chunk's job set the whole output aside just now
                            file.rename(aside / file.name)
                            self._moves.append((file, aside / file.name))

    def move_numbers(self, benchmark: Path, when: str) -> None:
        """The same with a benchmark's metrics.json where anything of it was moved; eval-results' own drops its numbers.

        Raises NorthstarError.
        """
        if not any(file.is_relative_to(benchmark) for file, _ in self._moves):
            return
        file, aside = benchmark / METRICS_FILE, superseded_folder(benchmark, when) / METRICS_FILE
        with cannot_write(aside):
            if is_there(file):
                aside.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):
                    file.rename(aside)
                    self._numbers.append((file, aside))
        drop_metrics(benchmark)

    def put_back(self) -> bool:
        """Move what no answer has taken the place of to where it was; True if there was any. Raises NorthstarError.

        The locks must still be held. Where it fails it may be called again for the rest.
        """
        if self._to_put_back is None:  # once: later, what is back already would count as an answer
            taken = [file for file, _ in self._moves if _taken(file)]
            free = [(file, aside) for file, aside in self._moves if file not in taken]
            whole = [each for each in self._numbers if not any(file.is_relative_to(each[0].parent) for file in taken)]
            self._to_put_back = [*free, *whole]
        found = bool(self._to_put_back)
        while self._to_put_back:
            file, aside = self._to_put_back[0]
            if file.name == METRICS_FILE:
                restore_metrics(file.parent, aside)
            _move_back(file, aside)
            del self._to_put_back[0]
        return found

    @property
    def folders(self) -> list[Path]:
        """Where what is still set aside lies, and would be put back."""
        moves = self._moves if self._to_put_back is None else self._to_put_back
        return sorted({aside.parent for _, aside in moves})


def _move_back(file: Path, aside: Path) -> None:
    with cannot_write(file):
        # The journal that was begun and holds no answer; an output comes before its own.
        journal_beside(file).unlink(missing_ok=True)
        aside.rename(file)
    with suppress(OSError):  # not empty yet, or holds what others set aside
        aside.parent.rmdir()
        aside.parent.parent.rmdir()


def supersede_outputs(output_dir: Path, shards: Mapping[str, Sequence[Shard]], locks: Locks, when: str) -> SetAside:
    """Set the outputs of these shards (by benchmark) aside with all judgements of them. Raises NorthstarError."""
    places: list[tuple[Path, Sequence[Shard]]] = []
    for name, mine in shards.items():
        folder = benchmark_folder(output_dir, name)
        places += [(each, mine) for each in (folder, *judgement_folders(folder))]
    return supersede(places, locks, when, [benchmark_folder(output_dir, name) for name in shards])


def supersede(
    places: Iterable[tuple[Path, Sequence[Shard]]], locks: Locks, when: str, benchmarks: Iterable[Path]
) -> SetAside:
    """Set aside what these folders hold of these shards, once all of it is locked. Raises NorthstarError.

    benchmarks: the folders whose numbers are of that.
    """
    places = list(places)
    for folder, shards in places:
        lock_shards(folder, shards, locks, even_done=True)
    aside = SetAside()
    with aside:
        for folder, shards in places:
            aside.move(folder, sorted(replaced_stems(folder, shards)), when)
        for benchmark in benchmarks:
            aside.move_numbers(benchmark, when)
    return aside


def _taken(file: Path) -> bool:
    """Whether anything of its seed has been answered since, also as a chunk of another job."""
    found = output_file(file)
    return found is not None and has_generations(file.parent, found.seed)


def replaced_stems(folder: Path, shards: Iterable[Shard]) -> set[str]:
    """The stems that a rerun of these shards moves away; a chunk's rerun moves the seed's whole output as well."""
    stems: set[str] = set()
    for shard in shards:
        stems |= {shard.stem, whole_stem(shard.seed)}
        if shard.num_chunks == 1:
            stems |= stems_there(folder, shard.seed)
    return stems
