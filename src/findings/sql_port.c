// SPDX-License-Identifier: BSD-2-Clause
#include "findings/sql_port.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/proto.h"
#include "findings/work.h"

/* How long an answer holds, before and after. */
#define HOLDS_NS (INT64_C(24) * 3600 * NS_PER_S)

enum { PORTS_SHOWN = 4 };

struct told {
	uint32_t host;    /* 1 + index of the declared host; 0: `addr` is the server */
	struct addr addr; /* zero with a host */
	uint16_t port;
	const struct grant *g;
	int64_t until_ns; /* the latest answer among those of this place up to this one */
};

struct sql_ports {
	const struct site *site;
	uint16_t documented; /* where the papers have SQL Server; 0: no pack says */
	size_t n, n_dac;
	struct told told[]; /* by server, port, first answer; behind them the administrators' */
};

static void server_of(const struct addr *a, const struct host *h, struct told *ret)
{
	*ret = (struct told){0};
	if (h && !h->is_network)
		ret->host = (uint32_t)h->index + 1;
	else
		ret->addr = *a;
}

static int by_server(const struct told *x, const struct told *y)
{
	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return addr_compare(&x->addr, &y->addr);
}

static int by_place(const struct told *x, const struct told *y)
{
	int d = by_server(x, y);

	if (!d && x->port != y->port)
		d = x->port < y->port ? -1 : 1;
	return d;
}

static int by_port(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int d = by_place(x, y);

	if (!d && evidence_before(&x->g->first, &y->g->first))
		d = -1;
	if (!d && evidence_before(&y->g->first, &x->g->first))
		d = 1;
	if (!d && x->g != y->g)
		d = x->g < y->g ? -1 : 1; /* of one array, which is sorted */
	return d;
}

static uint16_t documented_port(const struct work *w)
{
	for (size_t i = 0; i < matrix_n_rules(w->m); i++) {
		const struct rule *r = matrix_rule(w->m, i);

		if (r->moves_with == PORT_SQL && r->proto == IPPROTO_NR_TCP && !r->rpc && !r->ref &&
		    r->ports.n)
			return r->ports.r[0].lo;
	}
	return 0;
}

/* The administrator's port (MC-SQLR 2.2.6) is no instance's. */
static bool tells(const struct grant *g, enum grant_how how)
{
	return g->g.how == how && g->g.proto == GRANTED_TCP && g->g.port;
}

static size_t tellers(const struct work *w, enum grant_how how, struct told *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];

		if (!tells(g, how))
			continue;
		if (ret) {
			server_of(&g->server, inventory_find(w->site->inventory, &g->server),
				  &ret[n]);
			ret[n].port = g->g.port;
			ret[n].g = g;
		}
		n++;
	}
	if (!ret || !n)
		return n;
	qsort(ret, n, sizeof *ret, by_port);
	for (size_t i = 0; i < n; i++) {
		ret[i].until_ns = ret[i].g->last_ns;
		if (i && !by_place(&ret[i - 1], &ret[i]) && ret[i - 1].until_ns > ret[i].until_ns)
			ret[i].until_ns = ret[i - 1].until_ns;
	}
	return n;
}

struct sql_ports *sql_ports_new(const struct work *w)
{
	size_t n = tellers(w, GRANT_SQL_BROWSER, NULL), n_dac = tellers(w, GRANT_SQL_DAC, NULL);
	struct sql_ports *x = calloc(1, sizeof *x + (n + n_dac) * sizeof x->told[0]);

	if (!x)
		return NULL;
	x->site = w->site;
	x->documented = documented_port(w);
	x->n = tellers(w, GRANT_SQL_BROWSER, x->told);
	x->n_dac = tellers(w, GRANT_SQL_DAC, x->told + n);
	return x;
}

struct sql_ports *sql_ports_free(struct sql_ports *x)
{
	free(x);
	return NULL;
}

/* The first answer that still holds when the conversation begins. Those behind it began no earlier,
 * so a server that answers without end costs no more than one that did so once. */
static const struct grant *told_at(const struct told *v, size_t n, const struct conv *c,
				   const struct host *server)
{
	size_t lo = 0, hi = n;
	struct told key;

	if (c->proto != IPPROTO_NR_TCP || !n)
		return NULL;
	server_of(&c->server, server, &key);
	key.port = c->port;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = by_place(&v[mid], &key);

		if (d < 0 || (!d && v[mid].until_ns < c->first_ns - HOLDS_NS))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || by_place(&v[lo], &key) || c->last_ns < v[lo].g->first.ts_ns - HOLDS_NS)
		return NULL;
	return v[lo].g;
}

