"""Templates of the operator's in the place of ours: a folder with `pages/` for the API and `mails/` for the worker."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath
from traceback import extract_tb
from typing import Literal, get_args

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.nodes import Block, Extends

from shared.settings.environment import SettingsError

OURS = "latchkey"  # `latchkey/layout.html` is ours, also where another one stands in its place.
Part = Literal["pages", "mails"]
_PARTS = set(get_args(Part))


@dataclass(frozen=True)
class Templates:
    """The templates of one program: ours, and those of the operator's folder before them, where one is set."""

    folder: str
    part: Part
    ours: BaseLoader

    @cached_property
    def loader(self) -> BaseLoader:
        """What an environment of Jinja's loads them with. Only templates name templates, and none leaves the folder."""
        if not self.folder:
            return self.ours
        return ChoiceLoader([FileSystemLoader(self._root / self.part), self.ours, PrefixLoader({OURS: self.ours})])

    def check(self, environment: Environment, render: Callable[[], Iterable[str]]) -> None:
        """End the start where a file of the folder would be passed over, or would break a page or a mail.

        `render` makes each of them once, with example values, and tells what is wrong with what came out.

        Raises SettingsError.
        """
        if not self.folder:
            return
        try:
            problems = list(self._strangers())
        except OSError as error:
            problems = [f"TEMPLATE_FOLDER names a folder that cannot be read ({error.strerror}). Check its path."]
        problems = problems or list(self._unreadable(environment))
        problems = problems or [*self._unknown_blocks(environment), *self._broken(render)]
        if problems:
            raise SettingsError(problems)

    @property
    def _root(self) -> Path:
        return Path(self.folder)

    def _names(self) -> set[str]:
        """Name our templates as the folder does: `pages/forgot.html`."""
        return {f"{self.part}/{name}" for name in self.ours.list_templates()}

    def _strangers(self) -> Iterator[str]:
        """Find files and folders that replace nothing of ours. The other program looks at its own part."""
        names = self._names()
        folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
        for folder in sorted(folders):
            if folder == "." or (self._root / folder).is_dir():
                for entry in sorted((self._root / folder).iterdir()):
                    name = str(PurePosixPath(folder, entry.name))
                    known = folders | _PARTS if entry.is_dir() else names
                    # What begins with a dot belongs to tools, such as Git, or to a mounted ConfigMap.
                    if name not in known and not entry.name.startswith("."):
                        hint = _hint(name, (known | names) - {"."})
                        yield f"TEMPLATE_FOLDER holds {name}, which replaces no template. {hint}"

    def _unreadable(self, environment: Environment) -> Iterator[str]:
        """Find what is no template; all of it, also what no page uses."""
        for name in sorted(self._names()):
            if (self._root / name).exists():
                try:
                    environment.get_template(name.removeprefix(f"{self.part}/"))
                except TemplateSyntaxError as error:
                    yield f"TEMPLATE_FOLDER: {name}, line {error.lineno}: {str(error.message).rstrip('.')}."
                except UnicodeDecodeError:
                    yield f"TEMPLATE_FOLDER: {name} is not text in UTF-8."
                except OSError as error:
                    yield f"TEMPLATE_FOLDER: {name} cannot be read ({error.strerror})."

    def _unknown_blocks(self, environment: Environment) -> Iterator[str]:
        """Find blocks that fill no block of another template. Jinja skips them silently, so no render finds them."""
        shown, filling = set[str](), list[tuple[str, Block]]()
        for name in self.ours.list_templates():
            for loader in (self.ours, self.loader):
                template = environment.parse(loader.get_source(environment, name)[0])
                top_level = template.body if template.find(Extends) else []
                for block in template.find_all(Block):
                    if block in top_level:
                        filling.append((name, block))
                    else:
                        shown.add(block.name)
        for name, block in filling:
            if block.name not in shown:
                place, hint = f"{self.part}/{name}, line {block.lineno}", _hint(block.name, shown)
                yield f"TEMPLATE_FOLDER: {place}: there is no block {block.name}. {hint}"

    def _broken(self, render: Callable[[], Iterable[str]]) -> list[str]:
        try:
            return [f"TEMPLATE_FOLDER: {problem}" for problem in dict.fromkeys(render())]
        except Exception as error:
            return [f"TEMPLATE_FOLDER: {self._place(error)}: {_reason(error)}."]

    def _place(self, error: Exception) -> str:
        """Say where in the folder an error came up; Jinja puts the template's lines into the traceback."""
        for frame in reversed(extract_tb(error.__traceback__)):
            if (path := Path(frame.filename)).is_relative_to(self._root):
                return f"{path.relative_to(self._root).as_posix()}, line {frame.lineno}"
        return f"with it, {self.part} cannot be made"


def _hint(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error}"
    return str(error).rstrip(".") if isinstance(error, TemplateError) else f"{type(error).__name__}, {error}"
