// SPDX-License-Identifier: BSD-2-Clause
#include "report/result_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "report/doc.h"
#include "report/words.h"

struct reading {
	struct doc doc;
	struct read_result *r;
};

static const char *roles_token(struct reading *rd, const json_t *o)
{
	const json_t *v = doc_member(&rd->doc, o, "roles", true);
	struct out line = {0};
	const char *z;

	if (!rd->doc.error && !json_is_array(v))
		doc_wrong(&rd->doc, "roles", "is no list");
	for (size_t i = 0; !rd->doc.error && i < json_array_size(v); i++) {
		const json_t *role = json_array_get(v, i);

		if (!json_is_string(role))
			doc_wrong(&rd->doc, "roles", "has something else than texts in it");
		else if (line.n + json_string_length(role) > RESULT_READ_TEXT)
			doc_wrong(&rd->doc, "roles", "is longer than any text of a result");
		if (rd->doc.error)
			break;
		out_puts(&line, i ? "," : "");
		out_bytes(&line, json_string_value(role), json_string_length(role));
	}
	z = arena_strdup(&rd->r->arena, line.n ? out_str(&line) : "?");
	if ((!z || line.failed) && !rd->doc.error)
		rd->doc.error = -ENOMEM;
	out_done(&line);
	return z;
}

static void read_end(struct reading *rd, const json_t *o, const char *name, struct read_end *ret)
{
	const json_t *v = doc_object(&rd->doc, o, name);

	*ret = (struct read_end){.token = ""};
	if (!v)
		return;
	ret->address = doc_text(&rd->doc, v, "address", true);
	ret->network = doc_text(&rd->doc, v, "network", true);
	ret->host = doc_text(&rd->doc, v, "host", true);
	ret->name = doc_text(&rd->doc, v, "name", true);
	ret->is_host = ret->host || (ret->address && !ret->network);
	ret->token = ret->host ? ret->host : ret->network ? ret->network : ret->address;
	if (!ret->token)
		ret->token = roles_token(rd, v);
	if (!ret->token)
		ret->token = "";
}

static bool is_id(const char *z)
{
	return strlen(z) == 14 && strncmp(z, "F-", 2) == 0 &&
	       strspn(z + 2, "0123456789abcdef") == 12;
}

static void read_finding(struct reading *rd, const json_t *o, struct read_finding *f)
{
	const char *state;
	uint64_t port;

	f->id = doc_given(&rd->doc, o, "id");
	if (!rd->doc.error && !is_id(f->id))
		doc_wrong(&rd->doc, "id", "is no id of a finding");
	f->kind = (enum kind)doc_choice(&rd->doc, "kind", doc_given(&rd->doc, o, "kind"),
					doc_kind_at, KIND_N);
	f->severity = (enum severity)doc_choice(
		&rd->doc, "severity", doc_given(&rd->doc, o, "severity"), doc_severity_at, SEV_N);
	f->rule = doc_text(&rd->doc, o, "rule", true);
	f->group = doc_text(&rd->doc, o, "group", true);
	read_end(rd, o, "client", &f->client);
	read_end(rd, o, "server", &f->server);
	f->transport = doc_text(&rd->doc, o, "transport", true);
	port = doc_member(&rd->doc, o, "port", true) ? doc_count(&rd->doc, o, "port") : 0;
	if (port > UINT16_MAX)
		doc_wrong(&rd->doc, "port", "is no port");
	f->port = (uint16_t)port;
	f->interface = doc_text(&rd->doc, o, "interface", true);
	state = doc_text(&rd->doc, o, "state", true);
	f->has_state = state != NULL;
	if (state)
		f->state = (enum flow_state)doc_choice(&rd->doc, "state", state, doc_state_at,
						       STATE_N);
	f->why = doc_text(&rd->doc, o, "why", true);
	f->advice = doc_text(&rd->doc, o, "do", true);
	f->waiver = doc_text(&rd->doc, o, "waiver", true);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct read_finding *)a)->id, ((const struct read_finding *)b)->id);
}

