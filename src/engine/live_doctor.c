// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_doctor - what `spanaudit doctor -i` adds to the checks of what was captured: this computer
 * and its interfaces, as they were when these were opened.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "base/time.h"
#include "engine/live_run.h"
#include "report/numbers.h"

enum { ROWS = 7, FREE_LEAST_MB = 256 };

void live_hosts_look(struct live_run *l)
{
	struct timex t = {0};
	struct statvfs v;
	const char *dir = getenv("STATE_DIRECTORY");
	int state;

	l->hosts = calloc(l->names.n + 1, sizeof *l->hosts);
	for (size_t i = 0; l->hosts && i < l->names.n; i++)
		live_host_look(l->names.v[i], &l->hosts[i]);
	state = adjtimex(&t);
	l->clock_told = state >= 0; /* a unit may forbid the question */
	l->clock_kept = state != TIME_ERROR;
	if (statvfs(dir ? dir : ".", &v) == 0) {
		l->disk_told = true;
		l->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
	}
}

/* ------------------------------------------------------------------ rows */

struct making {
	const struct span_audit *a;
	struct arena *arena;
	struct fit_row *rows;
	size_t n;
	bool failed;
};

static struct fit_row *add(struct making *m, const char *check, const char *title)
{
	struct fit_row *row = &m->rows[m->n++];

	*row = (struct fit_row){.check = check, .title = title, .figure = ""};
	return row;
}

static void note(struct fit_row *row, const char *meaning, const char *remedy)
{
	row->level = FIT_NOTE;
	row->meaning = meaning;
	row->remedy = remedy;
}

static void detail(struct making *m, struct fit_row *row, const char *text)
{
	if (!row->details)
		row->details =
			arena_alloc(m->arena, (m->a->live->names.n + 1) * sizeof *row->details);
	if (row->details && text)
		row->details[row->n_details++] = text;
	else
		m->failed = true;
}

/* The text of o, kept; o is done with. */
static const char *kept(struct making *m, struct out *o)
{
	const char *z = out_failed(o) ? NULL : arena_strdup(m->arena, out_str(o));

	m->failed |= !z;
	out_done(o);
	return z ? z : "";
}

static void rights(struct making *m)
{
	struct fit_row *row = add(m, "rights", "Rights");
	struct out o = {0};

	out_puts(&o, "enough to capture");
	if (m->a->live->confined)
		out_printf(&o, "; then it %s", m->a->live->confined);
	row->figure = kept(m, &o);
}

static const char *about(struct making *m, size_t i)
{
	const struct live_host *h = &m->a->live->hosts[i];
	struct live_figures g;
	struct out o = {0};

	live_figures(m->a->live->source, i, &g);
	out_text_z(&o, g.name);
	out_printf(&o, ": %s", g.there ? g.up ? "up" : "down" : "removed");
	if (h->driver[0]) {
		out_puts(&o, ", driver ");
		out_text_z(&o, h->driver);
	}
	if (h->mbit)
		out_printf(&o, ", %u Mbit/s", h->mbit);
	if (h->mtu)
		out_printf(&o, ", MTU %u", h->mtu);
	out_printf(&o, ", %s, times in %s, %" PRIu64 " packets",
		   g.promiscuous ? "promiscuous" : "not promiscuous",
		   g.nanoseconds ? "nanoseconds" : "microseconds", g.packets);
	return kept(m, &o);
}

static void interfaces(struct making *m)
{
	struct fit_row *row = add(m, "interfaces", "Interfaces");
	const struct live_run *l = m->a->live;
	bool talks = false, changed = false;
	struct out o = {0};

	for (size_t i = 0; i < l->names.n; i++) {
		struct live_figures g;

		live_figures(l->source, i, &g);
		talks |= l->hosts[i].has_address;
		changed |= g.downs + g.removals != 0;
		detail(m, row, about(m, i));
	}
	out_printf(&o, "%zu", l->names.n);
	row->figure = kept(m, &o);
	if (changed)
		note(row, "One went down while it was looked at; nothing is seen then.",
		     "Look at the cable, the switch's port and `journalctl -k`.");
	else if (l->opt.not_promiscuous)
		note(row, "Not promiscuous, it shows what is for this computer and broadcasts.",
		     "Leave out -p on the port of a mirror.");
	else if (talks)
		note(row,
		     "It has an IPv4 address, so this computer's own talk is among what is "
		     "captured.",
		     "Give the port of a mirror no address, and use another one to manage the "
		     "computer.");
}

