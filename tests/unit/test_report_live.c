// SPDX-License-Identifier: BSD-2-Clause
/* Findings told while a run lasts: one line each, whatever names are in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cpu.h"
#include "base/time.h"
#include "report/live_event.h"
#include "sample.h"

static const enum live_status all[] = {LIVE_NEW, LIVE_CHANGED, LIVE_GONE};

static bool is_one_line(const struct out *o)
{
	if (out_failed(o) || o->n < 2 || o->p[o->n - 1] != '\n')
		return false;
	for (size_t i = 0; i + 1 < o->n; i++)
		if ((unsigned char)o->p[i] < ' ' || o->p[i] == 0x7f)
			return false;
	return true;
}

static const char *text_at(const json_t *j, const char *object, const char *name)
{
	return json_string_value(json_object_get(json_object_get(j, object), name));
}

static void check_event(const struct sample *s, const struct finding *f, enum live_status status)
{
	struct out o = {0};
	json_t *j;

	report_live_event(&s->r, f, status, "9.9", &o);
	assert_true(is_one_line(&o));
	j = json_loadb(o.p, o.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_string_equal(text_at(j, "spanaudit", "status"), live_status_name(status));
	assert_string_equal(text_at(j, "event", "id"), f->id);
	assert_string_equal(text_at(j, "event", "kind"), "alert");
	assert_string_equal(text_at(j, "spanaudit", "kind"), kind_name(f->kind));
	json_decref(j);
	out_done(&o);
}

static void check_line(const struct finding *f, enum live_status status)
{
	struct out o = {0};

	report_live_line(f, status, &o);
	assert_true(is_one_line(&o));
	assert_non_null(strstr(out_str(&o), live_status_name(status)));
	assert_non_null(strstr(out_str(&o), f->id));
	out_done(&o);
}

static void every_finding(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	assert_true(s.r.n_findings > 2);
	for (size_t i = 0; i < s.r.n_findings; i++)
		for (size_t k = 0; k < N_ELEMENTS(all); k++) {
			check_event(&s, &s.r.findings[i], all[k]);
			check_line(&s.r.findings[i], all[k]);
		}
}

/* Of one that is gone nothing but this is left. */
static void one_that_is_gone(void **state)
{
	const struct finding f = {.id = "F-0123456789ab",
				  .kind = KIND_MISSING,
				  .severity = SEV_HIGH,
				  .first_ns = TIME_NONE,
				  .last_ns = TIME_NONE};
	struct sample s;
	struct out o = {0};

	(void)state;
	sample_make(&s);
	check_event(&s, &f, LIVE_GONE);
	report_live_line(&f, LIVE_GONE, &o);
	assert_string_equal(out_str(&o), "gone high missing F-0123456789ab\n");
	out_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_finding),
		cmocka_unit_test(one_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
