"""The small models' tokenizer: words, single digits and signs; decoding restores the text exactly.

A word keeps the space before it ("` apples`"), so that joining the tokens restores the text. The
vocabulary is what the templates can write; any other word is `<unk>`."""

import re
from random import Random
from string import digits

from tokenizers import Regex, Tokenizer, decoders
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import PreTrainedTokenizerFast

from stat_engine.numeracy.expressions import LEADS
from stat_engine.numeracy.problem import ANSWER_PREFIX, solution_text
from stat_engine.numeracy.templates import TEMPLATES
from stat_engine.numeracy.templates.template import ITEMS, NAMES

SPECIAL_TOKENS = ("<pad>", "<bos>", "<sep>", "<eos>", "<unk>")
TOKEN_PATTERN = r" ?[A-Za-z]+|[0-9]|\n| |[^\sA-Za-z0-9]"
SIGNS = "+-*/^()=.,:?"
DRAWS_A_TEMPLATE = 40

# A user turn is `<bos>problem<sep>`, an assistant turn `solution<eos>`. The generation block marks
# what a trainer may take the loss on.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ bos_token + message['content'] + sep_token }}{% endif %}"
    "{% endfor %}"
)


def vocabulary() -> list[str]:
    """Special tokens, digits, signs and every word of the templates, in a fixed order."""
    words: set[str] = set()
    for template in TEMPLATES:
        for text in template.texts:
            words |= _words(re.sub(r"\{\w+\}", "0", text))
        for seed in range(DRAWS_A_TEMPLATE):
            problem = template.draw(Random(seed))
            for steps in problem.solutions:
                words |= _words(solution_text(steps))
    words |= _words(ANSWER_PREFIX)
    for word in (*NAMES, *ITEMS, *LEADS):
        words |= {word, f" {word}"}
    return [*SPECIAL_TOKENS, "\n", " ", *digits, *SIGNS, *sorted(words)]


def _words(text: str) -> set[str]:
    return {token for token in re.findall(TOKEN_PATTERN, text) if re.search("[A-Za-z]", token)}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer with its chat template; it adds no special tokens by itself."""
    ids = {token: i for i, token in enumerate(vocabulary())}
    backend = Tokenizer(WordLevel(ids, unk_token="<unk>"))
    backend.pre_tokenizer = Split(Regex(TOKEN_PATTERN), behavior="isolated")
    backend.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<pad>",
        bos_token="<bos>",
        sep_token="<sep>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=256,
        chat_template=CHAT_TEMPLATE,
    )
