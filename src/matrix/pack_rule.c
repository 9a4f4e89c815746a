// SPDX-License-Identifier: BSD-2-Clause
/* One record of `rules:` in a pack. */
#include <stdlib.h>
#include <string.h>

#include "matrix/pack_internal.h"
#include "recognise/recognise.h"

static const char *const rule_keys[] = {
	"id",     "title",    "from",  "to",         "direction", "service",       "port-kind",
	"app",    "need",     "group", "variant",    "allowed",   "when-missing",  "demanded-of",
	"source", "severity", "why",   "if-missing", "tests",     "configured-in", NULL,
};
static const char *const service_keys[] = {"proto", "port", "moves-with", "rpc", "ref", NULL};
static const char *const rpc_keys[] = {"via", "dynamic", "interfaces", NULL};
static const char *const app_keys[] = {"expected", "also", NULL};
static const char *const source_keys[] = {"paper", "section", "provenance", NULL};
static const char *const proto_words[] = {"tcp", "udp", NULL};
static const char *const allowed_words[] = {"always", "variant", NULL};

enum { SHOWN = 60 };

static const char *text(struct pack_reader *p, struct ynode *m, const char *key, const char *absent)
{
	struct ynode *n = ymap_get(m, key);
	const char *z = absent;

	if (n)
		y_text(p->f, n, p->errs, &z);
	return z;
}

static const char *need_text(struct pack_reader *p, struct ynode *m, const char *key)
{
	struct ynode *n = ymap_need(p->f, m, key, p->errs);
	const char *z = "";

	if (n)
		y_text(p->f, n, p->errs, &z);
	return z;
}

static int word(struct pack_reader *p, struct ynode *m, const char *key, const char *const *words,
		int absent)
{
	struct ynode *n = ymap_get(m, key);
	int v = absent;

	if (n)
		y_word(p->f, n, words, p->errs, &v);
	return v;
}

bool port_parse(const char *z, size_t n, uint16_t *ret_port)
{
	unsigned v = 0;

	if (!n || n > 5 || z[0] == '0')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (z[i] < '0' || z[i] > '9')
			return false;
		v = v * 10 + (unsigned)(z[i] - '0');
	}
	if (v > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)v;
	return true;
}

/* "443" or "49152-65535" */
static bool range_parse(const char *z, struct port_range *ret_)
{
	const char *dash = strchr(z, '-');
	struct port_range r;

	if (!dash) {
		if (!port_parse(z, strlen(z), &r.lo))
			return false;
		r.hi = r.lo;
	} else if (!port_parse(z, (size_t)(dash - z), &r.lo) ||
		   !port_parse(dash + 1, strlen(dash + 1), &r.hi)) {
		return false;
	}
	*ret_ = r;
	return true;
}

static void read_range(struct pack_reader *p, const struct ynode *n, struct port_list *l)
{
	struct port_range r;
	const char *z;

	if (!y_text(p->f, n, p->errs, &z))
		return;
	if (!range_parse(z, &r)) {
		error_hint(yerror(p->f, n, p->errs, "'%.*s' is not a port or a range", SHOWN, z),
			   "write a number from 1 to 65535, or two with a dash: 49152-65535");
		return;
	}
	if (r.lo > r.hi) {
		error_hint(yerror(p->f, n, p->errs, "the range %s runs backwards", z),
			   "write %u-%u", r.hi, r.lo);
		return;
	}
	for (unsigned i = 0; i < l->n; i++) {
		if (r.lo > l->r[i].hi || r.hi < l->r[i].lo)
			continue;
		yerror(p->f, n, p->errs, "%s is in this list already", z);
		return;
	}
	if (l->n == PORT_LIST) {
		yerror(p->f, n, p->errs, "a rule has at most %d ports or ranges", PORT_LIST);
		return;
	}
	l->r[l->n++] = r;
}

static void read_ports(struct pack_reader *p, const struct ynode *n, struct port_list *l)
{
	if (n->kind == Y_LIST && !n->n) {
		yerror(p->f, n, p->errs, "a rule without a port");
		return;
	}
	for (const struct ynode *i = y_one_or_list(p->f, n, p->errs); i;
	     i = y_one_or_list_next(n, i))
		read_range(p, i, l);
}

