"""The process in which llama.cpp's server runs: python start_llamacpp.py FILE PORT SLOTS CONTEXT THREADS.

Imports nothing of Northstar.
"""

from __future__ import annotations

import signal
import sys
import time

LOG_SECONDS = 1.0
"""llama.cpp writes its log in a thread that ends with the process: so long it has to say why it failed."""


def main(file: str, port: int, slots: int, context: int, threads: int) -> None:
    """Serve `file` on 127.0.0.1:`port` until it is killed. context: tokens of one slot."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = file
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = slots
    parameters.n_ctx = slots * context
    parameters.cpuparams.n_threads = threads
    parameters.endpoint_metrics = True  # for the progress display
    parameters.n_threads_http = slots + 8  # one is bound by each request: health checks must get through
    try:
        server = xllamacpp.Server(parameters)  # noqa: F841 - serves for as long as somebody holds it
    except RuntimeError:
        time.sleep(LOG_SECONDS)
        raise
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
