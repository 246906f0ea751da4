"""Make the pictures: ``python -m docs.figures``, from the top of the repository."""

import json
from pathlib import Path

from docs.figures import card
from docs.figures.drawing import svg
from docs.figures.facts import facts

HERE = Path(__file__).parent

if __name__ == "__main__":
    found = facts()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
    (HERE / "facts.json").write_text(f"{{\n{lines}\n}}\n")
    for name, value in found.items():
        (HERE / f"{name}.svg").write_text(svg(name, value))
    card.draw(found["rates"])
