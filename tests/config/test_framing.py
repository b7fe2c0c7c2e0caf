"""A framing may be a prompt file: read in one place, refused in one sentence, known by its content."""

import re
from pathlib import Path

import pytest

from stat_engine.config import StudentConfig, load
from stat_engine.config.framing import identity, read_framing
from stat_engine.errors import InputError, StatError

WHOLE = (
    'version: 3\n\n## system\n\nBe brief.\n\n## user\n\n{{ problem }}\n\nGo.\n\n## stop\n\n"\\n\\nQ:"\n```\n'
)


def write(folder: Path, text: str) -> str:
    (folder / "mine.md").write_text(text, encoding="utf-8")
    return str(folder / "mine.md")


def test_the_three_sections_are_read(tmp_path: Path) -> None:
    file = read_framing(write(tmp_path, WHOLE))
    assert (file.system, file.user, file.stop) == ("Be brief.", "{{ problem }}\n\nGo.", ("\n\nQ:", "```"))
    assert file.asked(file.user, "What is {{problem}}?") == "What is {{problem}}?\n\nGo."


def test_the_user_section_is_enough_and_other_headings_are_text(tmp_path: Path) -> None:
    file = read_framing(write(tmp_path, "## user\n\n{{problem}}\n\n## Answer\n"))
    assert (file.system, file.user, file.stop) == (None, "{{problem}}\n\n## Answer", ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "found no such section, expected a section '## user' with the place {{problem}}"),
        ("## system\n\nx", "found no such section, expected a section '## user' with the place {{problem}}"),
        ("## user\n\nSolve it.", "found none there, expected a section '## user' with the place {{problem}}"),
        (
            "## user\n\n{{problem}} {{skills}}",
            "field user: found {{skills}}, expected no place but {{problem}}",
        ),
        (
            "## system\n\n{{domain}}\n\n## user\n\n{{problem}}",
            "field system: found {{domain}}, expected no place",
        ),
        (
            "## user\n\n{{problem}}\n\n## user\n\n{{problem}}",
            "found it twice, expected the section '## user' once",
        ),
        ("Solve {{problem}}", "found 'Solve {{problem}}', expected a section first: '## system', '## user'"),
        (
            '## user\n\n{{problem}}\n\n## stop\n\n"open',
            "field stop: found '\"open', expected a text in double",
        ),
        (
            '## user\n\n{{problem}}\n\n## stop\n\n""',
            "field stop: found '\"\"', expected a text in double quotes",
        ),
    ],
)
def test_a_file_that_is_no_framing_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=r"^\S*mine\.md[:,] ") as error:
        read_framing(write(tmp_path, text))
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_other_bytes_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"^none\.md: found none, expected a readable prompt file, as student"
    ):
        read_framing("none.md")
    with pytest.raises(InputError, match="found none, expected a readable prompt file"):
        read_framing(str(tmp_path / "\0.md"))
    (tmp_path / "mine.md").write_bytes(b"## user\n\n{{problem}}\xff")
    with pytest.raises(InputError, match="found other bytes, expected a prompt file in UTF-8"):
        read_framing(str(tmp_path / "mine.md"))


def test_a_framing_is_a_known_name_or_a_prompt_file() -> None:
    assert load(None, ["student.framing=qwen-math"]).student.framing == "qwen-math"
    sentence = "setting student.framing: found 'boxd', expected plain, boxed, qwen-math, llama-math, base, or a prompt"
    with pytest.raises(StatError, match=re.escape(sentence)):
        load(None, ["student.framing=boxd"])


def test_named_framings_decide_what_they_decided_before() -> None:
    config = StudentConfig(framing="boxed")
    assert config.decides() == config.model_dump(exclude=set(config.OPERATIONAL | config.LATER))
    assert config.decides_an_arm()["framing"] == "boxed" and config.stops() == ()


def test_a_file_is_known_by_its_content_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, same = StudentConfig(framing=write(tmp_path, WHOLE)), write(tmp_path / "other", WHOLE)
    before = one.decides()
    assert before == StudentConfig(framing=same).decides() and str(tmp_path) not in str(before)
    write(tmp_path, WHOLE.replace("brief", "exact"))
    assert one.decides() != before
    assert one.decides_an_arm()["framing"] == one.decides()["framing"] != before["framing"]
    (tmp_path / "mine.md").unlink()  # a run without its file still opens
    assert one.decides()["framing"] == identity(one.framing) == f"unreadable file {tmp_path}/mine.md"


def test_its_stops_come_after_the_settings_own_each_once(tmp_path: Path) -> None:
    assert StudentConfig(framing=write(tmp_path, WHOLE), stop=["```", "END"]).stops() == (
        "```",
        "END",
        "\n\nQ:",
    )