/* A list of texts into the arena. */
static const char *const *read_texts(struct pack_reader *p, const struct ynode *n, size_t *ret_n)
{
	const char **v = arena_alloc(&p->pack->arena, (n->n + 1) * sizeof *v);

	*ret_n = 0;
	if (!v) {
		p->no_memory = true;
		return NULL;
	}
	for (const struct ynode *i = y_one_or_list(p->f, n, p->errs); i;
	     i = y_one_or_list_next(n, i))
		if (y_text(p->f, i, p->errs, &v[*ret_n]))
			++*ret_n;
	return v;
}

static void read_rpc(struct pack_reader *p, struct ynode *m, struct ynode *service, struct rule *r)
{
	struct ynode *dynamic, *names;
	const char *via;

	if (!y_map(p->f, m, p->errs))
		return;
	r->rpc = true;
	r->proto = 6;
	r->port_kind = PORT_RANGE;

	via = text(p, m, "via", "135");
	if (strcmp(via, "135") != 0)
		error_hint(yerror(p->f, ymap_get(m, "via"), p->errs,
				  "'%.*s' is not where an endpoint mapper listens", SHOWN, via),
			   "write 135");
	dynamic = ymap_get(m, "dynamic");
	if (dynamic && ymap_get(service, "port"))
		error_hint(yerror(p->f, dynamic, p->errs, "the dynamic ports are given twice"),
			   "give them as 'port' of the service, or as 'dynamic' of rpc");
	else if (dynamic)
		read_ports(p, dynamic, &r->ports);
	names = ymap_get(m, "interfaces");
	if (names)
		r->interfaces = read_texts(p, names, &r->n_interfaces);
	ymap_unused(p->f, m, rpc_keys, p->errs);
}

static void read_moves(struct pack_reader *p, struct ynode *n, struct rule *r)
{
	const char *words[PORT_KEY_N + 1];
	int k;

	for (unsigned i = 0; i < PORT_KEY_N; i++)
		words[i] = port_key_name((enum port_key)i);
	words[PORT_KEY_N] = NULL;
	if (y_word(p->f, n, words, p->errs, &k))
		r->moves_with = (enum port_key)k;
}

static void read_service(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *m = ymap_need(p->f, record, "service", p->errs);
	struct ynode *ref, *rpc, *port, *moves;

	if (!m || !y_map(p->f, m, p->errs))
		return;
	ref = ymap_get(m, "ref");
	rpc = ymap_get(m, "rpc");
	if (ref) {
		r->port_kind = PORT_REF;
		y_text(p->f, ref, p->errs, &r->ref);
		if (rpc || ymap_get(m, "proto") || ymap_get(m, "port"))
			error_hint(yerror(p->f, m, p->errs, "a reference has no ports of its own"),
				   "write {ref: ...} alone");
		ymap_unused(p->f, m, service_keys, p->errs);
		return;
	}
	port = ymap_get(m, "port");
	if (port)
		read_ports(p, port, &r->ports);
	if (rpc)
		read_rpc(p, rpc, m, r);

	struct ynode *proto = rpc ? ymap_get(m, "proto") : ymap_need(p->f, m, "proto", p->errs);
	int k;

	if (proto && y_word(p->f, proto, proto_words, p->errs, &k)) {
		r->proto = k ? 17 : 6;
		if (rpc && k)
			yerror(p->f, proto, p->errs, "dynamic RPC is read over tcp only");
	}
	if (!r->ports.n && !port && !(rpc && ymap_get(rpc, "dynamic")))
		error_hint(yerror(p->f, m, p->errs, "'port' is missing here"),
			   "write a number, a list or a range: port: [80, 8080-8089]");
	moves = ymap_get(m, "moves-with");
	if (moves)
		read_moves(p, moves, r);
	ymap_unused(p->f, m, service_keys, p->errs);
}

static const struct {
	const char *name;
	uint16_t app;
} special_apps[] = {
	{"none-known", RULE_NONE_KNOWN},
	{"esp", RULE_IP_ESP},
	{"ah", RULE_IP_AH},
};

