from pathlib import Path

import pytest

from stat_engine.config import ServerConfig, backends, keys, validate
from stat_engine.errors import StatError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    monkeypatch.setattr(backends, "FILES", (near, far))
    monkeypatch.delenv("MY_KEY", raising=False)
    return near, far


def test_the_environment_comes_first_then_the_nearer_file(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = files
    assert backends.secret("MY_KEY") is None
    far.write_text('MY_KEY = "far"')
    assert backends.secret("MY_KEY") == "far"
    near.write_text('MY_KEY = "near"')
    assert backends.secret("MY_KEY") == "near"
    monkeypatch.setenv("MY_KEY", "environment")
    assert backends.secret("MY_KEY") == "environment"


def test_a_damaged_file_is_named_and_not_quoted(files: tuple[Path, Path]) -> None:
    files[0].write_text('MY_KEY = "planted-secret')
    with pytest.raises(StatError, match="expected TOML with secrets") as error:
        backends.secret("MY_KEY")
    assert "planted-secret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:pw@x/v1", "http://me%40x:1@x/v1", "https://x/v1?key=abc", "https://x/v1?api_key=abc",
        "https://x/v1?API-KEY=abc", "https://x/v1?a=b&access_token=abc", "https://x/v1?%6Bey=abc",
        "https://x/v1?a=1;token=abc", "https://x/v1#key=abc", "https://x/v1;key=abc", "https://x/v1/sk-abcdefghij12345",
        "https://x/v1?v=sk-proj-abcdefghijklmnop", "https://x/hf_AbCdEfGhIjKlMnOp/v1",
        "https://x/v1?ocp-apim-subscription-key=abc", "https://x/v1?q=0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b",
    ],
)  # fmt: skip
def test_an_address_with_a_key_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(StatError, match="expected an address without") as caught:
        validate({"teacher": {"server": {"base_url": url}}})
    assert not any(part in str(caught.value) for part in ("abc", "pw", "hf_", "0a1b"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1", "https://x/openai?api-version=2024-06-01", "https://router.huggingface.co/v1",
        "https://x/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1", "https://x/v1?max_tokens=5",
        "https://x.ai/serving-endpoints/databricks-meta-llama-3-1-405b-instruct-of-the-second-version",
    ],
)  # fmt: skip
def test_an_address_without_a_key_is_taken(url: str) -> None:
    assert ServerConfig(base_url=url).base_url == url


@pytest.mark.parametrize(
    "name",
    ["sk-abcdefghijklmnop", "hf_AbCdEfGhIjKlMnOp", "AKIAIOSFODNN7EXAMPLE", "A1B2C3D4E5F6A7B8C9D0E1F2A3B4C5D6", "my key", ""],
)  # fmt: skip
def test_a_key_in_place_of_a_name_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(StatError, match="never the key itself") as caught:
        validate({"student": {"server": {"api_key_env": name}}})
    assert not name or name not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"api_key": "abc"}, "api_key"),
        ({"headers": {"Authorization": "Bearer abc"}}, "Authorization"),
        ({"metadata": ["sk-abcdefghijklmnop"]}, "metadata"),
    ],
)
def test_a_key_among_the_fields_of_a_request_is_refused(fields: dict[str, object], named: str) -> None:
    with pytest.raises(StatError, match=f"field {named} holds a key") as caught:
        validate({"teacher": {"server": {"extra_body": fields}}})
    assert "abc" not in str(caught.value)


def test_fields_that_are_no_keys_are_taken() -> None:
    fields = {
        "prompt_cache_key": "questions",
        "stop_token": "</s>",
        "reasoning_effort": "low",
        "max_tokens": 5,
    }
    assert ServerConfig(extra_body=fields).extra_body == fields


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("OPENAI_API_KEY", True), ("LAB_KEY", True), ("HF_TOKEN", True), ("KEY", True), ("MONKEY", False),
        ("AWS_SECRET_ACCESS_KEY", False), ("GITHUB_TOKEN", False), ("SSH_PRIVATE_KEY", False), ("LAB", False),
        ("HOME", False), ("GHOST_API_KEY", True),
    ],
)  # fmt: skip
def test_variables_that_may_hold_a_key(name: str, may: bool) -> None:
    assert keys.may_hold_key(name, []) is may
    assert keys.may_hold_key(name, [name])
