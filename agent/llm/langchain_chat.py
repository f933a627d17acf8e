"""Every provider that LangChain knows, through its chat models.

OpenAI's own protocol goes another way, see `agent.llm.openai_chat`. No retries here.
"""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from agent.llm.chat import (
    Completion,
    Finish,
    Limits,
    Message,
    Messages,
    Method,
    Piece,
    Shape,
    Tokens,
    Traits,
)
from agent.llm.faults import Kind, ModelError, fault_of
from agent.llm.patience import closing, patiently

# It is noticed from the refusal itself, and the next way is tried; see agent.llm.caller.
warnings.filterwarnings("ignore", "This model does not support OpenAI's structured output")

_METHODS = {
    Method.json_schema: "json_schema",
    Method.tool_call: "function_calling",
    Method.json_mode: "json_mode",
}
_FINISH = {
    "length": Finish.length,
    "max_tokens": Finish.length,
    "model_length": Finish.length,
    "content_filter": Finish.content_filter,
    "safety": Finish.content_filter,
    "prohibited_content": Finish.content_filter,
    "recitation": Finish.content_filter,
    "refusal": Finish.refusal,
}
_RAISED = {
    "LengthFinishReasonError": Finish.length,
    "ContentFilterFinishReasonError": Finish.content_filter,
}
"""What OpenAI's client, inside LangChain, raises instead of giving the answer back."""
_REASONS = ("finish_reason", "stop_reason", "done_reason")
"""Where providers say why a model stopped."""
_SEEDS = ("seed", "random_seed")
"""How providers call the seed, where they take one."""


class LangChainChat:
    """A LangChain chat model."""

    def __init__(self, name: str, model: BaseChatModel, *, traits: Traits, limits: Limits) -> None:
        self.name = name
        self.traits = traits
        self._model = model
        self._limits = limits
        self._shaped: dict[tuple[Method, str, int | None], Runnable[LanguageModelInput, Any]] = {}
        self._seeded: dict[int | None, BaseChatModel] = {None: model}

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,  # noqa: ARG002  # each provider names it otherwise; it is set on making the model
        seed: int | None = None,
    ) -> Completion:
        """A whole answer; raises ModelError."""
        try:
            async with asyncio.timeout(self._limits.whole):
                if shape is None or method is Method.prompted:
                    answer = await self._with(seed).ainvoke(self._written(messages))
                else:
                    asked = self._structured(shape, method, seed)
                    answer = (await asked.ainvoke(self._written(messages)))["raw"]
            return Completion(
                text=_arguments(answer) or str(answer.text),
                finish=_finish(answer.response_metadata, answer.additional_kwargs),
                tokens=_tokens(answer),
            )
        except ModelError:
            raise
        except Exception as error:
            finish = _RAISED.get(type(error).__name__)
            if finish is not None:
                return Completion("", finish)
            raise fault_of(error) from error

    async def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int,  # noqa: ARG002  # as above
    ) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, also in the middle."""
        chunks = patiently(self._model.astream(self._written(messages)), self._limits)
        total: Tokens | None = None
        try:
            async with closing(chunks):
                async for chunk in chunks:
                    metadata = chunk.response_metadata
                    ended = any(metadata.get(name) for name in _REASONS)
                    tokens = _tokens(chunk)
                    total = _sum(total, tokens)
                    yield Piece(
                        text=str(chunk.text),
                        finish=_finish(metadata, chunk.additional_kwargs) if ended else None,
                        tokens=total if tokens is not None else None,
                    )
        except ModelError:
            raise
        except Exception as error:
            raise fault_of(error) from error

    async def close(self) -> None:
        """LangChain's models close their connections by themselves."""

    def _written(self, messages: Messages) -> list[Any]:
        """The messages as LangChain takes them, with a mark where Anthropic's cache shall end."""
        return [
            (
                one.role,
                _marked(one) if one.shared and self.name.startswith("anthropic:") else one.text,
            )
            for one in messages
        ]

    def _with(self, seed: int | None) -> BaseChatModel:
        """The model that is asked with this seed."""
        if seed not in self._seeded:
            name = seed_field(self._model)
            if name is None:
                raise ModelError(Kind.request, f"{self.name} takes no seed in LangChain")
            self._seeded[seed] = self._model.model_copy(update={name: seed})
        return self._seeded[seed]

    def _structured(
        self, shape: Shape, method: Method, seed: int | None
    ) -> Runnable[LanguageModelInput, Any]:
        # Schemas differ under one name: those of the grader, from step to step.
        key = (method, json.dumps(shape.schema), seed)
        if key not in self._shaped:
            # LangChain wants name and description of the schema in the schema itself.
            schema = {"title": shape.name, "description": shape.name, **shape.schema}
            try:
                self._shaped[key] = self._with(seed).with_structured_output(
                    schema, method=_METHODS[method], include_raw=True
                )
            except (NotImplementedError, TypeError, ValueError) as error:
                raise ModelError(
                    Kind.unsupported, f"{self.name} has no {method.value} in LangChain"
                ) from error
        return self._shaped[key]


def seed_field(model: BaseChatModel) -> str | None:
    """The field of a LangChain model that holds its seed; None if it takes none."""
    return next((name for name in _SEEDS if name in type(model).model_fields), None)


def _marked(message: Message) -> list[dict[str, Any]]:
    """The shared part of a message, which later calls read from the cache, and the rest."""
    shared, rest = message.text[: message.shared], message.text[message.shared :]
    return [
        {"type": "text", "text": shared, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": rest},
    ]


def _arguments(answer: BaseMessage) -> str | None:
    """The arguments of the first tool call, as JSON."""
    if not isinstance(answer, AIMessage):
        return None
    if answer.tool_calls:
        return json.dumps(answer.tool_calls[0]["args"])
    return answer.invalid_tool_calls[0]["args"] if answer.invalid_tool_calls else None


def _finish(metadata: Mapping[str, Any], more: Mapping[str, Any]) -> Finish:
    if more.get("refusal"):
        return Finish.refusal
    reason = next((metadata[name] for name in _REASONS if metadata.get(name)), "")
    return _FINISH.get(str(reason).lower(), Finish.stop)


def _tokens(answer: BaseMessage) -> Tokens | None:
    usage = getattr(answer, "usage_metadata", None)
    if not usage:
        return None
    details = usage.get("input_token_details") or {}
    return Tokens(
        input=int(usage["input_tokens"]),
        cached=int(details.get("cache_read") or 0),
        output=int(usage["output_tokens"]),
    )


def _sum(one: Tokens | None, other: Tokens | None) -> Tokens | None:
    """Both together: of a stream, LangChain's chunks tell what came with each."""
    if one is None or other is None:
        return one or other
    return Tokens(one.input + other.input, one.cached + other.cached, one.output + other.output)
