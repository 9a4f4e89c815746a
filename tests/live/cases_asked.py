# SPDX-License-Identifier: BSD-2-Clause
"""What a run is asked and told: reloads, the control socket, and words that it refuses."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess

from cases_told import notices
from runs import (ENV, Live, PATIENCE, TOOL, USER, balances, capture, do, need, play, put, refused, site, until,
                  without_inputs)


def waivers_for(finding):
    return ('spanaudit: waivers/1\nwaivers:\n  - id: W-1\n    finding: {id: %s}\n    reason: "for now"\n'
            '    owner: somebody\n    expires: 2099-01-01T00:00:00Z\n' % finding)


def reload(folder):
    """Rules, site and waivers are read again under load, and no packet is missed; a wrong file changes
    nothing."""
    conf = os.path.join(folder, 'conf')
    os.mkdir(conf, 0o755)
    mine, waivers, events = (os.path.join(conf, 'site.yaml'), os.path.join(conf, 'waivers.yaml'),
                             os.path.join(folder, 'events'))
    with open(site('lab')) as f:
        good = f.read()
    put(mine, good)
    put(waivers, 'spanaudit: waivers/1\nwaivers: []\n')
    loops = 40
    with Live(folder, '-i', 'a1', '-S', mine, '-W', waivers, '--every', '1s', '--events', events) as live:
        feeder = subprocess.Popen(['tcpreplay', '-q', '-i', 'a0', '--mbps', '40', '--loop', str(loops),
                                   capture('lab')], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        before = live.status()['policy']
        need(before['replaced'] == 0 and before['reload'] is None, 'it begins with none')
        until('findings are told', lambda: os.path.getsize(events) > 0)
        with open(events) as f:
            told = json.loads(f.readline())['event']['id']
        put(waivers, waivers_for(told))
        live.proc.send_signal(signal.SIGHUP)
        live.until_said('judged by policy')
        now = live.status()['policy']
        need(now['replaced'] == 1 and now['digest'] != before['digest'] and now['since'] > before['since'] and
             now['reload']['ok'], 'a new policy: %s' % now)
        put(mine, good + 'nonsense: yes\n')
        said = live.ask('reload', code=3)
        need('stay in force' in said and 'nonsense' in said and 'site.yaml:' in said, 'what is wrong: ' + said)
        need(live.status()['policy']['digest'] == now['digest'], 'the old one stays')
        need(not live.status()['policy']['reload']['ok'], 'and the status says why')
        os.rename(events, events + '.1')  # as logrotate does
        put(mine, good.replace('name: ', 'name: other-', 1))
        for _ in range(20):  # the newest counts, however many there are
            live.proc.send_signal(signal.SIGHUP)
        until('the third policy', lambda: live.status()['policy']['replaced'] == 2)
        need('as they were' in live.ask('reload'), 'nothing new')
        until('events are told in the new file', lambda: os.path.getsize(events) > 0)
        feeder.wait(PATIENCE)
        live.until_read(loops * 1166)
        result = live.end()
    balances(result)
    need(result['coverage']['packets'] == loops * 1166, 'no packet was missed')
    need(result['coverage']['drops'] == {'kernel': 0, 'interface': 0}, 'none was dropped')
    need(result['run']['policy']['reloads'] == 2, 'the result says so')
    need(result['site']['name'].startswith('other-'), 'the newest site')
    need([f['waiver'] for f in result['findings'] if f['id'] == told] == ['W-1'], 'the waiver holds')
    said = [x for p in (events + '.1', events) for x in notices(p)]
    need({(a, o) for a, o, _ in said} >= {('policy', 'success'), ('trouble', 'failure')}, 'events: %s' % said)
    with open(events + '.1') as f:
        seen = [e['spanaudit']['status'] for e in map(json.loads, f) if e['event'].get('id') == told]
    need(seen[:2] == ['new', 'changed'], 'a finding that is waived has changed: %s' % seen)


def talk(path, *lines, wait=True):
    """The bare protocol: an answer for each line, as (word, bytes)."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(PATIENCE)
    s.connect(path)
    with contextlib.suppress(BrokenPipeError):  # one of too many
        s.sendall(b''.join(lines))
    if not wait:
        return s
    with s, s.makefile('rb') as f:
        answers = []
        for line in lines:
            word, n = f.readline().split()
            answers.append((word, f.read(int(n))))
        return answers


