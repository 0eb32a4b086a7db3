"""What `import northstar` offers, as editors and type checkers see it. Written by `make stub`."""

from collections.abc import Mapping, Sequence
from typing import Any

from northstar.api.bundling.packing import bundle as bundle
from northstar.api.bundling.verifying import verify as verify
from northstar.api.prepare import prepare_data as prepare_data
from northstar.api.regrading import Regrading
from northstar.api.running import Evaluation
from northstar.api.watching import status as status
from northstar.comparison.compare import compare as compare
from northstar.core.errors import NorthstarError as NorthstarError
from northstar.core.errors import UsageError as UsageError
from northstar.core.paths import AnyPath
from northstar.exporting.export import export as export
from northstar.jobs.executor import Submitted
from northstar.pages.report.report import report as report
from northstar.reports.summarize import summarize_results as summarize_results
from northstar.version import __version__ as __version__

__all__ = [
    "NorthstarError",
    "UsageError",
    "__version__",
    "bundle",
    "compare",
    "evaluate",
    "export",
    "generate",
    "import_generations",
    "judge",
    "prepare_data",
    "regrade",
    "report",
    "status",
    "submit",
    "summarize_results",
    "verify",
]

def evaluate(
    benchmarks: str | Sequence[str] = "",
    *,
    output_dir: AnyPath,
    progress: bool = True,
    recipe: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    model: str | None = None,
    server_type: str | None = None,
    server_address: str | Sequence[str] | None = None,
    server_addresses: AnyPath | None = None,
    server_args: str = "",
    server_gpus: int | None = None,
    server_nodes: int | None = None,
    server_replicas: int | None = None,
    server_restarts: int = 3,
    server_python: str | None = None,
    server_entrypoint: str | None = None,
    server_start_timeout: float = 3600,
    judge_model: str | None = None,
    judge_server_type: str | None = None,
    judge_server_address: str | Sequence[str] | None = None,
    judge_server_gpus: int | None = None,
    judge_server_args: str = "",
    judge_server_python: str | None = None,
    extra_judge_args: str | Sequence[str] | Mapping[str, Any] = "",
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    prices: AnyPath | None = None,
    time_limit: str | None = None,
    split: str | None = None,
    data_dir: AnyPath | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    no_prepare: bool = False,
    prompts: str | None = None,
    starting_seed: int | None = None,
    precision: float | None = None,
    num_chunks: int | None = None,
    chunk_ids: str | None = None,
    cluster: str = "local",
    config_dir: AnyPath | None = None,
    rerun_done: bool = False,
    sandbox: str = "auto",
) -> Evaluation:
    """Run a model over benchmarks, grade every answer, and return the metrics; finished answers are kept.

    With a recipe, the result has the `verdicts` on what was published, and each departure from it is a notice.

    Args:
        benchmarks: Names with the number of seeds: math-500:16,aime24 (no number: one greedy generation), or with
            --precision a range: aime25:4..64; or a group: nemotron-tutorial, my-group.yaml.
        output_dir: Where the results go; run again, it goes on.
        progress: Show progress on stderr.
        recipe: A recipe, NAME:RUN as ns recipes lists them, or a YAML file: fills in what this command leaves
            open, and says at the end whether the numbers agree with those published; or a run's run.json, to make
            the run again.
        overrides: Settings, as words like '++inference.top_p=0.9' or as a nested dict; ns settings lists them.
        model: Of a server that is started: the model's folder, or its name on the hub; llamacpp: a GGUF file, or
            smollm2 (the default). Else the name that the server knows.
        server_type: Started here: vllm, sglang, trtllm, llamacpp, generic. Running already: openai (anything
            compatible), azureopenai, gemini (default: openai where an address is given, else llamacpp).
        server_address: http://host:port/v1 of a running server, of any type; its key is read from MODEL_API_KEY,
            else OPENAI_API_KEY. Several, each given so, share the work.
        server_addresses: A file of addresses, one a line, read again while the run goes on: servers may join and
            leave.
        server_args: Arguments of the server that is started, quoted as for a shell; llamacpp: --parallel,
            --ctx-size, --threads, --port.
        server_gpus: GPUs for the model, on each node; 0: the CPU.
        server_nodes: Nodes that one server spans (default: 1).
        server_replicas: Servers that share the GPUs and the work (default: 1).
        server_restarts: How often in a row a server that dies is started again.
        server_python: The interpreter of the server's own environment (default: this one, or that of its command
            on the PATH).
        server_entrypoint: A command in place of the type's own; generic: with {model}, {port}, {gpus}, or it gets
            --model, --port.
        server_start_timeout: Seconds until a server must be ready.
        judge_model: The judge's model, or several: A,B (default: the benchmark's own; hle: o3-mini-20250131);
            none judges nothing.
        judge_server_type: As --server_type (default: openai). A server that is started here judges after the
            model.
        judge_server_address: Of a running server (default: OpenAI's); its key is read from JUDGE_API_KEY, else
            OPENAI_API_KEY.
        judge_server_gpus: GPUs of a server that is started.
        judge_server_args: Arguments of a server that is started.
        judge_server_python: The interpreter of that server's environment.
        extra_judge_args: Settings of the judge, written like overrides.
        max_tokens_total: Stop once all runs of this output folder have spent so many tokens, prompts and judges
            included; what is in flight then still ends and counts.
        max_cost: The same of the cost, by --prices, in their currency.
        prices: A YAML file with the price of a million tokens of the model and each judge: MODEL: {input: 0.5,
            output: 2.0}; cached and reasoning as well.
        time_limit: Stop asking after so long, of this command or of each job (90m, 1h30m, or as Slurm writes it:
            1-12:00); what is in flight then is asked again by the next run.
        split: The split of the benchmarks that have it, where --benchmarks names none (gpqa.main) (default: each
            one's own, as ns prepare_data --list says).
        data_dir: Where the prepared rows are (default: NORTHSTAR_DATA_DIR, or the user's data folder).
        extra_benchmarks: A file, or folder, of your own benchmarks.
        no_prepare: Refuse benchmarks that are not prepared (default: say what is fetched, and prepare them).
        prompts: The library of prompts that ++prompt_config names, and whose own choice is asked without it:
            nemo-skills, or nemo-skills@COMMIT; hle, scicode (default: Northstar's own words).
        starting_seed: The first seed of each benchmark with seeds (default: 0).
        precision: For a range of seeds (aime25:4..64): ask as few as bring the standard error of pass@1 down to
            so many points.
        num_chunks: Split the rows into N chunks, so that several jobs can share them.
        chunk_ids: Which of these chunks this job takes: 0,3 or 0-3.
        cluster: The name of a cluster config, which says where it runs and what is mounted; local: this machine.
        config_dir: The folder of cluster configs (default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's
            config folder).
        rerun_done: Set aside what is done, and ask again.
        sandbox: What keeps in programs that the model wrote: bubblewrap, landlock, auto (the stronger one that
            works here), or unsafe: nothing does, they run with your own rights.

    Raises:
        UsageError: An option is wrong, or neither benchmarks nor a recipe is given; no request was sent.
        NorthstarError: The run failed; call it again to continue.

    >>> result = northstar.evaluate("smoke:4", output_dir="out")  # doctest: +SKIP
    >>> result.metrics["smoke"]["pass@4"]["symbolic_correct"]  # doctest: +SKIP
    """

