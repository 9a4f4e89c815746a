#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The HTML report before a parser that follows the standard to the letter: no parse error, and no
element, attribute or link that is not of the report itself, whatever names are in it.

    parser.py SPANAUDIT SOURCE-ROOT
"""

import os
import sys
import tempfile

import pages

try:
    import html5lib
except ImportError:
    pages.with_debian_python('html5lib')

X = '{http://www.w3.org/1999/xhtml}'
SVG = '{http://www.w3.org/2000/svg}'
ELEMENTS = {X + e for e in (
    'html head meta title style body a header p h1 h2 h3 nav ol ul li main section div span b br svg '
    'table caption thead tbody tr th td details summary dl dt dd code pre cite form figure '
    'figcaption footer script').split()} | {SVG + e for e in 'svg rect path text g title'.split()}
ATTRIBUTES = set('lang charset http-equiv content name class id href aria-label aria-labelledby '
                 'aria-hidden role tabindex scope colspan hidden open type data-r data-sha256 '
                 'viewBox preserveAspectRatio x y width height rx d'.split())
bad = 0


def wrong(why):
    global bad
    bad += 1
    print(why)


def check(name, path):
    with open(path, 'rb') as f:
        text = f.read()
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=True)
    tree = parser.parse(text)
    for place, code, more in parser.errors[:5]:
        wrong('%s: parse error %s at %s %s' % (name, code, place, more))
    ids = set()
    links = []
    for e in tree.iter():
        if not isinstance(e.tag, str):
            wrong('%s: a comment' % name)
            continue
        if e.tag not in ELEMENTS:
            wrong('%s: an element %s' % (name, e.tag))
        for a, value in e.attrib.items():
            if a not in ATTRIBUTES:
                wrong('%s: an attribute %s of %s' % (name, a, e.tag))
            if a == 'id':
                if value in ids:
                    wrong('%s: two elements are called %s' % (name, value))
                ids.add(value)
            if a == 'href':
                links.append(value)
    for link in links:
        if not link.startswith('#') or link[1:] not in ids:
            wrong('%s: a link leads nowhere, or away: %s' % (name, link))
    if len(list(tree.iter(X + 'script'))) != 2:
        wrong('%s: there are not two scripts, of which one is data' % name)
    return tree


def main():
    with tempfile.TemporaryDirectory() as tmp:
        maker = pages.Maker(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), tmp)
        check('lab', maker.path('lab.html'))
        tree = check('hostile', maker.hostile())
        said = ''.join(tree.itertext())
        for name in ('</script><script>window.pwned=1</script>', '"><img src=x', '&lt;script&gt;'):
            if name not in said:
                wrong('hostile: %s is not there as text' % name)
        check('many', maker.many(1000))
        size = os.path.getsize(maker.path('many.html'))
        print('1,000 findings: %d bytes' % size)
        if size >= 1000000:
            wrong('a page of 1,000 findings has %d bytes' % size)
        n = len(list(check('more', maker.many(3000)).iter(X + 'details')))
        print('3,000 findings: %d bytes, %d details' % (os.path.getsize(maker.path('many.html')), n))
    return 1 if bad else 0


sys.exit(main())
