"""Nothing is lost and nothing told twice: channels that are down, that ask to wait, processes that die or meet."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest

from tbp_assets.alerts.webhook import Webhook
from tbp_assets.defs.abandoned import PROCESS_TAG, this_process
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.storage.alerts import AlertLedger
from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration
SECRETS = ("K0SECRET", "T0SECRET")


@pytest.fixture
def failed(desk: Desk) -> Desk:
    """A day whose run failed, and nobody told yet."""
    desk.only("run_failure", "repaired")
    desk.project.publish({TUESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    return desk


def remembered(desk: Desk) -> list[tuple[str, str]]:
    return query(desk.project.database(), "SELECT channel, kind FROM alerts_sent ORDER BY channel")


def test_a_channel_that_is_down_is_tried_again_and_the_other_is_not_repeated(failed: Desk) -> None:
    failed.hook.answer(500, times=3)
    told = {each.channel: each for each in failed.tell()}
    assert "the webhook answers HTTP 500" in str(told["webhook"].error)
    assert told["email"].error is None
    assert [len(arrived) for arrived in failed.new()] == [0, 1]
    assert remembered(failed) == [("email", "run_failure")]
    failed.tell()
    assert [len(arrived) for arrived in failed.new()] == [1, 0]
    failed.tell()
    assert failed.new() == ([], [])


def test_what_a_channel_missed_for_days_is_told_when_it_is_back(failed: Desk) -> None:
    now = datetime.now(UTC)
    failed.hook.answer(500, times=6)
    failed.tell(now)
    failed.tell(now + timedelta(days=3))
    failed.new()
    failed.tell(now + timedelta(days=3, minutes=1))
    assert [len(arrived) for arrived in failed.new()] == [1, 0], "its first look reached back to the failure"


def test_a_server_that_asks_for_a_long_pause_is_left_alone_for_it(failed: Desk) -> None:
    now = datetime.now(UTC)
    failed.hook.answer(429, Retry_After="600")
    failed.tell(now)
    assert failed.hook.asked == 1
    (waiting, _) = failed.tell(now + timedelta(seconds=590))
    assert "asked not to be called before" in str(waiting)
    assert failed.hook.asked == 1
    failed.tell(now + timedelta(seconds=601))
    assert (failed.hook.asked, len(failed.new()[0])) == (2, 1)


def test_a_process_that_dies_after_a_delivery_repeats_it_once(failed: Desk) -> None:
    class KilledError(BaseException):
        """Stands for the end of the process."""

    def deliver_and_die(self: Webhook, message: object) -> None:
        send(self, message)  # pyright: ignore[reportArgumentType]
        raise KilledError

    send = Webhook.send
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Webhook, "send", deliver_and_die)
        with pytest.raises(KilledError):
            failed.tell()
    assert [len(arrived) for arrived in failed.new()] == [1, 0]
    failed.tell()
    assert [len(arrived) for arrived in failed.new()] == [1, 1], "better twice than never"
    failed.tell()
    assert failed.new() == ([], [])


def test_two_processes_at_once_tell_it_once(failed: Desk) -> None:
    with failed.watch() as watch:
        together = threading.Barrier(2)

        def tell() -> None:
            together.wait()
            watch.tell(datetime.now(UTC))

        threads = [threading.Thread(target=tell) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(arrived) for arrived in failed.new()] == [1, 1]


def test_a_database_that_takes_no_rows_sends_nothing(failed: Desk) -> None:
    query(failed.project.database(), "ALTER TABLE alerts_sent ADD CONSTRAINT none_at_all CHECK (id < 0)")
    told = failed.tell()
    assert all(each.error for each in told)
    assert failed.new() == ([], [])


def test_a_repair_that_could_not_be_told_is_told_later(failed: Desk) -> None:
    failed.tell()
    failed.new()
    failed.project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    failed.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    failed.hook.answer(500, times=3)
    failed.tell()
    assert [len(arrived) for arrived in failed.new()] == [0, 1]
    failed.tell()
    posted, mailed = failed.new()
    assert ("all well again" in posted[0], mailed) == (True, [])


def test_a_channel_that_told_nothing_of_a_fault_tells_nothing_of_its_repair(failed: Desk) -> None:
    failed.project.settings(TBP_ALERT_EMAIL_TO="")
    failed.tell()
    failed.new()
    failed.project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    failed.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    failed.project.settings(TBP_ALERT_EMAIL_TO="trader@example.com")
    failed.tell()
    posted, mailed = failed.new()
    assert (len(posted), mailed) == (1, [])


def test_a_fault_repaired_before_anybody_was_told_is_not_told(failed: Desk) -> None:
    failed.project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    failed.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    failed.tell()
    assert failed.new() == ([], [])


def test_the_sensor_tells_and_starts_no_run(failed: Desk) -> None:
    assert "webhook: tbp_assets: 1 run failed, for 1 trading date" in failed.tick()
    assert [len(arrived) for arrived in failed.new()] == [1, 1]
    assert failed.tick() == "webhook: nothing to tell; email: nothing to tell"


@pytest.mark.parametrize("seconds", [None, 3600])
def test_right_after_a_start_missing_days_are_left_to_the_sensor_that_asks_for_them(
    desk: Desk, seconds: float | None
) -> None:
    desk.only("missing_day")
    assert desk.tick(seconds_since_last=seconds) == "webhook: nothing to tell; email: nothing to tell"
    assert desk.new() == ([], [])
    assert " missing" in desk.tick(seconds_since_last=60)
    assert [len(arrived) for arrived in desk.new()] == [1, 1]


def test_a_backfill_that_was_killed_is_told_by_the_sensor(desk: Desk) -> None:
    desk.only("run_failure")
    with desk.watch() as watch:
        tags = {PROCESS_TAG: f"{this_process().rsplit(maxsplit=1)[0]} 1700000000"}
        run = dg.DagsterRun("day_bars", str(uuid4()), status=dg.DagsterRunStatus.STARTED, tags=tags)
        watch.instance.add_run(run)
    assert "1 run failed" in desk.tick()
    posted, mailed = desk.new()
    assert ("The process of this run is gone" in posted[0], len(mailed)) == (True, 1)


def test_a_tick_fails_where_a_channel_is_down_and_names_no_secret(
    failed: Desk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    failed.project.change("pipeline.yml", "max_attempts: 3", "max_attempts: 1")
    failed.hook.answer(500)
    with pytest.raises(dg.Failure, match="webhook: not delivered, tried again at the next look") as caught:
        failed.tick()
    captured = capsys.readouterr()
    client = "".join(line for line in (captured.out + captured.err).splitlines() if '"POST /services' not in line)
    logged = "".join(each.getMessage() for each in caplog.records if each.name != "werkzeug")
    assert not [secret for secret in SECRETS if secret in client + logged + str(caught.value)]
    assert [len(arrived) for arrived in failed.new()] == [0, 1]


def test_the_sensor_is_on_where_somebody_is_to_be_told(desk: Desk) -> None:
    def status() -> dg.DefaultSensorStatus:
        return build_definitions(desk.project.settings()).resolve_sensor_def("alerts").default_status

    assert status() == dg.DefaultSensorStatus.RUNNING
    desk.project.settings(TBP_ALERT_WEBHOOK_URL="", TBP_ALERT_EMAIL_TO="")
    assert status() == dg.DefaultSensorStatus.STOPPED
    assert desk.tick().startswith("no alerts: neither a webhook nor e-mail is configured")


def test_secrets_that_a_foreign_error_repeats_are_struck_out(desk: Desk) -> None:
    desk.only("run_failure")
    desk.project.settings(POLYGON_S3_SECRET_KEY="hush-hush-7", TBP_FLAT_FILES_URL="file:///nowhere/hush-hush-7")
    with desk.watch() as watch:
        job = build_definitions(desk.project.settings()).resolve_job_def("day_bars")
        job.execute_in_process(partition_key=str(WEDNESDAY), instance=watch.instance, raise_on_error=False)
    desk.tell()
    posted, mailed = desk.new()
    assert "/nowhere/*** is no directory" in posted[0]
    assert "hush-hush-7" not in posted[0] + mailed[0]


def test_a_dry_run_waits_for_nobody_and_changes_nothing(failed: Desk) -> None:
    with failed.watch() as watch:
        told = watch.preview(datetime.now(UTC))
    assert [each.message.title for each in told if each.message] == ["tbp_assets: 1 run failed, for 1 trading date"] * 2
    assert failed.new() == ([], [])
    assert remembered(failed) == []
    assert AlertLedger(watch.database, watch.plan.dataset, "polygon").marks() == {}