def generate(
    input_file: AnyPath,
    *,
    output_dir: AnyPath,
    progress: bool = True,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    data_dir: AnyPath | None = None,
    prompts: str | None = None,
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    prices: AnyPath | None = None,
    time_limit: str | None = None,
    extract: str | None = None,
    extract_field: str | None = None,
    output_format: str = "jsonl",
    model: str | None = None,
    server_type: str | None = None,
    server_address: str | Sequence[str] | None = None,
    server_addresses: AnyPath | None = None,
    server_args: str = "",
    server_gpus: int | None = None,
    server_nodes: int | None = None,
    server_replicas: int | None = None,
    server_restarts: int = 3,
    server_python: str | None = None,
    server_entrypoint: str | None = None,
    server_start_timeout: float = 3600,
    judge_model: str | None = None,
    judge_server_type: str | None = None,
    judge_server_address: str | Sequence[str] | None = None,
    judge_server_gpus: int | None = None,
    judge_server_args: str = "",
    judge_server_python: str | None = None,
    extra_judge_args: str | Sequence[str] | Mapping[str, Any] = "",
    judge_labels: str | None = None,
    num_random_seeds: int | None = None,
    num_samples: int | None = None,
    starting_seed: int | None = None,
    random_seeds: str | None = None,
    num_chunks: int | None = None,
    chunk_ids: str | None = None,
    cluster: str = "local",
    config_dir: AnyPath | None = None,
    rerun_done: bool = False,
) -> Evaluation:
    """Ask a model the rows of a file and write its answers beside them, in the rows' order; goes on where it was.

    Args:
        input_file: The rows: JSON lines, one object each, or parquet.
        output_dir: Where output.jsonl, or output-rs0.jsonl and so on, go; run again, it goes on.
        progress: Show progress on stderr.
        overrides: Settings, as words like '++prompt_config=p.yaml' or a nested dict; ns generate --help lists
            them.
        data_dir: Where the prompts of libraries are kept (default: NORTHSTAR_DATA_DIR, or the user's data
            folder).
        prompts: The library of prompts that ++prompt_config names, and whose own choice is asked without it:
            nemo-skills, or nemo-skills@COMMIT; hle, scicode (default: Northstar's own words).
        max_tokens_total: Stop once all runs of this output folder have spent so many tokens, prompts and judges
            included; what is in flight then still ends and counts.
        max_cost: The same of the cost, by --prices, in their currency.
        prices: A YAML file with the price of a million tokens of the model and each judge: MODEL: {input: 0.5,
            output: 2.0}; cached and reasoning as well.
        time_limit: Stop asking after so long, of this command or of each job (90m, 1h30m, or as Slurm writes it:
            1-12:00); what is in flight then is asked again by the next run.
        extract: What of each answer goes into a field: 'regex:PATTERN', its last match, or json-schema:FILE, the
            last JSON value that agrees with the schema; null where there is none.
        extract_field: That field (default: extracted).
        output_format: parquet: also output.parquet and so on, once all is there.
        model: Of a server that is started: the model's folder, or its name on the hub; llamacpp: a GGUF file, or
            smollm2 (the default). Else the name that the server knows.
        server_type: Started here: vllm, sglang, trtllm, llamacpp, generic. Running already: openai (anything
            compatible), azureopenai, gemini (default: openai where an address is given, else llamacpp).
        server_address: http://host:port/v1 of a running server, of any type; its key is read from MODEL_API_KEY,
            else OPENAI_API_KEY. Several, each given so, share the work.
        server_addresses: A file of addresses, one a line, read again while the run goes on: servers may join and
            leave.
        server_args: Arguments of the server that is started, quoted as for a shell; llamacpp: --parallel,
            --ctx-size, --threads, --port.
        server_gpus: GPUs for the model, on each node; 0: the CPU.
        server_nodes: Nodes that one server spans (default: 1).
        server_replicas: Servers that share the GPUs and the work (default: 1).
        server_restarts: How often in a row a server that dies is started again.
        server_python: The interpreter of the server's own environment (default: this one, or that of its command
            on the PATH).
        server_entrypoint: A command in place of the type's own; generic: with {model}, {port}, {gpus}, or it gets
            --model, --port.
        server_start_timeout: Seconds until a server must be ready.
        judge_model: The judge's model, or several: A,B (default: the benchmark's own; hle: o3-mini-20250131);
            none judges nothing.
        judge_server_type: As --server_type (default: openai). A server that is started here judges after the
            model.
        judge_server_address: Of a running server (default: OpenAI's); its key is read from JUDGE_API_KEY, else
            OPENAI_API_KEY.
        judge_server_gpus: GPUs of a server that is started.
        judge_server_args: Arguments of a server that is started.
        judge_server_python: The interpreter of that server's environment.
        extra_judge_args: Settings of the judge, written like overrides.
        judge_labels: What the judge may say, with a score from 0 to 1 each: good=1,fair=0.5,bad=0 (default:
            yes=1,no=0).
        num_random_seeds: So many answers to each row, each with a seed (default: one greedy answer).
        num_samples: The same by another name.
        starting_seed: The first seed (default: 0).
        random_seeds: The seeds themselves: 0,3 or 0-3.
        num_chunks: Split the rows into N chunks, so that several jobs can share them.
        chunk_ids: Which of these chunks this job takes: 0,3 or 0-3.
        cluster: The name of a cluster config, which says where it runs and what is mounted; local: this machine.
        config_dir: The folder of cluster configs (default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's
            config folder).
        rerun_done: Set aside what is done, and ask again.

    Returns:
        The result; its `records()` are the rows with their answers.

    Raises:
        UsageError: An option is wrong; no request was sent.
        NorthstarError: A row is malformed, or the run failed; call it again to continue.

    >>> result = northstar.generate(  # doctest: +SKIP
    ...     "rows.jsonl", output_dir="out", model="m", server_address="http://localhost:8000/v1",
    ...     overrides=["++prompt_config=prompt.yaml"],
    ... )
    """

