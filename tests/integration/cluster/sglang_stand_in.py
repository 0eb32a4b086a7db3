"""Takes SGLang's arguments on each of its nodes: the first one serves as the mock server does, the others stay."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--model-path", "--host", "--port", "--tp", "--nnodes", "--node-rank", "--dist-init-addr"):
        parser.add_argument(name)
    parser.add_argument("--notes", type=Path, required=True)
    options = parser.parse_args()
    node = os.environ["SLURMD_NODENAME"]
    said = f"{options.tp} {options.nnodes} {node} {os.environ['CUDA_VISIBLE_DEVICES']}"
    (options.notes / f"rank-{options.node_rank}").write_text(said)
    if options.node_rank != "0":
        signal.pause()
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    words = ["--tokens=20", "--port", options.port, "--models", options.model_path]
    os.execv(sys.executable, [sys.executable, "-m", "tests.mock_server", *words])


if __name__ == "__main__":
    main()
