"""Rows of responses as tools and servers write them, unfolded to one row with one text for each response.

- A chat: the last message of the assistant is the response, whether in `response` or in `messages`.
- The output of a batch of requests (OpenAI, vLLM, Anthropic): `custom_id` is the question's id, the body's
  `model` the model, and each of its choices a response.
- A request of HELM (`scenario_state.json`), an event `sampling` of OpenAI Evals (others hold no response).
- A list of texts, as some data sets keep all answers to a question: each is a response, with its entry of
  the lists `correct`, `outcome_reward`, `reward` and `steps`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stat_engine.formats.chats import CHAT_FIELDS, as_messages, last_answer, last_question
from stat_engine.formats.row import Row, displayed, number_text

QUESTION_STANDS = ("custom_id", "problem", *CHAT_FIELDS)
"""Fields that say which question a row answers where it has no `problem_id`."""
RESPONSE_STANDS = (*CHAT_FIELDS, "choices", "result")
"""Fields that hold the response where it is not in `response`."""
_EACH = ("correct", "outcome_reward", "reward")
_OTHER_EVENTS = ("match", "metrics", "raw_sample", "error", "extra", "cond_logp", "function_call")
_BODY = ("choices", "output", "content", "message")


def unfolded(row: Row) -> list[Row]:
    """A row for each response of a row; none where the server answered with an error.

    Raises InputError where lists beside a list of responses are not of its length."""
    values = row.values
    if "custom_id" in values and not row.has("problem_id"):
        row = replace(row, values={**values, "problem_id": values["custom_id"]})
    row = _of_evaluation(row)
    values = row.values
    if values.get("type") in _OTHER_EVENTS or values.keys() <= {"spec"} or values.keys() <= {"final_report"}:
        return []
    body = _body(values)
    if body is not None:
        return _of_body(row, body)
    if _is_failed(values):
        return []
    given = values.get("response")
    if isinstance(given, list) and given and as_messages(given) is None and not _is_parts(given):
        return [_one(row, given, at) for at in range(len(given))]
    return [row]


def _of_evaluation(row: Row) -> Row:
    """A row of HELM or OpenAI Evals in our fields; any other unchanged."""
    values = row.values
    instance, result, data = values.get("instance"), values.get("result"), values.get("data")
    found = result.get("completions") if isinstance(result, dict) else None
    if isinstance(instance, dict) and isinstance(found, list):
        asked, request = instance.get("input"), values.get("request")
        problem = asked.get("text") if isinstance(asked, dict) else asked
        model = request.get("model") if isinstance(request, dict) else None
        texts = [one.get("text") if isinstance(one, dict) else one for one in found]
        number = {"sample": (row.whole("train_trial_index", low=0) or 0) * len(texts)}
        return replace(row, values={"problem": problem, "model": model, "response": texts, **number})
    if values.get("type") == "sampling" and isinstance(data, dict) and "sampled" in data:
        prompt = data.get("prompt")
        said = {"messages": prompt} if as_messages(prompt) else {"problem": prompt}
        return replace(row, values={**said, "response": data["sampled"]})
    return row


def response_text(row: Row) -> str:
    """The text of the row's one response; raises InputError where there is none."""
    given = row.values.get("response")
    chat = next((name for name in CHAT_FIELDS if row.has(name)), None)
    if given is None and chat is not None:
        return last_answer(row, chat)
    if isinstance(given, list) and _is_parts(given):
        given = {"role": "assistant", "content": given}
    said = as_messages(given)
    if said is not None:
        return last_answer(Row(row.line, {"response": said}, row.file), "response")
    return number_text(given) or row.text("response")


def question_text(row: Row) -> str | None:
    """The text of the question that the row repeats, in `problem` or as the last message of the user."""
    if row.has("problem"):
        return row.text("problem")
    chat = next((name for name in CHAT_FIELDS if row.has(name)), None)
    return last_question(row, chat) if chat else None


def _body(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object with which a server answered; None where the row has none, or one of an error."""
    given, result = values.get("response"), values.get("result")
    inner = given.get("body", given) if isinstance(given, dict) and as_messages(given) is None else None
    message = result.get("message") if isinstance(result, dict) else None
    own = values if given is None and isinstance(values.get("choices"), list) else None
    bodies = (body for body in (inner, message, own) if isinstance(body, dict))
    return next((body for body in bodies if any(body.get(key) for key in _BODY)), None)


def _is_failed(values: Mapping[str, Any]) -> bool:
    """Whether the row is that of a request which the server refused."""
    is_batch = "custom_id" in values and "response" in values
    given, result = values.get("response"), values.get("result")
    if given == []:
        return True
    failed = isinstance(result, dict) and result.get("type") in ("errored", "canceled", "expired")
    return failed or (is_batch and (given is None or (isinstance(given, dict) and "body" in given)))


def _of_body(row: Row, body: Mapping[str, Any]) -> list[Row]:
    choices = body.get("choices")
    output = body.get("output")
    if isinstance(choices, list):
        said = [_choice(row, at, one) for at, one in enumerate(choices)]
    elif isinstance(output, list):  # OpenAI's Responses: reasoning and calls of tools are items of their own
        said = [[one for one in output if isinstance(one, dict) and one.get("type", "message") == "message"]]
    else:
        said = [[{"role": "assistant", "content": body.get("content", body.get("message"))}]]
    model = {"model": body["model"]} if "model" in body and not row.has("model") else {}
    rest = {name: value for name, value in row.values.items() if name not in ("choices", "result")}
    base = replace(row, values={**rest, **model})
    numbers = [None] if len(said) == 1 else range(len(said))
    return [_numbered(base, {"response": one}, at) for at, one in zip(numbers, said, strict=True)]


def _choice(row: Row, at: int, choice: Any) -> Any:
    """The message of a chat's choice, or a completion's text."""
    message = choice.get("message", choice.get("text")) if isinstance(choice, dict) else None
    if isinstance(message, dict):
        return [{"role": "assistant", **message}]
    if not isinstance(message, str):
        raise row.refuse(f"choices[{at}]", displayed(choice), "a choice with a message or text")
    return message


def _one(row: Row, given: list[Any], at: int) -> Row:
    """One response of a list of them, with its own entries of the lists beside it."""
    own: dict[str, Any] = {"response": given[at]}
    for name in (*_EACH, "steps"):
        value = row.values.get(name)
        is_each = isinstance(value, list) and (name != "steps" or all(isinstance(one, list) for one in value))
        if is_each and value is not None:
            if len(value) != len(given):
                raise row.refuse(name, f"a list of {len(value):,}", f"{len(given):,}, one a response")
            own[name] = value[at]
    return _numbered(row, own, at)


def _numbered(row: Row, own: Mapping[str, Any], at: int | None) -> Row:
    """The row of one response; of several, the number after that of the row."""
    first = row.whole("sample", low=0) or 0
    number = {} if at is None else {"sample": first + at}
    return replace(row, values={**row.values, **own, **number})


def _is_parts(given: list[Any]) -> bool:
    """Whether a list is the content of one message, not several responses."""
    return all(isinstance(part, dict) and "type" in part and "role" not in part for part in given)
