// SPDX-License-Identifier: BSD-2-Clause
#include "report/result_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "report/words.h"

static const char schema_word[] = "spanaudit-result/1";
static const char schema_stem[] = "spanaudit-result/";

/* One document being read. The first error is kept, and ends it. */
struct reading {
	const char *name;
	struct errors *errs;
	struct read_result *r;
	const char *where; /* the list being read, "findings"; "" at the top */
	size_t at;         /* and the row in it */
	int error;         /* 0, -EINVAL with an error kept, -ENOMEM */
};

/* --- what is checked before anything is built from it -------------------------------------------
 */

struct shape {
	unsigned line, column, depth;
	size_t values;
	bool quoted, escaped;
};

static const char *refuse_byte(struct shape *s, char c)
{
	if (s->quoted) {
		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"')
			s->quoted = false;
		return NULL;
	}
	switch (c) {
	case '"':
		s->quoted = true;
		return NULL;
	case '[':
	case '{':
		if (++s->depth > RESULT_READ_DEPTH)
			return "lists and objects are nested too deeply";
		break;
	case ']':
	case '}':
		s->depth -= s->depth > 0;
		return NULL;
	case ',':
		break;
	default:
		return NULL;
	}
	return ++s->values > RESULT_READ_VALUES ? "there are too many values" : NULL;
}

/* RFC 8259 section 9 lets a parser limit size and depth. The parser's own limit of depth is far
 * above what its freeing by recursion should meet, and it has none of memory. */
