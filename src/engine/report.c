// SPDX-License-Identifier: BSD-2-Clause
/* report - results as the formats write them: of a run, and of a document that was read back. */
#include <spanaudit/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "report/redact.h"
#include "report/report.h"
#include "report/result_load.h"

#include "config.h"

struct span_report {
	struct loaded loaded;
};

struct sink {
	FILE *f;
	int status;
};

static int to_file(void *user, const char *p, size_t n)
{
	struct sink *s = user;

	if (fwrite(p, 1, n, s->f) != n)
		s->status = errno ? -errno : -EIO;
	return s->status;
}

int engine_write(const struct result *r, const char *format, const struct span_write_options *opt,
		 FILE *f)
{
	static const struct span_write_options plain;
	const struct report_format *fmt = report_format_by_name(format);
	struct report_options ro = {.width = 80, .now_ns = TIME_NONE};
	struct sink sink = {.f = f};
	struct out o = {.take = to_file, .user = &sink}; /* long documents go as they are made */
	int status;

	opt = opt ? opt : &plain;
	if (!fmt || (opt->made && !time_parse(opt->made, &ro.now_ns)))
		return SPAN_USAGE;
	ro.colour = opt->colour == SPAN_COLOUR_ANSI;
	ro.width = opt->width ? opt->width : 80;
	ro.tool_version = r->tool_version ? r->tool_version : SPAN_VERSION;
	ro.fail_on = opt->fail_on ? engine_fail_on(opt->fail_on) : r->fail_on;
	ro.only = opt->only ? opt->only : r->only;
	status = fmt->write(r, &ro, &o);
	status = sink.status ? sink.status : status;
	if (status == 0)
		status = engine_put(&o, f);
	out_done(&o);
	return status;
}

int span_report_open(const char *path, struct span_report **ret, FILE *err)
{
	struct span_report *r = calloc(1, sizeof *r);
	struct errors errs = {0};
	struct out words = {0};
	int status = r ? result_load_file(path, &errs, &r->loaded) : -ENOMEM;

	if (status == RESULT_READ_UNREADABLE)
		status = SPAN_INPUT;
	else if (status && status != -ENOMEM)
		status = SPAN_USAGE;
	errors_format(&errs, "spanaudit", &words);
	if (engine_put(&words, err) == -ENOMEM)
		status = -ENOMEM;
	out_done(&words);
	errors_done(&errs);
	if (status)
		span_report_free(r);
	else
		*ret = r;
	return status;
}

struct span_report *span_report_free(struct span_report *r)
{
	if (r)
		result_unload(&r->loaded);
	free(r);
	return NULL;
}

int span_report_write(const struct span_report *r, const char *format,
		      const struct span_write_options *opt, FILE *f)
{
	return engine_write(&r->loaded.r, format, opt, f);
}

int span_report_redact(struct span_report *r)
{
	struct hash_key secret = hash_key_random();

	return result_redact(&r->loaded, &secret, NULL);
}

const struct result *engine_shown(const struct span_audit *a)
{
	return a->redacted ? &a->redacted->r : a->result;
}

void engine_forget_shown(struct span_audit *a)
{
	if (a->redacted)
		result_unload(a->redacted);
	free(a->redacted);
	a->redacted = NULL;
}

/* The text of some sightings is a name, too. */
static const char *text_name(const struct sighting *s)
{
	switch (s->kind) {
	case SIGHT_DNS_ALIAS:
	case SIGHT_DNS_ERROR:
	case SIGHT_KRB_ERROR:
		return s->text;
	default:
		return NULL;
	}
}

/* What the run knows and its result may have in its sentences only. NULL-terminated. */
static const char **names_of(const struct span_audit *a)
{
	size_t hosts = inventory_count(a->site->inventory), n = 0;
	const char **v = calloc(a->n_names + 2 * a->n_sightings + hosts + 1, sizeof *v);

	if (!v)
		return NULL;
	for (size_t i = 0; i < a->n_names; i++)
		v[n++] = a->names[i].name;
	for (size_t i = 0; i < a->n_sightings; i++) {
		v[n++] = a->sightings[i].name;
		if (text_name(&a->sightings[i]))
			v[n++] = a->sightings[i].text;
	}
	for (size_t i = 0; i < hosts; i++)
		v[n++] = inventory_at(a->site->inventory, i)->name;
	return v;
}

/* By way of the document: what it does not hold no format can show. */
int span_audit_redact(struct span_audit *a)
{
	const struct hash_key secret = a->has_key ? a->key : hash_key_random();
	struct report_options ro = {.width = 80, .tool_version = SPAN_VERSION, .now_ns = TIME_NONE};
	const char **names = names_of(a);
	struct errors errs = {0};
	struct out o = {0};
	int status = names ? report_format_by_name("json")->write(a->result, &ro, &o) : -ENOMEM;

	engine_forget_shown(a);
	a->redacted = calloc(1, sizeof *a->redacted);
	if (!status)
		status =
			a->redacted ? result_load("result", o.p, o.n, &errs, a->redacted) : -ENOMEM;
	if (!status)
		status = result_redact(a->redacted, &secret, names);
	free(names);
	errors_done(&errs);
	out_done(&o);
	return status > 0 ? -EINVAL : status;
}

const char *span_report_only(const struct span_report *r)
{
	return r->loaded.r.only;
}

int span_report_exit_code(const struct span_report *r, const char *fail_on)
{
	return engine_exit_code(&r->loaded.r, fail_on);
}
