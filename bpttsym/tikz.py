r"""Writes the layout of a graph as a LaTeX document of its own: one page of 16 cm x 9 cm, the page of a Beamer slide.

The picture can be cut out and pasted into a document that loads TikZ. It is in English, as pdflatex has no Hangul.
"""

from __future__ import annotations

from bpttsym.graph_parts import COLOURS, HEIGHT, WIDTH, Arrow, Box, Label, Layout, Point

STYLES = {
    "computes": "draw=computes, line width=0.9pt",
    "shares": "draw=shares, line width=0.9pt, rounded corners=3pt",
    "gradient": "draw=gradient, line width=1.7pt, rounded corners=3pt",
}

HEAD = r"""\documentclass{article}
\usepackage[paperwidth=%(width)gcm, paperheight=%(height)gcm, margin=0cm]{geometry}
\usepackage{amsmath}
\usepackage{tikz}
\usetikzlibrary{arrows.meta}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\topskip}{0pt}
%(colours)s
\tikzset{
  head/.style={-{Stealth[length=5pt, width=4.5pt]}},
%(styles)s
}
\begin{document}
\begin{tikzpicture}
\useasboundingbox (0,0) rectangle (%(width)g,%(height)g);
"""
FOOT = "\\end{tikzpicture}%\n\\end{document}\n"


def tikz(layout: Layout) -> str:
    """The layout as LaTeX that pdflatex compiles by itself."""
    colours = []
    for name, (line, fill) in COLOURS.items():
        colours.append(rf"\definecolor{{{name}}}{{HTML}}{{{line[1:]}}}")
        if fill:
            colours.append(rf"\definecolor{{{name} fill}}{{HTML}}{{{fill[1:]}}}")
    styles = "\n".join(f"  {name}/.style={{{style}}}," for name, style in STYLES.items())
    head = HEAD % {"width": WIDTH, "height": HEIGHT, "colours": "\n".join(colours), "styles": styles}
    lines = [*map(_arrow, layout.arrows), *map(_box, layout.boxes), *map(_label, layout.labels)]
    return head + "\n".join(lines) + "\n" + FOOT


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _arrow(arrow: Arrow) -> str:
    style = f"{arrow.role}, head" if arrow.head else arrow.role
    if arrow.smooth:
        start, one, two, end = map(_point, arrow.points)
        return rf"\draw[{style}] {start} .. controls {one} and {two} .. {end};"
    return rf"\draw[{style}] {' -- '.join(map(_point, arrow.points))};"


def _box(box: Box) -> str:
    width, height, radius = map(_number, (box.width, box.height, box.height / 2))
    line = "draw=gradient, line width=1.4pt" if box.marked else f"draw={box.role}, line width=0.8pt"
    dashes = ", dashed" if box.role == "target" else ""
    size = f"minimum width={width}cm, minimum height={height}cm, inner sep=0pt, rounded corners={radius}cm"
    return rf"\node[{line}{dashes}, fill={box.role} fill, {size}] at {_point((box.x, box.y))} {{{box.label}}};"


def _label(label: Label) -> str:
    font = rf"\fontsize{{{label.size:g}}}{{{1.2 * label.size:g}}}\selectfont"
    style = f"anchor={label.anchor}, inner sep=0pt, text={label.colour}, font={font}"
    return rf"\node[{style}] at {_point((label.x, label.y))} {{{label.text}}};"
