"""Arguments of vLLM, SGLang and TensorRT-LLM that say how a server works, and nothing of what it answers."""

from __future__ import annotations

MANY_VALUES = (
    *("--served-model-name", "--allowed-origins", "--allowed-methods", "--allowed-headers", "--warmups"),
    *("--cuda-graph-bs", "--cuda-graph-sizes", "--cudagraph-capture-sizes"),
    *("--bucket-time-to-first-token", "--bucket-inter-token-latency", "--bucket-e2e-request-latency"),
)
"""Of these those that several words may follow."""

_NAMES_AND_PLACES = (
    *("--served-model-name", "--download-dir", "--root-path", "--fastapi-root-path", "--uds", "--disable-fastapi-docs"),
    *("--allowed-origins", "--allowed-methods", "--allowed-headers", "--allow-credentials", "--enable-ssl-refresh"),
    *("--ssl-keyfile", "--ssl-certfile", "--ssl-ca-certs", "--ssl-cert-reqs", "--ssl-keyfile-password"),
    *("--h11-max-incomplete-event-size", "--h11-max-header-count", "--enable-request-id-headers"),
    *("--nnodes", "--node-rank", "--master-addr", "--master-port", "--dist-init-addr", "--dist-timeout", "--nccl-port"),
    *("--headless", "--device-id", "--base-gpu-id", "--gpu-id-step", "--metadata-server-config-file", "--server-role"),
)
_WHAT_IS_TOLD = (
    *("--log-level", "--log-level-http", "--uvicorn-log-level", "--log-config", "--log-config-file", "--max-log-len"),
    *("--disable-uvicorn-access-log", "--disable-access-log-for-endpoints", "--uvicorn-access-log-exclude-prefixes"),
    *("--disable-log-requests", "--no-disable-log-requests", "--enable-log-requests", "--no-enable-log-requests"),
    *("--enable-log-outputs", "--no-enable-log-outputs", "--enable-log-deltas", "--no-enable-log-deltas"),
    *("--disable-log-stats", "--aggregate-engine-logging", "--log-error-stack", "--no-log-error-stack"),
    *("--log-requests", "--log-requests-level", "--log-requests-format", "--log-requests-target", "--show-time-cost"),
    *("--decode-log-interval", "--enable-metrics", "--enable-metrics-for-all-schedulers", "--collect-tokens-histogram"),
    *("--bucket-time-to-first-token", "--bucket-inter-token-latency", "--bucket-e2e-request-latency"),
    *("--show-hidden-metrics-for-version", "--kv-cache-metrics", "--kv-cache-metrics-sample", "--cudagraph-metrics"),
    *("--otlp-traces-endpoint", "--collect-detailed-traces", "--enable-trace", "--enable-server-load-tracking"),
    *(
        "--enable-layerwise-nvtx-tracing",
        "--enable-mfu-metrics",
        "--enable-prompt-tokens-details",
        "--kv-events-config",
    ),
    *("--enable-cache-report", "--crash-dump-folder", "--enable-iter-perf-stats", "--enable-request-stats"),
    *("--profiler-config", "--use-tqdm-on-load", "--no-use-tqdm-on-load", "--disable-nvtx"),
)
_PREFIXES_KEPT = (
    *("--enable-prefix-caching", "--no-enable-prefix-caching", "--prefix-caching-hash-algo"),
    *("--disable-radix-cache", "--radix-eviction-policy", "--enable-hierarchical-cache", "--hicache-ratio"),
    *("--hicache-size", "--hicache-write-policy", "--enable-block-reuse", "--disable-block-reuse"),
)
_HOW_REQUESTS_ARE_TAKEN = (
    *("--max-num-seqs", "--max-num-batched-tokens", "--max-num-partial-prefills", "--max-long-partial-prefills"),
    *("--long-prefill-token-threshold", "--enable-chunked-prefill", "--no-enable-chunked-prefill"),
    *(
        "--scheduling-policy",
        "--async-scheduling",
        "--no-async-scheduling",
        "--stream-interval",
        "--num-scheduler-steps",
    ),
    *("--api-server-count", "-asc", "--disable-frontend-multiprocessing", "--num-postprocess-workers"),
    *("--max-running-requests", "--max-queued-requests", "--max-total-tokens", "--chunked-prefill-size"),
    *("--max-prefill-tokens", "--prefill-max-requests", "--schedule-policy", "--schedule-conservativeness"),
    *("--num-continuous-decode-steps", "--tokenizer-worker-num", "--detokenizer-worker-num", "--watchdog-timeout"),
    *("--soft-watchdog-timeout", "--skip-server-warmup", "--warmups", "--load-balance-method", "--sleep-on-idle"),
    *("--disable-overlap-schedule", "--max-batch-size", "--max-num-tokens", "--shutdown-timeout"),
)
_MEMORY = (
    *(
        "--gpu-memory-utilization",
        "--kv-cache-memory-bytes",
        "--swap-space",
        "--cpu-offload-gb",
        "--mem-fraction-static",
    ),
    *("--num-gpu-blocks-override", "--kv-offloading-size", "--kv-offloading-backend", "--free-gpu-memory-fraction"),
    *("--kv-cache-free-gpu-memory-fraction", "--preemption-mode", "--enable-memory-saver"),
    *(
        "--max-parallel-loading-workers",
        "--enable-sleep-mode",
        "--safetensors-load-strategy",
        "--weight-loader-disable-mmap",
    ),
)
_GRAPHS = (
    *("--enforce-eager", "--no-enforce-eager", "--cuda-graph-sizes", "--cudagraph-capture-sizes"),
    *("--max-cudagraph-capture-size", "--disable-cuda-graph", "--disable-cuda-graph-padding", "--cuda-graph-max-bs"),
    *("--cuda-graph-bs", "--max-seq-len-to-capture"),
)
_PARALLEL = (
    *("--tensor-parallel-size", "-tp", "--pipeline-parallel-size", "-pp", "--data-parallel-size", "-dp"),
    *("--data-parallel-size-local", "-dpl", "--data-parallel-address", "-dpa", "--data-parallel-rpc-port", "-dpp"),
    *("--data-parallel-rank", "-dpn", "--data-parallel-start-rank", "-dpr", "--data-parallel-backend", "-dpb"),
    *("--distributed-executor-backend", "--ray-workers-use-nsight", "--enable-expert-parallel", "-ep"),
    *("--no-enable-expert-parallel", "--disable-custom-all-reduce", "--no-disable-custom-all-reduce"),
    *("--tp", "--tp-size", "--pp-size", "--dp", "--dp-size", "--ep", "--ep-size", "--moe-expert-parallel-size"),
    *("--expert-parallel-size", "--cluster-size", "--gpus-per-node", "--use-ray"),
)
OPERATIONAL = frozenset(
    (
        *_NAMES_AND_PLACES,
        *_WHAT_IS_TOLD,
        *_PREFIXES_KEPT,
        *_HOW_REQUESTS_ARE_TAKEN,
        *_MEMORY,
        *_GRAPHS,
        *_PARALLEL,
    )
)
