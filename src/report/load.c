// SPDX-License-Identifier: BSD-2-Clause
#include "report/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "recognise/rpc_iface.h"
#include "report/json_since.h"
#include "report/words.h"

/* --- what several parts are made of ------------------------------------------------------------
 */

roleset load_roles(struct load *l, const json_t *o, const char *name)
{
	const json_t *v = doc_member(&l->doc, o, name, true);
	roleset set = 0;

	if (!l->doc.error && !json_is_array(v))
		doc_wrong(&l->doc, name, "is no list");
	for (size_t i = 0; !l->doc.error && i < json_array_size(v); i++) {
		const char *z = json_string_value(json_array_get(v, i));
		enum role r = z ? role_by_name(z) : ROLE_N;

		if (r == ROLE_N)
			doc_wrong(&l->doc, name, "has something else than roles in it");
		else
			set |= ROLE_BIT(r);
	}
	return set;
}

struct addr load_addr(struct load *l, const char *z, const char *name)
{
	struct addr a = {{0}};
	const char *vlan = z ? strstr(z, "%vlan") : NULL;
	char bare[ADDR_TEXT];

	if (!z)
		return a;
	/* A link-local address carries its VLAN where the wire has zeros, see addr.h. */
	if (vlan && (size_t)(vlan - z) < sizeof bare) {
		char *end;
		unsigned long id = strtoul(vlan + 5, &end, 10);

		memcpy(bare, z, (size_t)(vlan - z));
		bare[vlan - z] = '\0';
		if (addr_parse(bare, &a) && !*end && id <= UINT16_MAX && end > vlan + 5) {
			a.b[2] = (uint8_t)(id >> 8);
			a.b[3] = (uint8_t)id;
			return a;
		}
	} else if (addr_parse(z, &a)) {
		return a;
	}
	doc_wrong(&l->doc, name, "is no address");
	return (struct addr){{0}};
}

struct endpoint load_endpoint(struct load *l, const json_t *o, const char *name)
{
	const json_t *v = doc_object(&l->doc, o, name);
	struct endpoint e = {0};
	const char *address;

	if (!v)
		return e;
	address = doc_text(&l->doc, v, "address", true);
	e.has_address = address != NULL;
	e.address = load_addr(l, address, "address");
	e.network = doc_text(&l->doc, v, "network", true);
	e.host = doc_text(&l->doc, v, "host", true);
	e.name = doc_text(&l->doc, v, "name", true);
	e.name_source = doc_text(&l->doc, v, "name_source", false);
	e.roles = load_roles(l, v, "roles");
	e.known_by = doc_text(&l->doc, v, "known_by", true);
	return e;
}

uint8_t load_transport(struct load *l, const json_t *o)
{
	const char *z = doc_text(&l->doc, o, "transport", true);
	unsigned long n;
	char *end;

	if (!z)
		return 0;
	if (strcmp(z, "tcp") == 0)
		return IPPROTO_NR_TCP;
	if (strcmp(z, "udp") == 0)
		return IPPROTO_NR_UDP;
	n = strncmp(z, "ip", 2) == 0 ? strtoul(z + 2, &end, 10) : 0;
	if (n && n <= UINT8_MAX && !*end)
		return (uint8_t)n;
	doc_wrong(&l->doc, "transport", "is no transport");
	return 0;
}

