# SPDX-License-Identifier: BSD-2-Clause
"""Control groups that give a process little of a processor: cpu.max of version 2, the quota of version 1."""

import os
import pathlib
import re
import time

PERIOD = 100000  # microseconds, the kernel's own
PATIENCE = 5     # seconds until whoever is in it has ended


class NoLimit(Exception):
    """This machine does not let us."""


def mounted(kind, option=None):
    """Where hierarchies of that type, with that option, are."""
    for line in pathlib.Path('/proc/mounts').read_text().splitlines():
        _, place, fs, options = line.split()[:4]
        if fs == kind and (option is None or option in options.split(',')):
            yield pathlib.Path(re.sub(r'\\(\d{3})', lambda m: chr(int(m[1], 8)), place))


def places(quota):
    """Files that limit a group, of each hierarchy that may have one; and what lifts the limit."""
    for place in mounted('cgroup2'):
        # That groups share processors there is for whoever administers the machine to say.
        if 'cpu' in (place / 'cgroup.subtree_control').read_text().split():
            yield place, {'cpu.max': '%d %d' % (quota, PERIOD)}, ('cpu.max', 'max')
    for place in mounted('cgroup', 'cpu'):
        yield place, {'cpu.cfs_period_us': str(PERIOD), 'cpu.cfs_quota_us': str(quota)}, ('cpu.cfs_quota_us', '-1')


class Limit:
    """A group with a share of one processor; it is gone after the block, whose processes must have ended."""

    def __init__(self, share):
        tried = []
        for place, values, lifted in places(int(PERIOD * share)):
            self.path, self.lifted = place / ('spanaudit-test-%d' % os.getpid()), lifted
            try:
                self.make(values)
                return
            except OSError as e:
                tried.append('%s: %s' % (e.filename, e.strerror))
        raise NoLimit('no control group can limit the processor here (%s)' % ('; '.join(tried) or 'none is mounted'))

    def make(self, values):
        self.path.mkdir()
        try:
            for name, value in values.items():
                (self.path / name).write_text(value)
        except OSError:
            self.path.rmdir()
            raise

    def take(self, pid):
        (self.path / 'cgroup.procs').write_text(str(pid))

    def lift(self):
        name, value = self.lifted
        (self.path / name).write_text(value)

    def times_throttled(self):
        return int(re.search(r'nr_throttled (\d+)', (self.path / 'cpu.stat').read_text())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.path.rmdir()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
