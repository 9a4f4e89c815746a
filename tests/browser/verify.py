#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit verify`: a page as it was written is intact, and every way of changing it is told.

    verify.py SPANAUDIT SOURCE-ROOT
"""

import base64
import gzip
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile

TOOL, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ENV = dict(os.environ, SPANAUDIT_RULES_PATH=os.path.join(ROOT, 'rules'), LC_ALL='C.UTF-8')
EMBED = re.compile(rb'(<script type="application/gzip" id=result data-sha256=)([0-9a-f]{64})>\n'
                   rb'([A-Za-z0-9+/=\n]*)</script>')
bad = 0


def run(*args, cwd=None):
    return subprocess.run([TOOL] + list(args), capture_output=True, env=ENV, cwd=cwd)


def check(name, page, code, *words):
    """The page is written to a file and verified."""
    global bad
    with open('page.html', 'wb') as f:
        f.write(page)
    p = run('verify', 'page.html')
    said = p.stdout + p.stderr
    if p.returncode != code:
        print('%s: exit code %d, not %d: %s' % (name, p.returncode, code, said.decode()))
        bad += 1
    for w in words:
        if w.encode() not in said:
            print('%s: does not say "%s": %s' % (name, w, said.decode(errors='replace')))
            bad += 1
    if re.search(rb'[\x00-\x09\x0b-\x1f\x7f]', said):
        print('%s: the answer holds a control character' % name)
        bad += 1


def embed(page, document, digest=None):
    digest = digest or hashlib.sha256(document).hexdigest().encode()
    letters = base64.encodebytes(gzip.compress(document, mtime=0))
    return EMBED.sub(lambda m: m.group(1) + digest + b'>\n' + letters + b'</script>', page)


def main():
    site = os.path.join(ROOT, 'pcaps', 'lab-site.yaml')
    capture = os.path.join(ROOT, 'pcaps', 'lab.pcapng')
    os.chdir(sys.argv[3])
    if run('audit', '-q', '--site', site, '-o', 'a.html', '-o', 'a.json', capture).returncode != 1:
        sys.exit('the audit did not end with 1')
    with open('a.html', 'rb') as f:
        page = f.read()
    with open('a.json', 'rb') as f:
        document = f.read()

    check('as written', page, 0, 'INTACT', hashlib.sha256(document).hexdigest(), capture,
          'verdict  findings')
    # Another library packs the document in other letters; that changes nothing that is shown.
    check('packed anew', embed(page, document), 0, 'INTACT')

    check('a verdict', page.replace(b'>Not compliant<', b'>Compliant<'), 1, 'ALTERED', 'line ')
    check('a finding', page.replace(b'<b class=s3>high</b>', b'<b class=s1>low</b>', 1), 1,
          'ALTERED', 'What to do first', 'high', 'low')
    check('a byte of the style', page.replace(b'--paper', b'--papyr', 1), 1, 'ALTERED')
    check('a byte of the script', page.replace(b"'use strict'", b"'use strixt'", 1), 1, 'ALTERED')
    check('a script more', page.replace(b'</main>', b'<script>alert(1)</script></main>'), 1, 'ALTERED')
    check('an escape', page.replace(b'Not compliant', b'\x1b[31mCompliant', 1), 1, 'ALTERED', '\\x1b')
    check('something behind', page + b'<p>and more', 1, 'ALTERED')
    check('a line taken out', re.sub(rb'<li><b class=s3>.*?</li>\n', b'', page, count=1, flags=re.S), 1,
          'ALTERED')

    digest = EMBED.search(page).group(2)
    check('another digest', page.replace(digest, digest[::-1]), 1, 'ALTERED', 'SHA-256')
    other = document.replace(b'"verdict": "findings"', b'"verdict": "compliant"')
    check('another document', embed(page, other, digest), 1, 'ALTERED', 'SHA-256')
    check('another document, its digest', embed(page, other), 1, 'ALTERED', 'line ')
    check('no document', embed(page, b'{}'), 4, 'NOT COMPARED')
    check('letters that are none', EMBED.sub(rb'\1\2>\n!\3</script>', page), 1, 'ALTERED')
    check('a letter more', EMBED.sub(rb'\1\2>\nA\3</script>', page), 1, 'ALTERED')
    older = re.sub(rb'("version": )"[^"]*"', rb'\1"0.0.1"', document, count=1)
    check('of another version', embed(page, older), 4, 'NOT COMPARED', 'Another version')
    check('a bomb', embed(page, b' ' * (300 << 20), digest), 1, 'ALTERED')

    check('nothing', b'', 2, 'not an HTML report')
    check('another page', b'<!DOCTYPE html><title>x</title>', 2, 'not an HTML report')
    check('a result', document, 2, 'not an HTML report')
    rng = random.Random(1)
    for n in sorted(rng.sample(range(3000, len(page)), 25)) + [len(page) - 1]:
        check('cut off at %d of %d' % (n, len(page)), page[:n], 1)
    for _ in range(25):
        at = rng.randrange(len(page))
        changed = page[:at] + bytes([page[at] ^ 1]) + page[at + 1:]
        if EMBED.search(page).start(3) <= at < EMBED.search(page).end(3) and page[at] in b'\n=':
            continue
        check('byte %d changed' % at, changed, 1)
    if run('verify', 'absent.html').returncode != 3:
        sys.exit('a file that is not there does not end with 3')
    return 1 if bad else 0


if len(sys.argv) < 4:
    with tempfile.TemporaryDirectory() as tmp:
        sys.argv.append(tmp)
        sys.exit(main())
sys.exit(main())
