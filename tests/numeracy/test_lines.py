"""A solution's line as text."""

import pytest

from stat_engine.numeracy.expressions import commuted, read_line, with_lead, write_line


def test_a_line_has_lead_label_and_expressions() -> None:
    line = read_line("So, term 9=5+8*3=5+24.")
    assert (line.lead, line.label, len(line.expressions)) == ("So", "term 9", 2)


@pytest.mark.parametrize("text", ["", "29", "hello", "x=y=3", "a=", "5+24=29=", "=" * 50])
def test_what_is_no_chain_of_equal_expressions_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_line(text)


def test_lines_write_back_commuted_and_with_a_lead() -> None:
    line = read_line("term 9=5+8*3=5+24")
    assert write_line(line) == "term 9=5+8*3=5+24"
    assert write_line(with_lead(commuted(line), "so")) == "so term 9=3*8+5=24+5"
