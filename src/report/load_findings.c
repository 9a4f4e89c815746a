// SPDX-License-Identifier: BSD-2-Clause
/* load_findings - findings, each with what it rests on. */
#include <stdlib.h>
#include <string.h>

#include "report/json_since.h"
#include "report/load.h"

static const char *reason_at(unsigned i)
{
	return dir_reason_name((enum dir_reason)i);
}

static void direction(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_member(&l->doc, o, "direction", true);
	uint64_t n;

	if (!v)
		return;
	if (!json_is_object(v)) {
		doc_wrong(&l->doc, "direction", "is no object");
		return;
	}
	n = doc_count(&l->doc, v, "confidence");
	if (n > 100)
		doc_wrong(&l->doc, "confidence", "is more than 100 per cent");
	f->has_direction = true;
	f->confidence = (unsigned)n;
	f->reason = (enum dir_reason)doc_word(&l->doc, v, "reason", reason_at, DIR_N);
}

static void nearest(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_member(&l->doc, o, "nearest_rule", true);

	if (!v)
		return;
	if (!json_is_object(v)) {
		doc_wrong(&l->doc, "nearest_rule", "is no object");
		return;
	}
	f->nearest =
		load_rule_of(l, doc_given(&l->doc, v, "id"), doc_text(&l->doc, v, "pack", false));
	f->nearest_why_not = doc_text(&l->doc, v, "why_not", true);
}

/* The text of the document, not of a table of ours: an old report keeps its words. */
static void hints(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_list(&l->doc, o, "hints", 0, NULL), *row;
	const struct hint **end = &f->hints;

	for (size_t i = 0; (row = doc_item(&l->doc, v, "hints", i)) != NULL; i++) {
		struct hint_row *says = doc_alloc(&l->doc, sizeof *says);
		struct hint *h = doc_alloc(&l->doc, sizeof *h);

		if (!says || !h)
			return;
		says->code = doc_given(&l->doc, row, "code");
		says->when = "";
		says->says = doc_given(&l->doc, row, "text");
		h->because = doc_text(&l->doc, row, "because", true);
		h->row = says;
		*end = h;
		end = &h->next;
	}
}

static unsigned signs(struct load *l, const json_t *o)
{
	static const struct {
		const char *word;
		unsigned bit;
	} rows[] = {{"ttl", REFUSAL_TTL}, {"mac", REFUSAL_MAC}, {"sequence", REFUSAL_SEQUENCE}};
	size_t n;
	const char *const *v = doc_texts(&l->doc, o, "signs", true, &n);
	unsigned set = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned bit = 0;

		for (size_t k = 0; k < N_ELEMENTS(rows); k++)
			bit |= strcmp(rows[k].word, v[i]) == 0 ? rows[k].bit : 0;
		if (!bit)
			doc_wrong(&l->doc, "signs", "has a word that this spanaudit does not know");
		set |= bit;
	}
	return set;
}

static void attempts(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_member(&l->doc, o, "attempts", true);
	struct attempts *a = &f->attempts;
	const char *address;

	if (!v)
		return;
	if (!json_is_object(v)) {
		doc_wrong(&l->doc, "attempts", "is no object");
		return;
	}
	a->outcome = doc_given(&l->doc, v, "outcome");
	a->attempts = doc_count(&l->doc, v, "attempts");
	a->retries = doc_count(&l->doc, v, "retries");
	a->first_ns = doc_time(&l->doc, v, "first");
	a->last_ns = doc_time(&l->doc, v, "last");
	a->by = doc_text(&l->doc, v, "by", true);
	address = doc_text(&l->doc, v, "by_address", true);
	a->has_address = address != NULL;
	a->by_address = load_addr(l, address, "by_address");
	a->signs = signs(l, v);
	a->reset_at_once = doc_count(&l->doc, v, "reset_at_once");
}

static void evidence(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_list(&l->doc, o, "evidence", 0, NULL), *row;

	while ((row = doc_item(&l->doc, v, "evidence", f->n_ev)) != NULL) {
		if (f->n_ev == EVIDENCE_N) {
			doc_wrong(&l->doc, "evidence", "has more rows than any result");
			return;
		}
		f->ev[f->n_ev] = load_packet(l, row);
		if (l->doc.error)
			return;
		f->n_ev++;
	}
}

/* Of `tshark -r FILE -Y 'FILTER'` the filter, which holds no quote. */
static const char *filter_of(struct load *l, const char *command)
{
	const char *from = command ? strstr(command, " -Y '") : NULL, *next;
	size_t n;
	char *z;

	if (!from)
		return NULL;
	while ((next = strstr(from + 1, " -Y '")) != NULL)
		from = next;
	from += strlen(" -Y '");
	n = strlen(from);
	if (!n || from[n - 1] != '\'' || memchr(from, '\'', n - 1)) {
		doc_wrong(&l->doc, "tshark", "is no command of a report");
		return NULL;
	}
	z = arena_strndup(l->doc.arena, from, n - 1);
	if (!z)
		doc_no_memory(&l->doc);
	return z;
}