def import_generations(
    path: AnyPath,
    *,
    benchmarks: str,
    output_dir: AnyPath,
    progress: bool = True,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    split: str | None = None,
    model: str | None = None,
    partial: bool = False,
    data_dir: AnyPath | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    sandbox: str = "auto",
) -> Evaluation:
    """Import generations that another tool made, grade them, and return the metrics. Sends no request.

    Args:
        path: A file of another tool, or a folder of such files.
        benchmarks: The benchmark whose rows were asked: math-500, or gpqa.main for one split.
        output_dir: Where the results go; run again, it goes on.
        progress: Show progress on stderr.
        overrides: Settings of the grading, as words like '++grading_workers=4' or as a nested dict.
        split: The split of the benchmark (default: its own).
        model: The model that made the generations, where the files don't say.
        partial: Take the rows that every seed has exactly once, where others are missing or don't fit.
        data_dir: Where the prepared rows are (default: NORTHSTAR_DATA_DIR, or the user's data folder).
        extra_benchmarks: A file or folder of your own benchmarks.
        sandbox: The sandbox for programs that the model wrote: bubblewrap, landlock, auto (the stronger one that
            works here), or unsafe (none: they run with your own rights).

    Raises:
        UsageError: An option is wrong.
        NorthstarError: A file cannot be read, rows are missing or don't fit, or the folder holds other results.

    >>> northstar.import_generations("logs/x.eval", benchmarks="aime24", output_dir="out").metrics  # doctest: +SKIP
    """

