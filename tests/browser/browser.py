#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The HTML report in a real Chromium: it asks the network for nothing and says nothing to the
console, filters, sorts, opens and prints, works by keyboard, without its script and on a phone, and
hostile names stay names. With axe-core, from SPANAUDIT_AXE=axe.min.js or the npm registry, also
without serious violations of accessibility.

    browser.py SPANAUDIT SOURCE-ROOT
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pages

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select
except ImportError:
    pages.with_debian_python('selenium')

AXE = 'axe-core@4.10.2'
bad = 0


def wrong(why):
    global bad
    bad += 1
    print('WRONG: ' + why)


def same(is_, ought, what):
    if is_ != ought:
        wrong('%s: %r, not %r' % (what, is_, ought))


class Browser:
    def __init__(self, folder):
        o = webdriver.ChromeOptions()
        o.binary_location = shutil.which('chromium')
        for a in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                  '--disable-background-networking', '--no-first-run',
                  '--user-data-dir=' + os.path.join(folder, 'profile')):
            o.add_argument(a)
        o.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        self.d = webdriver.Chrome(service=Service(shutil.which('chromedriver')), options=o)
        self.size(1280)

    def size(self, width):
        self.d.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': width < 500})

    def scheme(self, name):
        self.d.execute_cdp_cmd('Emulation.setEmulatedMedia', {
            'features': [{'name': 'prefers-color-scheme', 'value': name}]})

    def open(self, path):
        """The page, what it asked for, and what was said to the console."""
        self.d.get('about:blank')
        self.d.get_log('performance')
        self.d.get_log('browser')
        self.d.get('file://' + path)
        asked = []
        for entry in self.d.get_log('performance'):
            m = json.loads(entry['message'])['message']
            if m['method'] == 'Network.requestWillBeSent':
                asked.append(m['params']['request']['url'])
        return [a for a in asked if a != 'about:blank'], self.d.get_log('browser')

    def js(self, code, *args):
        return self.d.execute_script(code, *args)

    def shown(self):
        return self.js("return [...document.querySelectorAll('.findings tbody')]"
                       '.filter(b => b.offsetHeight).map(b => b.id)')


def quiet(b, path):
    asked, said = b.open(path)
    same(asked, ['file://' + path], '%s: requests' % os.path.basename(path))
    same(said, [], '%s: console' % os.path.basename(path))


def filters(b, document):
    findings = document['findings']

    def ids(test):
        return sorted(f['id'] for f in findings if test(f))

    def choose(label, word):
        for l in b.d.find_elements(By.CSS_SELECTOR, '#filter label'):
            if l.text.startswith(label):
                Select(l.find_element(By.TAG_NAME, 'select')).select_by_value(word)
                return
        wrong('there is no choice of %s' % label)

    def reset():
        b.d.find_element(By.CSS_SELECTOR, '#filter button').click()
        b.d.implicitly_wait(0)
        for _ in range(100):
            if len(b.shown()) == len(findings):
                return
        wrong('Show all does not show all')

    def status(n):
        same(b.d.find_element(By.ID, 'shown').text, '%d of %d shown' % (n, len(findings)), 'status')

    same(sorted(b.shown()), ids(lambda f: True), 'all')
    status(len(findings))
    choose('Severity', 'high')
    same(sorted(b.shown()), ids(lambda f: f['severity'] == 'high'), 'high')
    choose('Kind', 'missing')
    wanted = ids(lambda f: f['severity'] == 'high' and f['kind'] == 'missing')
    same(sorted(b.shown()), wanted, 'high and missing')
    status(len(wanted))
    reset()
    choose('Role', 'mail')
    same(sorted(b.shown()), ids(lambda f: 'mail' in f['client']['roles'] + f['server']['roles']),
         'with role mail')
    reset()
    words = b.d.find_element(By.CSS_SELECTOR, '#filter input')
    words.send_keys('SQL01 25/tcp')
    found = b.shown()
    same(set(found) <= set(ids(lambda f: f['port'] == 25)) and len(found) > 0, True, 'text')
    words.send_keys(' nothing-has-this')
    same(b.shown(), [], 'nothing')
    status(0)
    words.send_keys(Keys.ENTER)
    same(b.js('return location.search'), '', 'Enter sends nothing')
    reset()


