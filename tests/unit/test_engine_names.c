// SPDX-License-Identifier: BSD-2-Clause
/* Which of many names an address gets, whatever the order in which they were told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "engine/engine.h"

enum { MOST = 8 };

struct told {
	enum sighting_kind kind; /* SIGHT_KIND_N: of the capture file */
	const char *about, *name, *text;
	uint16_t code;
};

static const struct {
	const char *what;
	struct told told[MOST];
	const char *want; /* "address name source" a row */
} rows[] = {
	{"nothing", {{0}}, ""},
	{"by worth",
	 {{SIGHT_NETLOGON, "10.0.0.2", "dc01.corp.example", "corp.example", 0},
	  {SIGHT_NTLM_NAME, "10.0.0.2", "a.corp.example", "corp.example", 0},
	  {SIGHT_NTLM_NAME, "10.0.0.3", "z.corp.example", "corp.example", 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.3", "b.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.4", "z.corp.example", NULL, 0},
	  {SIGHT_DNS_POINTER, "10.0.0.4", "c.corp.example", NULL, 0},
	  {SIGHT_DNS_POINTER, "10.0.0.5", "z.corp.example", NULL, 0},
	  {SIGHT_KIND_N, "10.0.0.5", "d.corp.example", NULL, 0}},
	 "10.0.0.2 dc01.corp.example cldap\n10.0.0.3 z.corp.example ntlm\n"
	 "10.0.0.4 z.corp.example dns\n10.0.0.5 z.corp.example dns-pointer\n"},
	{"whole names first",
	 {{SIGHT_NTLM_NAME, "10.0.0.2", "sql01", NULL, 0},
	  {SIGHT_KIND_N, "10.0.0.2", "sql01.corp.example", NULL, 0},
	  {SIGHT_NBNS_NAME, "10.0.0.3", "pc3", NULL, 0x20},
	  {SIGHT_NTLM_NAME, "10.0.0.3", "pc4", NULL, 0}},
	 "10.0.0.2 sql01.corp.example nrb\n10.0.0.3 pc4 ntlm\n"},
	{"a name of its own first, then the smallest",
	 {{SIGHT_DNS_ADDRESS, "10.0.0.2", "crm.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.3", "crm.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "web02.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "web01.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "fd00::2", "web01.corp.example", NULL, 0}},
	 "10.0.0.2 web01.corp.example dns\n10.0.0.3 crm.corp.example dns\n"
	 "fd00::2 web01.corp.example dns\n"},
	{"domains are no hosts",
	 {{SIGHT_DNS_ADDRESS, "10.0.0.2", "corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "gc._msdcs.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "dc01.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.3", "emea.example", NULL, 0},
	  {SIGHT_NTLM_NAME, "10.0.0.4", "x.emea.example", "emea.example", 0}},
	 "10.0.0.2 dc01.corp.example dns\n10.0.0.4 x.emea.example ntlm\n"},
	{"NetBIOS: the machine's and its file service's, no group",
	 {{SIGHT_NBNS_NAME, "10.0.0.2", "corp", "group", 0x00},
	  {SIGHT_NBNS_NAME, "10.0.0.2", "corp", NULL, 0x1b},
	  {SIGHT_NBNS_NAME, "10.0.0.3", "corp", NULL, 0x1d},
	  {SIGHT_NBNS_NAME, "10.0.0.3", "pc3", NULL, 0x00}},
	 "10.0.0.3 pc3 nbns\n"},
	{"what cannot be a host's, and what names none",
	 {{SIGHT_DNS_ADDRESS, "10.0.0.2", "*.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "a?b.corp.example", NULL, 0},
	  {SIGHT_DNS_ADDRESS, "10.0.0.2", "-x", NULL, 0},
	  {SIGHT_CERTIFICATE, "10.0.0.2", "crm.corp.example", NULL, 0},
	  {SIGHT_KRB_TICKET, "10.0.0.2", "crm.corp.example", "HTTP/crm.corp.example", 0},
	  {SIGHT_KIND_N, "10.0.0.3", "anything at all", NULL, 0}},
	 "10.0.0.3 anything at all nrb\n"},
};

static void fill(struct sighting *s, const struct told *t)
{
	memset(s, 0, sizeof *s);
	s->kind = t->kind;
	s->about = A(t->about);
	s->code = t->code;
	snprintf(s->name, sizeof s->name, "%s", t->name);
	snprintf(s->text, sizeof s->text, "%s", t->text ? t->text : "");
}

static void choice(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (size_t turn = 0; turn < MOST; turn++) {
			struct span_audit a = {0};
			struct sighting s[MOST];
			struct passive_name nrb[MOST];
			struct out o = {0};

			for (size_t k = 0; k < MOST; k++) {
				const struct told *t = &rows[i].told[(k + turn) % MOST];

				if (!t->about)
					continue;
				if (t->kind == SIGHT_KIND_N)
					nrb[a.n_names++] =
						(struct passive_name){A(t->about), t->name, NULL};
				else
					fill(&s[a.n_sightings++], t);
			}
			a.sightings = s;
			a.names = nrb;
			assert_int_equal(engine_names(&a), 0);
			for (size_t k = 0; k < a.n_names; k++) {
				char buf[ADDR_TEXT];

				out_printf(&o, "%s %s %s\n", addr_format(&a.names[k].addr, buf),
					   a.names[k].name, a.names[k].source);
				assert_ptr_equal(engine_name_of(&a, &a.names[k].addr), &a.names[k]);
			}
			if (strcmp(out_str(&o), rows[i].want) != 0)
				fail_msg("%s: %s", rows[i].what, out_str(&o));
			assert_null(engine_name_of(&a, &(struct addr){{9}}));
			out_done(&o);
			arena_done(&a.arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(choice)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