bool pack_app(struct pack_reader *p, const struct ynode *n, const char *name, uint16_t *ret_app)
{
	uint16_t app = app_by_name(name);

	for (size_t i = 0; i < N_ELEMENTS(special_apps) && app == APP_NONE; i++)
		if (strcmp(name, special_apps[i].name) == 0)
			app = special_apps[i].app;
	if (app != APP_NONE) {
		*ret_app = app;
		return true;
	}

	const char *words[256];
	size_t n_words = 0;

	for (size_t i = 0; i < recogniser_count(); i++)
		for (size_t k = 0; k < N_ELEMENTS(recogniser_at(i)->apps); k++)
			if (recogniser_at(i)->apps[k].name && n_words < N_ELEMENTS(words) - 1)
				words[n_words++] = recogniser_at(i)->apps[k].name;
	words[n_words] = NULL;

	const char *near = did_you_mean(name, words);
	struct error *e =
		near ? yerror(p->f, n, p->errs, "unknown application '%.*s' (did you mean '%s'?)",
			      SHOWN, name, near)
		     : yerror(p->f, n, p->errs, "unknown application '%.*s'", SHOWN, name);

	error_hint(e, "`spanaudit protocols` lists them; '-' stands for the port alone");
	return false;
}

static void add_app(struct pack_reader *p, const struct ynode *n, struct rule *r)
{
	const char *z;

	if (!y_text(p->f, n, p->errs, &z))
		return;
	if (r->n_app == RULE_APPS) {
		yerror(p->f, n, p->errs, "a rule has at most %d applications", RULE_APPS);
		return;
	}
	if (pack_app(p, n, z, &r->app[r->n_app]))
		r->n_app++;
}

/* {expected: tds, also: [tls-tds8]}, or the name alone. */
static void read_app(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *n = ymap_get(record, "app");
	struct ynode *expected, *also;
	const char *z;

	if (r->ref) {
		r->app_any = true;
		if (n)
			yerror_key(p->f, n, p->errs, "a reference has no application of its own");
		return;
	}
	if (!n && r->rpc) {
		r->app[r->n_app] = app_by_name("dcerpc");
		r->n_app = r->app[0] != APP_NONE;
		return;
	}
	if (!n) {
		error_hint(yerror(p->f, record, p->errs, "'app' is missing here"),
			   "write app: {expected: NAME}, or app: - for the port alone");
		return;
	}
	expected = n;
	if (n->kind == Y_MAP) {
		expected = ymap_need(p->f, n, "expected", p->errs);
		also = ymap_get(n, "also");
		ymap_unused(p->f, n, app_keys, p->errs);
		if (!expected)
			return;
	} else {
		also = NULL;
	}
	if (expected->kind == Y_SCALAR && strcmp(expected->text, "-") == 0) {
		r->app_any = true;
		if (also)
			yerror_key(p->f, also, p->errs,
				   "'also' says nothing where any application is accepted");
		return;
	}
	if (!y_text(p->f, expected, p->errs, &z))
		return;
	add_app(p, expected, r);
	if (!also)
		return;
	for (const struct ynode *i = y_one_or_list(p->f, also, p->errs); i;
	     i = y_one_or_list_next(also, i))
		add_app(p, i, r);
}

static roleset end_of(struct pack_reader *p, const struct ynode *n, bool groups,
		      const char **ret_name)
{
	const char *words[ROLE_N + GROUP_N + 1];
	size_t k = 0;
	const char *z;

	if (!y_text(p->f, n, p->errs, &z))
		return 0;

	roleset s = !groups && role_by_name(z) == ROLE_N ? 0 : role_end_set(z);

	*ret_name = z;
	if (s)
		return s;
	if (!groups && role_group_by_name(z) != GROUP_N) {
		error_hint(yerror(p->f, n, p->errs, "'%s' is a group of roles", z),
			   "list the roles themselves");
		return 0;
	}
	for (unsigned i = 0; i < ROLE_N; i++)
		words[k++] = role_name((enum role)i);
	for (unsigned i = 0; groups && i < GROUP_N; i++)
		words[k++] = role_group_name((enum role_group)i);
	words[k] = NULL;

	const char *near = did_you_mean(z, words);
	struct error *e = near ? yerror(p->f, n, p->errs,
					"unknown role '%.*s' (did you mean '%s'?)", SHOWN, z, near)
			       : yerror(p->f, n, p->errs, "unknown role '%.*s'", SHOWN, z);

	error_hint(e, "`spanaudit help roles` lists them");
	return 0;
}