def judge(
    output_dir: AnyPath,
    *,
    progress: bool = True,
    benchmarks: str | Sequence[str] | None = None,
    against: AnyPath | None = None,
    prompts: str | None = None,
    judge_model: str | None = None,
    judge_server_type: str | None = None,
    judge_server_address: str | Sequence[str] | None = None,
    judge_server_gpus: int | None = None,
    judge_server_args: str = "",
    judge_server_python: str | None = None,
    extra_judge_args: str | Sequence[str] | Mapping[str, Any] = "",
    extra_benchmarks: Sequence[AnyPath] = (),
    rerun_done: bool = False,
    cluster: str = "local",
    config_dir: AnyPath | None = None,
) -> Evaluation:
    """Judge the finished generations of an output folder; other judges' verdicts are kept.

    Args:
        output_dir: The --output_dir of an ns eval.
        progress: Show progress on stderr.
        benchmarks: Only these, also without a judge of their own (default: all with one).
        against: Another run's --output_dir: the judge says which answer to each prompt is better, in both orders,
            by the seeds that both have (default benchmarks: all that both have).
        prompts: The library of prompts that ++prompt_config names, and whose own choice is asked without it:
            nemo-skills, or nemo-skills@COMMIT; hle, scicode (default: Northstar's own words).
        judge_model: The judge's model, or several: A,B (default: the benchmark's own; hle: o3-mini-20250131);
            none judges nothing.
        judge_server_type: As --server_type (default: openai). A server that is started here judges after the
            model.
        judge_server_address: Of a running server (default: OpenAI's); its key is read from JUDGE_API_KEY, else
            OPENAI_API_KEY.
        judge_server_gpus: GPUs of a server that is started.
        judge_server_args: Arguments of a server that is started.
        judge_server_python: The interpreter of that server's environment.
        extra_judge_args: Settings of the judge, written like overrides.
        extra_benchmarks: A file, or folder, of your own benchmarks.
        rerun_done: Set aside this judge's judgements, and judge again.
        cluster: The name of a cluster config, which says where it runs and what is mounted; local: this machine.
        config_dir: The folder of cluster configs (default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's
            config folder).

    Raises:
        UsageError: An option is wrong; no request was sent.
        NorthstarError: The run failed; call it again to continue.

    >>> northstar.judge("out", judge_model="gpt-4o-2024-08-06").metrics["hle"]["judges"]  # doctest: +SKIP
    """

