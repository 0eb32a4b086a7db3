"""Sets earlier results aside for --rerun_done, and puts them back if the run made none in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from northstar.core.atomic import cannot_write
from northstar.core.lock import Locks
from northstar.core.regular import is_there
from northstar.engine.shards import lock_shards
from northstar.pool.files import part_paths
from northstar.results.layout import (
    Shard,
    benchmark_folder,
    journal_beside,
    metrics_files,
    output_file,
    path_of,
    superseded_folder,
    whole_stem,
)
from northstar.results.metrics_file import drop_metrics, restore_metrics
from northstar.results.state import has_generations, judgement_folders, regraded_folders, stems_there


class SetAside:
    """The files that a rerun moved away; none is deleted.

    As a context manager it puts them back on an exception, until `handed_over` is set: from then on Note decides, which
    knows whether the run got an answer.
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
            for file in (output := path_of(folder, stem), journal_beside(output), *part_paths(folder, stem)):
                if file.exists():
                    with cannot_write(aside):
                        aside.mkdir(parents=True, exist_ok=True)
                        with suppress(FileNotFoundError):  # another chunk's job set the whole output aside just now
                            file.rename(aside / file.name)
                            self._moves.append((file, aside / file.name))

    def move_numbers(self, benchmark: Path, when: str) -> None:
        """Move a benchmark's metrics files away if any of its outputs moved; drop its numbers from eval-results.

        Raises NorthstarError.
        """
        if not any(file.is_relative_to(benchmark) for file, _ in self._moves):
            return
        for file in metrics_files(benchmark).values():
            aside = superseded_folder(benchmark, when) / file.name
            with cannot_write(aside):
                if is_there(file):
                    aside.parent.mkdir(parents=True, exist_ok=True)
                    with suppress(FileNotFoundError):
                        file.rename(aside)
                        self._numbers.append((file, aside))
        drop_metrics(benchmark)

    def put_back(self) -> bool:
        """Move back each file without new answers in its place, while the locks are held; True if there were any.

        Raises NorthstarError; a second call goes on with the rest.
        """
        if self._to_put_back is None:  # decided once: on a second call, files put back would count as new answers
            taken = [file for file, _ in self._moves if _taken(file)]
            free = [(file, aside) for file, aside in self._moves if file not in taken]
            whole = [each for each in self._numbers if not any(file.is_relative_to(each[0].parent) for file in taken)]
            self._to_put_back = [*free, *whole]
        found = bool(self._to_put_back)
        while self._to_put_back:
            file, aside = self._to_put_back[0]
            if output_file(file) is None:
                restore_metrics(file, aside)
            _move_back(file, aside)
            del self._to_put_back[0]
        return found

    @property
    def folders(self) -> list[Path]:
        """The folders of the files that are still set aside and would be put back."""
        moves = self._moves if self._to_put_back is None else self._to_put_back
        return sorted({aside.parent for _, aside in moves})


def _move_back(file: Path, aside: Path) -> None:
    with cannot_write(file):
        # Removes this run's empty journal. `move` takes an output before its journal, so an earlier one is still aside.
        journal_beside(file).unlink(missing_ok=True)
        aside.rename(file)
    with suppress(OSError):  # still holds files, perhaps of other runs
        aside.parent.rmdir()
        aside.parent.parent.rmdir()


def supersede_outputs(output_dir: Path, shards: Mapping[str, Sequence[Shard]], locks: Locks, when: str) -> SetAside:
    """Set aside the outputs of these shards (benchmark → shards), their judgements and new grades.

    Raises NorthstarError.
    """
    places: list[tuple[Path, Sequence[Shard]]] = []
    for name, mine in shards.items():
        folder = benchmark_folder(output_dir, name)
        places += [(each, mine) for each in (folder, *judgement_folders(folder), *regraded_folders(folder))]
    return supersede(places, locks, when, [benchmark_folder(output_dir, name) for name in shards])


def supersede(
    places: Iterable[tuple[Path, Sequence[Shard]]], locks: Locks, when: str, benchmarks: Iterable[Path]
) -> SetAside:
    """Lock these shards, then move their files away.

    Args:
        places: folders, each with its shards.
        locks: takes the locks.
        when: the name of the folder under superseded/.
        benchmarks: the benchmark folders whose metrics.json go along.

    Raises:
        NorthstarError: another process holds a lock, or a file cannot be moved.
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
    """Whether its seed has new answers, perhaps of a chunk in another job."""
    found = output_file(file)
    return found is not None and has_generations(file.parent, found.seed)


def replaced_stems(folder: Path, shards: Iterable[Shard]) -> set[str]:
    """The stems that a rerun of these shards moves away, with the joined output that a chunk belongs to."""
    stems: set[str] = set()
    for shard in shards:
        stems |= {shard.stem, whole_stem(shard.seed)}
        if shard.num_chunks == 1:
            stems |= stems_there(folder, shard.seed)
    return stems