def control(folder):
    """A run is asked, and whoever does that cannot hurt it."""
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s') as live:
        at = os.stat(live.control)
        need(stat.S_ISSOCK(at.st_mode) and at.st_mode & 0o777 == 0o660, 'mode %o' % at.st_mode)
        need(at.st_uid == int(subprocess.check_output(['id', '-u', USER])), 'its owner')
        need('no result yet' in live.ask('result', code=3), 'nothing is judged yet')
        play('lab')
        until('it was judged', lambda: (live.status()['judged'] or {}).get('packets') == 1166)
        s = live.status()
        need(s['schema'] == 'spanaudit-status/1' and s['pid'] == live.proc.pid, 'who answers')
        need(s['state'] == 'running' and s['packets'] == 1166, 'what it is at')
        need(s['interfaces'][0]['name'] == 'a1' and s['interfaces'][0]['up'], 'interfaces')
        need(s['lost'] == {'kernel': 0, 'card': 0, 'mirror': s['lost']['mirror'], 'shed': 0} and
             s['lost']['mirror']['seen_bytes'] > 0, 'four figures of loss: %s' % s['lost'])
        need(0 < s['memory']['used'] < s['memory']['limit'] == 4 << 30, 'memory')
        need(s['site'] == 'lab', 'its site: %s' % s['site'])
        need(len(s['policy']['digest']) == 64 and s['policy']['site'] == site('lab'), 'policy')
        need('1166 packets read' in live.ask('status') and 'policy ' in live.ask('status'), 'in lines')
        result = json.loads(live.ask('result'))
        need(sum(s['judged']['findings'].values()) == len(result['findings']), 'findings are counted')
        need([w for w, _ in talk(live.control, b'status\n', b'nonsense\n', b'result\r\n', b'\n')] ==
             [b'ok', b'error', b'ok', b'error'], 'several requests on one connection')
        need('unknown' in live.ask('nonsense', code=2), 'an unknown word')
        refused(folder, 3, 'in use', '-i', 'a1', '--user', USER, '--control', live.control)
        # Of those that follow, none has a name to be dropped by: endless lines, octets that are
        # none of text, answers that nobody reads, connections that say nothing.
        need(b'too long' in talk(live.control, b'x' * 256)[0][1], 'an endless line')
        need(talk(live.control, b'\0\xff\x1b[31m\n')[0][0] == b'error', 'no text')
        stuck = [talk(live.control, b'result\n' * 30, wait=False) for _ in range(8)]
        silent = [talk(live.control, b'stat', wait=False) for _ in range(40)]
        play('lab')
        live.until_read(2 * 1166)
        for s in stuck + silent:
            s.close()
        until('there is room again', lambda: live.status()['packets'] == 2 * 1166)
        need('stopping' in live.ask('stop'), 'it says so')
        again = live.ended()
        need(not os.path.exists(live.control), 'the socket is gone')
    need(without_inputs(again)['findings'], 'the run judged')
    need({f['id'] for f in again['findings']} == {f['id'] for f in result['findings']}, 'as before')
    # What a killed run leaves is in nobody's way.
    with Live(folder, '-i', 'a1') as live:
        live.proc.kill()
        live.proc.wait()
        need(os.path.exists(live.control), 'a socket that nobody listens on')
        need('no live run' in live.ask('status', code=3), 'nobody answers')
    with Live(folder, '-i', 'a1') as live:
        live.status()
    with Live(folder, '-i', 'a1', '--control', 'none') as live:
        need('answers at' not in live.said(), 'none was wanted')
        live.end()


def refusals(folder):
    """What cannot be captured on is explained, with the documented code."""
    refused(folder, 3, 'no such interface', '-i', 'nosuch0')
    do('ip', 'link', 'set', 'b1', 'down')
    refused(folder, 3, 'is down', '-i', 'b1')
    do('ip', 'link', 'set', 'b1', 'up')
    refused(folder, 2, 'filter', '-i', 'a1', '-f', 'no such word')
    refused(folder, 2, 'twice', '-i', 'a1', '-i', 'a1')
    refused(folder, 2, 'no user', '-i', 'a1', '--user', 'nosuchuser')
    refused(folder, 2, 'no interface')
    refused(folder, 2, '-a', '-i', 'a1', '-a', 'files:3')
    refused(folder, 3, 'cannot write', '-i', 'a1', '-o', '/nosuch/report.json')
    plain = ['setpriv', '--reuid', USER, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']
    copy = shutil.copy(TOOL, os.path.join(folder, 'tool'))  # the build folder may be closed to it
    os.chmod(copy, 0o755)
    os.chmod(folder, 0o755)
    r = subprocess.run([*plain, copy, 'live', '-i', 'a1'], env=ENV, stderr=subprocess.PIPE, text=True)
    need(r.returncode == 3 and 'permission denied' in r.stderr, 'without rights: ' + r.stderr)