uint16_t load_port(struct load *l, const json_t *o, const char *name)
{
	uint64_t n = doc_member(&l->doc, o, name, true) ? doc_count(&l->doc, o, name) : 0;

	if (n <= UINT16_MAX)
		return (uint16_t)n;
	doc_wrong(&l->doc, name, "is no port");
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct load_name *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (!d)
		d = strcmp(x->pack, y->pack);
	if (d)
		return d;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The first in the order of names that is not before (name, pack). */
static size_t name_from(const struct load_name *v, size_t n, const char *name, const char *pack)
{
	const struct load_name key = {.name = name, .pack = pack};
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_name(&v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct evidence load_packet(struct load *l, const json_t *o)
{
	const char *path = doc_text(&l->doc, o, "input", true);
	size_t n = l->r->n_inputs, at = path ? name_from(l->inputs, n, path, "") : n;
	uint64_t number = doc_count(&l->doc, o, "packet");
	struct evidence ev = {.input = UINT32_MAX, .number = (uint32_t)number};

	if (number > UINT32_MAX)
		doc_wrong(&l->doc, "packet", "is no number of a packet");
	ev.ts_ns = doc_time(&l->doc, o, "time");
	if (at < n && strcmp(l->inputs[at].name, path) == 0)
		ev.input = (uint32_t)l->inputs[at].at;
	else if (path)
		doc_wrong(&l->doc, "input", "is none of 'inputs'");
	return ev;
}

size_t load_interfaces(struct load *l, const json_t *o, struct rpc_iface iface[CONV_IFACES])
{
	const json_t *row, *v = doc_list(&l->doc, o, "interfaces", 0, NULL);
	size_t n = 0;

	while ((row = doc_item(&l->doc, v, "interfaces", n)) != NULL) {
		const char *z = doc_given(&l->doc, row, "uuid");

		if (n == CONV_IFACES)
			doc_wrong(&l->doc, "interfaces", "has more rows than any result");
		else if (!l->doc.error && !rpc_uuid_parse(z, iface[n].uuid))
			doc_wrong(&l->doc, "uuid", "is no UUID");
		if (l->doc.error)
			return 0;
		n++;
	}
	return n;
}

const struct rule *load_rule_of(struct load *l, const char *id, const char *pack)
{
	size_t n = l->r->n_rules, at = id ? name_from(l->rules, n, id, pack ? pack : "") : n;

	if (!id)
		return NULL;
	if (at < n && strcmp(l->rules[at].name, id) == 0 &&
	    (!pack || strcmp(l->rules[at].pack, pack) == 0))
		return l->r->rules[l->rules[at].at].rule;
	doc_wrong(&l->doc, "rule", "is none of 'rules'");
	return NULL;
}

/* --- the document ------------------------------------------------------------------------------
 */

static void sort_names(struct load_name *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof *v, by_name);
}

static void index_inputs(struct load *l)
{
	size_t n = l->r->n_inputs;

	l->inputs = doc_alloc(&l->doc, n * sizeof *l->inputs);
	for (size_t i = 0; l->inputs && i < n; i++)
		l->inputs[i] =
			(struct load_name){.name = l->r->inputs[i].path, .pack = "", .at = i};
	if (l->inputs)
		sort_names(l->inputs, n);
}

static void index_rules(struct load *l)
{
	size_t n = l->r->n_rules;

	l->rules = doc_alloc(&l->doc, n * sizeof *l->rules);
	for (size_t i = 0; l->rules && i < n; i++) {
		const struct rule *u = l->r->rules[i].rule;

		l->rules[i] = (struct load_name){.name = u->id, .pack = u->pack, .at = i};
	}
	if (l->rules)
		sort_names(l->rules, n);
	for (size_t i = 1; l->rules && i < n; i++)
		if (strcmp(l->rules[i - 1].name, l->rules[i].name) == 0 &&
		    strcmp(l->rules[i - 1].pack, l->rules[i].pack) == 0)
			doc_wrong(&l->doc, l->rules[i].name, "is the id of two rules");
}

/* Sums that a format subtracts from. */
static void check_figures(struct load *l)
{
	const struct result *r = l->r;
	uint64_t all = 0, part = r->n_scan;

	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		all += r->n_verdict[k];
	part += r->n_verdict[KIND_DOCUMENTED] + r->n_verdict[KIND_DOCUMENTED_DYNAMIC] +
		r->n_verdict[KIND_TOLERATED] + r->n_verdict[KIND_OUT_OF_SCOPE];
	if (r->coverage.decoded > r->coverage.packets)
		doc_wrong(&l->doc, "coverage", "says that more was decoded than read");
	if (part > all)
		doc_wrong(&l->doc, "summary", "says that more was documented than seen");
}

static int load(struct load *l, const char *p, size_t n)
{
	json_t *top;
	int r = doc_parse(&l->doc, p, n, &top);

	if (r)
		return r;
	load_head(l, top);
	load_inputs(l, top);
	index_inputs(l);
	load_packs(l, top);
	load_coverage(l, top);
	load_summary(l, top);
	load_timeline(l, top);
	load_rules(l, top);
	index_rules(l);
	load_findings(l, top);
	load_since(&l->doc, top, &l->r->since);
	load_waivers(l, top);
	load_rpc(l, top);
	load_hosts(l, top);
	load_convs(l, top);
	check_figures(l);
	json_decref(top);
	return l->doc.error;
}

int result_load(const char *name, const char *p, size_t n, struct errors *errs, struct loaded *ret)
{
	struct load l = {
		.doc = {.name = name, .errs = errs, .arena = &ret->r.arena, .where = ""},
		.to = ret,
		.r = &ret->r,
	};
	int r;

	*ret = (struct loaded){0};
	r = load(&l, p, n);
	if (r)
		result_unload(ret);
	return r;
}

int result_load_file(const char *path, struct errors *errs, struct loaded *ret)
{
	struct doc d = {.name = path, .errs = errs, .where = ""};
	struct out o = {0};
	int r = doc_slurp(&d, path, &o);

	if (!r)
		r = result_load(path, o.n ? o.p : "", o.n, errs, ret);
	out_done(&o);
	return r;
}

void result_unload(struct loaded *l)
{
	tz_free(l->site.tz);
	arena_done(&l->r.arena);
	*l = (struct loaded){0};
}