static int check_shape(struct reading *rd, const char *p, size_t n)
{
	struct shape s = {.line = 1, .column = 0};

	for (size_t i = 0; i < n; i++) {
		const char *what;

		s.column++;
		what = refuse_byte(&s, p[i]);
		if (what) {
			struct error *e = errors_add(rd->errs, false, "%s", what);

			error_place(e, rd->name, s.line, s.column, 1);
			error_hint(e, "No result of spanaudit is like that: the file is another "
				      "one, or was changed.\n"
				      "Give what 'spanaudit audit --format json' wrote.");
			return -EINVAL;
		}
		if (p[i] == '\n') {
			s.line++;
			s.column = 0;
		}
	}
	return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

static void wrong(struct reading *rd, const char *member, const char *what)
{
	struct error *e;

	if (rd->error)
		return;
	rd->error = -EINVAL;
	if (!*rd->where)
		e = errors_add(rd->errs, false, "'%s' %s", member, what);
	else if (!*member)
		e = errors_add(rd->errs, false, "row %zu of '%s' %s", rd->at + 1, rd->where, what);
	else
		e = errors_add(rd->errs, false, "'%s' in row %zu of '%s' %s", member, rd->at + 1,
			       rd->where, what);
	error_place(e, rd->name, 0, 0, 1);
	error_hint(e, "The file was changed since it was written, or a newer spanaudit wrote it.\n"
		      "Write it again: spanaudit audit --format json");
}

/* The member, or NULL (also for null) when it may be absent. */
static const json_t *member_of(struct reading *rd, const json_t *o, const char *name, bool needed)
{
	const json_t *v = json_object_get(o, name);

	if (needed && !v)
		wrong(rd, name, "is missing");
	return json_is_null(v) ? NULL : v;
}

static const char *keep(struct reading *rd, const char *name, const json_t *v)
{
	const char *z;

	if (!json_is_string(v)) {
		wrong(rd, name, "is no text");
		return NULL;
	}
	if (json_string_length(v) > RESULT_READ_TEXT) {
		wrong(rd, name, "is longer than any text of a result");
		return NULL;
	}
	z = arena_strndup(&rd->r->arena, json_string_value(v), json_string_length(v));
	if (!z && !rd->error)
		rd->error = -ENOMEM;
	return z;
}

/* A text, or NULL for null. */
static const char *text(struct reading *rd, const json_t *o, const char *name, bool needed)
{
	const json_t *v = member_of(rd, o, name, needed);

	return v ? keep(rd, name, v) : NULL;
}

/* A text that must be there; "" after an error, so that callers need not look. */
static const char *given(struct reading *rd, const json_t *o, const char *name)
{
	const char *z = text(rd, o, name, true);

	if (!z && !rd->error)
		wrong(rd, name, "is null");
	return z ? z : "";
}

static uint64_t figure(struct reading *rd, const json_t *o, const char *name)
{
	const json_t *v = member_of(rd, o, name, true);

	if (rd->error)
		return 0;
	if (!v || !json_is_integer(v) || json_integer_value(v) < 0) {
		wrong(rd, name, "is no count");
		return 0;
	}
	return (uint64_t)json_integer_value(v);
}

/* null is a ratio of nothing: none. */
static uint32_t ratio(struct reading *rd, const json_t *o, const char *name)
{
	const json_t *v = member_of(rd, o, name, true);

	if (!v)
		return 0;
	if (!json_is_number(v) || !(json_number_value(v) >= 0 && json_number_value(v) <= 1)) {
		wrong(rd, name, "is no share between 0 and 1");
		return 0;
	}
	return (uint32_t)(json_number_value(v) * 1e6 + 0.5);
}

static bool yes_or_no(struct reading *rd, const json_t *o, const char *name)
{
	const json_t *v = member_of(rd, o, name, true);

	if (!rd->error && !json_is_boolean(v))
		wrong(rd, name, "is neither true nor false");
	return json_is_true(v);
}

static int64_t moment(struct reading *rd, const json_t *o, const char *name)
{
	const char *z = text(rd, o, name, true);
	int64_t ns = TIME_NONE;

	if (z && !time_parse(z, &ns))
		wrong(rd, name, "is no time (RFC 3339)");
	return ns;
}

/* The number of a word; `word` gives the word of each number. */
static unsigned choice(struct reading *rd, const char *name, const char *z,
		       const char *(*word)(unsigned i), unsigned n)
{
	for (unsigned i = 0; z && i < n; i++)
		if (strcmp(word(i), z) == 0)
			return i;
	wrong(rd, name, "is a word that this spanaudit does not know");
	return 0;
}

static const char *severity_at(unsigned i)
{
	return severity_name((enum severity)i);
}

static const char *kind_at(unsigned i)
{
	return kind_name((enum kind)i);
}

static const char *state_at(unsigned i)
{
	return flow_state_name((enum flow_state)i);
}

static const char *rule_result_at(unsigned i)
{
	return word_rule_result((enum rule_result)i);
}

static const char *verdict_at(unsigned i)
{
	return word_verdict((enum result_verdict)i);
}

static const json_t *object(struct reading *rd, const json_t *o, const char *name)
{
	const json_t *v = member_of(rd, o, name, true);

	if (!rd->error && !json_is_object(v))
		wrong(rd, name, "is no object");
	return rd->error ? NULL : v;
}

/* The list, with room for what is made of each row in *ret; NULL after an error, or when empty. */
static const json_t *list(struct reading *rd, const json_t *o, const char *name, size_t size,
			  void *ret)
{
	const json_t *v = member_of(rd, o, name, true);

	if (!rd->error && !json_is_array(v))
		wrong(rd, name, "is no list");
	else if (!rd->error && json_array_size(v) > RESULT_READ_ROWS)
		wrong(rd, name, "has more rows than any result");
	if (rd->error || !json_array_size(v))
		return NULL;

	void *p = size ? arena_alloc(&rd->r->arena, json_array_size(v) * size) : NULL;

	if (size && !p) {
		rd->error = -ENOMEM;
		return NULL;
	}
	if (size)
		*(void **)ret = p;
	return v;
}

/* The next row of the list, NULL at its end or after an error. */
static const json_t *row(struct reading *rd, const json_t *v, const char *name, size_t i)
{
	const json_t *o;

	if (rd->error || !v || i >= json_array_size(v)) {
		rd->where = "";
		return NULL;
	}
	rd->where = name;
	rd->at = i;
	o = json_array_get(v, i);
	if (!json_is_object(o)) {
		wrong(rd, "", "is no object");
		return NULL;
	}
	return o;
}

/* --- parts of the document ------------------------------------------------------------------- */

static const char *roles_token(struct reading *rd, const json_t *o)
{
	const json_t *v = member_of(rd, o, "roles", true);
	struct out line = {0};
	const char *z;

	if (!rd->error && !json_is_array(v))
		wrong(rd, "roles", "is no list");
	for (size_t i = 0; !rd->error && i < json_array_size(v); i++) {
		const json_t *role = json_array_get(v, i);

		if (!json_is_string(role))
			wrong(rd, "roles", "has something else than texts in it");
		else if (line.n + json_string_length(role) > RESULT_READ_TEXT)
			wrong(rd, "roles", "is longer than any text of a result");
		if (rd->error)
			break;
		out_puts(&line, i ? "," : "");
		out_bytes(&line, json_string_value(role), json_string_length(role));
	}
	z = arena_strdup(&rd->r->arena, line.n ? out_str(&line) : "?");
	if ((!z || line.failed) && !rd->error)
		rd->error = -ENOMEM;
	out_done(&line);
	return z;
}

static void read_end(struct reading *rd, const json_t *o, const char *name, struct read_end *ret)
{
	const json_t *v = object(rd, o, name);

	*ret = (struct read_end){.token = ""};
	if (!v)
		return;
	ret->address = text(rd, v, "address", true);
	ret->network = text(rd, v, "network", true);
	ret->host = text(rd, v, "host", true);
	ret->name = text(rd, v, "name", true);
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

	f->id = given(rd, o, "id");
	if (!rd->error && !is_id(f->id))
		wrong(rd, "id", "is no id of a finding");
	f->kind = (enum kind)choice(rd, "kind", given(rd, o, "kind"), kind_at, KIND_N);
	f->severity =
		(enum severity)choice(rd, "severity", given(rd, o, "severity"), severity_at, SEV_N);
	f->rule = text(rd, o, "rule", true);
	f->group = text(rd, o, "group", true);
	read_end(rd, o, "client", &f->client);
	read_end(rd, o, "server", &f->server);
	f->transport = text(rd, o, "transport", true);
	port = member_of(rd, o, "port", true) ? figure(rd, o, "port") : 0;
	if (port > UINT16_MAX)
		wrong(rd, "port", "is no port");
	f->port = (uint16_t)port;
	f->interface = text(rd, o, "interface", true);
	state = text(rd, o, "state", true);
	f->has_state = state != NULL;
	if (state)
		f->state = (enum flow_state)choice(rd, "state", state, state_at, STATE_N);
	f->why = text(rd, o, "why", true);
	f->advice = text(rd, o, "do", true);
	f->waiver = text(rd, o, "waiver", true);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct read_finding *)a)->id, ((const struct read_finding *)b)->id);
}