def sorts(b, document):
    rank = {'critical': 4, 'high': 3, 'medium': 2, 'low': 1, 'info': 0}
    by_id = {f['id']: f for f in document['findings']}

    def click(column):
        heads = b.d.find_elements(By.CSS_SELECTOR, '.findings thead th')
        heads[column].find_element(By.TAG_NAME, 'button').click()
        return [h.get_attribute('aria-sort') for h in heads]

    same(click(1), [None, 'ascending', None, None, None], 'aria-sort')
    kinds = [by_id[i]['kind'] for i in b.shown()]
    same(kinds, sorted(kinds), 'by kind')
    same(click(1)[1], 'descending', 'aria-sort')
    same([by_id[i]['kind'] for i in b.shown()], sorted(kinds, reverse=True), 'by kind, turned')
    click(0)
    ranks = [rank[by_id[i]['severity']] for i in b.shown()]
    same(ranks, sorted(ranks, reverse=True), 'by severity')
    click(3)
    times = [by_id[i]['last'] or '' for i in b.shown()]
    same([t[:19] for t in times], sorted([t[:19] for t in times], reverse=True), 'by time')
    click(4)
    same(b.shown(), sorted(by_id), 'by id')


def details(b, path):
    b.open(path)
    body = b.d.find_element(By.CSS_SELECTOR, '.findings tbody')
    d, s = body.find_element(By.TAG_NAME, 'details'), body.find_element(By.TAG_NAME, 'summary')
    same(d.get_attribute('open'), None, 'closed')
    s.click()
    same(d.get_attribute('open'), 'true', 'opened by a click')
    s.send_keys(Keys.ENTER)
    same(d.get_attribute('open'), None, 'closed by Enter')
    s.send_keys(Keys.SPACE)
    same(d.get_attribute('open'), 'true', 'opened by the space bar')
    link = b.d.find_elements(By.CSS_SELECTOR, '.steps a')[-1]
    target = link.get_attribute('href').split('#')[1]
    link.click()
    for _ in range(100):
        if b.js('return document.getElementById(arguments[0]).querySelector("details").open', target):
            break
    else:
        wrong('a link does not open its finding')
    # A link to a rule that stands in a closed group.
    b.js("document.querySelectorAll('.group').forEach(d => d.open = false);"
         "location.hash = document.querySelector('.rules tbody tr').id")
    for _ in range(100):
        if b.js("return document.querySelector('.rules tbody tr').closest('details').open"):
            break
    else:
        wrong('a link does not open the group of its rule')


def keyboard(b, path):
    b.open(path)
    seen = []
    for _ in range(80):
        b.d.switch_to.active_element.send_keys(Keys.TAB)
        e = b.js('const e = document.activeElement; const r = e.getBoundingClientRect();'
                 'return [e.tagName, e.className, e.textContent.slice(0, 40), r.width > 0,'
                 'getComputedStyle(e).outlineStyle]')
        seen.append(e)
    same(seen[0][1], 'skip', 'the first stop')
    for tag in ('A', 'INPUT', 'SELECT', 'BUTTON', 'SUMMARY'):
        if not any(e[0] == tag for e in seen):
            wrong('the keyboard does not reach %s in 80 steps' % tag)
    if not any('scroll' in e[1] for e in seen):
        wrong('the keyboard does not reach what scrolls')
    for e in seen:
        if e[4] == 'none' and e[0] != 'BODY':  # behind the last stop
            wrong('the focus does not show on %r' % e)
    button = b.d.find_elements(By.CSS_SELECTOR, '.findings th button')[1]
    button.send_keys(Keys.ENTER)
    same(b.js("return document.querySelectorAll('.findings th')[1].getAttribute('aria-sort')"),
         'ascending', 'sorted by keyboard')


def without_script(b, path, document):
    b.d.execute_cdp_cmd('Emulation.setScriptExecutionDisabled', {'value': True})
    quiet(b, path)
    root = b.d.execute_cdp_cmd('DOM.getDocument', {'depth': -1})['root']
    same(b.d.find_element(By.ID, 'filter').is_displayed(), False, 'no filter without script')
    rows = b.d.find_elements(By.CSS_SELECTOR, '.findings tbody')
    same(len(rows), len(document['findings']), 'rows without script')
    same(all(r.is_displayed() for r in rows), True, 'rows show without script')
    rows[0].find_element(By.TAG_NAME, 'summary').click()
    same(rows[0].find_element(By.TAG_NAME, 'dl').is_displayed(), True, 'details without script')
    if not root:
        wrong('no document')
    # What is closed is printed without the script, too.
    b.open(path)
    text = printed(b)
    if text is not None:
        for f in document['findings']:
            if ''.join(f['extract'].split())[:40] not in text if f.get('extract') else False:
                wrong('%s is printed without its details, without script' % f['id'])
                break
    b.d.execute_cdp_cmd('Emulation.setScriptExecutionDisabled', {'value': False})


