# SPDX-License-Identifier: BSD-2-Clause
"""tshark over many captures.

It takes longer to start than to read a small capture. TSHARK_MANY names a library (tshark_many.c) that
lets one that has started read capture after capture, each in a copy of the process; without it, or where
it does not fit this tshark, each capture has a start of its own, with the same output.
"""

import atexit
import contextlib
import os
import queue
import subprocess
import tempfile


MANY = os.environ.get('TSHARK_MANY', '')
ENV = {'PATH': os.environ.get('PATH', '/usr/bin'), 'HOME': '/nonexistent', 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8'}
TIMEOUT = 600  # seconds for a capture
# A capture that is cut is no fault of ours; a field that this tshark does not know is.
UNKNOWN = b"aren't valid", b'neither a field'


class Gone(Exception):
    """It ended, or never did what the library wants."""


class Server:
    """One tshark, for one capture at a time."""

    def __init__(self, words):
        self.output = tempfile.NamedTemporaryFile(prefix='truth-')
        self.process = subprocess.Popen(
            ['tshark', *words, '-r', os.devnull], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=dict(ENV, LD_PRELOAD=MANY))
        atexit.register(self.close)

    def run(self, path):
        try:
            self.process.stdin.write(os.fsencode('%s\t%s\n' % (path, self.output.name)))
            self.process.stdin.flush()
        except BrokenPipeError as e:
            raise Gone from e
        if not self.process.stdout.readline():
            raise Gone
        with open(self.output.name, 'rb') as f:
            return f.read()


    def close(self):
        """It ends with its input."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


class Tshark:
    """What it writes with certain options; of several captures at once, when several threads ask."""

    def __init__(self, *words):
        self.words = ['-n', *words]
        self.idle = queue.SimpleQueue()
        self.alone = not os.path.exists(MANY)

    def run(self, path):
        if self.alone:
            return self.run_alone(path)
        try:
            server = self.idle.get_nowait()
        except queue.Empty:
            server = Server(self.words)
        try:
            output = server.run(path)
        except Gone:
            self.alone = True
            return self.run_alone(path)
        self.idle.put(server)
        return output

    def run_alone(self, path):
        p = subprocess.run(['tshark', *self.words, '-r', path], capture_output=True,
                           timeout=TIMEOUT, env=ENV)
        if any(x in p.stderr for x in UNKNOWN):
            raise RuntimeError('tshark: ' + p.stderr.decode(errors='replace'))
        return p.stdout


def fields(words, names):
    """Options for these fields of the frames, values of one with | between them."""
    return Tshark(*words, '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|',
                  *(x for n in names for x in ('-e', n)))