static void read_findings(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = list(rd, top, "findings", sizeof *r->findings, &r->findings);

	while ((o = row(rd, v, "findings", r->n_findings)) != NULL)
		read_finding(rd, o, &r->findings[r->n_findings++]);
	if (rd->error || !r->n_findings)
		return;
	qsort(r->findings, r->n_findings, sizeof *r->findings, by_id);
	for (size_t i = 1; i < r->n_findings; i++)
		if (strcmp(r->findings[i - 1].id, r->findings[i].id) == 0)
			wrong(rd, r->findings[i].id, "is the id of two findings");
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
	const json_t *o, *v = list(rd, top, "rules", sizeof *r->rules, &r->rules);

	while ((o = row(rd, v, "rules", r->n_rules)) != NULL) {
		struct read_rule *u = &r->rules[r->n_rules++];

		u->pack = given(rd, o, "pack");
		u->id = given(rd, o, "id");
		u->result = (enum rule_result)choice(rd, "result", given(rd, o, "result"),
						     rule_result_at, RULE_NOT_JUDGED + 1);
		u->reason = text(rd, o, "reason", true);
	}
	if (rd->error || !r->n_rules)
		return;
	qsort(r->rules, r->n_rules, sizeof *r->rules, by_rule);
	for (size_t i = 1; i < r->n_rules; i++)
		if (by_rule(&r->rules[i - 1], &r->rules[i]) == 0)
			wrong(rd, r->rules[i].id, "is the id of two rules");
}

