#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Figures of a live run over HTTP, as Prometheus asks for them, and others do.

    scrape.py [NAME...]   as live.py, whose namespace and helpers it uses
"""

import http.client
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runs  # noqa: E402
from runs import Live, need, refused, site, until  # noqa: E402

PORT = 9477


def ask(path='/metrics', method='GET', body=None, host='127.0.0.1'):
    c = http.client.HTTPConnection(host, PORT, timeout=15)
    try:
        c.request(method, path, body)
        r = c.getresponse()
        return r.status, dict(r.getheaders()), r.read().decode()
    finally:
        c.close()


def samples(text):
    """name{labels} -> value, of what does not say when it was made."""
    rows = [re.fullmatch(r'(\S+?(?:\{.*\})?) (\S+)', x) for x in text.splitlines() if not x.startswith('#')]
    need(all(rows), 'each line is a comment or a sample')
    return {m[1]: m[2] for m in rows if 'timestamp' not in m[1]}


def figures(folder):
    """Those of the file, and the run's own."""
    path = os.path.join(folder, 'figures.prom')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '2s', '--metrics', path,
              '--metrics-listen', '127.0.0.1:%d' % PORT) as run:
        status, head, text = ask()
        need(status == 503 and head['Retry-After'] and 'judged' in text, 'nothing yet: %d %s' % (status, text))
        need('figures at http://127.0.0.1:%d/metrics' % PORT in run.said(), 'it says where')
        runs.play('lab')
        until('all packets are in it', lambda: re.search(r'^spanaudit_report_packets(\{.*\})? 1166$', ask()[2], re.M))
        status, head, text = ask()
        need(status == 200 and head['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8', str(head))
        need('# HELP' in text and '# TYPE' in text, 'it is in the text format')
        with open(path) as f:
            need(samples(f.read()) == samples(text), 'the file has the same')
        status, head, text = ask(method='HEAD')
        need(status == 200 and not text and int(head['Content-Length']) > 100, 'HEAD: %s' % head)
        need(ask('/')[0] == 404 and ask('/metrics/../x')[0] == 404, 'there is nothing else')
        status, head, _ = ask(method='POST', body='x' * 5000)
        need(status == 405 and head['Allow'] == 'GET, HEAD', 'nothing is taken: %d' % status)
        run.end()
    need(socket.socket().connect_ex(('127.0.0.1', PORT)) != 0, 'with the run it ends')


def version_six(folder):
    with open('/proc/sys/net/ipv6/conf/lo/disable_ipv6', 'w') as f:
        f.write('0')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--control', 'none',
              '--metrics-listen', '[::1]:%d' % PORT) as run:
        runs.play('lab')  # without packets nothing is judged
        until('it was judged', lambda: ask(host='::1')[0] == 200)
        run.end()


def hostile(folder):
    """Who says nothing, too much or nonsense; packets and the control socket do not notice."""
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s',
              '--metrics-listen', '127.0.0.1:%d' % PORT) as run:
        silent = [socket.create_connection(('127.0.0.1', PORT)) for _ in range(20)]
        runs.play('lab')
        run.until_read(1166)
        need(run.status()['state'] == 'running', 'the control socket answers')
        for s in silent:
            s.close()
        until('others have their turn', lambda: ask()[0] == 200)
        for said in (b'GET /metrics HTTP/1.1\r\nX: ' + b'y' * 200000, b'\x00\xff' * 3000 + b'\r\n\r\n',
                     b'GET ' + b'/a' * 100000 + b' HTTP/1.1\r\n\r\n', b'POST /metrics HTTP/1.1\r\nHost: x\r\n'
                     b'Content-Length: 99999999999\r\n\r\nx', b'G'):
            with socket.create_connection(('127.0.0.1', PORT)) as s:
                s.settimeout(0.2)
                try:
                    s.sendall(said)
                    s.recv(1000)
                except OSError:
                    pass
        until('still', lambda: ask()[0] == 200)
        run.end()


def refusals(folder):
    for at in ('0.0.0.0:9477', '10.0.0.1:9477', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', '[127.0.0.1]:9477',
               '::1:9477', 'localhost:9477', ':9477', '127.0.0.1:9477x', '\x1b[31m:9'):
        refused(folder, 2, 'no loopback address', '-i', 'a1', '-S', site('lab'), '--metrics-listen', at)
    with socket.create_server(('127.0.0.1', PORT)):
        refused(folder, 3, 'give each run a port of its own', '-i', 'a1', '-S', site('lab'), '--metrics-listen',
                '127.0.0.1:%d' % PORT)


runs.TESTS[:] = [figures, version_six, hostile, refusals]

if __name__ == '__main__':
    sys.exit(runs.main(os.path.abspath(__file__)))
