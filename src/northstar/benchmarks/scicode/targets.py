"""The targets of SciCode's tests: fetched as the authors' test_data.h5, and taken out of it, a file a step."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from northstar.data.source import Preparation
from northstar.errors import NorthstarError
from northstar.sandbox.environment import environment_words
from northstar.sandbox.launch import Interpreter

DRIVE_FILE = "17G_k65N_6yFFZ2O-jQH00Lh6iaw3z-AW"
PAGE = f"https://drive.google.com/file/d/{DRIVE_FILE}/view"
LONGEST_SECONDS = 3600

_EXTRACT = """
import sys, types
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
    held = {}
    for key, item in group.items():
        if isinstance(item, h5py.Group):
            held[key] = sparse(item["sparse_matrix"]) if "sparse_matrix" in item else of_group(item)
        elif isinstance(item[()], bytes):
            held[key] = item[()].decode("utf-8")
        else:
            held[number_or_text(key)] = item[()]
    return held

def of_item(item, plain=False):
    if isinstance(item, h5py.Group):
        return of_group(item)
    return item[()] if plain else text_or_value(item)

with h5py.File(sys.argv[1], "r") as file:
    for step in file.keys():
        targets = []
        for number in range(len(file[step])):
            test = file[step]["test%d" % (number + 1)]
            parts = [of_item(test[key]) for key in test.keys()]
            targets.append(parts[0] if len(parts) == 1 else tuple(parts))
        with open(sys.argv[2] + "/" + step.replace("/", "_"), "wb") as out:
            out.write(values.encode(targets))
"""


def extract_targets(environment: Interpreter, path: Path, folder: Path, say: Callable[[str], None]) -> str:
    """Write the targets of each step into `folder`, as the step is called; returns the file's sha256.

    The layout is the authors': <step>/test<i>/ with a dataset or group for each value that the test compares; several
    are a tuple. A group is a list, a sparse matrix or a dict. Raises NorthstarError for another file.
    """
    say(f"reading SciCode's targets in {path} …")
    values = resources.files("northstar.graders.scicode").joinpath("values.py").read_text()
    code = f"VALUES = {values!r}\n{_EXTRACT}"
    try:
        subprocess.run(
            [*environment_words(environment), "-c", code, str(path), str(folder)],
            check=True,
            capture_output=True,
            timeout=LONGEST_SECONDS,
        )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise NorthstarError(f"{path} is not SciCode's test_data.h5, or is damaged ({lines[-1]}).") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NorthstarError(f"{path} cannot be read ({error}).") from None


def fetch_targets(environment: Interpreter, preparation: Preparation) -> Path:
    """The authors' test_data.h5 from their Google Drive (1 GB), fetched once. NorthstarError says what to do."""
    path = preparation.folder / "test_data.h5"
    if path.is_file():
        return path
    partial = path.with_suffix(".h5.part")
    preparation.say(f"fetching SciCode's targets (1 GB) into {path} …")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        words = [*environment_words(environment), "-m", "gdown", DRIVE_FILE, "-O", str(partial)]
        subprocess.run(words, check=True, capture_output=True, timeout=LONGEST_SECONDS)
        partial.rename(path)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or b"").decode(errors="replace").partition("To report issues")[0]
        why = " ".join(said.removeprefix("Error:").split())[:300] or str(error)
        raise NorthstarError(
            f"SciCode's targets could not be fetched ({why}). They are not on the hub: "
            f"download test_data.h5 from {PAGE} with a browser, then run ns prepare_data scicode "
            "--scicode_targets PATH/test_data.h5"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return path