static int by_pack(const void *a, const void *b)
{
	return strcmp(((const struct read_pack *)a)->name, ((const struct read_pack *)b)->name);
}

static void read_packs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = list(rd, top, "rules_packs", sizeof *r->packs, &r->packs);

	while ((o = row(rd, v, "rules_packs", r->n_packs)) != NULL) {
		struct read_pack *p = &r->packs[r->n_packs++];

		p->name = given(rd, o, "name");
		p->revision = text(rd, o, "revision", true);
		p->sha256 = text(rd, o, "sha256", true);
	}
	if (rd->error || !r->n_packs)
		return;
	qsort(r->packs, r->n_packs, sizeof *r->packs, by_pack);
	for (size_t i = 1; i < r->n_packs; i++)
		if (by_pack(&r->packs[i - 1], &r->packs[i]) == 0)
			wrong(rd, r->packs[i].name, "is the name of two rule packs");
}

static void read_inputs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *o, *v = list(rd, top, "inputs", sizeof *r->inputs, &r->inputs);

	while ((o = row(rd, v, "inputs", r->n_inputs)) != NULL) {
		struct read_input *in = &r->inputs[r->n_inputs++];

		in->path = given(rd, o, "path");
		in->sha256 = text(rd, o, "sha256", true);
		in->packets = figure(rd, o, "packets");
		in->failed = yes_or_no(rd, o, "failed");
		in->caveat = text(rd, o, "caveat", true);
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
	const json_t *o, *v = list(rd, top, "conversations", 2 * sizeof *r->seen, &r->seen);
	size_t n = 0;

	for (size_t i = 0; (o = row(rd, v, "conversations", i)) != NULL; i++) {
		struct read_end end;

		read_end(rd, o, "client", &end);
		r->seen[n++] = end.token;
		read_end(rd, o, "server", &end);
		r->seen[n++] = end.token;
	}
	if (rd->error || !n)
		return;
	qsort(r->seen, n, sizeof *r->seen, by_text);
	for (size_t i = 0; i < n; i++)
		if (!r->n_seen || strcmp(r->seen[r->n_seen - 1], r->seen[i]) != 0)
			r->seen[r->n_seen++] = r->seen[i];
}

static roleset read_roles(struct reading *rd, const json_t *end)
{
	const json_t *v = end ? member_of(rd, end, "roles", true) : NULL;
	roleset set = 0;

	for (size_t i = 0; !rd->error && i < json_array_size(v); i++) {
		const char *z = json_string_value(json_array_get(v, i));
		enum role r = z ? role_by_name(z) : ROLE_N;

		if (r == ROLE_N)
			wrong(rd, "roles", "has something else than roles in it");
		else
			set |= ROLE_BIT(r);
	}
	return set;
}

static void read_conv(struct reading *rd, const json_t *o, struct read_conv *c)
{
	const json_t *direction = object(rd, o, "direction");
	const char *transport = given(rd, o, "transport");
	uint64_t port = member_of(rd, o, "server_port", true) ? figure(rd, o, "server_port") : 0;

	read_end(rd, o, "client", &c->client);
	read_end(rd, o, "server", &c->server);
	c->roles[0] = read_roles(rd, object(rd, o, "client"));
	c->roles[1] = read_roles(rd, object(rd, o, "server"));
	if (!rd->error && strcmp(transport, "tcp") != 0 && strcmp(transport, "udp") != 0)
		wrong(rd, "transport", "is neither tcp nor udp");
	if (!rd->error && port > UINT16_MAX)
		wrong(rd, "server_port", "is no port");
	if (rd->error)
		return;
	c->proto = *transport == 't' ? IPPROTO_NR_TCP : IPPROTO_NR_UDP;
	c->port = (uint16_t)port;
	c->verdict = (enum kind)choice(rd, "verdict", given(rd, o, "verdict"), kind_at,
				       KIND_LAST_VERDICT + 1);
	c->state = (enum flow_state)choice(rd, "state", given(rd, o, "state"), state_at, STATE_N);
	c->rule = text(rd, o, "rule", true);
	c->protocol = text(rd, o, "protocol", true);
	c->confidence = direction ? figure(rd, direction, "confidence") : 0;
	c->first_ns = moment(rd, o, "first");
	c->folded = figure(rd, o, "folded");
}

