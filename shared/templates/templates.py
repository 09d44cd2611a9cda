"""The operator's templates, which replace Latchkey's: `pages/` for the API and `mails/` for the worker."""

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

OURS = "latchkey"  # `latchkey/layout.html` is ours, even if the operator has another one.
Part = Literal["pages", "mails"]
_PARTS = set(get_args(Part))


@dataclass(frozen=True)
class Templates:
    """The templates of one program: the operator's, if there is a folder, before Latchkey's own."""

    folder: str
    part: Part
    ours: BaseLoader

    @cached_property
    def loader(self) -> BaseLoader:
        """Jinja's loader for them. Only templates name other templates, and none outside the folder can be named."""
        if not self.folder:
            return self.ours
        return ChoiceLoader([FileSystemLoader(self._root / self.part), self.ours, PrefixLoader({OURS: self.ours})])

    def check(self, environment: Environment, render: Callable[[], Iterable[str]]) -> None:
        """Refuse to start if a file of the folder would be ignored, or would break a page or an email.

        `render` makes each page or email once, with example values, and yields what is wrong with the results.

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
        """Return the names of our templates as the folder has them: `pages/forgot.html`."""
        return {f"{self.part}/{name}" for name in self.ours.list_templates()}

    def _strangers(self) -> Iterator[str]:
        """Find files and folders that replace none of our templates. The other program checks its own part."""
        names = self._names()
        folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
        for folder in sorted(folders):
            if folder == "." or (self._root / folder).is_dir():
                for entry in sorted((self._root / folder).iterdir()):
                    name = str(PurePosixPath(folder, entry.name))
                    known = folders | _PARTS if entry.is_dir() else names
                    # Names that begin with a dot belong to tools, such as Git, or to a mounted ConfigMap.
                    if name not in known and not entry.name.startswith("."):
                        hint = _hint(name, (known | names) - {"."})
                        yield f"TEMPLATE_FOLDER contains {name}, which replaces no template. {hint}"

    def _unreadable(self, environment: Environment) -> Iterator[str]:
        """Find files that are not valid templates, including those that no page uses."""
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
        """Return where in the folder an error occurred; Jinja puts the template's lines into the traceback."""
        for frame in reversed(extract_tb(error.__traceback__)):
            if (path := Path(frame.filename)).is_relative_to(self._root):
                return f"{path.relative_to(self._root).as_posix()}, line {frame.lineno}"
        return f"with it, {self.part} cannot be made"


def _hint(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"Did you mean {near[0]}?" if near else f"Known names: {', '.join(sorted(known))}."


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error}"
    return str(error).rstrip(".") if isinstance(error, TemplateError) else f"{type(error).__name__}, {error}"
