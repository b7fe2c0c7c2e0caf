"""`python -m stat_engine.cli.answering WORKSPACE`: does the order on standard input and prints its result.

Input: {"order": ..., "is_dry": bool} as JSON. A refusal is one line on standard error and exit status 2."""

import json
import sys
from typing import Any

from stat_engine.api import Workspace
from stat_engine.cli import sentence
from stat_engine.cli.terminal import in_json
from stat_engine.orders import read_order
from stat_engine.orders.perform import perform


def answered(root: str, asked: dict[str, Any]) -> str:
    """The result as one line of JSON."""
    order, workspace = read_order(asked["order"]), Workspace(root)
    return in_json(perform(order, workspace, asked["is_dry"]).result)


def main() -> None:
    """Answer on standard output."""
    try:
        answer = answered(sys.argv[1], json.load(sys.stdin))
    except Exception as error:  # told in one line, as the command line does
        sys.stderr.write(f"stat-studio: {sentence(error)}\n")
        sys.exit(2)
    sys.stdout.write(answer + "\n")


if __name__ == "__main__":
    main()
