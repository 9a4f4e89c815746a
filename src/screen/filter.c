// SPDX-License-Identifier: BSD-2-Clause
#include "screen/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/decode.h"
#include "recognise/recognise.h"

enum { DEPTH_MAX = 32 };
enum op { OP_ALL, OP_AND, OP_OR, OP_NOT, OP_TERM };
enum key {
	KEY_ROLE,
	KEY_CLIENT,
	KEY_SERVER,
	KEY_HOST,
	KEY_NET,
	KEY_PORT,
	KEY_PROTO,
	KEY_APP,
	KEY_STATE,
	KEY_VERDICT,
	KEY_VLAN,
	KEY_TUNNEL,
	KEY_PACKETS,
	KEY_BYTES,
	KEY_FLOWS,
	KEY_SEEN,
};

static const char *const key_words[] = {
	"role",    "client", "server", "host",    "net",   "port",  "proto", "app", "state",
	"verdict", "vlan",   "tunnel", "packets", "bytes", "flows", "seen",  NULL,
};

struct filter {
	enum op op;
	const struct filter *a, *b;
	enum key key;
	char rel; /* = > < */
	const char *text;
	roleset roles;
	struct prefix net;
	uint64_t number;
	uint64_t number_hi; /* port ranges */
	uint16_t app;
};

struct parser {
	const char *text;
	size_t at;
	unsigned depth;
	struct arena *arena;
	struct errors *errs;
};

static struct filter *parse_or(struct parser *p);

static void *complain(struct parser *p, size_t n, const char *what, const char *hint)
{
	struct error *e = errors_add(p->errs, false, "%s", what);

	error_place(e, "filter", 1, (unsigned)p->at + 1, (unsigned)n);
	error_excerpt(e, p->text, strlen(p->text));
	error_hint(e, "%s", hint);
	return NULL;
}

static void space(struct parser *p)
{
	while (p->text[p->at] && isspace((unsigned char)p->text[p->at]))
		p->at++;
}

static size_t word(struct parser *p)
{
	space(p);
	return strcspn(p->text + p->at, " \t\n()");
}

static bool keyword(struct parser *p, const char *z)
{
	size_t n = word(p);

	if (n != strlen(z) || strncmp(p->text + p->at, z, n) != 0)
		return false;
	p->at += n;
	return true;
}

static struct filter *node(struct parser *p, enum op op, const struct filter *a,
			   const struct filter *b)
{
	struct filter *f = arena_alloc(p->arena, sizeof *f);

	if (f)
		*f = (struct filter){.op = op, .a = a, .b = b};
	return f;
}

static bool number(const char *z, uint64_t max, uint64_t *ret_)
{
	char *end;

	if (!isdigit((unsigned char)*z))
		return false;

	unsigned long long v = strtoull(z, &end, 10);

	if (*end || v > max)
		return false;
	*ret_ = v;
	return true;
}

/* A kind of tunnel, or "none". */
static bool parse_tunnel(struct filter *f, const char *v)
{
	for (int t = 0; t < TUNNEL_N; t++)
		if (!strcmp(v, t == TUNNEL_NONE ? "none" : tunnel_name((enum tunnel)t))) {
			f->number = (uint64_t)t;
			return true;
		}
	return false;
}

static bool parse_value(struct filter *f, const char *v)
{
	char *dash;
	int64_t ns;

	switch (f->key) {
	case KEY_ROLE:
		f->roles = role_end_set(v);
		return f->roles != 0;
	case KEY_NET:
		return prefix_parse(v, &f->net);
	case KEY_PORT:
		dash = strchr(v, '-');
		if (dash) {
			*dash = '\0';
			return number(v, 65535, &f->number) &&
			       number(dash + 1, 65535, &f->number_hi);
		}
		f->number_hi = 0;
		if (!number(v, 65535, &f->number))
			return false;
		f->number_hi = f->number;
		return true;
	case KEY_PROTO:
		f->number = !strcmp(v, "tcp")   ? IPPROTO_NR_TCP
			    : !strcmp(v, "udp") ? IPPROTO_NR_UDP
						: 0;
		return f->number != 0;
	case KEY_APP:
		f->app = app_by_name(v);
		return f->app != APP_NONE || !strcmp(v, "none");
	case KEY_STATE:
		for (int s = 0; s < STATE_N; s++)
			if (!strcmp(v, flow_state_name((enum flow_state)s))) {
				f->number = (uint64_t)s;
				return true;
			}
		return false;
	case KEY_VERDICT:
		f->number = kind_by_name(v);
		return f->number != KIND_N;
	case KEY_VLAN:
		return number(v, 4094, &f->number);
	case KEY_TUNNEL:
		return parse_tunnel(f, v);
	case KEY_PACKETS:
	case KEY_BYTES:
	case KEY_FLOWS:
		return number(v, UINT64_MAX, &f->number);
	case KEY_SEEN:
		if (!duration_parse(v, &ns))
			return false;
		f->number = (uint64_t)ns;
		return true;
	case KEY_CLIENT:
	case KEY_SERVER:
	case KEY_HOST:
		return *v != '\0';
	}
	return false;
}

static struct filter *parse_term(struct parser *p)
{
	size_t n = word(p);
	const char *t = p->text + p->at;
	size_t rel = strcspn(t, "=<>");
	bool figure;

	if (!n)
		return complain(p, 1, "a filter term is missing here",
				"write KEY=VALUE, for example port=1433");
	if (rel >= n || rel + 1 >= n)
		return complain(p, n, "this is not KEY=VALUE",
				"keys: role client server host net port proto app state verdict "
				"vlan tunnel packets bytes flows seen");

