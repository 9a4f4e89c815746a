// SPDX-License-Identifier: BSD-2-Clause
#include "findings/fit_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"

const char *fit_level_name(enum fit_level l)
{
	static const char *const names[] = {"ok", "note", "problem"};

	return names[l];
}

const char *fit_verdict_name(enum fit_verdict v)
{
	static const char *const names[] = {"fit", "fit-for-seen", "not-fit"};

	return names[v];
}

/* ------------------------------------------------------------------ rows */

struct fit_row *fit_row(struct fit_work *w, const char *check, const char *title)
{
	if (!vec_push(&w->rows, ((struct fit_row){.check = check, .title = title}))) {
		w->failed = true;
		return NULL;
	}
	return &w->rows.v[w->rows.n - 1];
}

void fit_detail(struct fit_work *w, struct fit_row *row, const char *text)
{
	if (!row->details)
		row->details = arena_alloc(w->a, (FIT_DETAILS + 1) * sizeof *row->details);
	if (!row->details || !text)
		w->failed = true;
	else if (row->n_details < FIT_DETAILS)
		row->details[row->n_details++] = text;
	else
		row->n_more++;
}

void fit_note(struct fit_row *row, const char *meaning, const char *remedy)
{
	if (row->level == FIT_OK)
		row->level = FIT_NOTE;
	row->meaning = meaning;
	row->remedy = remedy;
}

void fit_bars(struct fit_row *row, enum fit_verdict bars, const char *because)
{
	row->level = FIT_PROBLEM;
	row->bars = bars;
	row->because = because;
}

/* ------------------------------------------------------------------ words */

/* A text that may be missing for want of memory, which is told at the end. */
static const char *kept(struct fit_work *w, const char *z)
{
	w->failed |= !z;
	return z ? z : "";
}

const char *fit_n(struct fit_work *w, uint64_t n)
{
	char digits[24], text[32];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return kept(w, arena_strdup(w->a, text));
}

const char *fit_counted(struct fit_work *w, uint64_t n, const char *one, const char *many)
{
	return kept(w, arena_printf(w->a, "%s %s", fit_n(w, n), n == 1 ? one : many));
}

const char *fit_share(struct fit_work *w, uint64_t part, uint64_t whole)
{
	double percent = whole ? (double)part * 100 / (double)whole : 0;

	/* 99.999 is not all, and 0.001 is something. */
	if (part && percent < 0.01)
		return "< 0.01%";
	if (part < whole && percent >= 99.99)
		return "> 99.99%";
	return kept(w, arena_printf(w->a, "%.2f%%", percent));
}

const char *fit_bytes(struct fit_work *w, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	double n = (double)bytes;
	unsigned u = 0;

	while (n >= 1000 && u + 1 < N_ELEMENTS(units)) {
		n /= 1000;
		u++;
	}
	return u ? kept(w, arena_printf(w->a, "%.1f %s", n, units[u]))
		 : fit_counted(w, bytes, "byte", "bytes");
}

const char *fit_name(struct fit_work *w, const struct fit_host *h)
{
	char buf[ADDR_TEXT];

	if (h->host && !h->host->is_network && h->host->known_by == KNOWN_SITE)
		return kept(w, arena_printf(w->a, "%s (%s)", h->host->name,
					    addr_format(&h->addr, buf)));
	return kept(w, arena_strdup(w->a, addr_format(&h->addr, buf)));
}

const char *fit_names(struct fit_work *w, bool (*pick)(const struct fit_host *h))
{
	enum { SHOWN = 6 };
	const char *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < w->n_hosts; i++) {
		const char *name;

		if (!pick(&w->hosts[i]) || ++n > SHOWN)
			continue;
		name = fit_name(w, &w->hosts[i]);
		list = list ? arena_printf(w->a, "%s, %s", list, name) : name;
		if (!list) {
			w->failed = true;
			return NULL;
		}
	}
	return n > SHOWN ? arena_printf(w->a, "%s and %zu more", list, n - SHOWN) : list;
}