/* The word that the text begins with decides; more may follow after a comma or a space. */
static void read_provenance(struct pack_reader *p, struct ynode *n, struct rule *r)
{
	const char *const *words = rule_provenance_words();

	if (!y_text(p->f, n, p->errs, &r->provenance_text))
		return;
	for (int i = 0; words[i]; i++) {
		size_t len = strlen(words[i]);
		char after = strncmp(r->provenance_text, words[i], len) == 0
				     ? r->provenance_text[len]
				     : 'x';

		if (after == '\0' || after == ',' || after == ' ') {
			r->provenance = (enum rule_provenance)i;
			return;
		}
	}
	error_hint(yerror(p->f, n, p->errs, "'%.*s' does not say where the rule comes from", SHOWN,
			  r->provenance_text),
		   "begin with stated, derived, by-reference or outside; a remark may follow");
}

static void read_source(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *m = ymap_need(p->f, record, "source", p->errs);
	struct ynode *paper, *provenance;
	int k;

	r->paper = r->section = "";
	r->provenance_text = "stated";
	if (!m || !y_map(p->f, m, p->errs))
		return;
	paper = ymap_need(p->f, m, "paper", p->errs);
	if (paper && p->source_keys && y_word(p->f, paper, p->source_keys, p->errs, &k))
		r->paper = p->sources[k].title;
	r->section = text(p, m, "section", "");
	provenance = ymap_get(m, "provenance");
	if (provenance)
		read_provenance(p, provenance, r);
	ymap_unused(p->f, m, source_keys, p->errs);
}

static void read_severity(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *n = ymap_get(record, "severity");
	const char *words[SEV_N + 1];
	int k;

	r->severity = SEV_NONE;
	for (unsigned i = 0; i < SEV_N; i++)
		words[i] = severity_name((enum severity)i);
	words[SEV_N] = NULL;
	if (n && y_word(p->f, n, words, p->errs, &k))
		r->severity = (enum severity)k;
}

/* Servers of the deployment; of the shared ones, AD FS alone is in the papers as a client. */
static roleset held(void)
{
	return roles_core() | ROLE_BIT(ROLE_ADFS);
}

/* A group's demand falls on the deployment, not on the company's DCs and mail servers, and not on
 * stations that the papers never name. */
static roleset default_demanded_of(const struct rule *r)
{
	switch (role_group_by_name(r->from_name)) {
	case GROUP_ANY_SERVER:
		return held();
	case GROUP_ANY_MEMBER:
		return held() | ROLE_BIT(ROLE_CRM_CLIENT);
	default:
		return r->from;
	}
}

static void read_demanded_of(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *n = ymap_get(record, "demanded-of");
	const char *name;

	r->demanded_of = default_demanded_of(r);
	if (!n)
		return;
	r->demanded_of = 0;
	for (const struct ynode *i = y_one_or_list(p->f, n, p->errs); i;
	     i = y_one_or_list_next(n, i)) {
		roleset s = end_of(p, i, false, &name);

		if (s && !(s & r->from))
			yerror(p->f, i, p->errs, "'%s' is not among the roles of 'from'", name);
		r->demanded_of |= s & r->from;
	}
}

static void pair_sets(struct rule *r)
{
	bool dcs = r->variant == VARIANT_IWA_DC_TO_DC || r->variant == VARIANT_DC_TO_DC ||
		   r->variant == VARIANT_IWA_DC_TO_DC_IPSEC;

	if (r->informational || dcs)
		return;
	if (role_group_by_name(r->to_name) == GROUP_ANY_SERVER ||
	    role_group_by_name(r->to_name) == GROUP_ANY_MEMBER)
		return;
	r->pair_from = default_demanded_of(r);
	r->pair_to = r->to;
}

