"""Markdown of interviewers and candidates as HTML that can do nothing.

What they wrote is untrusted: tags are shown as text, pictures are not loaded, and links lead
nowhere but to web pages. Diagrams are taken out before; see `agent.diagram`.
"""

from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_LONGEST = 50_000
"""Characters; a longer text is shown as it was written."""

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
)


def html_of(text: str) -> str:
    """The text as HTML."""
    if len(text) > _LONGEST:
        return f'<p class="plain">{escape(text)}</p>'
    rendered: str = _MARKDOWN.render(text)
    return rendered


def _outward(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    environment: EnvType,
) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    tokens[index].attrSet("target", "_blank")
    return renderer.renderToken(tokens, index, options, environment)


def _as_paragraph(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    environment: EnvType,
) -> str:
    # The headings of a page are its own; a message's would put its outline in disorder.
    token = tokens[index]
    token.tag = "p"
    if token.nesting > 0:
        token.attrSet("class", "heading")
    return renderer.renderToken(tokens, index, options, environment)


_MARKDOWN.add_render_rule("link_open", _outward)
for _edge in ("heading_open", "heading_close"):
    _MARKDOWN.add_render_rule(_edge, _as_paragraph)
