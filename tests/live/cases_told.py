# SPDX-License-Identifier: BSD-2-Clause
"""What a run tells while it goes on: events, syslog, commands, reports and evidence in files."""

import contextlib
import json
import os
import re
import signal
import socket

from runs import Live, PATIENCE, USER, audit, do, ids, need, play, put, refused, same, site, until


def events(folder):
    """Each finding once, while it runs; what was told is what is found in the end."""
    path = os.path.join(folder, 'events')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--events', path) as live:
        play('lab')
        until('events are told', lambda: os.path.getsize(path) > 0)
        result = live.end()
    seen = {}
    with open(path) as f:
        for line in f:
            e = json.loads(line)
            status, ident = e['spanaudit']['status'], e['event']['id']
            need((status == 'new') == (seen.get(ident) in (None, 'gone')), 'new once: %s' % ident)
            seen[ident] = status
    told = {i for i, status in seen.items() if status != 'gone'}
    need(told == {f['id'] for f in result['findings']}, 'told = found')
    with open(live.out) as f:
        lines = [x.split() for x in f.read().split('\nspanaudit', 1)[0].splitlines()]
    need({x[-1] for x in lines if x and x[2:3] == ['new']} >= told, 'and as lines on a terminal')


def notices(path):
    """Events about the run itself, as (action, outcome, message)."""
    with open(path) as f:
        return [(e['event']['action'], e['event']['outcome'], e['message']) for e in map(json.loads, f)
                if e['event']['kind'] == 'event']


MESSAGE = re.compile(rb'<(\d+)>1 (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+) spanaudit (\d+) (\w+) - (\{.*\})\Z')


def message(octets):
    """Of RFC 5424, whose text is an event: its severity, and the event."""
    m = MESSAGE.match(octets)
    need(m, 'a message: %r' % octets[:200])
    event = json.loads(m.group(6))
    if event['event']['kind'] == 'alert':
        need(m.group(5).decode() == event['spanaudit']['status'], 'it is named by what happened')
    return int(m.group(1)) % 8, event


def heard(sock, seconds=0.5):
    """Datagrams until there are none."""
    sock.settimeout(PATIENCE)
    v = []
    with contextlib.suppress(socket.timeout):
        while True:
            v.append(sock.recv(65536))
            sock.settimeout(seconds)
    return v


def logged(folder):
    """Findings reach log servers of every kind, and one that was away hears of the next ones."""
    path = os.path.join(folder, 'log')
    for kind in 'unix', 'udp':
        s = socket.socket(socket.AF_UNIX if kind == 'unix' else socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.bind(path if kind == 'unix' else ('127.0.0.1', 0))
            to = 'unix:' + path if kind == 'unix' else 'udp:127.0.0.1:%d' % s.getsockname()[1]
            if kind == 'unix':
                os.chmod(path, 0o666)
            with Live(folder, '-i', 'a1', '-S', site('lab'), '--syslog', to) as live:
                play('lab')
                live.until_read(1166)
                result = live.end()
            got = [message(x) for x in heard(s)]
        told = {e['event']['id'] for _, e in got if e['event']['kind'] == 'alert'}
        need(told == {f['id'] for f in result['findings']}, '%s: %d of %d' % (kind, len(told), len(result['findings'])))
        high = [p for p, e in got if e['spanaudit'].get('severity') == 'high']
        need(all(p == 3 for p in high), 'high is an error: %s' % high)
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(('127.0.0.1', 0))
        server.listen()
        server.settimeout(PATIENCE)
        with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--syslog',
                  'tcp:127.0.0.1:%d' % server.getsockname()[1]) as live:
            first = server.accept()[0]
            play('lab')
            need(b'"alert"' in first.recv(65536), 'an event')
            first.close()  # it restarts
            do('ip', 'link', 'set', 'a1', 'down')
            live.until_said("interface 'a1' went down")
            do('ip', 'link', 'set', 'a1', 'up')
            second = server.accept()[0]
            live.end()
            text = b''
            with second:
                second.settimeout(PATIENCE)
                while True:
                    more = second.recv(65536)
                    text += more
                    if not more:
                        break
        v = []
        while text:
            n, text = text.split(b' ', 1)
            v.append(message(text[:int(n)]))
            text = text[int(n):]
        need(any(e.get('message', '').endswith('is up again') for _, e in v), 'the next ones came: %s' % v)
    refused(folder, 2, 'is no receiver', '-i', 'a1', '--syslog', 'logs.example.net')
    refused(folder, 3, 'refused', '-i', 'a1', '--syslog', 'tcp:127.0.0.1:1', '--control', 'none')


