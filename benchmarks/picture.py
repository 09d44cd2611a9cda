"""Draws bar charts as one SVG with real text and light and dark colours, without scripts or external fonts."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.results import Chart, shown

OURS = "latchkey"
_COLUMNS = 2
_WIDTH, _LABEL, _BAR = 400, 144, 176  # Widths of a chart, a name, and the longest bar; the rest is for the figure.
_LINE, _TITLE, _MARGIN = 26, 34, 20
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.paper { fill: #ffffff }
.bar { fill: #8b949e }
.ours { fill: #2f81f7 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .paper { fill: #0d1117 }
}
"""


def svg(charts: Sequence[Chart]) -> str:
    """Draw the charts in two columns; the longest bar of each chart fills the width."""
    lines = max((len(chart.bars) for chart in charts), default=0)
    height = _TITLE + lines * _LINE + _MARGIN
    rows = -(-len(charts) // _COLUMNS)
    drawn = [
        _chart(chart, _MARGIN + number % _COLUMNS * _WIDTH, _MARGIN + number // _COLUMNS * height)
        for number, chart in enumerate(charts)
    ]
    width, total = _COLUMNS * _WIDTH + _MARGIN, rows * height + _MARGIN
    size = f'viewBox="0 0 {width} {total}" width="{width}" height="{total}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        '<title id="title">Latchkey compared with others</title>',
        f'<desc id="desc">{escape(_words(charts))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{total}" rx="6"/>',
    ]
    return "\n".join([*head, *drawn, "</svg>\n"])


def _words(charts: Sequence[Chart]) -> str:
    """Return all figures as text, for screen readers."""
    return " ".join(
        f"{chart.title}: {', '.join(f'{name} {shown(value)}' for name, value in chart.bars)}." for chart in charts
    )


def _chart(chart: Chart, left: int, top: int) -> str:
    most = max((value for _, value in chart.bars), default=0.0)
    lines = [f'<text class="title" x="0" y="14">{escape(chart.title)}</text>']
    for number, (name, value) in enumerate(chart.bars):
        lines += _bar(name, value, value / most if most else 0.0, _TITLE + number * _LINE)
    return "\n".join([f'<g transform="translate({left} {top})">', *lines, "</g>"])


def _bar(name: str, value: float, share: float, top: int) -> list[str]:
    kind = "bar ours" if name == OURS else "bar"
    length = max(1, round(share * _BAR))
    return [
        f'<text x="0" y="{top + 13}">{escape(name)}</text>',
        f'<rect class="{kind}" x="{_LABEL}" y="{top}" width="{length}" height="18" rx="2"/>',
        f'<text x="{_LABEL + length + 6}" y="{top + 13}">{shown(value)}</text>',
    ]