	struct filter *f = node(p, OP_TERM, NULL, NULL);
	char *key = arena_strndup(p->arena, t, rel);
	char *value = arena_strndup(p->arena, t + rel + 1, n - rel - 1);

	if (!f || !key || !value)
		return NULL;

	int k = 0;

	while (key_words[k] && strcmp(key_words[k], key) != 0)
		k++;
	if (!key_words[k])
		return complain(p, rel, "there is no such filter key",
				"keys: role client server host net port proto app state verdict "
				"vlan tunnel packets bytes flows seen");
	f->key = (enum key)k;
	f->rel = t[rel];
	f->text = arena_strdup(p->arena, value);
	figure = f->key >= KEY_PACKETS;
	if (f->rel != '=' && !figure)
		return complain(p, n,
				"only packets, bytes, flows and seen can be compared by < and >",
				"use = here");
	if (!f->text || !parse_value(f, value))
		return complain(p, n, "the value does not fit its key",
				"see `spanaudit help filters` for what each key takes");
	p->at += n;
	return f;
}

static struct filter *parse_not(struct parser *p)
{
	struct filter *f;

	if (++p->depth > DEPTH_MAX)
		return complain(p, 1, "the filter is nested too deeply", "use fewer brackets");
	if (keyword(p, "not")) {
		f = parse_not(p);
		p->depth--;
		return f ? node(p, OP_NOT, f, NULL) : NULL;
	}
	space(p);
	if (p->text[p->at] == '(') {
		p->at++;
		f = parse_or(p);
		space(p);
		if (f && p->text[p->at] != ')')
			return complain(p, 1, "a closing bracket is missing", "add )");
		p->at += f != NULL;
	} else {
		f = parse_term(p);
	}
	p->depth--;
	return f;
}

static struct filter *parse_and(struct parser *p)
{
	struct filter *f = parse_not(p);

	while (f) {
		space(p);
		if (!p->text[p->at] || p->text[p->at] == ')')
			return f;

		size_t at = p->at;

		if (keyword(p, "or")) {
			p->at = at;
			return f;
		}
		keyword(p, "and");

		const struct filter *g = parse_not(p);

		f = g ? node(p, OP_AND, f, g) : NULL;
	}
	return f;
}

static struct filter *parse_or(struct parser *p)
{
	struct filter *f = parse_and(p);

	while (f && keyword(p, "or")) {
		const struct filter *g = parse_and(p);

		f = g ? node(p, OP_OR, f, g) : NULL;
	}
	return f;
}

struct filter *filter_parse(const char *text, struct arena *a, struct errors *errs)
{
	struct parser p = {.text = text, .arena = a, .errs = errs};

	space(&p);
	if (!text[p.at])
		return node(&p, OP_ALL, NULL, NULL);

	struct filter *f = parse_or(&p);

	space(&p);
	if (f && text[p.at])
		return complain(&p, 1, "the filter ends here, but more text follows",
				"a closing bracket too many?");
	return f;
}

static bool compare(const struct filter *f, uint64_t v)
{
	return f->rel == '=' ? v == f->number : f->rel == '>' ? v > f->number : v < f->number;
}

static bool is_host(const char *text, const struct addr *a, const struct host *h)
{
	char buf[ADDR_TEXT];

	return (h && !strcmp(h->name, text)) || !strcmp(addr_format(a, buf), text);
}

static bool term(const struct filter *f, const struct filter_row *row)
{
	const struct conv *c = row->conv;

	switch (f->key) {
	case KEY_ROLE:
		return (row->client_roles | row->server_roles) & f->roles;
	case KEY_CLIENT:
		return is_host(f->text, &c->client, row->client) ||
		       (row->client_roles & role_end_set(f->text));
	case KEY_SERVER:
		return is_host(f->text, &c->server, row->server) ||
		       (row->server_roles & role_end_set(f->text));
	case KEY_HOST:
		return is_host(f->text, &c->client, row->client) ||
		       is_host(f->text, &c->server, row->server);
	case KEY_NET:
		return prefix_has(&f->net, &c->client) || prefix_has(&f->net, &c->server);
	case KEY_PORT:
		return c->port >= f->number && c->port <= f->number_hi;
	case KEY_PROTO:
		return c->proto == f->number;
	case KEY_APP:
		for (unsigned i = 0; i < c->n_app; i++)
			if (f->app ? app_is(conv_app_at(c, i), f->app)
				   : conv_app_at(c, i) == APP_NONE)
				return true;
		return false;
	case KEY_STATE:
		return c->state == f->number;
	case KEY_VERDICT:
		return row->verdict == f->number;
	case KEY_VLAN:
		return c->vlan == f->number;
	case KEY_TUNNEL:
		return c->tunnel == f->number;
	case KEY_PACKETS:
		return compare(f, c->packets[0] + c->packets[1]);
	case KEY_BYTES:
		return compare(f, c->bytes[0] + c->bytes[1]);
	case KEY_FLOWS:
		return compare(f, c->flows);
	case KEY_SEEN:
		return compare(f, (uint64_t)(c->last_ns - c->first_ns));
	}
	return false;
}

bool filter_pass(const struct filter *f, const struct filter_row *row)
{
	switch (f->op) {
	case OP_ALL:
		return true;
	case OP_AND:
		return filter_pass(f->a, row) && filter_pass(f->b, row);
	case OP_OR:
		return filter_pass(f->a, row) || filter_pass(f->b, row);
	case OP_NOT:
		return !filter_pass(f->a, row);
	case OP_TERM:
		return term(f, row);
	}
	return false;
}
