# SPDX-License-Identifier: BSD-2-Clause
"""Pages for the tests of this folder: of the lab, of hostile names, of a thousand findings."""

import copy
import json
import os
import subprocess
import sys

SKIP = 77
# What ends a script, a tag, an attribute, a comment or a style; what reorders and steers a line; a
# formula; and bytes that no UTF-8 is, as far as JSON can hold them.
HOSTILE = [
    '</script><script>window.pwned=1</script>',
    '"><img src=x onerror="window.pwned=1">',
    "'onmouseover='window.pwned=1",
    '</style><style>*{display:none}</style><!--',
    '--><svg onload=window.pwned=1>]]>',
    '&lt;script&gt; &#60;b&#62; &amp;',
    'javascript:window.pwned=1',
    '\u202eemag\u202c \u2066x\u2069 \u200f \ufeff',
    'tab\there, line\nthere, \x1b[31mred\x1b[0m, nul \x00?, del \x7f, c1 \x9b',
    '=HYPERLINK("http://example.net/","x")',
    '\ufffd\uffff\ufdd0 \U000e0041',
    'http://example.net/beacon.png url(http://example.net/x)',
    'e\u0301\u0301\u0301 \U0001f600 \u6f22\u5b57 ' + 'x' * 300,
]


def with_debian_python(module):
    """Restarts under Debian's own interpreter where this one lacks what Debian packages."""
    own = '/usr/bin/python3'
    if os.path.exists(own) and os.environ.get('SPAN_OWN_PYTHON') != '1':
        os.environ['SPAN_OWN_PYTHON'] = '1'
        os.execv(own, [own] + sys.argv)
    print('the module %s is not there: apt-get install python3-%s' % (module, module))
    sys.exit(SKIP)


class Maker:
    def __init__(self, tool, root, folder):
        self.tool, self.root, self.folder = tool, root, folder
        self.env = dict(os.environ, SPANAUDIT_RULES_PATH=os.path.join(root, 'rules'),
                        LC_ALL='C.UTF-8')
        self.page('lab', ['audit', '--site', os.path.join(root, 'pcaps', 'lab-site.yaml'), '-o',
                          self.path('lab.json'), os.path.join(root, 'pcaps', 'lab.pcapng')])
        with open(self.path('lab.json')) as f:
            self.lab = json.load(f)

    def path(self, name):
        return os.path.join(self.folder, name)

    def page(self, name, words):
        p = subprocess.run([self.tool] + words[:1] + ['-q', '-o', self.path(name + '.html')] +
                           words[1:], capture_output=True, env=self.env, text=True)
        if p.returncode not in (0, 1, 4):
            sys.exit('%s: exit code %d: %s' % (name, p.returncode, p.stderr))
        return self.path(name + '.html')

    def of_document(self, name, document):
        with open(self.path(name + '.json'), 'w') as f:
            json.dump(document, f)
        return self.page(name, ['report', self.path(name + '.json')])

    def hostile(self):
        """The lab, in which every text that a site file, a capture or a path can bring is hostile."""
        document = copy.deepcopy(self.lab)
        given = {'n': 0}

        def name():
            given['n'] += 1
            return HOSTILE[given['n'] % len(HOSTILE)].replace('\x00', '') + str(given['n'])

        paths = {i['path']: name() for i in document['inputs']}

        def walk(v):
            if isinstance(v, list):
                for x in v:
                    walk(x)
            if not isinstance(v, dict):
                return
            for k, x in v.items():
                if k in ('path', 'input') and isinstance(x, str):
                    v[k] = paths.get(x, x)
                elif k == 'reason' and 'result' not in v:
                    continue  # a word of the format
                elif k in ('host', 'name', 'known_by', 'why', 'do', 'title', 'paper', 'section',
                           'because', 'tshark', 'note', 'caveat', 'reason', 'text') and \
                        isinstance(x, str) and 'rules' not in v:
                    v[k] = name() if k != 'name' or 'roles' in v or 'timezone' in v else x
                elif k in ('facts', 'caveats') and isinstance(x, list):
                    v[k] = [name() for _ in x]
                else:
                    walk(x)

        walk(document)
        document['coverage']['caveats'] = HOSTILE[:]
        document['coverage']['caveats'] = [c.replace('\x00', '') for c in HOSTILE]
        document['site']['name'] = HOSTILE[0]
        return self.of_document('hostile', document)

    def many(self, n):
        """The lab with its findings again and again, as other findings."""
        document = copy.deepcopy(self.lab)
        old = document['findings']
        new = []
        for i in range(n):
            f = copy.deepcopy(old[i * len(old) // n])
            f['id'] = 'F-%012x' % (0x100000000000 + i * 7919)
            f['why'] = f['why'].replace('sql01', 'sql%03d' % (i % 200))
            new.append(f)
        document['findings'] = new
        count = {}
        for f in new:
            count[f['severity']] = count.get(f['severity'], 0) + 1
        for k in document['summary']['findings']:
            document['summary']['findings'][k] = count.get(k, 0)
        return self.of_document('many', document)