static void read_convs(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *summary = object(rd, top, "summary");
	const json_t *o, *v = list(rd, top, "conversations", sizeof *r->convs, &r->convs);

	while ((o = row(rd, v, "conversations", r->n_convs)) != NULL)
		read_conv(rd, o, &r->convs[r->n_convs++]);
	if (!rd->error && summary)
		r->n_unlisted = figure(rd, summary, "folded") +
				figure(rd, summary, "out_of_scope_conversations");
}

static void read_caveats(struct reading *rd, const json_t *coverage)
{
	struct read_result *r = rd->r;
	const json_t *v = list(rd, coverage, "caveats", sizeof *r->caveats, &r->caveats);

	for (size_t i = 0; !rd->error && v && i < json_array_size(v); i++) {
		const char *z = keep(rd, "caveats", json_array_get(v, i));

		if (z)
			r->caveats[r->n_caveats++] = z;
	}
}

static void read_coverage(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *c = object(rd, top, "coverage");
	const json_t *drops = c ? object(rd, c, "drops") : NULL;

	if (!drops)
		return;
	r->packets = figure(rd, c, "packets");
	r->decoded = figure(rd, c, "decoded");
	r->kernel_drops = figure(rd, drops, "kernel");
	r->interface_drops = figure(rd, drops, "interface");
	r->evicted = figure(rd, c, "evicted");
	r->gap_ppm = ratio(rd, c, "tcp_gap_ratio");
	r->one_way_ppm = ratio(rd, c, "one_way_ratio");
	r->inconclusive = yes_or_no(rd, c, "inconclusive");
	r->inconclusive_why = text(rd, c, "inconclusive_why", true);
	read_caveats(rd, c);
}

static void read_head(struct reading *rd, const json_t *top)
{
	struct read_result *r = rd->r;
	const json_t *site, *window;

	r->only = text(rd, top, "only", false);
	site = object(rd, top, "site");
	if (!site)
		return;
	r->site = text(rd, site, "name", true);
	r->timezone = given(rd, site, "timezone");
	r->verdict = (enum result_verdict)choice(rd, "verdict", given(rd, top, "verdict"),
						 verdict_at, RESULT_INCONCLUSIVE + 1);
	window = object(rd, top, "window");
	if (!window)
		return;
	r->from_ns = moment(rd, window, "from");
	r->to_ns = moment(rd, window, "to");
	r->observed_s = figure(rd, window, "observed_seconds");
	if (r->from_ns > r->to_ns || (r->from_ns == TIME_NONE) != (r->to_ns == TIME_NONE))
		wrong(rd, "window", "does not begin before it ends");
}

/* --- the document ---------------------------------------------------------------------------- */

static int no_result(struct reading *rd, const char *what, const char *hint)
{
	struct error *e = errors_add(rd->errs, false, "%s", what);

	error_place(e, rd->name, 0, 0, 1);
	error_hint(e, "%s", hint);
	return -EINVAL;
}

static int check_schema(struct reading *rd, const json_t *top)
{
	const char *z = json_string_value(json_object_get(top, "schema"));

	if (z && strcmp(z, schema_word) == 0)
		return 0;
	if (z && strncmp(z, schema_stem, strlen(schema_stem)) == 0) {
		no_result(
			rd, "this result has another schema than spanaudit-result/1",
			"Another version of spanaudit wrote it. Judge the capture again with this "
			"one.");
		return RESULT_READ_OTHER_SCHEMA;
	}
	return no_result(rd, "this is JSON, but no result of spanaudit",
			 "Its 'schema' is not spanaudit-result/1. Views (flows, rpc) are no "
			 "results.\n"
			 "Make one: spanaudit audit --format json night.pcap > night.json");
}