def command(folder):
    """A command hears of what is found, without rights; one that hangs holds up nothing."""
    out, who = os.path.join(folder, 'told'), os.path.join(folder, 'who')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--exec-on-finding',
              'grep -E "^(Uid|CapEff|NoNewPrivs)" /proc/self/status > %s; cat >> %s' % (who, out)) as live:
        play('lab')
        until('it was told', lambda: os.path.exists(out) and os.path.getsize(out) > 0)
        result = live.end()
    with open(out) as f:
        told = {e['event']['id'] for e in map(json.loads, f)}
    need(told == {f['id'] for f in result['findings']}, 'each finding is told: %s' % told)
    with open(who) as f:
        rights = dict(x.split(':\t') for x in f.read().splitlines())
    need('0' not in rights['Uid'].split() and int(rights['CapEff'], 16) == 0 and rights['NoNewPrivs'] == '1',
         'without rights: %s' % rights)
    pid = os.path.join(folder, 'pid')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--exec-on-finding',
              'test -e %s && exit; echo $$ > %s; exec sleep 1000' % (pid, pid)) as live:
        play('lab')
        until('it hangs', lambda: os.path.exists(pid) and os.path.getsize(pid) > 0)
        play('lab')
        live.until_read(2 * 1166)
        until('judging goes on', lambda: (live.status()['judged'] or {}).get('packets') == 2 * 1166)
        with open(pid) as f:
            os.kill(int(f.read()), signal.SIGKILL)
        live.end()


def written(folder):
    """Packets go into files beside, which come to the same result; of a ring the newest stay."""
    path = os.path.join(folder, 'all.pcapng')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path) as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    same(result, audit(folder, '-S', site('lab'), path))
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path, '-b', 'packets:100') as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    os.unlink(path)
    files = sorted(x for x in os.listdir(folder) if x.startswith('all_'))
    need(len(files) == 12 and re.match(r'all_00001_\d{14}\.pcapng\Z', files[0]), 'files: %s' % files)
    file = audit(folder, '-S', site('lab'), *(os.path.join(folder, x) for x in files))
    need(ids(file) == ids(result) and file['coverage']['packets'] == 1166, 'the same findings')
    for x in files:
        os.unlink(os.path.join(folder, x))
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path, '-b', 'filesize:50', '-b', 'files:3') as live:
        play('lab')
        live.until_read(1166)
        live.end()
    files = sorted(x for x in os.listdir(folder) if x.startswith('all_'))
    need(len(files) == 3 and not any('_00001_' in x for x in files), 'the newest three: %s' % files)
    need(all(os.path.getsize(os.path.join(folder, x)) < 62000 for x in files), 'their size')
    refused(folder, 2, 'no file was named', '-i', 'a1', '-b', 'files:3')
    refused(folder, 2, 'is not understood', '-i', 'a1', '-w', path, '-b', 'size:3')
    closed = os.path.join(folder, 'closed')
    os.mkdir(closed, 0o700)
    refused(folder, 3, 'cannot be written', '-i', 'a1', '--user', USER, '--control', 'none',
            '-q', '-w', os.path.join(closed, 'x.pcapng'))


def evidence(folder):
    """Each finding that has packets has them in a file."""
    where = os.path.join(folder, 'evidence')
    os.mkdir(where)
    os.chmod(where, 0o777)
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--evidence', where) as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    shown = {f['id']: f for f in result['findings'] if f['evidence']}
    need(shown and {x[:-7] for x in os.listdir(where)} >= set(shown), '%s of %s' % (os.listdir(where), sorted(shown)))
    for ident, f in shown.items():
        file = audit(folder, '-S', site('lab'), os.path.join(where, ident + '.pcapng'))
        need(0 < file['coverage']['packets'] < 1166, 'some packets: %s' % ident)
        if f['kind'].startswith('unexpected'):
            need(f['kind'] in {g['kind'] for g in file['findings']}, 'the finding is in them: %s' % f['kind'])


def gone(folder):
    """What was told and is found no more has gone."""
    conf = os.path.join(folder, 'site.yaml')
    events = os.path.join(folder, 'events')
    with open(site('lab')) as f:
        good = f.read()
    put(conf, good)
    with Live(folder, '-i', 'a1', '-S', conf, '--every', '1s', '--events', events) as live:
        play('lab')
        until('findings are told', lambda: os.path.getsize(events) > 0)
        with open(events) as f:
            first = {e['event']['id'] for e in map(json.loads, f)}
        put(conf, 'spanaudit: site/1\nname: nothing\nhosts: []\n')
        live.ask('reload')
        until('they are gone', lambda: '"status":"gone"' in open(events).read().replace(' ', ''))
        live.end()
    with open(events) as f:
        status = {}
        for e in map(json.loads, f):
            if e['event']['kind'] == 'alert':
                status.setdefault(e['event']['id'], []).append(e['spanaudit']['status'])
    went = [i for i in first if status[i][-1] == 'gone']
    need(went and all(s == ['new', 'gone'] for s in (status[i] for i in went)), 'told once each: %s' % status)