static void read_findings(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o,
		*v = doc_list(&rd->doc, top, "findings", sizeof *r->findings, &r->findings);

	while ((o = doc_row(&rd->doc, v, "findings", r->n_findings)) != NULL)
		read_finding(rd, o, &r->findings[r->n_findings++]);
	if (rd->doc.error || !r->n_findings)
		return;
	qsort(r->findings, r->n_findings, sizeof *r->findings, by_id);
	for (size_t i = 1; i < r->n_findings; i++)
		if (strcmp(r->findings[i - 1].id, r->findings[i].id) == 0)
			doc_wrong(&rd->doc, r->findings[i].id, "is the id of two findings");
}

static int by_rule(const void *a, const void *b)
{
	const struct read_rule *x = a, *y = b;
	int d = strcmp(x->pack, y->pack);

	return d ? d : strcmp(x->id, y->id);
}

static void read_rules(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = doc_list(&rd->doc, top, "rules", sizeof *r->rules, &r->rules);

	while ((o = doc_row(&rd->doc, v, "rules", r->n_rules)) != NULL) {
		struct read_rule *u = &r->rules[r->n_rules++];

		u->pack = doc_given(&rd->doc, o, "pack");
		u->id = doc_given(&rd->doc, o, "id");
		u->result = (enum rule_result)doc_choice(&rd->doc, "result",
							 doc_given(&rd->doc, o, "result"),
							 doc_rule_result_at, RULE_NOT_JUDGED + 1);
		u->reason = doc_text(&rd->doc, o, "reason", true);
	}
	if (rd->doc.error || !r->n_rules)
		return;
	qsort(r->rules, r->n_rules, sizeof *r->rules, by_rule);
	for (size_t i = 1; i < r->n_rules; i++)
		if (by_rule(&r->rules[i - 1], &r->rules[i]) == 0)
			doc_wrong(&rd->doc, r->rules[i].id, "is the id of two rules");
}

static int by_pack(const void *a, const void *b)
{
	return strcmp(((const struct read_pack *)a)->name, ((const struct read_pack *)b)->name);
}

static void read_packs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = doc_list(&rd->doc, top, "rules_packs", sizeof *r->packs, &r->packs);

	while ((o = doc_row(&rd->doc, v, "rules_packs", r->n_packs)) != NULL) {
		struct read_pack *p = &r->packs[r->n_packs++];

		p->name = doc_given(&rd->doc, o, "name");
		p->revision = doc_text(&rd->doc, o, "revision", true);
		p->sha256 = doc_text(&rd->doc, o, "sha256", true);
	}
	if (rd->doc.error || !r->n_packs)
		return;
	qsort(r->packs, r->n_packs, sizeof *r->packs, by_pack);
	for (size_t i = 1; i < r->n_packs; i++)
		if (by_pack(&r->packs[i - 1], &r->packs[i]) == 0)
			doc_wrong(&rd->doc, r->packs[i].name, "is the name of two rule packs");
}