static int not_json(struct reading *rd, size_t n, const json_error_t *at)
{
	struct error *e;

	if (json_error_code(at) == json_error_out_of_memory)
		return -ENOMEM;
	if (!n)
		return no_result(rd, "the file is empty",
				 "The run that should have written it failed. Write it again: "
				 "spanaudit audit -o night.json");
	e = errors_add(rd->errs, false, "this is not JSON: %s", at->text);
	error_place(e, rd->name, at->line > 0 ? (unsigned)at->line : 0,
		    at->column > 0 ? (unsigned)at->column : 0, 1);
	if (json_error_code(at) == json_error_premature_end_of_input)
		error_hint(e, "The file was cut off, or is still being written.\n"
			      "Write it again: spanaudit audit -o night.json");
	else
		error_hint(e, "It is a report of another format, or was changed by hand.\n"
			      "Give what 'spanaudit audit --format json' wrote.");
	return -EINVAL;
}

static int parse(const char *name, const char *p, size_t n, bool convs, struct errors *errs,
		 struct read_result *ret)
{
	struct reading rd = {.name = name, .errs = errs, .r = ret, .where = ""};
	json_error_t at = {0};
	json_t *top;
	int r;

	*ret = (struct read_result){.from_ns = TIME_NONE, .to_ns = TIME_NONE, .timezone = ""};
	r = check_shape(&rd, p, n);
	if (r)
		return r;
	top = json_loadb(p, n, JSON_REJECT_DUPLICATES, &at);
	if (!top)
		return not_json(&rd, n, &at);
	r = check_schema(&rd, top);
	if (!r) {
		read_head(&rd, top);
		read_inputs(&rd, top);
		read_packs(&rd, top);
		read_coverage(&rd, top);
		read_rules(&rd, top);
		read_findings(&rd, top);
		read_seen(&rd, top);
		if (convs)
			read_convs(&rd, top);
		r = rd.error;
	}
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

/* One byte more than the limit is enough to know. */
static int slurp(FILE *f, struct out *o)
{
	char buf[64 << 10];
	size_t n;

	while (o->n <= RESULT_READ_BYTES && (n = fread(buf, 1, sizeof buf, f)) > 0)
		out_bytes(o, buf, n);
	if (ferror(f))
		return errno ? -errno : -EIO;
	return out_failed(o) ? -ENOMEM : 0;
}

static int from_file(const char *path, bool convs, struct errors *errs, struct read_result *ret)
{
	struct reading rd = {.name = path, .errs = errs, .where = ""};
	struct out o = {0};
	FILE *f = fopen(path, "re");
	int r = f ? slurp(f, &o) : -errno;

	*ret = (struct read_result){0};
	if (f)
		fclose(f);
	if (r && r != -ENOMEM) {
		struct error *e =
			errors_add(errs, false, "cannot read '%s': %s", path, strerror(-r));

		error_hint(e, "%s",
			   r == -EACCES || r == -EPERM ? "You have no right to read it. Ask its "
							 "owner, or copy it."
			   : r == -EISDIR ? "It is a folder. Give the result in it, such as "
					    "night.json."
			   : r == -ENOENT || r == -ENOTDIR
				   ? "The name is wrong, or nothing was written yet. Make a "
				     "result:\nspanaudit audit -o night.json night.pcap"
				   : "The disk or the connection to it fails. Copy the file, and "
				     "give the copy.");
		r = -EINVAL;
	} else if (!r && o.n > RESULT_READ_BYTES) {
		r = no_result(&rd, "the file is larger than any result (256 MiB)",
			      "It is another file. Give what 'spanaudit audit --format json' "
			      "wrote.");
	} else if (!r) {
		r = parse(path, o.n ? o.p : "", o.n, convs, errs, ret);
	}
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