const char *fit_time(struct fit_work *w, int64_t ns)
{
	char buf[TIME_TEXT];

	return kept(w, arena_strdup(w->a, time_human_tz(ns, site_tz(w->site), buf)));
}

const char *fit_span(struct fit_work *w, int64_t ns)
{
	char buf[TIME_TEXT];

	return kept(w, arena_strdup(w->a, duration_human(ns, buf)));
}

bool fit_has_roles(const struct fit_work *w)
{
	return site_declares_roles(w->site);
}

bool fit_has_guesses(const struct fit_work *w)
{
	if (fit_has_roles(w))
		return false;
	for (size_t i = 0; i < w->r->n_roles; i++)
		if (w->r->roles[i].grade && w->r->roles[i].roles)
			return true;
	return false;
}

/* ------------------------------------------------------------------ hosts */

static int by_addr(const void *a, const void *b)
{
	const struct fit_host *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

static void sum_up(struct fit_host *into, const struct fit_host *h)
{
	into->sent += h->sent;
	into->got += h->got;
	into->tcp_flows += h->tcp_flows;
	into->one_way += h->one_way;
	into->served += h->served;
	into->clients += h->clients;
}

static struct fit_host end_of(const struct conv *c, bool server)
{
	bool tcp = c->proto == IPPROTO_NR_TCP;
	struct fit_host h = {
		.addr = server ? c->server : c->client,
		.sent = c->packets[server],
		.got = c->packets[!server],
		.tcp_flows = tcp ? c->flows : 0,
		.one_way = tcp ? c->by_state[STATE_ONE_WAY] : 0,
	};

	if (server && c->packets[1] && c->state <= STATE_MID_STREAM) {
		h.served = c->packets[0] + c->packets[1];
		h.clients = 1;
	}
	return h;
}

static int by_row(const void *key, const void *row)
{
	return addr_compare(key, &((const struct role_row *)row)->address);
}

/* As the audit has them: declared, or shown by traffic. */
static roleset roles_of(const struct fit_work *w, const struct fit_host *h)
{
	const struct role_row *row =
		w->r->n_roles ? bsearch(&h->addr, w->r->roles, w->r->n_roles, sizeof *row, by_row)
			      : NULL;

	return (h->host ? h->host->roles : 0) | (row ? row->roles : 0);
}

static bool hosts_make(struct fit_work *w)
{
	size_t n = 0, k = 0;

	w->hosts = arena_alloc(w->a, (2 * w->in->n_convs + 1) * sizeof *w->hosts);
	if (!w->hosts)
		return false;
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];

		w->hosts[n++] = end_of(c, false);
		if (!c->group)
			w->hosts[n++] = end_of(c, true);
		if (c->proto == IPPROTO_NR_TCP) {
			w->tcp_packets += c->packets[0] + c->packets[1];
			w->tcp_payload += c->payload[0] + c->payload[1];
		} else {
			w->udp_packets += c->packets[0] + c->packets[1];
		}
	}
	if (!n)
		return true;
	qsort(w->hosts, n, sizeof *w->hosts, by_addr);
	for (size_t i = 1; i < n; i++) {
		if (by_addr(&w->hosts[k], &w->hosts[i]))
			w->hosts[++k] = w->hosts[i];
		else
			sum_up(&w->hosts[k], &w->hosts[i]);
	}
	w->n_hosts = k + 1;
	for (size_t i = 0; i < w->n_hosts; i++) {
		struct fit_host *h = &w->hosts[i];

		h->host = inventory_find(w->site->inventory, &h->addr);
		h->roles = roles_of(w, h);
	}
	return true;
}

static struct fit_host *host_of(const struct fit_work *w, const struct addr *a)
{
	const struct fit_host key = {.addr = *a};

	return bsearch(&key, w->hosts, w->n_hosts, sizeof key, by_addr);
}

/* One direction of a connection is enough where a port is mirrored one way; else it went astray. */
static void astray_make(struct fit_work *w)
{
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];
		struct fit_host *a, *b;

		if (c->group || c->proto != IPPROTO_NR_TCP || !c->by_state[STATE_ONE_WAY])
			continue;
		a = host_of(w, &c->client);
		b = host_of(w, &c->server);
		if (!a->sent || !a->got || !b->sent || !b->got)
			continue;
		a->astray += c->by_state[STATE_ONE_WAY];
		b->astray += c->by_state[STATE_ONE_WAY];
	}
}

