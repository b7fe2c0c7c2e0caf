"""Shared parts of the local reward models: weights and heads, batches by length, marked conversations.

Rows are padded on the right and passed without an attention mask: the models are causal, so padding
cannot affect a position that is read. A marked conversation knows the exact tokens at which the reward
model is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Message, Partial, PartialScores, Scored
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.loading import TokenBudget, is_out_of_memory, release, render

Build = Callable[[str, Sequence[str], str], list[Message]]
"""Messages of a problem and its steps, with the given mark once a step."""


@dataclass(frozen=True)
class Marked:
    """A rendered conversation."""

    text: str
    characters: list[int]
    """Where each mark begins in the text."""
    ids: list[int]
    marks: list[int]
    """Where each mark's token is among the ids."""


class Conversations:
    """Renders and encodes conversations of one form."""

    def __init__(self, tokenizer: Any, name: str, build: Build, mark: str, mark_id: int) -> None:
        if not tokenizer.is_fast:
            raise StatError(f"reward model {name}: its tokenizer cannot say where a text's tokens are")
        self._tokenizer = tokenizer
        self._name = name
        self._build = build
        self._mark = mark
        self._mark_id = mark_id

    def encode(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[Marked]:
        """(problem, steps) items as tokens, with one mark a step; raises StatError for a chat template in
        which the marks cannot be found."""
        if not items:
            return []
        rendered = [self._rendered(problem, steps) for problem, steps in items]
        tokens = self._tokenizer([text for text, _ in rendered], add_special_tokens=False)
        marked = []
        for at, (text, characters) in enumerate(rendered):
            marks = [tokens.char_to_token(at, character) for character in characters]
            ids = tokens["input_ids"][at]
            if not all(mark and ids[mark] == self._mark_id for mark in marks):
                raise self._refused(f"{self._mark!r} is not a token of its own")
            marked.append(Marked(text, characters, ids, marks))
        return marked

    def check_turns(self) -> None:
        """Raise StatError for a template that renders a turn otherwise once more turns follow: one pass over
        the whole conversation would then not be what the model read step by step."""
        short, long = self.encode([("1 + 1?", ["1 + 1 = 2"]), ("1 + 1?", ["1 + 1 = 2", "Answer: 2"])])
        end = short.characters[0] + len(self._mark)
        if long.text[:end] != short.text[:end]:
            raise self._refused("a turn changes once more turns follow")

    def _rendered(self, problem: str, steps: Sequence[str]) -> tuple[str, list[int]]:
        if not steps:
            return "", []
        texts = "".join((problem, *steps))
        hole = next(sign for sign in map(chr, range(0xE000, 0xF900)) if sign not in texts)
        parts = self._render(self._build(problem, steps, hole)).split(hole)
        if len(parts) != len(steps) + 1:
            raise self._refused(f"{len(parts) - 1} marks came out for {len(steps)} steps")
        characters, end = [], 0
        for part in parts[:-1]:
            characters.append(end + len(part))
            end = characters[-1] + len(self._mark)
        return self._mark.join(parts), characters

    def _render(self, messages: list[Message]) -> str:
        from jinja2 import TemplateError

        try:
            return render(self._tokenizer, messages)
        except (TemplateError, ValueError) as error:
            raise self._refused(str(error).split("\n")[0]) from None

    def _refused(self, found: str) -> StatError:
        return StatError(
            f"reward model {self._name}: its chat template does not work out for this kind of reward "
            f"model, which reads one {self._mark!r} a step: {found}"
        )


def sign_turns(problem: str, steps: Sequence[str], mark: str) -> list[Message]:
    """The RLHFlow form: the question and step 1 in one user turn, a user turn a later step, each followed by
    the assistant's mark."""
    messages: list[Message] = []
    for at, step in enumerate(steps):
        messages += [
            {"role": "user", "content": step if at else f"{problem} {step}"},
            {"role": "assistant", "content": mark},
        ]
    return messages


def sign_tokens(tokenizer: Any, name: str) -> tuple[int, int]:
    """Ids of `-` and `+`, each the last that the tokenizer gives for it; raises StatError without both."""
    minus, plus = (tokenizer.encode(sign, add_special_tokens=False)[-1:] for sign in "-+")
    if not minus or not plus or minus == plus or tokenizer.unk_token_id in (*minus, *plus):
        raise StatError(f"reward model {name}: found no tokens for '+' and '-' in its tokenizer")
    return minus[0], plus[0]


def signed_turns(tokenizer: Any, name: str) -> tuple[Conversations, tuple[int, int]]:
    """Conversations in the RLHFlow form, and the ids of `-` and `+`."""
    signs = sign_tokens(tokenizer, name)
    return Conversations(tokenizer, name, sign_turns, "+", signs[1]), signs


if TYPE_CHECKING:
    import torch

    Read = Callable[[torch.Tensor, tuple[torch.Tensor, torch.Tensor]], torch.Tensor]
    """(responses, tokens) ids and the n (row, column) places to read give an (n, 2) score of no and yes."""


@dataclass(frozen=True)
class Row:
    """A response as tokens, up to the last place that is read."""

    ids: list[int]
    places: list[int]
    """Positions whose output is read, rising; one a scored step."""
    is_cut: bool = False
    """Places beyond the context were left out."""


def cut_row(ids: Sequence[int], places: Sequence[int], context: int | None) -> Row:
    """The row up to the last place that lies within `context` tokens; null: no limit."""
    kept = [place for place in places if context is None or place < context]
    return Row(list(ids[: kept[-1] + 1]) if kept else [], kept, len(kept) < len(places))


class Scorer:
    """Runs rows through a model, as many at once as the token budget and the memory allow."""

    def __init__(self, read: "Read", device: "torch.device", token_budget: int) -> None:
        self._read = read
        self._device = device
        self._budget = TokenBudget(token_budget)

    def score(
        self,
        rows: Sequence[Row],
        partial: PartialScores | None = None,
        scored: Callable[[Row, list[float]], Scored] = lambda row, found: Scored(found, is_cut=row.is_cut),
    ) -> list[Scored]:
        """What `scored` makes of each row's P(yes) at its places, doubles, in order; by default step rewards.

        Rows in `partial` are not read again, and the others in the batches that they would have been in: a
        number may depend on its batch by rounding. Raises StatError where one row alone does not fit in
        memory."""
        partial = partial or Partial()
        # longest first: what does not fit in memory shows at once, not after hours
        waiting = sorted((at for at, row in enumerate(rows) if row.places), key=lambda at: -len(rows[at].ids))
        while waiting:
            width = len(rows[waiting[0]].ids)
            batch = waiting[: max(1, self._budget.tokens // width)]
            if any(at not in partial.known for at in batch):
                read = self._forward([rows[at] for at in batch], width)
                if read is None:
                    self._shrink(len(batch), width)
                    continue
                self._budget.went_well()
                found = zip(batch, read, strict=True)
                partial.add({at: scored(rows[at], p) for at, p in found if at not in partial.known})
            waiting = waiting[len(batch) :]
        return [partial.known[at] if row.places else scored(row, []) for at, row in enumerate(rows)]

    def _shrink(self, n_rows: int, width: int) -> None:
        if n_rows == 1:
            raise StatError(
                f"the reward model ran out of memory on one response of {width} tokens; lower "
                "reward_model.max_length, or set reward_model.device_map or a smaller dtype"
            )
        self._budget.ran_out(n_rows * width)

    def _forward(self, rows: list[Row], width: int) -> list[list[float]] | None:
        """P(yes) of one batch; null: out of memory."""
        import torch

        ids = torch.tensor([row.ids + [0] * (width - len(row.ids)) for row in rows], device=self._device)
        lines = torch.tensor([at for at, row in enumerate(rows) for _ in row.places])
        columns = torch.tensor([place for row in rows for place in row.places])
        try:
            with torch.inference_mode():
                flat = iter(self._read(ids, (lines, columns)).double().softmax(-1)[:, 1].tolist())
            return [[next(flat) for _ in row.places] for row in rows]
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        release()  # here, because the exception's frames held the tensors
        return None


if TYPE_CHECKING:
    import torch

    pass


def load_weights(config: RewardModelConfig, model_class: Any) -> Any:
    """The checkpoint as a `model_class` of transformers, on the GPU where there is one.

    Raises StatError where the checkpoint lacks weights, or has some of another shape: transformers
    would fill them with random numbers and continue."""
    import torch

    model, found = model_class.from_pretrained(
        locate(config.model), use_safetensors=True, dtype=config.dtype, device_map=config.device_map,
        trust_remote_code=config.trust_remote_code, ignore_mismatched_sizes=True, output_loading_info=True,
    )  # fmt: skip
    wrong = [f"no {name}" for name in sorted(found["missing_keys"])] + [
        f"{name} of shape {tuple(there)} where {tuple(expected)} fits"
        for name, there, expected in sorted(found["mismatched_keys"])
    ]
    if wrong:
        raise StatError(
            f"reward model {config.model}: found {', '.join(wrong[:3])} ({len(wrong)} in all), "
            f"expected the weights of a {type(model).__name__}"
        )
    if config.device_map is None and torch.cuda.is_available():
        model = model.to("cuda")
    return model.eval()


def context_of(model: Any, max_length: int | None) -> int | None:
    """Tokens that may go in: the configured limit or the model's own, whichever is less; null: neither."""
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min((limit for limit in (own, max_length) if limit), default=None)


def read_signs(model: Any, signs: tuple[int, int]) -> "Read":
    """Read the logits of two tokens, and compute no others.

    The head gives way to one with their two rows, so that what the model does to its logits (scaling,
    soft caps) stays its own doing. A head that cannot be cut down is computed in full."""
    import torch

    head = model.get_output_embeddings()
    columns = list(signs)
    # on the meta device lies what accelerate keeps elsewhere until it is needed
    if type(head) is torch.nn.Linear and head.weight.is_floating_point() and not head.weight.is_meta:
        model.set_output_embeddings(_rows_of(head, columns))
        columns = [0, 1]

    def read(ids: "torch.Tensor", at: "tuple[torch.Tensor, torch.Tensor]") -> "torch.Tensor":
        logits: torch.Tensor = model(input_ids=ids, use_cache=False).logits
        return logits[at][:, columns]

    return read


def _rows_of(head: Any, rows: list[int]) -> Any:
    import torch

    small = torch.nn.Linear(head.in_features, len(rows), bias=head.bias is not None)
    small.weight = torch.nn.Parameter(head.weight[rows].detach().clone(), requires_grad=False)
    if head.bias is not None:
        small.bias = torch.nn.Parameter(head.bias[rows].detach().clone(), requires_grad=False)
    # with the model spread over devices, the last layer's may not be the head's
    small.register_forward_pre_hook(lambda module, given: (given[0].to(module.weight.device),))
    return small
