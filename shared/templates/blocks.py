"""Blocks by names that no template shows. Jinja passes over them, and whoever wrote one sees nothing of it."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from jinja2 import BaseLoader, Environment
from jinja2.nodes import Block, Extends, Template


def unknown_blocks(environment: Environment, names: Iterable[str], ours: BaseLoader) -> Iterator[tuple[str, int, str]]:
    """Name the template and the line of each block that nothing shows, and say what may be meant.

    `names` are those of our templates; the environment may find others in their place.
    """
    sources = [_parsed(environment, name, ours) for name in names]
    found = {name: _parsed(environment, name, environment.loader) for name in sorted(names)}
    shown = {block.name for source in [*sources, *found.values()] for block in _shown(source)}
    for name, template in found.items():
        for block in _filling(template):
            if block.name not in shown:
                near = get_close_matches(block.name, shown, 1)
                cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(shown))}."
                yield name, block.lineno, f"there is no block {block.name}. {cure}"


def _parsed(environment: Environment, name: str, loader: BaseLoader | None) -> Template:
    assert loader
    return environment.parse(loader.get_source(environment, name)[0])


def _filling(template: Template) -> list[Block]:
    """Return the blocks that are shown only where the template that this one extends has them."""
    return [node for node in template.body if isinstance(node, Block)] if template.find(Extends) else []


def _shown(template: Template) -> list[Block]:
    """Return the blocks that are shown where they stand."""
    filling = _filling(template)
    return [block for block in template.find_all(Block) if block not in filling]
