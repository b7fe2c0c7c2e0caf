"""Settings of a run's models (student, reward model, teacher, embeddings), their servers and API keys."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from stat_engine.config import framing as framings
from stat_engine.config import keys, vllm_settings
from stat_engine.config.section import Name, Section, Seed, Text
from stat_engine.errors import StatError
from stat_engine.prompts import BOXED

FILES = (Path(".streamlit/secrets.toml"), Path("~/.streamlit/secrets.toml"))
"""The same places that Streamlit reads, the nearer one first."""


def secret(name: str) -> str | None:
    """The secret of this name; None where it is nowhere. Raises StatError for a file that is no TOML."""
    if os.environ.get(name):
        return os.environ[name]
    for path in FILES:
        try:
            value = tomllib.loads(path.expanduser().read_text(encoding="utf-8")).get(name)
        except OSError:
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # the decoder's own message may quote the line
            raise StatError(f"{path}: found a damaged file, expected TOML with secrets") from None
        if isinstance(value, str) and value:
            return value
    return None


Splitter = Literal["newline", "blank-line", "numbered", "ki"]
Framing = Literal["plain", "boxed", "qwen-math", "llama-math", "base"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class ServerConfig(Section):
    """An OpenAI-compatible server and how it is asked; only `omit` and `extra_body` change its answers."""

    base_url: str | None = None
    """As in http://127.0.0.1:8000/v1; null: OPENAI_BASE_URL, else the address the openai package knows."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable, or Streamlit secret, that holds the key; never the key itself."""
    width: int = Field(64, ge=1, le=10_000)
    """Calls in flight."""
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)
    """Tokens in and out; a call waits until its bound fits."""
    timeout_s: float = Field(120, gt=0, le=604_800)
    """Seconds for one attempt."""
    retries: int = Field(6, ge=0, le=1000)
    """Attempts after the first, for answers that another attempt may mend: 429, 5xx, cut connections."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Name under which the server takes the limit on an answer."""
    omit: list[str] = []
    """Fields of a request that this server refuses, as in temperature or seed: they are not sent."""
    extra_body: dict[str, Any] = {}
    """Further fields of every request, as in reasoning_effort or chat_template_kwargs."""

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"https?://[^/\s]+\S*$", url):
            raise ValueError("expected an address that begins with http:// or https://, without a space")
        return url

    @field_validator("base_url")
    @classmethod
    def _holds_no_key(cls, url: str | None) -> str | None:
        if url is not None and (fault := keys.fault_of_address(url)):
            raise ValueError(f"expected an address without {fault}; keys come from api_key_env")
        return url

    def alters(self) -> dict[str, Any]:
        """The settings that change what the server answers; empty where none does."""
        altering = {"omit": sorted(self.omit), "extra_body": self.extra_body}
        return {name: value for name, value in altering.items() if value}

    @field_validator("omit", "extra_body")
    @classmethod
    def _leaves_the_question(cls, names: Any) -> Any:
        if kept := sorted({"messages", "prompt", "model", "input"} & set(names)):
            raise ValueError(f"found {', '.join(kept)}, which every request needs; expected other fields")
        return names

    @field_validator("extra_body")
    @classmethod
    def _fields_hold_no_key(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if name := keys.field_with_key(fields):
            raise ValueError(f"field {name} holds a key, which would be stored; keys come from api_key_env")
        return fields

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name_and_not_a_key(cls, name: str) -> str:
        if not keys.is_name(name):
            raise ValueError("expected the name of an environment variable in capitals, never the key itself")
        return name


class Served(Section):
    """A section whose model may be on a server; only settings that change its answers count."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"server"})

    server: ServerConfig = ServerConfig()

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome, with those that change the server's answers, if any."""
        altering = self.server.alters()
        return super().decides() | ({"server": altering} if altering else {})


class StudentConfig(Served):
    """The student and how it answers. `imported`: its responses come from a file."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"server", "python", "device_map", "token_budget"})
    SAMPLING: ClassVar[frozenset[str]] = frozenset(
        {"name", "n_samples", "temperature", "top_p", "seed", "batch_size", "threads"}
    )
    """Settings of its answers to the validation questions alone."""
    LATER: ClassVar[frozenset[str]] = frozenset({"gguf_file", "vllm"})
    """Settings that are younger than some runs: where they are not set they decide nothing."""

    backend: Literal["transformers", "vllm", "openai", "imported"] = "transformers"
    model: Text = "data/numeracy/student"
    """A local checkpoint folder or a hub id; a relative folder is looked for beside the package too.
    For `openai` the model's name on the server. Or a GGUF file, FILE.gguf, which is converted once into a
    checkpoint of the workspace."""
    gguf_file: str | None = None
    """Name of the GGUF file in the model's folder or hub id; null: its safetensors."""
    adapter: str | list[str] | None = None
    """A peft adapter's folder on top of the model, or several, each made on top of those before it; a
    relative folder is looked for in the workspace and beside the package too; null: none."""
    name: Text = "numeracy-student"
    framing: Framing | str = "plain"
    """How a question is put: `plain` alone, `boxed` and the two maths prompts ask for a boxed answer,
    `base` continues a text, for a checkpoint without a chat template. Or a prompt file, FILE.md, with the
    sections `## user` (where {{problem}} stands for the question), `## system` and `## stop` (optional)."""
    n_samples: int = Field(1, ge=1, le=10_000)
    temperature: float = Field(0.1, ge=0, le=100)
    """0 is greedy; the paper samples pass@1 at 0.1."""
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(128, ge=1)
    stop: list[str] = []
    """Texts that end an answer and are not part of it."""
    seed: Seed = 0
    batch_size: int = Field(100, ge=1, le=1_000_000)
    """Questions written to disk together; part of the outcome, because a batch is sampled from one seed."""
    steps: Splitter = "newline"
    """Where a response is cut into steps; the paper's models use blank lines."""
    threads: int = Field(1, ge=1, le=4096)
    """CPU threads; one beats several for small models on shared cores."""
    dtype: Dtype = "auto"
    device_map: str | None = None
    """As accelerate reads it (`auto` spreads a model over several GPUs); null: one GPU, else the CPU."""
    token_budget: int = Field(16384, ge=256)
    """Tokens decoded together, prompts and room for answers; shrinks when memory runs out, grows again."""
    vllm: dict[str, Any] = {}
    """vllm: settings of its engine by its own names, as in {max_num_seqs: 64, enforce_eager: true}."""
    scheduler: Literal["auto", "ragged", "continuous"] = "auto"
    """`ragged`: finished rows leave the batch; `continuous`: transformers' own continuous batching;
    auto: continuous on a GPU, ragged on a CPU."""
    trust_remote_code: bool = False
    """Run code that a checkpoint brings along. Leave it off unless you have read that code."""
    python: str | None = None
    """Interpreter of another environment to run the model in; null: this one. Not for a server's model."""

    def is_local(self) -> bool:
        """Whether it is loaded on the machine on which the run works."""
        return self.backend in ("transformers", "vllm")

    def adapters(self) -> list[str]:
        """Folders of its adapters in the order in which they are merged."""
        return [self.adapter] if isinstance(self.adapter, str) else list(self.adapter or [])

    def stops(self) -> tuple[str, ...]:
        """Texts that end an answer: those of `stop`, then those of a framing's file."""
        of_file = framings.read_framing(self.framing).stop if framings.is_file(self.framing) else ()
        return tuple(dict.fromkeys([*self.stop, *of_file]))

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome; a framing's file by its content, wherever it is."""
        return self._of_today(super().decides())

    def decides_an_arm(self) -> dict[str, Any]:
        """How it is loaded and asked, whatever the questions: what fine-tuning and evaluation hang on."""
        return self._of_today(self.model_dump(exclude=set(self.OPERATIONAL | self.SAMPLING)))

    def _of_today(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings with a framing by its content, and without those that are younger than some runs and
        not set."""
        engine = vllm_settings.deciding(self.vllm) if self.backend == "vllm" else {}
        now = {**settings, "vllm": engine, "framing": framings.identity(self.framing)}
        return {name: value for name, value in now.items() if value or name not in self.LATER}

    @model_validator(mode="after")
    def _vllm_takes_the_settings(self) -> Self:
        fault = vllm_settings.fault(self.vllm, is_elsewhere=self.python is not None)
        if fault:
            raise ValueError(f"vllm: {fault}")
        return self

    @field_validator("gguf_file")
    @classmethod
    def _is_a_name_of_a_gguf_file(cls, name: str | None) -> str | None:
        if name is not None and (Path(name).name != name or not name.lower().endswith(".gguf")):
            raise ValueError("expected the name of a file that ends in .gguf, without a folder")
        return name

    @model_validator(mode="after")
    def _one_gguf_file(self) -> Self:
        if self.gguf_file is not None and self.model.lower().endswith(".gguf"):
            raise ValueError("model is a GGUF file itself, so gguf_file has to be null")
        if self.gguf_file is not None and not self.is_local():
            raise ValueError(f"gguf_file needs backend transformers or vllm, found {self.backend}")
        return self

    @field_validator("framing")
    @classmethod
    def _is_a_framing(cls, framing: str) -> str:
        if framing not in get_args(Framing) and not framings.is_file(framing):
            names = ", ".join(get_args(Framing))
            raise ValueError(f"expected {names}, or a prompt file whose name ends in .md")
        return framing

    @model_validator(mode="after")
    def _greedy_gives_one_response(self) -> Self:
        if self.n_samples > 1 and self.temperature == 0:
            raise ValueError("several samples need a temperature above 0")
        return self


class RewardModelConfig(Served):
    """The reward model. `imported`: step rewards come from a file."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"server", "python", "device_map", "token_budget"})

    backend: Literal["plus-minus", "rlhflow", "qwen-prm", "outcome", "rlhflow-server", "imported"] = (
        "plus-minus"
    )
    """`plus-minus`: the embedded one; `rlhflow`: generative +/- chat (RLHFlow); `qwen-prm`: token
    classification (Qwen2.5-Math-PRM); `outcome`: one score a response; `rlhflow-server`: the RLHFlow
    kind behind a vLLM server, through prompt log-probabilities."""
    model: Text = "data/numeracy/reward_model"
    batch_size: int = Field(100, ge=1, le=1_000_000)
    """Responses written to disk together."""
    token_budget: int = Field(16384, ge=256)
    """Padded tokens a forward pass; halved when memory runs out."""
    max_length: int | None = Field(None, ge=8)
    """Tokens of a response that are scored, the question's included; null: the model's own context."""
    dtype: Dtype = "auto"
    device_map: str | None = None
    trust_remote_code: bool = False
    """Run code that a checkpoint brings along. Leave it off unless you have read that code."""
    python: str | None = None
    """Interpreter of another environment to run the model in; null: this one."""

    def is_local(self) -> bool:
        """Whether it is loaded on the machine on which the run works."""
        return self.backend not in ("rlhflow-server", "imported")


class TeacherConfig(Served):
    """A teacher: it labels missing skills and, where it can, names skills, rewrites, proposes and solves."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"server", "mode", "batch_price"})

    backend: Literal["numeracy", "question-skills", "openai", "student"] = "numeracy"
    """`student`: the run's own student teaches itself."""
    name: Name | None = None
    """Endpoint name in the teacher-call key; null: the backend's name."""
    model: Text | None = None
    """openai: the model's name on the server."""
    temperature: float | None = Field(0.0, ge=0, le=100)
    """For labels, which should come out the same twice; null: not sent, for models that refuse it."""
    writing_temperature: float | None = Field(0.7, ge=0, le=100)
    """For rewriting, proposing and solving, where several answers should differ; null: not sent."""
    max_tokens: int = Field(2048, ge=1)
    noise: float = Field(0.0, ge=0, le=1)
    """Probability that a label has a wrong, missing or extra skill. numeracy errs so itself; to the labels of
    any other teacher the error is added, drawn by the seed, for studies of label noise."""
    solver_error: float = Field(0.0, ge=0, le=1)
    """numeracy: probability that one of its solutions to a new question has a wrong answer."""
    seed: Seed = 0
    mode: Literal["direct", "batch"] = "direct"
    """`batch`: through the provider's batch files, at a part of the price and within a day."""
    batch_price: float = Field(0.5, gt=0, le=1)
    """Share of the price that a call in a batch costs."""
    labels_per_question: int = Field(1, ge=1, le=10_000)
    """Difficult responses of a question that are labelled, lowest mean reward first."""
    self_check: bool = False
    """Ask the teacher of every label once more whether it holds; the share is reported (paper: 70%)."""

    @model_validator(mode="after")
    def _a_server_needs_a_model(self) -> Self:
        if self.backend == "openai" and not self.model:
            raise ValueError("backend openai needs teacher.model, the model's name on the server")
        return self

    def is_prompted(self) -> bool:
        """Whether it is a language model that reads the prompt files."""
        return self.backend in ("openai", "student")

    def endpoint(self) -> str:
        """Name under which its answers are kept."""
        return self.name or self.backend


class EmbeddingsConfig(Served):
    """What makes two questions near to one another."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"server", "device", "batch_size"})

    backend: Literal["tfidf", "sentence-transformers", "openai"] = "tfidf"
    model: Text | None = None
    """A checkpoint for sentence-transformers, a model's name for an embeddings endpoint."""
    instruction: str | None = None
    """Text in front of the question whose neighbours are searched, and of no pool question; null: none."""
    dtype: Dtype = "auto"
    """sentence-transformers: type of the weights."""
    device: Text | None = None
    """sentence-transformers: cuda, cuda:1 or cpu; null: the GPU where there is one."""
    batch_size: int = Field(32, ge=1, le=100_000)
    """sentence-transformers: texts that are encoded together."""

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome; of those younger than some runs only what is set."""
        unset = {"instruction": None, "dtype": "auto"}
        return {name: value for name, value in super().decides().items() if unset.get(name, self) != value}

    @model_validator(mode="after")
    def _a_model_where_one_is_needed(self) -> Self:
        if self.backend != "tfidf" and not self.model:
            raise ValueError(f"backend {self.backend} needs embeddings.model")
        if self.backend == "tfidf" and self.instruction:
            raise ValueError("backend tfidf reads words and no instruction; set embeddings.instruction=null")
        return self


ANSWER_FORMATS = {
    "mathematical": BOXED,
    "exact": "on a last line of its own, after 'Answer:'",
    "choice": "on a last line of its own, as the letter after 'Answer:'",
    "regex": "in a form that this regular expression finds: {pattern}",
    "command": "as it is run, with nothing before and after it",
    "judge": "in full in a last paragraph of its own",
}
"""Grader -> how its domain's solutions end, as the words after "the final answer"; of `command` the whole."""


class GraderConfig(Section):
    """How a response is compared with the reference answer."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"memory_mb", "allow_writes"})

    backend: Literal["mathematical", "exact", "choice", "regex", "command", "judge"] = "mathematical"
    """`mathematical`: 1/2 equals 0.5; `exact`: the same text; `choice`: the same letter; `regex`: the
    same text in the pattern's group; `command`: a program says so; `judge`: the run's teacher does."""
    pattern: str | None = None
    """regex: a pattern with one group, whose last match is the answer."""
    command: list[str] = []
    """command: program and arguments; it gets the response on its standard input and the reference in
    STAT_REFERENCE, and exits with 0 where the response is right."""
    timeout_s: float = Field(10, gt=0, le=86_400)
    """command: seconds that the program and all that it starts may take; mathematical and regex: seconds that
    one comparison or one search may take, beyond which it is unknown whether the answer is right."""
    memory_mb: int = Field(1024, ge=16, le=16_777_216)
    """command: megabytes for each of its processes."""
    allow_writes: bool = False
    """command: run the program even on a machine that cannot keep it from changing files outside its scratch
    folder; only for code that you trust."""

    @model_validator(mode="after")
    def _what_the_backend_needs(self) -> Self:
        if self.backend == "regex":
            try:
                n_groups = re.compile(self.pattern or "").groups
            except re.error as error:
                raise ValueError(f"grader.pattern is not a pattern ({error})") from None
            if n_groups != 1:
                raise ValueError(f"grader regex needs a grader.pattern with one group, found {n_groups}")
        if self.backend == "command" and not self.command:
            raise ValueError("grader command needs grader.command, a program and its arguments")
        return self