/* The one address that every conversation has at an end: a host's own capture, a mirror of its
 * port alone, or a filter. Among two hosts nobody can tell which. */
static void only_make(struct fit_work *w)
{
	const struct addr *end[2] = {0};
	bool first = true;

	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];

		if (c->group)
			continue;
		if (first) {
			end[0] = &c->client;
			end[1] = &c->server;
			first = false;
		}
		for (int k = 0; k < 2; k++)
			if (end[k] && !addr_equal(end[k], &c->client) &&
			    !addr_equal(end[k], &c->server))
				end[k] = NULL;
	}
	if (!!end[0] != !!end[1])
		w->only = host_of(w, end[0] ? end[0] : end[1]);
}

/* ------------------------------------------------------------------ servers without roles */

static int by_traffic(const void *a, const void *b)
{
	const struct fit_host *x = a, *y = b;

	if (x->served != y->served)
		return x->served > y->served ? -1 : 1;
	return addr_compare(&x->addr, &y->addr);
}

static int by_packets(const void *a, const void *b)
{
	const struct conv *x = *(const struct conv *const *)a, *y = *(const struct conv *const *)b;

	if (x->proto != y->proto)
		return (int)x->proto - (int)y->proto;
	return (int)x->port - (int)y->port;
}

struct service {
	uint8_t proto;
	uint16_t port, app;
	uint64_t packets;
};

static int by_service(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	if (x->proto != y->proto)
		return (int)x->proto - (int)y->proto;
	return (int)x->port - (int)y->port;
}

/* What its conversations (by service, n of them) are about, the busiest first. */
static const char *services(struct fit_work *w, const struct conv **v, size_t n)
{
	struct service *s = arena_alloc(w->a, (n + 1) * sizeof *s);
	const char *list = "";
	struct conv_app room;
	size_t k = 0;

	if (!s)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!k || s[k - 1].proto != v[i]->proto || s[k - 1].port != v[i]->port)
			s[k++] = (struct service){.proto = v[i]->proto, .port = v[i]->port};
		s[k - 1].packets += v[i]->packets[0] + v[i]->packets[1];
		for (unsigned j = 0; j < v[i]->n_app; j++)
			if (conv_app(v[i], j, &room)->conf == APP_SURE && !s[k - 1].app)
				s[k - 1].app = conv_app_at(v[i], j);
	}
	qsort(s, k, sizeof *s, by_service);
	for (size_t i = 0; i < k && i < FIT_SERVICES && list; i++)
		list = arena_printf(w->a, "%s%s%u/%s%s%s", list, i ? ", " : "", s[i].port,
				    proto_text(s[i].proto), s[i].app ? " " : "",
				    app_name(s[i].app));
	if (list && k > FIT_SERVICES)
		list = arena_printf(w->a, "%s and %zu more", list, k - FIT_SERVICES);
	return list;
}

