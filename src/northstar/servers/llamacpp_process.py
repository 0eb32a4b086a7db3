"""The process in which llama.cpp's server runs: python -m … FILE PORT SLOTS CONTEXT THREADS PARENT."""

from __future__ import annotations

import os
import sys
import time


def main(file: str, port: int, slots: int, context: int, threads: int, parent: int) -> None:
    """Serve `file` on 127.0.0.1:`port` until the process `parent` is gone. context: tokens of one slot."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = file
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = slots
    parameters.n_ctx = slots * context
    parameters.cpuparams.n_threads = threads
    server = xllamacpp.Server(parameters)  # noqa: F841 - serves for as long as somebody holds it
    while os.getppid() == parent:  # an orphan is handed to another parent
        time.sleep(0.2)
    os._exit(0)  # at once: the server's own end waits for the answers in flight, which nobody will read


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