static void read_inputs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = doc_list(&rd->doc, top, "inputs", sizeof *r->inputs, &r->inputs);

	while ((o = doc_row(&rd->doc, v, "inputs", r->n_inputs)) != NULL) {
		struct read_input *in = &r->inputs[r->n_inputs++];

		in->path = doc_given(&rd->doc, o, "path");
		in->sha256 = doc_text(&rd->doc, o, "sha256", true);
		in->packets = doc_count(&rd->doc, o, "packets");
		in->failed = doc_flag(&rd->doc, o, "failed");
		in->caveat = doc_text(&rd->doc, o, "caveat", true);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Who was in view. Only the ends are read of conversations. */
static void read_seen(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o,
		*v = doc_list(&rd->doc, top, "conversations", 2 * sizeof *r->seen, &r->seen);
	size_t n = 0;

	for (size_t i = 0; (o = doc_row(&rd->doc, v, "conversations", i)) != NULL; i++) {
		struct read_end end;

		read_end(rd, o, "client", &end);
		r->seen[n++] = end.token;
		read_end(rd, o, "server", &end);
		r->seen[n++] = end.token;
	}
	if (rd->doc.error || !n)
		return;
	qsort(r->seen, n, sizeof *r->seen, by_text);
	for (size_t i = 0; i < n; i++)
		if (!r->n_seen || strcmp(r->seen[r->n_seen - 1], r->seen[i]) != 0)
			r->seen[r->n_seen++] = r->seen[i];
}

static roleset read_roles(struct reading *rd, const json_t *end)
{
	const json_t *v = end ? doc_member(&rd->doc, end, "roles", true) : NULL;
	roleset set = 0;

	for (size_t i = 0; !rd->doc.error && i < json_array_size(v); i++) {
		const char *z = json_string_value(json_array_get(v, i));
		enum role r = z ? role_by_name(z) : ROLE_N;

		if (r == ROLE_N)
			doc_wrong(&rd->doc, "roles", "has something else than roles in it");
		else
			set |= ROLE_BIT(r);
	}
	return set;
}

static void read_conv(struct reading *rd, const json_t *o, struct read_conv *c)
{
	const json_t *direction = doc_object(&rd->doc, o, "direction");
	const char *transport = doc_given(&rd->doc, o, "transport");
	uint64_t port = doc_member(&rd->doc, o, "server_port", true)
				? doc_count(&rd->doc, o, "server_port")
				: 0;

	read_end(rd, o, "client", &c->client);
	read_end(rd, o, "server", &c->server);
	c->roles[0] = read_roles(rd, doc_object(&rd->doc, o, "client"));
	c->roles[1] = read_roles(rd, doc_object(&rd->doc, o, "server"));
	if (!rd->doc.error && strcmp(transport, "tcp") != 0 && strcmp(transport, "udp") != 0)
		doc_wrong(&rd->doc, "transport", "is neither tcp nor udp");
	if (!rd->doc.error && port > UINT16_MAX)
		doc_wrong(&rd->doc, "server_port", "is no port");
	if (rd->doc.error)
		return;
	c->proto = *transport == 't' ? IPPROTO_NR_TCP : IPPROTO_NR_UDP;
	c->port = (uint16_t)port;
	c->verdict = (enum kind)doc_choice(&rd->doc, "verdict", doc_given(&rd->doc, o, "verdict"),
					   doc_kind_at, KIND_LAST_VERDICT + 1);
	c->state = (enum flow_state)doc_choice(&rd->doc, "state", doc_given(&rd->doc, o, "state"),
					       doc_state_at, STATE_N);
	c->rule = doc_text(&rd->doc, o, "rule", true);
	c->protocol = doc_text(&rd->doc, o, "protocol", true);
	c->confidence = direction ? doc_count(&rd->doc, direction, "confidence") : 0;
	c->first_ns = doc_time(&rd->doc, o, "first");
	c->folded = doc_count(&rd->doc, o, "folded");
}

static void read_convs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *summary = doc_object(&rd->doc, top, "summary");
	const json_t *o, *v = doc_list(&rd->doc, top, "conversations", sizeof *r->convs, &r->convs);

	while ((o = doc_row(&rd->doc, v, "conversations", r->n_convs)) != NULL)
		read_conv(rd, o, &r->convs[r->n_convs++]);
	if (!rd->doc.error && summary)
		r->n_unlisted = doc_count(&rd->doc, summary, "folded") +
				doc_count(&rd->doc, summary, "out_of_scope_conversations");
}

static void read_caveats(struct reading *rd, const json_t *coverage)
{
	struct read_result *r = rd->r;
	const json_t *v = doc_list(&rd->doc, coverage, "caveats", sizeof *r->caveats, &r->caveats);

	for (size_t i = 0; !rd->doc.error && v && i < json_array_size(v); i++) {
		const char *z = doc_keep(&rd->doc, "caveats", json_array_get(v, i));

		if (z)
			r->caveats[r->n_caveats++] = z;
	}
}