def printed(b):
    """The text of the printed page without white space; None where it cannot be had."""
    if not shutil.which('pdftotext'):
        print('pdftotext is not there (poppler-utils): what is printed is not read')
        return None
    pdf = base64.b64decode(b.d.execute_cdp_cmd('Page.printToPDF', {})['data'])
    text = subprocess.run(['pdftotext', '-layout', '-', '-'], input=pdf, capture_output=True,
                          check=True).stdout.decode()
    return ''.join(text.split())


def prints(b, path, document):
    b.open(path)
    text = printed(b)
    for f in document['findings'] if text is not None else []:
        if f['id'] not in text:
            wrong('%s is not printed' % f['id'])
    if text is not None and text.count('SeverityKindWhoLastseenId') < 3:
        wrong('the heads of the findings are not repeated: %d' %
              text.count('SeverityKindWhoLastseenId'))
    b.js("window.dispatchEvent(new Event('beforeprint'))")
    same(b.js("return document.querySelectorAll('details:not([open])').length"), 0,
         'closed when printed')
    b.js("window.dispatchEvent(new Event('afterprint'))")
    same(b.js("return document.querySelectorAll('.findings details[open]').length"), 0,
         'open after printing')


def hostile(b, path):
    quiet(b, path)
    same(b.js('return window.pwned'), None, 'a name ran')
    same(b.js("return document.querySelectorAll('img, iframe, object, embed, link, base').length"), 0,
         'elements that load')
    same(b.js("return document.querySelectorAll('script, style').length"), 3, 'scripts and styles')
    same(b.js("return [...document.querySelectorAll('*')].filter(e => [...e.attributes]"
              ".some(a => /^(on|style$|src)/.test(a.name))).length"), 0, 'attributes that act')
    same(b.js("return [...document.querySelectorAll('a')].every(a => a.getAttribute('href')[0] "
              "== '#')"), True, 'links that lead away')
    same(bool(re.search('[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\x00-\x08\x0b-\x1f\x7f]',
                        b.js('return document.body.innerText'))), False, 'characters that steer')
    b.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    words = b.d.find_element(By.CSS_SELECTOR, '#filter input')
    words.send_keys('<script>')
    if not b.shown():
        wrong('a hostile name cannot be looked for')
    same(b.js('return window.pwned'), None, 'a name ran')
    # And were one to come through: the policy stands.
    b.js("const s = document.createElement('script'); s.textContent = 'window.pwned = 1';"
         "document.body.append(s);"
         "const i = document.createElement('img'); i.src = 'http://127.0.0.1:9/x.png';"
         "document.body.append(i);"
         "const d = document.createElement('div'); d.innerHTML = '<b onclick=\"window.pwned=1\">x';"
         "document.body.append(d); d.firstChild.click();")
    same(b.js('return window.pwned'), None, 'the policy does not hold')
    same(len([e for e in b.d.get_log('browser') if 'Content Security Policy' in e['message']]) >= 3,
         True, 'the policy speaks')


def widths(b, path):
    for width in (360, 390, 768, 1280, 1920):
        b.size(width)
        b.open(path)
        for opened in (False, True):
            if opened:
                b.js("document.querySelectorAll('details').forEach(d => d.open = true)")
            n = b.js('return document.documentElement.scrollWidth')
            if n > width:
                wrong('%s at %d: the page is %d wide' % (os.path.basename(path), width, n))
    b.size(1280)


def find_axe(folder):
    path = os.environ.get('SPANAUDIT_AXE')
    if path:
        return path
    if not shutil.which('npm'):
        return None
    p = subprocess.run(['npm', 'pack', AXE, '--silent', '--fetch-retries=0', '--fetch-timeout=20000'],
                       cwd=folder, capture_output=True, timeout=120)
    if p.returncode:
        return None
    subprocess.run(['tar', 'xzf', p.stdout.decode().split()[-1], 'package/axe.min.js'], cwd=folder,
                   check=True)
    return os.path.join(folder, 'package', 'axe.min.js')


