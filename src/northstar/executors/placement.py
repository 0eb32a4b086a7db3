"""Places a job's worker and server: their commands, paths, mounts and containers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.config.mounts import Mount, PathMap, to_inside
from northstar.config.path_mapping import mapped_plan
from northstar.config.plan import Plan, ServerPlan, ServerStep
from northstar.core.errors import UsageError
from northstar.core.paths import PACKAGE
from northstar.executors.code import is_installed, packed_code
from northstar.executors.containers.containers import Inside, check_mounts, with_paths
from northstar.jobs.job import Job, SummaryPlan
from northstar.recipes.reading import moved_recipe
from northstar.results.layout import logs_folder
from northstar.servers.hosting import step as step_program
from northstar.servers.server import find_server_type

WORKER = "northstar"


@dataclass(frozen=True)
class Placement:
    """Where one job runs. folder: the job's, on the host. mounts: of its containers. code: Northstar's code."""

    cluster: Cluster
    folder: Path
    mounts: tuple[Mount, ...]
    code: Path

    def path_map(self, image: str) -> PathMap:
        """Map the host's paths to those that the worker ('northstar') or a server type sees."""
        return to_inside(self.mounts, self.cluster.name) if self.cluster.image(image) else PathMap(())

    def inside(self, image: str, gpus: bool = False) -> Inside | None:
        """Return the container of a program; None if it runs on the host."""
        name = self.cluster.image(image)
        return None if name is None else Inside(image=name, mounts=self.mounts, gpus=gpus)

    def path(self, path: Path, image: str) -> str:
        return self.path_map(image).path(str(path))

    def worker_command(self) -> list[str]:
        """Return the command of the worker, with the paths its step sees."""
        own = self.cluster.interpreters.get(WORKER) or ("python3" if self.cluster.image(WORKER) else sys.executable)
        needs_code = own != sys.executable or not is_installed()
        code = ["env", f"PYTHONPATH={self.path(self.code, WORKER)}"] if needs_code else []
        job = self.path(self.folder / "job.json", WORKER)
        return [*code, own, "-m", "northstar.executors.local.worker_entry", job]

    def step_command(self, server: ServerPlan) -> list[str]:
        """Return the command of the server's step: a program that starts servers when the worker asks for them."""
        contained = self.cluster.image(server.type) is not None
        python = (
            PathMap(self.path_map(server.type).pairs).path(server.python or "python3") if contained else sys.executable
        )
        program = self.code / "northstar" / Path(step_program.__file__).relative_to(PACKAGE)
        folder = self.path(self.folder / "server", server.type)
        return [python, self.path(program, server.type), folder, str(ranks(server))]

    def placed(self, job: Job, server: ServerPlan | None) -> Job:
        """Return the job for its worker: paths mapped, the server in its own step."""
        path_map = self.path_map(WORKER)
        kind = server.type if server is not None else WORKER
        server_map = self.path_map(kind)
        relative = str(self.folder.relative_to(self.folder.parents[2]))

        def at(plan: ServerPlan) -> ServerPlan:
            return plan if server is None or not _same(plan, server) else self._stepped(plan)

        if job.plan is not None:
            plan = mapped_plan(job.plan, path_map, server_map)
            generate = plan.generate and plan.generate.model_copy(update={"server": at(plan.generate.server)})
            judges = tuple(judge.model_copy(update={"server": at(judge.server)}) for judge in plan.judges)
            changes = {"generate": generate, "judges": judges, "job": relative}
            return job.model_copy(update={"plan": plan.model_copy(update=changes)})
        assert job.summary is not None
        summary = SummaryPlan(
            output_dir=Path(path_map.path(str(job.summary.output_dir))),
            extra_benchmarks=tuple(Path(path_map.path(str(path))) for path in job.summary.extra_benchmarks),
            recipe=job.summary.recipe and moved_recipe(job.summary.recipe, partial(_seen_or_not, path_map)),
        )
        return job.model_copy(update={"summary": summary})

    def _stepped(self, plan: ServerPlan) -> ServerPlan:
        step = ServerStep(
            folder=Path(self.path(self.folder / "server", WORKER)),
            logs=Path(self.path(self.folder, plan.type)),
            code=Path(self.path(self.code, plan.type)),
            ranks=ranks(plan),
            contained=self.cluster.image(plan.type) is not None,
        )
        return plan.model_copy(update={"step": step})