def regrade(
    output_dir: AnyPath,
    *,
    progress: bool = True,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    name: str | None = None,
    benchmarks: str | Sequence[str] | None = None,
    answers: AnyPath | None = None,
    data_dir: AnyPath | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    sandbox: str = "auto",
    rerun_done: bool = False,
    cluster: str = "local",
    config_dir: AnyPath | None = None,
) -> Regrading:
    """Grade the finished generations of an output folder again, without a model; the results stand beside the old ones.

    Args:
        output_dir: The output folder of ns eval.
        progress: Show progress on stderr.
        overrides: Settings of the graders, as words like '++eval_config.extract_regex=…' or as a nested dict.
        name: The name of the new results, as in metrics@NAME.json (default: regraded).
        benchmarks: Only these benchmarks (default: all).
        answers: Corrected reference answers of one benchmark: a line {"id": …, "expected_answer": …} for each row
            that has another.
        data_dir: Where the tests of programs are (default: NORTHSTAR_DATA_DIR, or the user's data folder).
        extra_benchmarks: A file or folder of your own benchmarks.
        sandbox: The sandbox for programs that the model wrote, as for ns eval.
        rerun_done: Set the results of this name aside and grade again.
        cluster: The name of a cluster config, which says where it runs and what is mounted; local: this machine.
        config_dir: The folder of cluster configs (default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's
            config folder).

    Raises:
        UsageError: An option is wrong; nothing was graded.
        NorthstarError: The regrading failed; call it again to continue.

    >>> northstar.regrade("out", overrides=["++eval_config.extract_regex=is ([0-9]+)"]).metrics  # doctest: +SKIP
    """

