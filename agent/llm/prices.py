"""What a call costs: list prices of the providers, from the package genai-prices.

The prices come with the package; nothing is fetched. A server of one's own has no price.
"""

from collections.abc import Callable

from agent.llm.chat import Tokens

Price = Callable[[str, Tokens], float | None]
"""The price in dollars of a call to `provider:model`; None if it is not known."""

_PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "google",
    "google_vertexai": "google",
    "mistralai": "mistral",
    "groq": "groq",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "cohere": "cohere",
    "together": "together",
    "fireworks": "fireworks",
    "openrouter": "openrouter",
    "azure_openai": "azure",
}
"""LangChain's names of providers, and those of genai-prices."""


def cost_usd(name: str, tokens: Tokens) -> float | None:
    """The price in dollars of a call to `provider:model`; None if it is not known."""
    provider, _, model = name.partition(":")
    if provider not in _PROVIDERS:
        return None
    # A third of a second to import, and needed only after a first call.
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens.input, cache_read_tokens=tokens.cached, output_tokens=tokens.output
    )
    try:
        priced = calc_price(usage, model, provider_id=_PROVIDERS[provider])
    except (LookupError, ValueError):
        return None
    return float(priced.total_price)


def context_of(name: str) -> int | None:
    """The context length in tokens of `provider:model`; None if it is not known."""
    provider, _, model = name.partition(":")
    if provider not in _PROVIDERS:
        return None
    from genai_prices import Usage, calc_price

    try:
        priced = calc_price(
            Usage(input_tokens=0, output_tokens=0), model, provider_id=_PROVIDERS[provider]
        )
    except (LookupError, ValueError):
        return None
    return priced.model.context_window


def own_price(dollars_in: float, dollars_out: float, dollars_cached: float | None = None) -> Price:
    """Prices of one's own, in dollars for a million tokens, whatever the model."""
    cached = dollars_in if dollars_cached is None else dollars_cached

    def price(_: str, tokens: Tokens) -> float:
        fresh = tokens.input - tokens.cached
        total = fresh * dollars_in + tokens.cached * cached + tokens.output * dollars_out
        return total / 1_000_000

    return price


def no_price(_: str, __: Tokens) -> None:
    """For servers whose prices nobody knows."""
    return
