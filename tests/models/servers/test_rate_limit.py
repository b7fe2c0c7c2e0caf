"""The sliding window, on a clock of the test's own."""

from stat_engine.models.servers.server_run import MARGIN, RateLimit

WINDOW = 60 * MARGIN


def test_without_limits_nothing_waits() -> None:
    limit = RateLimit(None, None)
    for _ in range(1000):
        limit.take(10**9, 0.0)
    assert limit.wait_s(10**9, 0.0) == 0.0


def test_one_request_more_than_a_minute_holds_waits_for_the_oldest_to_leave() -> None:
    limit = RateLimit(2, None)
    limit.take(0, 0.0)
    limit.take(0, 10.0)
    assert [limit.wait_s(0, 10.0), limit.wait_s(0, 20.0), limit.wait_s(0, WINDOW)] == [
        WINDOW - 10,
        WINDOW - 20,
        0.0,
    ]


def test_tokens_wait_until_enough_of_them_have_left() -> None:
    limit = RateLimit(None, 100)
    for at in (0.0, 1.0, 2.0):
        limit.take(30, at)
    assert [limit.wait_s(tokens, 2.0) for tokens in (10, 40, 41, 100)] == [
        0.0,
        WINDOW - 2,
        WINDOW - 1,
        WINDOW,
    ]


def test_what_a_request_did_not_take_is_free_at_once() -> None:
    limit = RateLimit(None, 100)
    taken = limit.take(90, 0.0)
    assert limit.wait_s(50, 1.0) == WINDOW - 1
    taken.tokens = 20
    assert limit.wait_s(50, 1.0) == 0.0


def test_a_request_larger_than_a_minute_goes_alone() -> None:
    limit = RateLimit(None, 100)
    assert limit.wait_s(1000, 0.0) == 0.0
    limit.take(1000, 0.0)
    assert [limit.wait_s(1, 0.0), limit.wait_s(1000, WINDOW)] == [WINDOW, 0.0]
