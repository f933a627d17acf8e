"""Sends the calls of a chat model to LangSmith as runs, if its environment variables ask for it.

LangChain's models do so by themselves; this is for those that are called without LangChain.
Nothing is imported or done unless it is switched on, and no failure of LangSmith's is one of
the call: it sends from a thread of its own.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from agent.llm.around import Around
from agent.llm.chat import Chat, Completion, Messages, Method, Piece, Shape, Tokens
from agent.llm.patience import closing
from agent.llm.redact import redacted_in

_SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)


def sent_to_langsmith(chat: Chat) -> Chat:
    """The chat model, with its calls sent to LangSmith if that is switched on."""
    if not any(os.environ.get(name) for name in _SWITCHES):
        return chat
    return LangSmithChat(chat)


class LangSmithChat(Around):
    """A chat model of which each call is a run in LangSmith."""

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """A whole answer; raises ModelError."""
        asked = {"max_tokens": max_tokens, "structured": method.value if shape else None}
        run = _Run(self.name, messages, asked)
        try:
            answer = await self._chat.complete(
                messages, shape=shape, method=method, max_tokens=max_tokens, seed=seed
            )
        except BaseException as error:
            run.ended(error=error)
            raise
        run.ended(answer.text, answer.tokens, finish=answer.finish)
        return answer

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, also in the middle."""
        run = _Run(self.name, messages, {"max_tokens": max_tokens})
        said: list[str] = []
        ending = Piece()
        fault: BaseException | None = None
        try:
            async with closing(self._chat.stream(messages, max_tokens=max_tokens)) as pieces:
                async for piece in pieces:
                    if piece.text and not said:
                        run.began_to_answer()
                    said.append(piece.text)
                    ending = Piece("", piece.finish or ending.finish, piece.tokens or ending.tokens)
                    yield piece
        except GeneratorExit:
            raise  # the reader has heard enough, which is no error
        except BaseException as error:
            fault = error
            raise
        finally:
            run.ended("".join(said), ending.tokens, finish=ending.finish, error=fault)


class _Run:
    """A run in LangSmith; nothing where it is switched off in the code around, or fails."""

    def __init__(self, name: str, messages: Messages, asked: Mapping[str, Any]) -> None:
        self._tree: Any = None
        with suppress(Exception):
            from langsmith.run_helpers import get_current_run_tree
            from langsmith.run_trees import RunTree
            from langsmith.utils import tracing_is_enabled

            if not tracing_is_enabled():
                return
            provider, _, model = name.partition(":")
            tree = RunTree(
                name=name,
                run_type="llm",
                inputs=redacted_in({"messages": _in_words(messages), **asked}),
                extra={
                    "metadata": {
                        "ls_provider": provider,
                        "ls_model_name": model,
                        "ls_model_type": "chat",
                        "ls_max_tokens": asked["max_tokens"],
                    }
                },
                parent_run=get_current_run_tree(),
            )
            tree.post()
            self._tree = tree

    def began_to_answer(self) -> None:
        """The first words are there."""
        if self._tree is not None:
            with suppress(Exception):
                self._tree.add_event({"name": "new_token", "time": datetime.now(UTC).isoformat()})

    def ended(
        self,
        text: str = "",
        tokens: Tokens | None = None,
        *,
        finish: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        """The call is over."""
        if self._tree is None:
            return
        outputs: dict[str, Any] = {
            "messages": [{"role": "assistant", "content": text}],
            "finish_reason": finish,
        }
        if tokens is not None:
            outputs["usage_metadata"] = {
                "input_tokens": tokens.input,
                "output_tokens": tokens.output,
                "total_tokens": tokens.input + tokens.output,
                "input_token_details": {"cache_read": tokens.cached},
            }
        told = None if error is None else redacted_in(str(error) or type(error).__name__)
        with suppress(Exception):
            self._tree.end(outputs=redacted_in(outputs), error=told)
            self._tree.patch()


def _in_words(messages: Messages) -> Sequence[Mapping[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]