static const char *merged(struct making *m, size_t i)
{
	const struct live_host *h = &m->a->live->hosts[i];
	struct out o = {0};

	out_text_z(&o, m->a->live->names.v[i]);
	if (h->offload_told)
		out_printf(&o, ": GRO %s, LRO %s", h->gro ? "on" : "off", h->lro ? "on" : "off");
	else
		out_puts(&o, ": not told");
	return kept(m, &o);
}

static void offloads(struct making *m)
{
	struct fit_row *row = add(m, "offload-receive", "Merging");
	const struct live_run *l = m->a->live;
	size_t on = 0;
	struct out o = {0};

	for (size_t i = 0; i < l->names.n; i++) {
		on += l->hosts[i].gro || l->hosts[i].lro;
		detail(m, row, merged(m, i));
	}
	out_printf(&o, "on at %zu of %zu interfaces", on, l->names.n);
	row->figure = kept(m, &o);
	if (on)
		note(row,
		     "The card or its driver joins packets of a connection before they are "
		     "captured. Who talked to whom stays true; counts and sizes of packets are "
		     "not those of the wire, and copies of the mirror are harder to tell.",
		     "ethtool -K NAME gro off lro off");
}

static void card_buffers(struct making *m)
{
	struct fit_row *row = add(m, "card-buffer", "Card's buffer");
	const struct live_run *l = m->a->live;
	uint64_t lost = 0;
	bool small = false, told = false;

	for (size_t i = 0; i < l->names.n; i++) {
		const struct live_host *h = &l->hosts[i];
		struct live_figures g;
		struct out o = {0};

		live_figures(l->source, i, &g);
		lost += g.card_drops;
		if (!h->ring_most)
			continue;
		told = true;
		small |= h->ring < h->ring_most;
		out_text_z(&o, l->names.v[i]);
		out_printf(&o, ": %u of at most %u packets", h->ring, h->ring_most);
		detail(m, row, kept(m, &o));
	}
	row->figure = !told   ? "not told by the drivers"
		      : small ? "could be larger"
			      : "as large as it can be";
	if (lost && small)
		note(row, "Packets were lost there while it was looked at.",
		     "ethtool -G NAME rx N, with the largest N that it takes.");
}

static void kernel_buffer(struct making *m)
{
	struct fit_row *row = add(m, "kernel-buffer", "Buffer");
	const struct live_run *l = m->a->live;
	uint64_t size = l->opt.buffer ? l->opt.buffer : UINT64_C(64) << 20;
	struct out o = {0};

	out_printf(&o, "%" PRIu64 " MiB for each interface (-B)", size >> 20);
	row->figure = kept(m, &o);
}

static void computers_clock(struct making *m)
{
	struct fit_row *row = add(m, "computer-clock", "Clock here");

	if (!m->a->live->clock_told) {
		row->figure = "not told";
		return;
	}
	row->figure = m->a->live->clock_kept ? "kept in time (NTP)" : "nobody keeps it in time";
	if (!m->a->live->clock_kept)
		note(row,
		     "Times of packets are this clock's. Findings are then hard to find again in "
		     "the logs of the servers, and several sensors do not agree.",
		     "Run chrony or systemd-timesyncd.");
}

static void disk(struct making *m)
{
	struct fit_row *row = add(m, "disk", "Disk");
	const struct live_run *l = m->a->live;
	struct out o = {0};
	char buf[NUMBER_TEXT];

	if (!l->disk_told) {
		row->figure = "not told";
		return;
	}
	out_printf(&o, "%s free where reports go (the current folder, or STATE_DIRECTORY)",
		   size_human(l->disk_free, buf));
	row->figure = kept(m, &o);
	if (l->disk_free < (uint64_t)FREE_LEAST_MB << 20)
		note(row, "A report of a large site takes some 100 MB.", "Free some space.");
}

int live_doctor(const struct span_audit *a, struct fit *fit)
{
	struct making m = {.a = a, .arena = &fit->arena};

	if (!a->live || !a->live->hosts)
		return 0;
	m.rows = arena_alloc(&fit->arena, (ROWS + fit->n_rows) * sizeof *m.rows);
	if (!m.rows)
		return -ENOMEM;
	rights(&m);
	interfaces(&m);
	offloads(&m);
	card_buffers(&m);
	kernel_buffer(&m);
	computers_clock(&m);
	disk(&m);
	for (size_t i = 0; i < fit->n_rows; i++)
		m.rows[m.n++] = fit->rows[i];
	fit->rows = m.rows;
	fit->n_rows = m.n;
	return m.failed ? -ENOMEM : 0;
}
