// SPDX-License-Identifier: BSD-2-Clause
/* What the user decided: egress that is fine, what sensors see, rules that weigh differently. */
#include <string.h>

#include "site/reader.h"
#include "site/words.h"

static bool read_service(struct reader *r, const struct ynode *n, uint8_t *ret_proto,
			 uint16_t *ret_port)
{
	return y_service(r->f, n, "443/tcp", r->errs, ret_proto, ret_port);
}

static bool glob_ok(struct reader *r, const struct ynode *n)
{
	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		if (y->kind != Y_SCALAR || strspn(y->text, "abcdefghijklmnopqrstuvwxyz"
							   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							   "0123456789-_.*?") == y->n)
			continue;
		error_hint(yerror(r->f, y, r->errs, "'%s' is not a host name or pattern", y->text),
			   "write www.example.com or \"*.example.com\", without https://");
		return false;
	}
	return true;
}

typedef VEC(struct site_egress) egress_vec;

static void read_egress_entry(struct reader *r, struct ynode *n, egress_vec *v)
{
	static const char *const known[] = {"from", "service", "names", "why", NULL};
	struct site_egress g = {0};
	struct ynode *from, *service, *names, *why;
	bool ok;

	if (!y_map(r->f, n, r->errs))
		return;
	from = need(r, n, "from", "crm-any");
	ok = from && read_roles(r, from, WITH_GROUPS, &g.from);
	service = need(r, n, "service", "443/tcp");
	if ((names = ymap_get(n, "names")))
		ok = read_texts(r, names, &g.names, &g.n_names) && glob_ok(r, names) && ok;
	why = need(r, n, "why", "\"updates\"");
	ok = why && y_text(r->f, why, r->errs, &g.why) && ok;
	ymap_unused(r->f, n, known, r->errs);
	for (const struct ynode *y = service ? y_one_or_list(r->f, service, r->errs) : NULL; y;
	     y = y_one_or_list_next(service, y)) {
		struct declared d = {.at = from};

		if (!read_service(r, y, &g.proto, &g.port) || !ok)
			continue;
		if (!vec_push(v, g) || !vec_push(&r->egress_at, d))
			no_memory(r);
	}
}

void site_read_egress(struct reader *r, struct ynode *n)
{
	egress_vec v = {0};

	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_egress_entry(r, y, &v);
	r->site->egress = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_egress = r->site->egress ? v.n : 0;
	vec_done(&v);
}

/* "0.1%": by hand, because the C library reads numbers by the locale. */
static bool read_percent(struct reader *r, const struct ynode *n, double *ret_ratio)
{
	double v = 0, unit = 1;
	const char *z, *p;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	p = z;
	for (; *p >= '0' && *p <= '9' && p - z < 4; p++)
		v = v * 10 + (*p - '0');
	if (p > z && *p == '.' && p[1] >= '0' && p[1] <= '9')
		for (p++; *p >= '0' && *p <= '9' && p - z < 12; p++)
			v += (*p - '0') * (unit /= 10);
	if (p > z && *p == ' ')
		p++;
	if (p > z && strcmp(p, "%") == 0 && v <= 100) {
		*ret_ratio = v / 100;
		return true;
	}
	error_hint(yerror(r->f, n, r->errs, "'%s' is not a percentage", z),
		   "write 0.1%%, between 0%% and 100%%");
	return false;
}

typedef VEC(struct site_sensor) sensor_vec;

static void read_sensor(struct reader *r, struct ynode *n, sensor_vec *v)
{
	static const char *const known[] = {"name", "sees", "both-directions", "max-loss", NULL};
	struct site_sensor s = {.sees = ~(roleset)0, .both_directions = true, .max_loss = 0.01};
	struct declared d = {.at = n};
	struct ynode *name, *y;
	bool ok;

	if (!y_map(r->f, n, r->errs))
		return;
	name = need(r, n, "name", "span-dc1");
	ok = name && read_name(r, name, &s.name);
	for (size_t i = 0; ok && i < v->n; i++) {
		if (strcmp(v->v[i].name, s.name) != 0)
			continue;
		error_hint(yerror(r->f, name, r->errs, "a sensor '%s' is there already", s.name),
			   "use another name");
		ok = false;
	}
	if ((y = ymap_get(n, "sees"))) {
		ok = read_roles(r, y, WITH_GROUPS, &s.sees) && ok;
		d.at = y;
	}
	if ((y = ymap_get(n, "both-directions")))
		ok = y_bool(r->f, y, r->errs, &s.both_directions) && ok;
	if ((y = ymap_get(n, "max-loss")))
		ok = read_percent(r, y, &s.max_loss) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (ok && (!vec_push(v, s) || !vec_push(&r->sensors_at, d)))
		no_memory(r);
}