static void read_coverage(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *c = doc_object(&rd->doc, top, "coverage");
	const json_t *drops = c ? doc_object(&rd->doc, c, "drops") : NULL;

	if (!drops)
		return;
	r->packets = doc_count(&rd->doc, c, "packets");
	r->decoded = doc_count(&rd->doc, c, "decoded");
	r->kernel_drops = doc_count(&rd->doc, drops, "kernel");
	r->interface_drops = doc_count(&rd->doc, drops, "interface");
	r->evicted = doc_count(&rd->doc, c, "evicted");
	r->gap_ppm = doc_ratio(&rd->doc, c, "tcp_gap_ratio");
	r->one_way_ppm = doc_ratio(&rd->doc, c, "one_way_ratio");
	r->inconclusive = doc_flag(&rd->doc, c, "inconclusive");
	r->inconclusive_why = doc_text(&rd->doc, c, "inconclusive_why", true);
	read_caveats(rd, c);
}

static void read_head(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *site, *window;

	r->only = doc_text(&rd->doc, top, "only", false);
	site = doc_object(&rd->doc, top, "site");
	if (!site)
		return;
	r->site = doc_text(&rd->doc, site, "name", true);
	r->timezone = doc_given(&rd->doc, site, "timezone");
	r->verdict = (enum result_verdict)doc_choice(&rd->doc, "verdict",
						     doc_given(&rd->doc, top, "verdict"),
						     doc_verdict_at, RESULT_INCONCLUSIVE + 1);
	window = doc_object(&rd->doc, top, "window");
	if (!window)
		return;
	r->from_ns = doc_time(&rd->doc, window, "from");
	r->to_ns = doc_time(&rd->doc, window, "to");
	r->observed_s = doc_count(&rd->doc, window, "observed_seconds");
	if (r->from_ns > r->to_ns || (r->from_ns == TIME_NONE) != (r->to_ns == TIME_NONE))
		doc_wrong(&rd->doc, "window", "does not begin before it ends");
}

/* --- the document ---------------------------------------------------------------------------- */

static int parse(const char *name, const char *p, size_t n, bool convs, struct errors *errs,
		 struct read_result *ret)
{
	struct reading rd = {.doc = {.name = name, .errs = errs, .where = ""}, .r = ret};
	json_t *top;
	int r;

	*ret = (struct read_result){.from_ns = TIME_NONE, .to_ns = TIME_NONE, .timezone = ""};
	rd.doc.arena = &ret->arena;
	r = doc_parse(&rd.doc, p, n, &top);
	if (r)
		return r;
	read_head(&rd, top);
	read_inputs(&rd, top);
	read_packs(&rd, top);
	read_coverage(&rd, top);
	read_rules(&rd, top);
	read_findings(&rd, top);
	read_seen(&rd, top);
	if (convs)
		read_convs(&rd, top);
	r = rd.doc.error;
	json_decref(top);
	if (r)
		read_result_done(ret);
	return r;
}

int read_result_parse(const char *name, const char *p, size_t n, struct errors *errs,
		      struct read_result *ret)
{
	return parse(name, p, n, false, errs, ret);
}

int read_result_parse_convs(const char *name, const char *p, size_t n, struct errors *errs,
			    struct read_result *ret)
{
	return parse(name, p, n, true, errs, ret);
}

static int from_file(const char *path, bool convs, struct errors *errs, struct read_result *ret)
{
	struct doc d = {.name = path, .errs = errs, .where = ""};
	struct out o = {0};
	int r = doc_slurp(&d, path, &o);

	*ret = (struct read_result){0};
	if (r == RESULT_READ_UNREADABLE)
		r = -EINVAL;
	if (!r)
		r = parse(path, o.n ? o.p : "", o.n, convs, errs, ret);
	out_done(&o);
	return r;
}

int read_result_file(const char *path, struct errors *errs, struct read_result *ret)
{
	return from_file(path, false, errs, ret);
}

int read_result_convs(const char *path, struct errors *errs, struct read_result *ret)
{
	return from_file(path, true, errs, ret);
}

void read_result_done(struct read_result *r)
{
	arena_done(&r->arena);
	*r = (struct read_result){0};
}

const struct read_finding *read_result_finding(const struct read_result *r, const char *id)
{
	const struct read_finding key = {.id = id};

	if (!r->n_findings)
		return NULL;
	return bsearch(&key, r->findings, r->n_findings, sizeof *r->findings, by_id);
}

bool read_result_seen(const struct read_result *r, const char *token)
{
	return r->n_seen && bsearch(&token, r->seen, r->n_seen, sizeof *r->seen, by_text);
}
