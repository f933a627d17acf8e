"""Takes the pictures of the site for the README and the docs: `make screenshots`.

The tour is the one that the tests look at; its candidates are the shipped samples.
"""

import tempfile
from pathlib import Path

from tests.web_support import Server, chromium
from tests.web_tour import VIEWS, seed

_IMAGES = Path(__file__).resolve().parent / "images"
_SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """Take all pictures anew."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        seed(data / "sevenstep" / "sevenstep.db")
        with Server(data) as server, chromium() as browser:
            for name, view in VIEWS.items():
                page = browser.new_page(viewport=_SIZE)
                view(page, server.url)
                page.wait_for_timeout(500)
                page.screenshot(path=_IMAGES / f"{name}.png")
                page.close()
                print(f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
