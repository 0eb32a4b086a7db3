"""The targets of SciCode's tests: fetches the authors' test_data.h5, and extracts a file per step."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from northstar.core.errors import NorthstarError, UsageError
from northstar.core.text import counted
from northstar.data.source import Preparation
from northstar.sandbox.environment import environment_argv
from northstar.sandbox.launch import Interpreter

DRIVE_FILE = "17G_k65N_6yFFZ2O-jQH00Lh6iaw3z-AW"
PAGE = f"https://drive.google.com/file/d/{DRIVE_FILE}/view"
LONGEST_SECONDS = 3600
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ANOTHER = "Name the right file with ++scicode.targets=PATH."

_EXTRACT = """
import json, sys, types
values = types.ModuleType("northstar_values")
exec(VALUES, values.__dict__)
import h5py

def text_or_value(item):
    value = item[()]
    return value.decode("utf-8") if isinstance(value, bytes) else value

def sparse(group):
    from scipy.sparse import bsr_matrix, coo_matrix, csr_matrix
    data, shape = group["data"][()], tuple(group["shape"][()])
    if "row" in group and "col" in group:
        return coo_matrix((data, (group["row"][()], group["col"][()])), shape=shape)
    parts = (data, group["indices"][()], group["indptr"][()])
    if "blocksize" in group:
        return bsr_matrix(parts, shape=shape, blocksize=tuple(group["blocksize"][()]))
    return csr_matrix(parts, shape=shape)

def number_or_text(key):
    try:
        return float(key)
    except ValueError:
        return key

def of_group(group):
    first = next(iter(group.keys()))
    if first == "list":
        return [of_item(group["list"][key], plain=True) for key in group["list"].keys()]
    if first == "sparse_matrix":
        return sparse(group["sparse_matrix"])
    result = {}
    for key, item in group.items():
        if isinstance(item, h5py.Group):
            result[key] = sparse(item["sparse_matrix"]) if "sparse_matrix" in item else of_group(item)
        elif isinstance(item[()], bytes):
            result[key] = item[()].decode("utf-8")
        else:
            result[number_or_text(key)] = item[()]
    return result

def of_item(item, plain=False):
    if isinstance(item, h5py.Group):
        return of_group(item)
    return item[()] if plain else text_or_value(item)

tests = {}
with h5py.File(sys.argv[1], "r") as file:
    for step in file.keys():
        targets = []
        while (name := "test%d" % (len(targets) + 1)) in file[step]:
            parts = [of_item(item) for item in file[step][name].values()]
            targets.append(parts[0] if len(parts) == 1 else tuple(parts))
        tests[step] = len(targets)
        with open(sys.argv[2] + "/" + step.replace("/", "_"), "wb") as out:
            out.write(values.encode(targets))
print(json.dumps(tests))
"""


@dataclass(frozen=True)
class Targets:
    """The content of a test_data.h5: `folder` has a file per step, `tests` maps a step to its number of targets."""

    path: Path
    sha256: str
    folder: Path
    tests: Mapping[str, int]

    def file_of(self, step: str, wanted: int) -> Path:
        """Return the file with a step's targets. Raises NorthstarError if it has fewer than `wanted`."""
        present = self.tests.get(step, 0)
        if present < wanted:
            what = f"targets of only {counted(present, 'test')}" if present else "no targets"
            raise NorthstarError(
                f"{self.path} has {what} of step {step}, which has {counted(wanted, 'test')}; is it SciCode's "
                f"test_data.h5? {_ANOTHER}"
            )
        return self.folder / step


def check_targets(path: Path) -> None:
    """Raise UsageError if a path cannot be ++scicode.targets; reads only its first bytes."""
    if path.exists() and not path.is_file():
        raise UsageError(f"++scicode.targets: {path} cannot be read (it is not a regular file).")
    try:
        is_hdf5 = _is_hdf5(path)
    except OSError as error:
        raise UsageError(f"++scicode.targets: {path} cannot be read ({error.strerror}).") from None
    if not is_hdf5:
        raise UsageError(f"++scicode.targets: {path} is not an HDF5 file; SciCode's is called test_data.h5.")


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def extract_targets(environment: Interpreter, path: Path, folder: Path, say: Callable[[str], None]) -> Targets:
    """Write each step's targets into `folder`, named after the step. Raises NorthstarError for any other file.

    The authors' layout is <step>/test<i>/ with a dataset or group per value that the test compares; several values form
    a tuple. A group is a list, a sparse matrix or a dict.
    """
    say(f"reading SciCode's targets in {path} …")
    values = resources.files("northstar.benchmarks.scicode").joinpath("values.py").read_text()
    code = f"VALUES = {values!r}\n{_EXTRACT}"
    try:
        done = subprocess.run(
            [*environment_argv(environment), "-c", code, str(path), str(folder)],
            check=True,
            capture_output=True,
            timeout=LONGEST_SECONDS,
        )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Targets(path, digest, folder, json.loads(done.stdout))
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise NorthstarError(f"{path} is not SciCode's test_data.h5, or is damaged ({lines[-1]}). {_ANOTHER}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NorthstarError(f"{path} cannot be read ({error}).") from None


def fetch_targets(environment: Interpreter, preparation: Preparation) -> Path:
    """Return the authors' test_data.h5 (1 GB, Google Drive), fetched once. Raises NorthstarError with a remedy."""
    path = preparation.folder / "test_data.h5"
    if path.is_file():
        return path
    partial = path.with_suffix(".h5.part")
    preparation.say(f"fetching SciCode's targets (1 GB) into {path} …")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        argv = [*environment_argv(environment), "-m", "gdown", DRIVE_FILE, "-O", str(partial)]
        subprocess.run(argv, check=True, capture_output=True, timeout=LONGEST_SECONDS)
        if not _is_hdf5(partial):
            raise OSError("the download is not an HDF5 file")
        partial.rename(path)
    except (OSError, subprocess.SubprocessError) as error:
        stderr = (getattr(error, "stderr", None) or b"").decode(errors="replace").partition("To report issues")[0]
        why = " ".join(stderr.removeprefix("Error:").split())[:300] or str(error)
        raise NorthstarError(
            f"cannot fetch SciCode's targets ({why}). They are not on the hub: "
            f"download test_data.h5 from {PAGE} with a browser, then run ns prepare_data scicode "
            "++scicode.targets=PATH/test_data.h5"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return path