def place(cluster: Cluster, folder: Path, code: Path, plan: Plan) -> Placement:
    """Place a job of a plan. Mounts under their own names the paths that no mount covers."""
    return Placement(cluster, folder, _mounts(cluster, code, plan), code)


def check_places(cluster: Cluster, runtime: str, plan: Plan) -> None:
    """Check that PYTHONPATH and mounts can express the paths of a plan's jobs. Writes nothing.

    Args:
        cluster: The cluster of the jobs.
        runtime: The program that runs the cluster's containers.
        plan: The plan of the jobs.

    Raises:
        UsageError: A path can't be expressed.
    """
    code = _home_of_code(cluster, plan)
    if code is not None and ":" in str(code):
        raise UsageError(
            f"Northstar's code would lie in {code}, where Python would not find it: a colon separates the folders of "
            "PYTHONPATH. Choose another --output_dir, or job_dir in the cluster config."
        )
    if cluster.containers:
        check_mounts(runtime, _mounts(cluster, code or PACKAGE.parent, plan))


def _mounts(cluster: Cluster, code: Path, plan: Plan) -> tuple[Mount, ...]:
    paths = [plan.output_dir, code, *(path.parent for path in plan.extra_benchmarks)]
    prompts: list[str | None] = [judge.prompt for judge in plan.judges]
    if plan.generate is not None:
        prompts = [*prompts, *(part.settings.prompt_config for part in plan.generate.benchmarks)]
        paths.append(plan.generate.data_dir)
    paths += [judge.prompts_dir for judge in plan.judges if judge.prompts_dir is not None]
    paths += [Path(prompt).parent for prompt in prompts if prompt and prompt.startswith("/")]
    paths += [path for server in plan.servers for path in _model_path(server)]
    return with_paths(cluster.mounts, paths)


def code_folder(cluster: Cluster, plan: Plan) -> Path:
    """Return the folder of Northstar's code for jobs: this package, or a copy that containers and nodes can see.

    Makes the data folder if containers will mount it.
    """
    if cluster.containers and plan.generate is not None:
        plan.generate.data_dir.mkdir(parents=True, exist_ok=True)  # empty if all benchmarks ship with the package
    home = _home_of_code(cluster, plan)
    return PACKAGE.parent if home is None else packed_code(home)


def _home_of_code(cluster: Cluster, plan: Plan) -> Path | None:
    """Return the folder for copies of the code; None if jobs need no copy."""
    if not cluster.containers and WORKER not in cluster.interpreters:
        return None
    return (cluster.job_dir or logs_folder(plan.output_dir)) / "code"


def ranks(server: ServerPlan) -> int:
    """Return the number of processes of the server's step."""
    return server.nodes * ranks_a_node(server)


def ranks_a_node(server: ServerPlan) -> int:
    return find_server_type(server.type).ranks_a_node(server)


def _same(one: ServerPlan, other: ServerPlan) -> bool:
    """Whether it is the same server, though its paths may have moved."""
    return (one.type, one.role) == (other.type, other.role)


def _seen_or_not(path_map: PathMap, path: str) -> str:
    """Map a path that a job can do without; one under no mount stays as it is."""
    try:
        return path_map.path(path)
    except UsageError:
        return path


def _model_path(server: ServerPlan) -> list[Path]:
    if server.runs_already or not (server.model or "").startswith("/"):
        return []
    path = Path(server.model or "")
    return [path if path.is_dir() else path.parent]