def accessible(b, axe, path):
    for scheme in ('light', 'dark'):
        for width in (1280, 390):
            b.scheme(scheme)
            b.size(width)
            b.open(path)
            b.js("document.querySelectorAll('details').forEach(d => d.open = true)")
            b.js(axe)
            found = b.d.execute_async_script(
                'const done = arguments[0]; axe.run(document, {resultTypes: ["violations"]})'
                '.then(r => done(r.violations.map(v => [v.id, v.impact, v.help, v.nodes.length,'
                'v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])))')
            for v in found:
                where = '%s %s %d' % (os.path.basename(path), scheme, width)
                if v[1] in ('serious', 'critical'):
                    wrong('axe: %s: %r' % (where, v))
                else:
                    print('axe: %s: %r' % (where, v))
    b.scheme('light')
    b.size(1280)


def dark(b, path):
    b.scheme('dark')
    b.open(path)
    ground = b.js('return getComputedStyle(document.body).backgroundColor')
    same(sum(map(int, re.findall(r'\d+', ground)[:3])) < 150, True, 'dark: ' + ground)
    b.scheme('light')


NODES = 45000  # elements and texts of a page of a thousand findings
BYTES = 1000000


def median(v):
    return sorted(v)[len(v) // 2]


def timed(b, path, times=5):
    """First paint, load, and the processor's time in the page's main thread; medians, in ms."""
    rows = []
    b.d.execute_cdp_cmd('Performance.enable', {'timeDomain': 'threadTicks'})
    for _ in range(times):
        b.open(path)
        for _ in range(100):  # painted after it is loaded
            paint = b.js('const p = performance.getEntriesByName("first-contentful-paint")[0];'
                         'return p ? p.startTime : null')
            if paint is not None:
                break
        load = b.js('return performance.getEntriesByType("navigation")[0].loadEventEnd')
        m = {x['name']: x['value'] for x in b.d.execute_cdp_cmd('Performance.getMetrics', {})['metrics']}
        rows.append((paint or 0, load, 1000 * m['TaskDuration']))
    return [median(c) for c in zip(*rows)]


def weight(b, path, folder):
    """What a page of a thousand findings weighs; how long it takes is told, and compared with a page
    of as many bytes that is one paragraph."""
    plain = os.path.join(folder, 'plain.html')
    with open(plain, 'w') as f:
        f.write('<!DOCTYPE html><title>plain</title><p>' + 'word ' * (os.path.getsize(path) // 5))
    for name, page in (('1,000 findings', path), ('one paragraph', plain)):
        print('%s: %d bytes; first paint after %.0f ms, loaded after %.0f ms, %.0f ms of work' %
              (name, os.path.getsize(page), *timed(b, page)))
    b.open(path)
    nodes = b.js("const w = document.createTreeWalker(document, NodeFilter.SHOW_ALL); let n = 0;"
                 'while (w.nextNode()) n++; return n')
    print('1,000 findings: %d nodes' % nodes)
    same(b.js("return getComputedStyle(document.getElementById('findings')).contentVisibility"), 'auto',
         'findings are laid out before they are near')
    same(nodes < NODES, True, '%d nodes' % nodes)
    same(os.path.getsize(path) < BYTES, True, '%d bytes' % os.path.getsize(path))


def main():
    for tool in ('chromium', 'chromedriver'):
        if not shutil.which(tool):
            print('%s is not there: apt-get install chromium chromium-driver python3-selenium' % tool)
            return pages.SKIP
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp:
        maker = pages.Maker(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), tmp)
        lab, evil, many = maker.path('lab.html'), maker.hostile(), maker.many(1000)
        b = Browser(tmp)
        try:
            quiet(b, lab)
            filters(b, maker.lab)
            sorts(b, maker.lab)
            details(b, lab)
            keyboard(b, lab)
            prints(b, lab, maker.lab)
            without_script(b, lab, maker.lab)
            hostile(b, evil)
            for path in (lab, evil, many):
                widths(b, path)
            dark(b, lab)
            quiet(b, many)
            weight(b, many, tmp)
            axe = find_axe(tmp)
            if axe:
                with open(axe) as f:
                    text = f.read()
                for path in (lab, evil):
                    accessible(b, text, path)
            else:
                print('axe-core is not to be had (npm registry, SPANAUDIT_AXE): accessibility is not '
                      'checked')
        finally:
            b.d.quit()
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
