from stat_engine import Workspace
from stat_engine.records import Response
from stat_engine.views.status import runs, status
from tests.factories import a_response


def states(workspace: Workspace) -> dict[str, str]:
    return {stage["stage"]: stage["state"] for stage in status(workspace.run("small").folder)["stages"]}


def test_a_run_of_which_nothing_is_done_waits(fresh: Workspace) -> None:
    assert set(states(fresh).values()) == {"waiting"}
    assert list(runs(fresh).n_done) == [0]


def test_while_a_process_works_the_first_unfinished_stage_is_under_way(fresh: Workspace) -> None:
    with fresh.run("small").folder.lock():
        found = states(fresh)
    assert found == {**dict.fromkeys(found, "waiting"), "responses": "working"}


def test_work_left_half_done_is_stopped_and_counted(fresh: Workspace) -> None:
    table = fresh.run("small").folder.responses

    def killed(index: int, batch: object) -> list[Response]:
        if index == 1:
            raise KeyboardInterrupt
        return [a_response()]

    try:
        table.complete("f", [["a"], ["b"]], killed, {})
    except KeyboardInterrupt:
        stage = status(fresh.run("small").folder)["stages"][0]
    assert (stage["state"], stage["done"], stage["total"]) == ("stopped", 1, 2)


def test_a_finished_run_is_done_throughout(finished: Workspace) -> None:
    assert set(states(finished).values()) == {"done"}
    assert list(runs(finished).n_done) == [6]
