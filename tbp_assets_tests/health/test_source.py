"""The provider: does it answer, and what may the key read? A real S3 server with the faults of a provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import pytest

from tbp_assets.bars.sessions import weekdays
from tbp_assets.datasets import Dataset
from tbp_assets.embedded.provider import FakeProvider, Fault
from tbp_assets.health.access import DATA_TYPES, access, access_questions
from tbp_assets.health.days import history, newest_session
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.questions import answers
from tbp_assets.health.source import source
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
DAY_BARS, MINUTE_BARS, TRADES, OPTIONS = (DATA_TYPES[n] for n in (0, 1, 2, 4))
DAYS = [*weekdays(date(2019, 12, 30), date(2020, 1, 3)), *weekdays(date(2021, 6, 1), date(2021, 6, 10)), TUESDAY]


def publish(provider: FakeProvider, name: str, days: Sequence[date] = DAYS) -> None:
    dataset = Dataset(name, name, "1d", (), "")
    for day in days:
        provider.publish(day, b"x", dataset=dataset)


def looked(project: Project, provider: FakeProvider) -> Installation:
    return installation(project, **provider.environment())


def may_read(project: Project, provider: FakeProvider, name: str = DAY_BARS) -> Finding:
    return found(partial(access, name=name), looked(project, provider))


def test_a_bucket_that_answers_is_ok(project: Project, provider: FakeProvider) -> None:
    told(found(source, looked(project, provider)), "ok", "s3://flatfiles at http://127.0.0.1", "listed 0 files")


def test_a_refused_key_fails_and_says_where_to_get_another(project: Project, provider: FakeProvider) -> None:
    provider.inject(Fault("bad_key", times=None))
    told(found(source, looked(project, provider)), "failed", "refused the credentials (Inval", "dashboard")
    told(may_read(project, provider), "warning", "not looked at: the source does not answer")
    assert provider.access_key not in found(source, looked(project, provider)).seen


def test_a_bucket_that_is_not_there_fails(project: Project, provider: FakeProvider) -> None:
    seen = installation(project, **{**provider.environment(), "TBP_S3_ENDPOINT_URL": "http://127.0.0.1:9"})
    told(found(source, seen), "failed", "http://127.0.0.1:9", "TBP_S3_ENDPOINT_URL")


def test_a_page_that_asks_to_sign_in_is_no_bucket(project: Project, provider: FakeProvider) -> None:
    provider.inject(Fault("garbage", methods=("LIST",), times=None))
    told(found(source, looked(project, provider)), "failed", "between here and the provider")


def test_a_mirror_is_ok_while_it_is_there(project: Project) -> None:
    told(found(source, installation(project)), "ok", project.mirror.as_uri())
    project.mirror.rmdir()
    told(found(source, installation(project)), "failed", f"{project.mirror} is no directory")


def test_a_key_that_may_read_everything(project: Project, provider: FakeProvider) -> None:
    publish(provider, DAY_BARS)
    told(may_read(project, provider), "ok", "may be read from 2019-12-30 to 2024-01-02")


def test_a_type_that_the_subscription_leaves_out_fails_only_where_it_is_loaded(
    project: Project, provider: FakeProvider
) -> None:
    for name in (DAY_BARS, TRADES):
        publish(provider, name, [TUESDAY, WEDNESDAY])
    provider.inject(Fault("not_entitled", times=None))
    words = "not covered by the subscription (listed from 2024-01-02 to 2024-01-03)"
    told(may_read(project, provider), "failed", words, "subscribe")
    told(may_read(project, provider, TRADES), "ok", words)


@pytest.mark.parametrize("first", [DAYS[4], DAYS[6], DAYS[7], TUESDAY])
def test_the_first_day_of_a_subscription_is_found(project: Project, provider: FakeProvider, first: date) -> None:
    publish(provider, DAY_BARS)
    provider.inject(Fault("not_entitled", before=first, times=None))
    finding = may_read(project, provider)
    told(finding, "warning", f"may be read from {first} to 2024-01-02 (listed from 2019-12-30)")
    assert f"set partitions.start_date of pipeline.yml (2020-01-01) to {first}" in finding.todo


def test_a_subscription_that_reaches_back_to_the_first_configured_day_is_ok(
    project: Project, provider: FakeProvider
) -> None:
    publish(provider, DAY_BARS)
    provider.inject(Fault("not_entitled", before=date(2020, 1, 2), times=None))
    told(may_read(project, provider), "ok", "may be read from 2020-01-02 to 2024-01-02")


def test_asking_costs_few_requests_and_fetches_no_file(project: Project, provider: FakeProvider) -> None:
    publish(provider, DAY_BARS, weekdays(date(2022, 6, 1), date(2024, 1, 2)))
    provider.inject(Fault("not_entitled", before=date(2023, 3, 15), times=None))
    provider.forget()
    told(may_read(project, provider), "warning", "may be read from 2023-03-15")
    assert provider.count("GET") == 0
    assert len(provider.requests) <= 30


def test_types_that_nobody_has_are_left_out_but_for_the_one_that_is_loaded(
    project: Project, provider: FakeProvider
) -> None:
    publish(provider, OPTIONS, [TUESDAY])
    asked = access_questions(looked(project, provider))
    lines = [(each.subject, each.status) for each in answers(asked, 60)]
    assert lines == [(f"access {DAY_BARS}", "failed"), (f"access {OPTIONS}", "ok")]


def test_a_mirror_has_what_is_in_it(project: Project) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
    finding = found(partial(access, name=DAY_BARS), installation(project))
    told(finding, "warning", "may be read from 2024-01-02 to 2024-01-03", "partitions.start_date")


def test_the_invented_market_has_no_subscription(project: Project) -> None:
    seen = installation(project, TBP_FLAT_FILES_URL="synthetic://market")
    assert answers(access_questions(seen), 60) == []


def test_a_server_that_knows_no_delimiter_has_its_files_found(project: Project, provider: FakeProvider) -> None:
    publish(provider, DAY_BARS, [TUESDAY, WEDNESDAY])
    seen = looked(project, provider)
    files = seen.files()
    assert isinstance(files, S3FlatFiles)

    def without(params: dict[str, object], **_: object) -> None:
        params.pop("Delimiter", None)

    files.client.meta.events.register("provide-client-params.s3.ListObjectsV2", without)
    told(found(partial(access, name=DAY_BARS), seen), "warning", f"may be read from {TUESDAY} to {WEDNESDAY}")


def test_an_empty_year_at_either_end_hides_no_file(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    for year in ("2019", "2031"):
        (project.mirror / DAY_BARS / year / "01").mkdir(parents=True)
    seen = installation(project, TBP_FLAT_FILES_URL=project.mirror.as_uri())
    told(found(partial(access, name=DAY_BARS), seen), "warning", f"may be read from {TUESDAY} to {TUESDAY}")


def test_advice_speaks_of_days_that_the_listing_has(project: Project, provider: FakeProvider) -> None:
    publish(provider, DAY_BARS, [TUESDAY, WEDNESDAY])
    project.database()
    lists = f"the provider lists files from {TUESDAY} to {WEDNESDAY}"
    seen = looked(project, provider)
    told(found(newest_session, seen), "failed", lists, "once the provider lists it: `tbp backfill ")
    finding = found(history, seen)
    told(finding, "warning", f"of which the provider has 2 at most: {lists}", f"`tbp backfill {TUESDAY} {WEDNESDAY}`")
    assert finding.todo.count("`tbp backfill") == 1
