"""`tbp backfill --queue`: the runs of a backfill handed to the running UI, to be worked on where pipeline.yml says."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

from tbp_assets.alerts.pages import run_page
from tbp_assets.cli.backfill_plan import BackfillPlan, chunks
from tbp_assets.cli.backfill_tags import tags_of
from tbp_assets.cli.instance import open_instance, storage_faults
from tbp_assets.cli.output import out, table
from tbp_assets.cli.session import Session
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB, MEASURE_JOB
from tbp_assets.errors import UiUnavailableError
from tbp_assets.logs.dagster_events import BACKFILL_TAG, RANGE_END_TAG, RANGE_START_TAG

START = "`tbp up` starts it; TBP_UI_URL (pipeline.yml: alerts.ui_url) says where it is"


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A run in the queue, and its page."""

    run_id: str
    job: str
    first: date
    last: date
    page: str


def queue_backfill(session: Session, plan: BackfillPlan, tickers: list[str]) -> list[QueuedRun]:
    """Hand a run for each stretch of days to the queue, and return them; nothing is waited for.

    Args:
        session: Of the command.
        plan: What to do for each day.
        tickers: Only these of the universe; none for all.

    Raises:
        UiUnavailableError: The UI does not answer, refuses a run, or keeps its runs elsewhere. Runs queued before stay.
    """
    url, size = session.settings.pipeline.alerts.ui_url, session.settings.pipeline.backfill.max_partitions_per_run
    tags = {BACKFILL_TAG: f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"}
    tags |= tags_of(plan, tickers)
    client, queued = _client(url), list[QueuedRun]()
    with storage_faults(session), open_instance(session) as instance:
        for job, first, last in _stretches(plan, size):
            run_id = _submitted(client, url, job, {**tags, RANGE_START_TAG: str(first), RANGE_END_TAG: str(last)})
            if not instance.has_run(run_id):
                raise UiUnavailableError(
                    f"the UI at {url} took the run {run_id} and keeps it in another database than "
                    f"{session.database.address}: end that run there, and set TBP_UI_URL (pipeline.yml: alerts.ui_url)"
                )
            queued.append(QueuedRun(run_id, job, first, last, f"{url}/{run_page(run_id)}"))
    return queued


def show_queued(queued: list[QueuedRun]) -> None:
    """Print the runs, and where to see how they do."""
    if not queued:
        out.print("nothing to do")
        return
    out.print(table(["trading dates", "job", "run"], [(f"{r.first} .. {r.last}", r.job, r.page) for r in queued]))
    out.print(f"{len(queued)} runs queued; `tbp status` says how far they are, `tbp logs --follow` what they do")


def _stretches(plan: BackfillPlan, size: int) -> Iterator[tuple[str, date, date]]:
    for job, days in ((DAY_BARS_JOB, plan.request), (LOAD_JOB, plan.reload), (MEASURE_JOB, plan.measure)):
        for first, last in chunks(days, size):
            yield job, first, last


def _client(url: str) -> DagsterGraphQLClient:
    parts = urlsplit(url)
    with _translated(url):
        return DagsterGraphQLClient(
            parts.hostname or "", parts.port, use_https=parts.scheme == "https", path_prefix=parts.path.rstrip("/")
        )


def _submitted(client: DagsterGraphQLClient, url: str, job: str, tags: dict[str, Any]) -> str:
    with _translated(url):
        return client.submit_job_execution(job, tags=tags)


@contextmanager
def _translated(url: str) -> Generator[None]:
    try:
        yield
    except (DagsterGraphQLClientError, OSError) as error:
        *_, innermost = _causes(error)
        if isinstance(innermost, OSError):
            raise UiUnavailableError(f"the UI at {url} does not answer: {START}") from error
        raise UiUnavailableError(f"the UI at {url} takes no run: {' '.join(str(innermost).split())[:300]}") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