def submit(
    benchmarks: str | Sequence[str] = "",
    *,
    output_dir: AnyPath,
    cluster: str,
    recipe: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    model: str | None = None,
    server_type: str | None = None,
    server_address: str | Sequence[str] | None = None,
    server_addresses: AnyPath | None = None,
    server_args: str = "",
    server_gpus: int | None = None,
    server_nodes: int | None = None,
    server_replicas: int | None = None,
    server_restarts: int = 3,
    server_python: str | None = None,
    server_entrypoint: str | None = None,
    server_start_timeout: float = 3600,
    judge_model: str | None = None,
    judge_server_type: str | None = None,
    judge_server_address: str | Sequence[str] | None = None,
    judge_server_gpus: int | None = None,
    judge_server_args: str = "",
    judge_server_python: str | None = None,
    extra_judge_args: str | Sequence[str] | Mapping[str, Any] = "",
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    prices: AnyPath | None = None,
    time_limit: str | None = None,
    split: str | None = None,
    data_dir: AnyPath | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    no_prepare: bool = False,
    prompts: str | None = None,
    starting_seed: int | None = None,
    precision: float | None = None,
    num_chunks: int | None = None,
    chunk_ids: str | None = None,
    config_dir: AnyPath | None = None,
    num_jobs: int | None = None,
    expname: str | None = None,
    run_after: Sequence[str] = (),
    partition: str | None = None,
    qos: str | None = None,
    time_min: str | None = None,
    exclusive: bool = False,
    sbatch_kwargs: str | Mapping[str, Any] | None = None,
    dependent_jobs: int = 0,
    log_dir: AnyPath | None = None,
    rerun_done: bool = False,
    sandbox: str = "auto",
) -> Submitted:
    """Submit an evaluation to a cluster and return its jobs; skips what is done or already in a job.

    Args:
        benchmarks: Names with the number of seeds: math-500:16,aime24 (no number: one greedy generation), or with
            --precision a range: aime25:4..64; or a group: nemotron-tutorial, my-group.yaml.
        output_dir: Where the results go; run again, it goes on.
        cluster: The name of a cluster config, which says where it runs and what is mounted; local: this machine.
        recipe: A recipe, NAME:RUN as ns recipes lists them, or a YAML file: fills in what this command leaves
            open, and says at the end whether the numbers agree with those published; or a run's run.json, to make
            the run again.
        overrides: Settings, as words like '++inference.top_p=0.9' or as a nested dict; ns settings lists them.
        model: Of a server that is started: the model's folder, or its name on the hub; llamacpp: a GGUF file, or
            smollm2 (the default). Else the name that the server knows.
        server_type: Started here: vllm, sglang, trtllm, llamacpp, generic. Running already: openai (anything
            compatible), azureopenai, gemini (default: openai where an address is given, else llamacpp).
        server_address: http://host:port/v1 of a running server, of any type; its key is read from MODEL_API_KEY,
            else OPENAI_API_KEY. Several, each given so, share the work.
        server_addresses: A file of addresses, one a line, read again while the run goes on: servers may join and
            leave.
        server_args: Arguments of the server that is started, quoted as for a shell; llamacpp: --parallel,
            --ctx-size, --threads, --port.
        server_gpus: GPUs for the model, on each node; 0: the CPU.
        server_nodes: Nodes that one server spans (default: 1).
        server_replicas: Servers that share the GPUs and the work (default: 1).
        server_restarts: How often in a row a server that dies is started again.
        server_python: The interpreter of the server's own environment (default: this one, or that of its command
            on the PATH).
        server_entrypoint: A command in place of the type's own; generic: with {model}, {port}, {gpus}, or it gets
            --model, --port.
        server_start_timeout: Seconds until a server must be ready.
        judge_model: The judge's model, or several: A,B (default: the benchmark's own; hle: o3-mini-20250131);
            none judges nothing.
        judge_server_type: As --server_type (default: openai). A server that is started here judges after the
            model.
        judge_server_address: Of a running server (default: OpenAI's); its key is read from JUDGE_API_KEY, else
            OPENAI_API_KEY.
        judge_server_gpus: GPUs of a server that is started.
        judge_server_args: Arguments of a server that is started.
        judge_server_python: The interpreter of that server's environment.
        extra_judge_args: Settings of the judge, written like overrides.
        max_tokens_total: Stop once all runs of this output folder have spent so many tokens, prompts and judges
            included; what is in flight then still ends and counts.
        max_cost: The same of the cost, by --prices, in their currency.
        prices: A YAML file with the price of a million tokens of the model and each judge: MODEL: {input: 0.5,
            output: 2.0}; cached and reasoning as well.
        time_limit: Stop asking after so long, of this command or of each job (90m, 1h30m, or as Slurm writes it:
            1-12:00); what is in flight then is asked again by the next run.
        split: The split of the benchmarks that have it, where --benchmarks names none (gpqa.main) (default: each
            one's own, as ns prepare_data --list says).
        data_dir: Where the prepared rows are (default: NORTHSTAR_DATA_DIR, or the user's data folder).
        extra_benchmarks: A file, or folder, of your own benchmarks.
        no_prepare: Refuse benchmarks that are not prepared (default: say what is fetched, and prepare them).
        prompts: The library of prompts that ++prompt_config names, and whose own choice is asked without it:
            nemo-skills, or nemo-skills@COMMIT; hle, scicode (default: Northstar's own words).
        starting_seed: The first seed of each benchmark with seeds (default: 0).
        precision: For a range of seeds (aime25:4..64): ask as few as bring the standard error of pass@1 down to
            so many points.
        num_chunks: Split the rows into N chunks, so that several jobs can share them.
        chunk_ids: Which of these chunks this job takes: 0,3 or 0-3.
        config_dir: The folder of cluster configs (default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's
            config folder).
        num_jobs: Run as N jobs that share all of the work; the same command adds jobs. -1: one job for each
            benchmark and seed (default: one a benchmark; on this machine all in one).
        expname: The jobs' common name (default: the output folder's).
        run_after: Start after these have succeeded: an --expname, or job numbers.
        partition: Partition of jobs that start a server (default: the cluster config's).
        qos: Quality of service.
        time_min: The shortest time limit that Slurm may give a job.
        exclusive: Use whole nodes for jobs that start a server.
        sbatch_kwargs: More options of sbatch: 'mem=0 nice=10'.
        dependent_jobs: Copies of each job that continue one after the other, where jobs may not be requeued.
        log_dir: Where Slurm's logs go (default: eval-logs of the output).
        rerun_done: Set aside what is done, and ask again.
        sandbox: What keeps in programs that the model wrote: bubblewrap, landlock, auto (the stronger one that
            works here), or unsafe: nothing does, they run with your own rights.

    Raises:
        UsageError: An option is wrong, or the cluster takes no jobs; nothing was submitted.
        NorthstarError: Slurm did not take a job.

    >>> northstar.submit("aime24:16", output_dir="out", cluster="lab", num_jobs=-1).jobs  # doctest: +SKIP
    """