static bool servers_make(struct fit_work *w)
{
	struct fit_host *top = arena_alloc(w->a, (w->n_hosts + 1) * sizeof *top);
	const struct conv **v = arena_alloc(w->a, (w->in->n_convs + 1) * sizeof(const void *));
	size_t n = 0;

	w->f->servers = arena_alloc(w->a, FIT_SERVERS * sizeof *w->f->servers);
	if (!top || !v || !w->f->servers)
		return false;
	for (size_t i = 0; i < w->n_hosts; i++)
		if (w->hosts[i].served && !w->hosts[i].roles)
			top[n++] = w->hosts[i];
	if (n)
		qsort(top, n, sizeof *top, by_traffic);
	for (size_t i = 0; i < n && i < FIT_SERVERS; i++) {
		struct fit_server *s = &w->f->servers[w->f->n_servers++];
		size_t m = 0;

		for (size_t k = 0; k < w->in->n_convs; k++) {
			const struct conv *c = &w->in->convs[k];

			if (!c->group && c->packets[1] && c->state <= STATE_MID_STREAM &&
			    addr_equal(&c->server, &top[i].addr))
				v[m++] = c;
		}
		qsort(v, m, sizeof *v, by_packets);
		*s = (struct fit_server){.addr = top[i].addr,
					 .packets = top[i].served,
					 .clients = top[i].clients,
					 .services = services(w, v, m)};
		if (!s->services)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ the whole */

/* What the clauses of the rows that bar most say, as one. */
static const char *clauses(struct fit_work *w, enum fit_verdict bars)
{
	enum { SHOWN = 3 };
	const char *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < w->rows.n; i++) {
		const struct fit_row *row = &w->rows.v[i];

		if (row->level != FIT_PROBLEM || row->bars != bars || ++n > SHOWN)
			continue;
		list = list ? arena_printf(w->a, "%s; %s", list, row->because) : row->because;
		if (!list)
			return NULL;
	}
	return n > SHOWN ? arena_printf(w->a, "%s; and %zu more", list, n - SHOWN) : list;
}

static void decide(struct fit_work *w)
{
	enum fit_verdict v = FIT_TO_JUDGE;
	const char *why;

	for (size_t i = 0; i < w->rows.n; i++)
		if (w->rows.v[i].bars > v)
			v = w->rows.v[i].bars;
	if (w->c->poor)
		v = FIT_NOT;
	w->f->verdict = v;
	why = clauses(w, v);
	if (v == FIT_TO_JUDGE)
		w->f->headline = "Fit to judge: nothing in it hides what an audit asks for.";
	else if (v == FIT_FOR_SEEN)
		w->f->headline = arena_printf(
			w->a, "Fit for what was seen, not for what is missing: %s.", why);
	else if (why)
		w->f->headline = arena_printf(w->a, "Not fit: %s.", why);
	else /* a caveat that --strict-input makes one */
		w->f->headline = arena_printf(w->a, "Not fit: %s",
					      w->c->inconclusive_why ? w->c->inconclusive_why : "");
	w->failed |= !w->f->headline;
}

static bool rows_take(struct fit_work *w)
{
	for (size_t i = 0; i < w->rows.n; i++) {
		struct fit_row *row = &w->rows.v[i];

		if (row->n_more)
			row->details[row->n_details++] =
				kept(w, arena_printf(w->a, "and %zu more", row->n_more));
		if (!row->figure || (row->bars && !row->because))
			return false;
	}
	w->f->rows = arena_alloc(w->a, (w->rows.n + 1) * sizeof *w->f->rows);
	if (!w->f->rows)
		return false;
	memcpy(w->f->rows, w->rows.v, w->rows.n * sizeof *w->f->rows);
	w->f->n_rows = w->rows.n;
	return true;
}

struct fit *fit_make(const struct fit_input *in)
{
	static void (*const checks[])(struct fit_work * w) = {
		fit_files,      fit_content,       fit_window, fit_hours, fit_clock,   fit_sets,
		fit_directions, fit_loss,          fit_copies, fit_snap,  fit_offload, fit_filter,
		fit_blind,      fit_hosts_in_view, fit_pairs,  fit_rules,
	};
	struct fit *f = calloc(1, sizeof *f);
	struct fit_work w = {
		.in = in, .r = in->r, .c = &in->r->coverage, .site = in->r->site, .f = f};
	bool ok;

	if (!f)
		return NULL;
	w.a = &f->arena;
	ok = hosts_make(&w);
	if (ok) {
		astray_make(&w);
		only_make(&w);
	}
	for (size_t i = 0; ok && i < N_ELEMENTS(checks); i++) {
		checks[i](&w);
		ok = !w.failed;
	}
	if (ok && !fit_has_roles(&w))
		ok = servers_make(&w);
	if (ok)
		decide(&w);
	ok = ok && !w.failed && rows_take(&w);
	vec_done(&w.rows);
	return ok ? f : fit_free(f);
}

struct fit *fit_free(struct fit *f)
{
	if (f) {
		arena_done(&f->arena);
		free(f);
	}
	return NULL;
}
