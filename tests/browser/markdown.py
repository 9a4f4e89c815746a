#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The Markdown report before GitHub's own renderer: names stay text in every place, nothing becomes
a link, an image, code or markup of theirs, and no backslash stands where none is needed.

    markdown.py SPANAUDIT SOURCE-ROOT
"""

import copy
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pages

HOSTILE = [
    '[a](http://e.example/x)', '![i](https://e.example/i.png)', '<http://e.example/>',
    'https://e.example/y?a=1&b=2', 'www.e.example', 'a@e.example', '@team', '[ ] [x] [^1] [r]: /u',
    '<script>alert(1)</script>', '<!-- c -->', '<?p?>', '<b', '&amp; &#60; &lt;b&gt; AT&T & co',
    '*a* **b** _c_ __d__ a_b_c _', '`c` ``d', '~~e~~ ~f~', 'x|y || \\| \\\\| \\', '# h #', 'h ##',
    '1. a', '- b', '+ c', '> q', '---', '===', "it's (so) {far} \"q\" +01:00 5!", 'a\\*b\\_c\\[d](e)',
    'HKLM\\SOFTWARE\\Microsoft', '\\', 'a  ', '$x$ C$ SQL01$', ':smile: a:b', 'end`', 'end*',
    'C:\\*.log', 'x<y>z', 'a -> b', '<', '&', '&lt', '*.update.example',
]
TAGS = {'h1', 'h2', 'p', 'ul', 'ol', 'li', 'strong', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'code'}
bad = 0


def wrong(why):
    global bad
    bad += 1
    print(why)


def render(text):
    words = ['cmark-gfm', '--unsafe']
    for e in ('table', 'autolink', 'strikethrough', 'tasklist', 'footnotes'):
        words += ['-e', e]
    p = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    if p.returncode:  # a version that has footnotes as an option of their own
        words = [w for i, w in enumerate(words) if 'footnotes' not in words[i:i + 2]]
        p = subprocess.run(words, input=text.encode(), capture_output=True, check=True)
    return p.stdout.decode()


def shown(name):
    """What a reader is to see of a name."""
    name = re.sub(r'(?i)\b(www)\.', r'\1[.]', name.replace('://', '[:]//'))
    return name.replace('@', '(at)')


def markdown(maker, name, document):
    maker.of_document(name, document)
    path = maker.path(name + '.md')
    p = subprocess.run([maker.tool, 'report', '-q', '-o', path, maker.path(name + '.json')],
                       capture_output=True, env=maker.env, text=True)
    if p.returncode not in (0, 1, 4):
        sys.exit('%s: exit code %d: %s' % (name, p.returncode, p.stderr))
    with open(path) as f:
        return f.read()


def rename(v, path):
    """Packets are told by the input that they are in."""
    for x in v.values() if isinstance(v, dict) else v if isinstance(v, list) else ():
        rename(x, path)
    if isinstance(v, dict) and isinstance(v.get('input'), str):
        v['input'] = path


def place(document, name):
    """The name where a site file, a capture or a path brings it."""
    rename(document, name)
    document['site']['name'] = name
    document['inputs'][0]['path'] = name
    document['coverage']['caveats'] = ['Seen: ' + name]
    document['coverage']['inconclusive'] = True
    document['coverage']['inconclusive_why'] = name
    document['verdict'] = 'inconclusive'
    for f in document['findings']:
        f['client']['host'] = name
        f['do'] = 'Do %s.\n- {name: "%s"}\n%s' % (name, name, name)


def check_name(maker, name):
    document = copy.deepcopy(maker.lab)
    place(document, name)
    page = render(markdown(maker, 'md', document))
    tags = {t.lower() for t in re.findall(r'</?([A-Za-z][A-Za-z0-9]*)', page)}
    if tags - TAGS or '<!' in page or '<?' in page:
        wrong('%r: there are elements %s' % (name, sorted(tags - TAGS)))
    text = html.unescape(re.sub(r'<[^>]*>', '', page))
    want = shown(name)
    cells = [html.unescape(re.sub(r'<[^>]*>', '', c)) for c in re.findall(r'<td>(.*?)</td>', page)]
    of_client = [c for c in cells if c.startswith(want.strip() + ' -> ') or want in c]
    for what, good in (
            ('title', 'network audit of ' + want.rstrip() in text),
            ('input', 'File ' + want in text), ('caveat', 'Note: Seen: ' + want.rstrip() in text),
            ('reason', 'Inconclusive: ' + want.rstrip() in text),
            ('advice', 'Do %s.' % want in text),
            ('rows', len(of_client) >= len(document['findings'])),
            ('line for a file', '<code>- {name: &quot;' in page),
            ('strong', page.count('<strong>') == page.count('</strong>') > 0)):
        if not good:
            wrong('%r: not as text in: %s' % (name, what))


def check_plain(text):
    """Each backslash is needed: without it another page is shown."""
    whole = render(text)
    for i, c in enumerate(text):
        if c == '\\' and i + 1 < len(text) and not text[i + 1].isalnum():
            if render(text[:i] + text[i + 1:]) == whole:
                wrong('a backslash is not needed: %r' % text[max(0, i - 30):i + 20])


def main():
    if not shutil.which('cmark-gfm'):
        print('cmark-gfm is not there: apt-get install cmark-gfm')
        return pages.SKIP
    with tempfile.TemporaryDirectory() as tmp:
        maker = pages.Maker(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), tmp)
        check_plain(markdown(maker, 'plain', maker.lab))
        for name in HOSTILE:
            check_name(maker, name)
    print('%d names, %d problems' % (len(HOSTILE), bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