/* Commands are made anew of what the run was given. */
static void commands(struct load *l, const json_t *o, struct finding *f)
{
	static const struct behind some;
	const char *extract = doc_text(&l->doc, o, "extract", true);

	f->tshark = filter_of(l, doc_text(&l->doc, o, "tshark", true));
	if (extract && !l->r->told.files)
		f->extract = extract;
	if (extract)
		f->behind = &some;
}

static void suggest(struct load *l, const json_t *o, struct finding *f)
{
	const json_t *v = doc_object(&l->doc, o, "suggest");
	const char *in = v ? doc_given(&l->doc, v, "in") : "";

	if (!v || strcmp(in, "waivers") == 0)
		return;
	f->suggest_in = in;
	f->suggest_under = doc_text(&l->doc, v, "under", true);
	f->suggest = doc_given(&l->doc, v, "text");
}

static void example(struct load *l, const json_t *o, struct example *x)
{
	const json_t *v = doc_member(&l->doc, o, "example_flow", false);

	if (!v)
		return;
	if (!json_is_object(v)) {
		doc_wrong(&l->doc, "example_flow", "is no object");
		return;
	}
	x->known = true;
	x->client = load_addr(l, doc_given(&l->doc, v, "client"), "client");
	x->client_port = load_port(l, v, "client_port");
	x->server = load_addr(l, doc_given(&l->doc, v, "server"), "server");
	x->proto = load_transport(l, v);
	x->server_port = load_port(l, v, "server_port");
}

static void read_id(struct load *l, const json_t *o, struct finding *f)
{
	const char *id = doc_given(&l->doc, o, "id");

	if (l->doc.error)
		return;
	if (waiver_finding_id(id))
		memcpy(f->id, id, strlen(id) + 1);
	else
		doc_wrong(&l->doc, "id", "is no id of a finding");
}

static void read_finding(struct load *l, const json_t *o, struct finding *f)
{
	const char *state;

	read_id(l, o, f);
	f->kind = (enum kind)doc_word(&l->doc, o, "kind", doc_kind_at, KIND_N);
	f->severity = (enum severity)doc_word(&l->doc, o, "severity", doc_severity_at, SEV_N);
	f->severity_why = doc_text(&l->doc, o, "severity_why", true);
	f->rule = load_rule_of(l, doc_text(&l->doc, o, "rule", true),
			       doc_text(&l->doc, o, "rule_pack", false));
	f->group = doc_text(&l->doc, o, "group", true);
	f->client = load_endpoint(l, o, "client");
	f->server = load_endpoint(l, o, "server");
	f->proto = load_transport(l, o);
	f->port = load_port(l, o, "port");
	f->protocol = doc_text(&l->doc, o, "protocol", true);
	f->interface = doc_text(&l->doc, o, "interface", true);
	state = doc_text(&l->doc, o, "state", true);
	f->has_state = state != NULL;
	if (state)
		f->state =
			(enum flow_state)doc_choice(&l->doc, "state", state, doc_state_at, STATE_N);
	direction(l, o, f);
	f->why = doc_text(&l->doc, o, "why", true);
	nearest(l, o, f);
	f->advice = doc_text(&l->doc, o, "do", true);
	hints(l, o, f);
	f->first_ns = doc_time(&l->doc, o, "first");
	f->last_ns = doc_time(&l->doc, o, "last");
	f->flows = doc_count(&l->doc, o, "flows");
	f->tries = doc_count(&l->doc, o, "tries");
	attempts(l, o, f);
	f->folded = doc_count(&l->doc, o, "folded");
	example(l, o, &f->example);
	evidence(l, o, f);
	commands(l, o, f);
	suggest(l, o, f);
	load_status(&l->doc, o, f);
	load_past(&l->doc, o, &f->past);
	f->waiver = doc_text(&l->doc, o, "waiver", true);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An id is what everything else names a finding by. */
static void each_once(struct load *l)
{
	size_t n = l->r->n_findings;
	const char **ids = doc_alloc(&l->doc, n * sizeof *ids);

	for (size_t i = 0; ids && i < n; i++)
		ids[i] = l->r->findings[i].id;
	if (!ids || !n)
		return;
	qsort(ids, n, sizeof *ids, by_id);
	for (size_t i = 1; i < n; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			doc_wrong(&l->doc, ids[i], "is the id of two findings");
}

/* A document of all kinds holds as many as its summary says; formats count on it. */
static void check_counts(struct load *l)
{
	uint64_t n[SEV_N] = {0}, waived = 0;

	for (size_t i = 0; i < l->r->n_findings; i++) {
		const struct finding *f = &l->r->findings[i];

		waived += f->waiver != NULL;
		n[f->severity] += !f->waiver;
	}
	if (l->r->only)
		return;
	if (waived != l->r->n_waived || memcmp(n, l->r->n_severity, sizeof n) != 0)
		doc_wrong(&l->doc, "summary", "does not count what 'findings' lists");
}

void load_findings(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "findings", sizeof *r->findings, &r->findings);

	while ((o = doc_row(&l->doc, v, "findings", r->n_findings)) != NULL) {
		read_finding(l, o, &r->findings[r->n_findings]);
		if (l->doc.error)
			return;
		r->n_findings++;
	}
	if (l->doc.error)
		return;
	each_once(l);
	check_counts(l);
}