void site_read_sensors(struct reader *r, struct ynode *n)
{
	sensor_vec v = {0};

	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_sensor(r, y, &v);
	r->site->sensors = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_sensors = r->site->sensors ? v.n : 0;
	vec_done(&v);
}

typedef VEC(struct site_override) override_vec;

static void read_override(struct reader *r, struct ynode *n, override_vec *v)
{
	static const char *const known[] = {"rule",         "severity", "need",
					    "when-missing", "reason",   NULL};
	struct site_override o = {
		.severity = SEV_NONE, .need = -1, .when_missing = -1, .line = n->line};
	struct ynode *rule, *reason, *severity, *needed, *missing;
	bool ok;
	int i;

	if (!y_map(r->f, n, r->errs))
		return;
	rule = need(r, n, "rule", "S1-WEB-05");
	ok = rule && read_name(r, rule, &o.rule);
	if ((severity = ymap_get(n, "severity"))) {
		if (y_word(r->f, severity, site_severity_words(), r->errs, &i))
			o.severity = (enum severity)i;
		else
			ok = false;
	}
	if ((needed = ymap_get(n, "need")))
		ok = y_word(r->f, needed, site_need_words(), r->errs, &o.need) && ok;
	if ((missing = ymap_get(n, "when-missing")))
		ok = y_word(r->f, missing, site_missing_words(), r->errs, &o.when_missing) && ok;
	reason = need(r, n, "reason", "\"who decided it, and why\"");
	ok = reason && read_name(r, reason, &o.reason) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (!severity && !needed && !missing) {
		error_hint(yerror(r->f, n, r->errs, "this override changes nothing"),
			   "add severity, need or when-missing");
		ok = false;
	}
	for (size_t k = 0; ok && k < v->n; k++) {
		if (strcmp(v->v[k].rule, o.rule) != 0)
			continue;
		error_hint(yerror(r->f, rule, r->errs, "'%s' is overridden in line %u already",
				  o.rule, v->v[k].line),
			   "keep one of the two");
		ok = false;
	}
	if (ok && !vec_push(v, o))
		no_memory(r);
}

void site_read_overrides(struct reader *r, struct ynode *n)
{
	override_vec v = {0};

	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_override(r, y, &v);
	r->site->overrides = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_overrides = r->site->overrides ? v.n : 0;
	vec_done(&v);
}

typedef VEC(struct site_severity) severity_vec;

static void read_severity(struct reader *r, struct ynode *n, severity_vec *v)
{
	static const char *const known[] = {"kind", "from", "to", "severity", "reason", NULL};
	struct site_severity s = {.severity = SEV_NONE, .line = n->line};
	struct declared d = {.at = n};
	struct ynode *kind, *from, *to, *severity, *reason;
	bool ok;
	int i;

	if (!y_map(r->f, n, r->errs))
		return;
	kind = need(r, n, "kind", "missing");
	ok = kind && y_word(r->f, kind, site_kind_words(), r->errs, &i);
	if (ok)
		s.kind = site_kind_words()[i];
	if ((from = ymap_get(n, "from")))
		ok = read_roles(r, from, WITH_GROUPS, &s.from) && ok;
	if ((to = ymap_get(n, "to")))
		ok = read_roles(r, to, WITH_GROUPS, &s.to) && ok;
	severity = need(r, n, "severity", "low");
	if (severity && y_word(r->f, severity, site_severity_words(), r->errs, &i))
		s.severity = (enum severity)i;
	else
		ok = false;
	reason = need(r, n, "reason", "\"who decided it, and why\"");
	ok = reason && read_name(r, reason, &s.reason) && ok;
	ymap_unused(r->f, n, known, r->errs);
	for (size_t k = 0; ok && k < v->n; k++) {
		const struct site_severity *o = &v->v[k];

		if (strcmp(o->kind, s.kind) != 0 || o->from != s.from || o->to != s.to)
			continue;
		error_hint(yerror(r->f, kind, r->errs,
				  "the severity of '%s' is changed in line %u already%s", s.kind,
				  o->line, s.from || s.to ? ", between the same roles" : ""),
			   "keep one of the two");
		ok = false;
	}
	if (ok && (!vec_push(v, s) || !vec_push(&r->severities_at, d)))
		no_memory(r);
}

void site_read_severities(struct reader *r, struct ynode *n)
{
	severity_vec v = {0};

	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_severity(r, y, &v);
	r->site->severities = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_severities = r->site->severities ? v.n : 0;
	vec_done(&v);
}
