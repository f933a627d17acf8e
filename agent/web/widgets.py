"""Plain HTML elements as NiceGUI elements: what they say is always text, never markup.

Native buttons, selects and fields work with keyboards, phones and screen readers as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

_VALUE = "(event) => emit(event.target.value)"
_CHECKED = "(event) => emit(event.target.checked)"
_EACH = "() => emit()"
_FIRST = "(event) => event.detail < 2 && emit()"


class Words(TextElement):
    """An element of any kind that holds a text."""

    def __init__(self, text: str, tag: str = "p", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)

    def attributes(self, **given: object) -> "Words":
        """Set HTML attributes; `_` in a name stands for `-`, None takes one away."""
        set_attributes(self, **given)
        return self


def set_attributes(element: ui.element, **given: object) -> ui.element:
    """Set HTML attributes; `_` in a name stands for `-`, None takes one away."""
    wanted = {name.strip("_").replace("_", "-"): value for name, value in given.items()}
    # What is as it was need not be sent to the browser again.
    changed = {name: value for name, value in wanted.items() if element.props.get(name) != value}
    for name, value in changed.items():
        if value is None:
            element.props.pop(name, None)
        else:
            element.props[name] = value
    if changed:
        element.update()
    return element


def box(tag: str = "div", classes: str = "", **attributes: object) -> ui.element:
    """An element that holds others; use it with `with`."""
    made = ui.element(tag).classes(classes)
    set_attributes(made, **attributes)
    return made


def button(
    text: str, act: Callable[[], Any], kind: str = "", *, once: bool = False, **attributes: object
) -> Words:
    """A button; with `once` the second click of a double click is not heard."""
    made = Words(text, "button", kind).attributes(type="button", **attributes)
    made.on("click", lambda _: act(), js_handler=_FIRST if once else _EACH)
    return made


def link(text: str, href: str, kind: str = "", **attributes: object) -> Words:
    """A link."""
    return Words(text, "a", kind).attributes(href=href, **attributes)


def choose(
    label: str, options: Mapping[str, str], value: str, act: Callable[[str], Any]
) -> ui.element:
    """A labelled choice of one; `options` are values with what is shown for them."""
    with box("label", "field"):
        Words(label, "span")
        made = ui.element("select")
        with made:
            for one, shown in options.items():
                Words(shown, "option").attributes(value=one)
        made.props["value"] = value

        def chosen(event: Any) -> Any:
            # What a socket says may be anything, whatever the page offers.
            if not isinstance(event.args, str) or event.args not in options:
                return None
            made.props["value"] = event.args
            return act(event.args)

        made.on("change", chosen, js_handler=_VALUE)
    return made


def field(
    label: str, value: str, act: Callable[[str], Any], kind: str = "text", **attributes: object
) -> ui.element:
    """A labelled line of text, told at each change."""
    with box("label", "field"):
        Words(label, "span")
        made = ui.element("input")
        set_attributes(made, type=kind, value=value, **attributes)

        def typed(event: Any) -> Any:
            if not isinstance(event.args, str):
                return None
            made.props["value"] = event.args
            return act(event.args)

        made.on("input", typed, js_handler=_VALUE, throttle=0.2)
    return made


def check(label: str, act: Callable[[bool], Any], *, value: bool = False) -> ui.element:
    """A labelled box to tick."""
    with box("label", "check"):
        made = ui.element("input")
        set_attributes(made, type="checkbox", checked=value or None)
        made.on("change", lambda event: act(event.args is True), js_handler=_CHECKED)
        Words(label, "span")
    return made
