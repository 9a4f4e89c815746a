#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Small listeners of the lab, for what Debian has no server of. Run by lab.py, inside a namespace.

    lab_servers.py tds PORT     answers a PRELOGIN as SQL Server does, and hangs up
    lab_servers.py http PORT    a page of somebody's own

Both listen on IPv4 and IPv6 until they are killed.
"""

import http.server
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'pcaps', 'gen'))
import proto  # noqa: E402


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.0'

    def do_GET(self):
        body = b'<html><body>status: fine</body></html>\n'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class Dual(http.server.HTTPServer):
    address_family = socket.AF_INET6


def tds(port):
    with socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True) as s:
        while True:
            c, _ = s.accept()
            with c:
                c.settimeout(5)
                try:
                    if c.recv(4096)[:1] == b'\x12':  # PRELOGIN, MS-TDS 2.2.6.5
                        c.sendall(proto.tds_prelogin_answer())
                        c.recv(4096)
                except OSError:
                    pass  # a client that goes away


def main():
    verb, port = sys.argv[1], int(sys.argv[2])
    if verb == 'tds':
        tds(port)
    else:
        Dual(('::', port), Page).serve_forever()


if __name__ == '__main__':
    main()