const struct grant *sql_port_told(const struct sql_ports *x, const struct conv *c,
				  const struct host *server)
{
	return told_at(x->told, x->n, c, server);
}

const struct grant *sql_port_dac(const struct sql_ports *x, const struct conv *c,
				 const struct host *server)
{
	return told_at(x->told + x->n, x->n_dac, c, server);
}

uint16_t sql_port_for(const struct sql_ports *x, const struct conv *c, const struct host *server)
{
	const struct port_list *own = site_ports(x->site, PORT_SQL, server);

	/* What the site file says replaces what the papers say, and what the servers say. */
	if (own && own->n)
		return 0;
	return sql_port_told(x, c, server) ? x->documented : 0;
}

/* ------------------------------------------------------------------ several ports */

static int by_instance(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int d = by_server(x, y);

	if (!d)
		d = strcasecmp(x->g->g.name, y->g->g.name);
	if (!d && evidence_before(&x->g->first, &y->g->first))
		d = -1;
	if (!d && evidence_before(&y->g->first, &x->g->first))
		d = 1;
	return d ? d : by_port(a, b);
}

/* The ports in the order in which they were first told; how many they are. */
static size_t ports_text(struct work *w, const struct told *v, size_t n, struct out *ret)
{
	uint64_t seen[(1 << 16) / 64] = {0};
	char text[TIME_TEXT];
	size_t ports = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t *at = &seen[v[i].port / 64], bit = UINT64_C(1) << v[i].port % 64;

		if (*at & bit)
			continue;
		*at |= bit;
		if (ports++ < PORTS_SHOWN)
			out_printf(ret, "%s%u (%s)", ports > 1 ? ", then " : "", v[i].port,
				   time_human_tz(v[i].g->first.ts_ns, site_tz(w->site), text));
	}
	if (ports > PORTS_SHOWN)
		out_printf(ret, " and %zu more", ports - PORTS_SHOWN);
	return ports;
}

static bool advise(struct work *w, const struct told *v, size_t n)
{
	const struct party *server = party_of(w, &v[0].g->server);
	char instance[GRANTED_NAME];
	struct finding *f = NULL;
	struct out ports = {0};
	size_t i;

	if (server && roles_has(server->roles, ROLE_SQL) && ports_text(w, v, n, &ports) > 1) {
		for (i = 0; v[0].g->g.name[i]; i++) {
			char c = v[0].g->g.name[i];

			instance[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		}
		instance[i] = 0;

		struct fact fact = {.kind = KIND_ADVICE,
				    .rule = "sql-dynamic-port",
				    .client = "*",
				    .server = party_token(w, server),
				    .proto = IPPROTO_NR_TCP,
				    .service = instance};

		f = finding_add(w, &fact, SEV_INFO);
	} else {
		out_done(&ports);
		return true;
	}
	if (f) {
		roleset roles = 0;

		for (i = 0; i < n; i++) {
			const struct party *cl = party_of(w, &v[i].g->client);

			roles |= cl ? cl->roles : 0;
			finding_evidence(f, &v[i].g->first, 1);
			if (f->first_ns == TIME_NONE || v[i].g->first.ts_ns < f->first_ns)
				f->first_ns = v[i].g->first.ts_ns;
			if (f->last_ns == TIME_NONE || v[i].g->last_ns > f->last_ns)
				f->last_ns = v[i].g->last_ns;
		}
		f->client = endpoint_roles(roles);
		f->server = party_end(server);
		f->why = arena_printf(w->a,
				      "SQL Browser on %s told different ports of the instance %s: "
				      "%s. Its port is dynamic and changes with restarts; a "
				      "firewall rule that names one port then fails.",
				      party_text(w, server), v[0].g->g.name, out_str(&ports));
		f->advice = "Set a fixed port in SQL Server Configuration Manager (TCP/IP, IPAll: "
			    "TCP Port; TCP Dynamic Ports empty), restart the instance, and name "
			    "the port in the site file (sql, under ports).";
	}
	out_done(&ports);
	return f;
}

bool sql_ports_advise(struct work *w)
{
	struct sql_ports *x = w->sql_ports;

	/* Nobody asks for conversations' ports after this. */
	if (x->n)
		qsort(x->told, x->n, sizeof x->told[0], by_instance);
	for (size_t i = 0, k; i < x->n; i = k) {
		const struct told *a = &x->told[i];

		for (k = i + 1; k < x->n && !by_server(a, &x->told[k]) &&
				!strcasecmp(a->g->g.name, x->told[k].g->g.name);
		     k++)
			;
		if (!advise(w, a, k - i))
			return false;
	}
	return !w->failed;
}
