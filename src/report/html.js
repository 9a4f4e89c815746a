/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filter, sort, and open what is closed: for the link that leads to it and before printing. The page
 * says everything without it. Text of the page is compared and counted, never made into markup.
 */
(function () {
	'use strict';

	const table = document.querySelector('table.findings');
	const all = table ? Array.from(table.tBodies) : [];
	const form = document.getElementById('filter');
	const shown = document.getElementById('shown');

	function text(body, column) {
		return body.rows[0].cells[column].textContent;
	}

	/* s4 is the worst: the class has the order, the word has not. */
	function weight(body) {
		return Number(body.querySelector('b').className.slice(1));
	}

	/* "2024-05-01 03:12:09 +02:00": the same moment, whatever the offset. */
	function seen(body) {
		const m = /^(\S+) (\S+) (?:UTC|([-+]\d\d:\d\d))$/.exec(text(body, 3).trim());

		return m ? Date.parse(m[1] + 'T' + m[2] + (m[3] || 'Z')) : -Infinity;
	}

	function field(label, control) {
		const l = document.createElement('label');

		l.append(label, control);
		form.append(l);
		return control;
	}

	function choice(label, words) {
		const s = document.createElement('select');

		s.add(new Option('any', ''));
		for (const w of words)
			s.add(new Option(w, w));
		return field(label, s);
	}

	function distinct(words) {
		return Array.from(new Set(words)).sort();
	}

	function rolesOf(body) {
		return (body.dataset.r || '').split(', ').filter(Boolean);
	}

	function status(body) {
		return body.classList.contains('waived') ? 'waived' : 'open';
	}

	function filter() {
		const words = document.createElement('input');
		const severities = distinct(all.map(weight)).reverse().map(function (n) {
			return table.querySelector('b.s' + n).textContent;
		});
		let haystack = null;

		words.type = 'search';
		words.placeholder = 'host, port, rule, text';
		field('Contains', words);
		const tests = [
			[choice('Severity', severities), function (b) { return [b.querySelector('b').textContent]; }],
			[choice('Kind', distinct(all.map(function (b) { return text(b, 1); }))), function (b) { return [text(b, 1)]; }],
			[choice('Role', distinct(all.flatMap(rolesOf))), rolesOf],
			[choice('Status', distinct(all.map(status))), function (b) { return [status(b)]; }],
		];
		const reset = document.createElement('button');

		reset.type = 'reset';
		reset.textContent = 'Show all';
		form.append(reset);

		function apply() {
			const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
			let n = 0;

			if (wanted.length && !haystack)
				haystack = all.map(function (b) { return b.textContent.toLowerCase(); });
			all.forEach(function (b, i) {
				const ok = tests.every(function (t) { return !t[0].value || t[1](b).includes(t[0].value); }) &&
					wanted.every(function (w) { return haystack[i].includes(w); });

				b.hidden = !ok;
				n += ok;
			});
			shown.textContent = n + ' of ' + all.length + ' shown';
		}
		form.addEventListener('input', apply);
		form.addEventListener('change', apply);
		form.addEventListener('submit', function (e) { e.preventDefault(); });
		form.addEventListener('reset', function () { setTimeout(apply); });
		form.setAttribute('aria-label', 'Filter findings');
		form.hidden = false;
		apply();
	}

	function sort() {
		const heads = Array.from(table.tHead.rows[0].cells);

		heads.forEach(function (th, column) {
			const b = document.createElement('button');
			const paper = document.createElement('span');

			b.type = 'button';
			b.textContent = paper.textContent = th.textContent;
			paper.className = 'onpaper';
			th.textContent = '';
			th.append(b, paper);
			b.addEventListener('click', function () {
				const down = column === 0 || column === 3;
				const first = down ? 'descending' : 'ascending';
				const now = th.getAttribute('aria-sort') === first ?
					(down ? 'ascending' : 'descending') : first;
				const sign = now === 'ascending' ? 1 : -1;
				const keys = new Map(all.map(function (body) {
					return [body, column === 0 ? weight(body) :
						column === 3 ? seen(body) : text(body, column)];
				}));

				all.slice().sort(function (x, y) {
					const a = keys.get(x), c = keys.get(y);

					return (a < c ? -1 : a > c ? 1 : 0) * sign;
				}).forEach(function (body) { table.append(body); });
				heads.forEach(function (h) { h.removeAttribute('aria-sort'); });
				th.setAttribute('aria-sort', now);
			});
		});
	}

	function reveal() {
		const target = location.hash && document.getElementById(location.hash.slice(1));

		if (!target)
			return;
		target.hidden = false;
		for (let d = target; d; d = d.parentElement)
			if (d.tagName === 'DETAILS')
				d.open = true;
		const inner = target.tagName === 'TBODY' && target.querySelector('details');

		if (inner)
			inner.open = true;
		target.scrollIntoView();
		/* What lies between may be laid out only now, and be longer than was thought. */
		requestAnimationFrame(function () {
			target.scrollIntoView();
			requestAnimationFrame(function () { target.scrollIntoView(); });
		});
	}

	if (all.length) {
		filter();
		sort();
	}
	window.addEventListener('hashchange', reveal);
	reveal();

	let opened = [];

	window.addEventListener('beforeprint', function () {
		opened = Array.from(document.querySelectorAll('details:not([open])'));
		opened.forEach(function (d) { d.open = true; });
	});
	window.addEventListener('afterprint', function () {
		opened.forEach(function (d) { d.open = false; });
		opened = [];
	});
})();
