import pytest

from tests.models.running_servers import (  # noqa: F401 (fixtures)
    NO_VLLM,
    served_adapter,
    served_checkpoint,
    transformers_server,
    vllm_python,
    vllm_server,
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped for want of vLLM, which the quiet summary does not."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if NO_VLLM in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(f"!!! SKIPPED: {len(skipped)} tests, because {NO_VLLM}")
