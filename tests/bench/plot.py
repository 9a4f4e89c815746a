#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""plot.py < TABLE > SVG - the table of compare.sh as bars, on a scale of powers of ten."""
import math
import re
import sys
from xml.sax.saxutils import escape

LEFT, BAR, GAP, WIDTH, LOW = 130, 13, 3, 560, 0.5


def rows(lines):
    table = [[c.strip() for c in l.strip().strip('|').split('|')] for l in lines if l.startswith('|')]
    head = [c.split(',')[0] for c in table[0][1:]]
    for row in table[2:]:
        if 'MiB' in row[0]:
            continue
        figures = [re.match(r'[\d.]+', c) for c in row[1:]]
        yield row[0], [(h, float(f.group())) for h, f in zip(head, figures) if f]


def main():
    data = list(rows(sys.stdin))
    captures = [h for h, _ in data[0][1]]
    most = max(v for _, figures in data for _, v in figures)
    decades = math.ceil(math.log10(most / LOW))
    x = lambda v: LEFT + WIDTH * math.log10(max(v, LOW) / LOW) / decades
    out, y = [], 20
    for c in captures:
        out.append(f'<text x="4" y="{y + 10}" class="h">{escape(c)}</text>')
        y += 18
        for tool, figures in data:
            v = dict(figures).get(c)
            if v is None:
                continue
            ours = ' class="ours"' if tool.startswith('spanaudit') else ''
            out.append(f'<text x="{LEFT - 6}" y="{y + 10}" text-anchor="end">{escape(tool)}</text>'
                       f'<rect{ours} x="{LEFT}" y="{y}" width="{x(v) - LEFT:.1f}" height="{BAR}"/>'
                       f'<text x="{x(v) + 4:.1f}" y="{y + 10}">{v:g}</text>')
            y += BAR + GAP
        y += 10
    grid = ''.join(f'<line x1="{x(10 ** k):.1f}" y1="14" x2="{x(10 ** k):.1f}" y2="{y}"/>'
                   f'<text x="{x(10 ** k):.1f}" y="11" text-anchor="middle">{10 ** k}</text>'
                   for k in range(decades + 1) if 10 ** k <= LOW * 10 ** decades)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} {y + 6}" '
          'font-family="sans-serif" font-size="11">'
          '<title>Processor time of whole programs, as a multiple of reading the file</title>'
          '<style>rect{fill:#8a98a8}.ours{fill:#0b6e4f}.h{font-weight:bold;font-size:13px}'
          'line{stroke:#ccc}</style>'
          f'<rect width="100%" height="100%" style="fill:#fff"/>{grid}{"".join(out)}</svg>')


if __name__ == '__main__':
    main()