static bool id_ok(const char *z)
{
	size_t n = strspn(z, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

	return n && n <= 40 && !z[n];
}

static void read_id(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *n = ymap_need(p->f, record, "id", p->errs);

	r->id = "";
	r->line = record->line;
	if (!n || !y_text(p->f, n, p->errs, &r->id))
		return;
	r->line = n->line;
	if (!id_ok(r->id)) {
		error_hint(yerror(p->f, n, p->errs, "'%.*s' cannot be a rule's id", SHOWN, r->id),
			   "use letters, digits, '-', '.' and '_', at most 40");
		return;
	}
	for (size_t i = 0; i < p->rules.n; i++)
		if (strcmp(p->rules.v[i].id, r->id) == 0)
			yerror(p->f, n, p->errs, "a second rule '%s'; the first is in line %u",
			       r->id, p->rules.v[i].line);
}

static void read_ends(struct pack_reader *p, struct ynode *record, struct rule *r)
{
	struct ynode *from = ymap_need(p->f, record, "from", p->errs);
	struct ynode *to = ymap_need(p->f, record, "to", p->errs);

	r->from_name = r->to_name = "";
	if (from)
		r->from = end_of(p, from, true, &r->from_name);
	if (to)
		r->to = end_of(p, to, true, &r->to_name);
}

/* Things that are well-formed one by one and contradict each other. */
static void check(struct pack_reader *p, struct ynode *record, const struct rule *r)
{
	struct ynode *missing = ymap_get(record, "when-missing");
	struct ynode *kind = ymap_get(record, "port-kind");

	if (r->when_missing == MISSING_REPORT_ANY_OF && !*r->group)
		error_hint(yerror(p->f, missing, p->errs, "report-any-of needs a 'group'"),
			   "name the group whose members stand for each other, or write report");
	if (r->when_missing == MISSING_REPORT_IF_MAPPED && !r->rpc)
		error_hint(yerror(p->f, missing, p->errs,
				  "report-if-mapped is for services of dynamic RPC"),
			   "add rpc: {via: 135} to the service, or write report");
	if (kind && ((r->rpc && r->port_kind != PORT_RANGE) ||
		     (r->ref != NULL) != (r->port_kind == PORT_REF)))
		error_hint(yerror(p->f, kind, p->errs, "'port-kind' does not fit the service"),
			   "leave it out for dynamic RPC and for references");
	if (p->pack->informational &&
	    (r->when_missing != MISSING_NEVER || r->need != NEED_TOLERATED))
		error_hint(yerror(p->f, record, p->errs,
				  "an informational pack tolerates, and demands nothing"),
			   "write need: tolerated and when-missing: never");
}

void pack_read_rule(struct pack_reader *p, struct ynode *record)
{
	struct rule r = {
		.pack = p->pack->info.name,
		.product = p->product,
		.moves_with = PORT_KEY_N,
		.informational = p->pack->informational,
		.file = p->f->name,
		.index = p->rules.n,
	};
	size_t before = p->errs->n_errors;
	size_t first_example = p->examples.n;

	if (!y_map(p->f, record, p->errs))
		return;
	read_id(p, record, &r);
	r.title = need_text(p, record, "title");
	read_ends(p, record, &r);
	r.basis = (enum rule_basis)word(p, record, "direction", rule_basis_words(), BASIS_STATED);
	read_service(p, record, &r);
	r.port_kind = (enum rule_port_kind)word(p, record, "port-kind", rule_port_kind_words(),
						r.port_kind);
	r.config_where = text(p, record, "configured-in", "");
	read_app(p, record, &r);
	r.need = (enum rule_need)word(p, record, "need", rule_need_words(),
				      p->pack->informational ? NEED_TOLERATED : NEED_REQUIRED);
	r.group = text(p, record, "group", "");
	r.when_missing = (enum rule_missing)word(p, record, "when-missing", rule_missing_words(),
						 MISSING_NEVER);
	r.variant =
		(enum rule_variant)word(p, record, "variant", rule_variant_words(), VARIANT_ANY);
	r.variant_allows = word(p, record, "allowed", allowed_words, 0) == 1;
	read_demanded_of(p, record, &r);
	read_source(p, record, &r);
	read_severity(p, record, &r);
	r.why = need_text(p, record, "why");
	r.if_missing = text(p, record, "if-missing", "");
	pair_sets(&r);

	struct ynode *tests = ymap_get(record, "tests");

	if (tests && y_list(p->f, tests, p->errs))
		for (struct ynode *n = tests->first; n && !p->no_memory; n = n->next)
			pack_read_example(p, &r, n);
	ymap_unused(p->f, record, rule_keys, p->errs);
	if (p->errs->n_errors == before)
		check(p, record, &r);
	if (p->errs->n_errors > before) {
		p->examples.n = first_example;
		return;
	}
	for (size_t i = first_example; i < p->examples.n; i++)
		if (!vec_push(&p->example_rule, p->rules.n))
			p->no_memory = true;
	if (!vec_push(&p->rules, r))
		p->no_memory = true;
}
