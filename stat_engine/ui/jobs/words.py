"""A job's state and figures as text, for its card and its row."""

import shlex
from datetime import UTC, datetime
from typing import Any

from stat_engine.ui.shared.work import duration
from stat_engine.views.text import plain

BAD_ENDS = ("failed", "lost")


def command_line(job: dict[str, Any]) -> str:
    """What it does, as it would be typed."""
    return f"stat-studio {shlex.join(map(str, job['arguments']))}"


def seconds(job: dict[str, Any]) -> float | None:
    """How long its work took, or has taken so far; None before its turn, and where its end is unknown."""
    if not job["started"]:
        return None
    begun = datetime.fromisoformat(job["started"])
    if job["ended"]:
        return (datetime.fromisoformat(job["ended"]) - begun).total_seconds()
    return (datetime.now(UTC) - begun).total_seconds() if job["is_running"] else None


def at(time: str | None) -> str:
    """A moment for people, in UTC; a dash where there is none."""
    if not time:
        return "–"
    moment = datetime.fromisoformat(time).astimezone(UTC)
    return moment.strftime("%d %b %H:%M:%S UTC")


def progress(job: dict[str, Any]) -> str:
    """What is being done, how far it is, how fast it goes and how long it takes yet."""
    if job["state"] == "queued":
        holder = f", which {job['waits_for']} has" if job["waits_for"] else ""
        return f"Waits for {_turn(job['waits_on'])}{holder}"
    if not job["stage"]:
        return "Begins" if job["is_running"] else ""
    total = f" of {job['total']:,}" if job["total"] else ""
    said = [f"{plain(job['stage'])}: {job['done'] or 0:,}{total}"]
    said += [f"{job['rate']:,.1f} a second"] if job["rate"] else []
    said += [f"{duration(job['seconds_left'])} left"] if job["seconds_left"] else []
    return " · ".join(said)


def cost(job: dict[str, Any]) -> str:
    """Its calls, tokens and USD so far; empty where it made no call."""
    if not job["calls"]:
        return ""
    paid = "no price known" if job["cost"] is None else f"${job['cost']:,.4f}"
    tokens = f"{job['input_tokens']:,} tokens in, {job['output_tokens']:,} out"
    return f"{job['calls']:,} calls · {tokens} · {paid}"


def place(job: dict[str, Any]) -> str:
    """Where it works: lane, launcher, machine and process."""
    launcher = f", launcher {job['launcher']}" if job["launcher"] else ""
    machine = f" · on {job['host']}, process {job['pid']}" if job["pid"] else ""
    return f"Lane {job['lane']}{launcher}{machine}"


def _turn(waits_on: str | None) -> str:
    """What a queued job waits for, in words."""
    return {"device": "the device of its machine", None: "its turn"}.get(waits_on, str(waits_on))
