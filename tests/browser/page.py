#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The HTML report byte for byte, of a result made by hand with something in every part.

    page.py SHOW_SAMPLE EXPECTED [--update]

What would make the expected page change with every word of its style, its script or the JSON is
checked by itself and left out of the comparison: style and script are those whose digests the
page's policy names, and the embedded result is the JSON document, whose digest the page tells.
"""

import base64
import difflib
import gzip
import hashlib
import re
import subprocess
import sys


def fail(why):
    print(why)
    sys.exit(1)


def show(tool, form):
    return subprocess.run([tool, form], stdout=subprocess.PIPE, check=True).stdout


def sha256(text):
    return b"'sha256-" + base64.b64encode(hashlib.sha256(text).digest()) + b"'"


def take(pattern, page, what):
    found = re.findall(pattern, page, re.S)
    if len(found) != 1:
        fail('the page has %d of %s' % (len(found), what))
    return found[0]


def main():
    tool, expected = sys.argv[1:3]
    page, again = show(tool, 'html'), show(tool, 'html')
    if page != again:
        fail('two pages of one result differ')
    try:
        page.decode()
    except UnicodeDecodeError as e:
        fail('the page is not UTF-8: %s' % e)
    if re.search(rb'[\x00-\x09\x0b-\x1f\x7f]', page):
        fail('the page has a control character')

    style = take(rb'<style>(.*?)</style>', page, 'a style')
    script = take(rb'<script>(.*?)</script>', page, 'a script')
    policy = take(rb'Content-Security-Policy content="(.*?)"', page, 'a policy')
    wanted = (b"default-src 'none'; style-src " + sha256(style) + b'; script-src ' + sha256(script) +
              b"; base-uri 'none'; form-action 'none'")
    if policy != wanted:
        fail('the policy does not fit style and script: %s' % policy.decode())

    digest, letters = take(rb'<script type="application/gzip" id=result data-sha256=([0-9a-f]+)>'
                           rb'\n([A-Za-z0-9+/=\n]*)</script>', page, 'an embedded result')
    document = gzip.decompress(base64.b64decode(letters))
    if document != show(tool, 'json'):
        fail('the embedded result is not the JSON document')
    if hashlib.sha256(document).hexdigest().encode() != digest:
        fail('the digest is not that of the embedded result')

    short = page
    for part, name in ((style, b'(style)'), (script, b'(script)'), (letters, b'(result)'),
                       (policy, b'(policy)'), (digest, b'(digest)')):
        short = short.replace(part, name)
    size = '{:,}'.format(len(document)).replace(',', '\u202f').encode() + b' bytes of JSON'
    if size not in short:
        fail('the page does not tell the size of the embedded result')
    short = short.replace(size, b'(n) bytes of JSON')
    if '--update' in sys.argv:
        with open(expected, 'wb') as f:
            f.write(short)
        return
    with open(expected, 'rb') as f:
        old = f.read()
    if old != short:
        sys.stdout.writelines(difflib.unified_diff(
            old.decode().splitlines(keepends=True), short.decode().splitlines(keepends=True),
            expected, 'what came out'))
        sys.exit(1)


main()
