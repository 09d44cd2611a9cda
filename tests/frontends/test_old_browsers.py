"""Every script that reaches a browser is written so that Safari 14 and Chrome 80 read it: ES2019, no lookbehind.

What runs there is tried in tests/browser/pages/test_old_browsers.py and tests/frontends/test_pages.py.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from dev.tools.typescript_client import CLIENT
from tests.frontends.guide import GUIDE, examples
from tests.frontends.node import FOLDER, Node

PROJECT = Path(__file__).parents[2]
SERVED = ["api/pages/static", "dev/site/static"]
# Too new, each as a script could hold it.
YOUNGER = {
    "optional chaining": "export const a = (b) => b?.c;",
    "nullish coalescing": "export const a = (b) => b ?? 1;",
    "numeric separator": "export const a = 15_000;",
    "logical assignment": "let a; a ||= 1;",
    "private field": "class A { #b = 1; }",
    "class field": "class A { b = 1; }",
    "top-level await": "await fetch('/');",
    "dynamic import": "import('./a.js');",
    "import.meta": "export const a = import.meta.url;",
    "lookbehind": r"export const a = /(?<![\w-])b/;",
    "lookbehind in a text": r"export const a = new RegExp('(?<=b)c');",
    "flag d": "export const a = /b/d;",
    "flag v": "export const a = /b/v;",
    "BigInt": "export const a = 1n;",
    "namespace export": "export * as a from './b.js';",
}


def unread(node: Node, scripts: dict[str, str]) -> dict[str, str]:
    """Return the scripts that an old browser does not read, and why."""
    shutil.copy(FOLDER / "syntax.js", node.folder / "syntax.mjs")
    node.write("scripts.json", json.dumps(scripts))
    found: dict[str, str] = json.loads(node.run(node.folder / "syntax.mjs", str(node.folder / "scripts.json")))
    return found


def served() -> dict[str, str]:
    return {
        f"{folder}/{file.name}": file.read_text(encoding="utf-8")
        for folder in SERVED
        for file in sorted((PROJECT / folder).glob("*.js"))
    }


def of_the_guide() -> dict[str, str]:
    """Return the scripts of docs/integrate.md, also those within its pages."""
    found = {name: text for name, text in examples().items() if name.endswith(".js")}
    within = re.findall(r'<script type="module">\n(.*?)</script>', GUIDE, re.DOTALL)
    return found | {f"script {number} of a page": text for number, text in enumerate(within)}


def test_every_script_that_is_served_is_read_by_old_browsers(node: Node) -> None:
    scripts = served()

    assert len(scripts) >= 9
    assert unread(node, scripts) == {}


def test_the_scripts_of_the_guide_are_read_by_old_browsers(node: Node) -> None:
    scripts = of_the_guide()

    assert len(scripts) == 3
    assert unread(node, scripts) == {}


def test_the_components_of_the_guide_and_the_client_are_read_by_old_browsers_once_compiled(node: Node) -> None:
    shutil.copy(CLIENT, node.folder)
    for name in ("ForgotForm.jsx", "ResetForm.jsx", "latchkey.js"):
        node.write(name, examples()[name])
    compiled = {
        name: node.bundle(name, "--target=es2019", "--external:react", "--external:react/*", "--jsx=automatic")
        .read_text(encoding="utf-8")
        for name in ("latchkey.ts", "ForgotForm.jsx", "ResetForm.jsx")
    }  # fmt: skip

    assert unread(node, compiled) == {}


def test_no_script_calls_what_came_after_es2019(node: Node) -> None:
    """TypeScript names members that a library of 2019 does not have."""
    scripts = served() | of_the_guide()
    names = [re.sub(r"[^\w.]", "_", name).removesuffix(".js") + ".js" for name in scripts]
    for name, source in zip(names, scripts.values(), strict=True):
        node.write(name, re.sub(r'^import .*"\./[^"]*";$', "// @ts-ignore\n\\g<0>", source, flags=re.MULTILINE))

    assert node.younger_members(*names) == []


def test_a_call_of_what_came_after_es2019_is_found(node: Node) -> None:
    node.write("young.js", "export const a = [1].at(-1);\nexport const b = 'c'.replaceAll('c', 'd');\n")

    assert len(node.younger_members("young.js")) == 2


@pytest.mark.parametrize("kind", YOUNGER)
def test_younger_syntax_is_found(node: Node, kind: str) -> None:
    assert list(unread(node, {kind: YOUNGER[kind], "old": "export const a = () => ({ ...b });"})) == [kind]


def test_every_script_that_is_served_is_read() -> None:
    from api.pages.static_files import FOLDER

    assert {path.name for path in FOLDER.glob("*.js")} <= {Path(name).name for name in served()}
