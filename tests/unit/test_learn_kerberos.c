// SPDX-License-Identifier: BSD-2-Clause
/* Tickets and refusals of a KDC, built by RFC 4120, in datagrams and in pieces of a stream. */
#include "sight_lab.h"

struct der {
	uint8_t p[8192];
	size_t n;
};

/* What was put since `from` becomes the contents of an element. */
static void wrap(struct der *d, size_t from, uint8_t tag)
{
	size_t n = d->n - from, head = n < 0x80 ? 2 : n < 0x100 ? 3 : 4;

	memmove(d->p + from + head, d->p + from, n);
	d->p[from] = tag;
	if (head == 2) {
		d->p[from + 1] = (uint8_t)n;
	} else if (head == 3) {
		d->p[from + 1] = 0x81;
		d->p[from + 2] = (uint8_t)n;
	} else {
		d->p[from + 1] = 0x82;
		d->p[from + 2] = (uint8_t)(n >> 8);
		d->p[from + 3] = (uint8_t)n;
	}
	d->n += head;
}

static void number(struct der *d, uint8_t tag, uint8_t v)
{
	size_t from = d->n;

	d->p[d->n++] = v;
	wrap(d, from, 0x02);
	wrap(d, from, tag);
}

static void text(struct der *d, const char *z, size_t n)
{
	size_t from = d->n;

	memcpy(d->p + d->n, z, n);
	d->n += n;
	wrap(d, from, 0x1b);
}

static void realm(struct der *d, uint8_t tag)
{
	size_t from = d->n;

	text(d, "CORP.EXAMPLE", 12);
	wrap(d, from, tag);
}

/* Parts divided by "/". */
static void principal(struct der *d, uint8_t tag, const char *z)
{
	size_t from = d->n, list;

	number(d, 0xa0, 2);
	list = d->n;
	for (;;) {
		size_t n = strcspn(z, "/");

		text(d, z, n);
		if (!z[n])
			break;
		z += n + 1;
	}
	wrap(d, list, 0x30);
	wrap(d, list, 0xa1);
	wrap(d, from, 0x30);
	wrap(d, from, tag);
}

static struct der reply(uint8_t tag, const char *sname, size_t padata)
{
	struct der d = {.n = 0};
	size_t ticket;

	number(&d, 0xa0, 5);
	number(&d, 0xa1, tag & 0x1f);
	if (padata) {
		size_t from = d.n;

		memset(d.p + d.n, 'p', padata);
		d.n += padata;
		wrap(&d, from, 0xa2);
	}
	realm(&d, 0xa3);
	principal(&d, 0xa4, "crmservice");
	ticket = d.n;
	number(&d, 0xa0, 5);
	realm(&d, 0xa1);
	principal(&d, 0xa2, sname);
	text(&d, "secret", 6);
	wrap(&d, ticket, 0x30);
	wrap(&d, ticket, 0x61);
	wrap(&d, ticket, 0xa5);
	text(&d, "secret", 6);
	wrap(&d, 0, 0x30);
	wrap(&d, 0, tag);
	return d;
}

static struct der refusal(uint8_t code, const char *sname)
{
	struct der d = {.n = 0};

	number(&d, 0xa0, 5);
	number(&d, 0xa1, 30);
	number(&d, 0xa6, code);
	realm(&d, 0xa9);
	principal(&d, 0xaa, sname);
	wrap(&d, 0, 0x30);
	wrap(&d, 0, 0x7e);
	return d;
}

static const char *told_of(struct lab *lab, const uint8_t *p, size_t n)
{
	*lab = lab_open(PROTO_UDP, 50000, 88, "kerberos");
	assert_non_null(lab->f);
	lab_say(lab, SERVER, p, n, true);
	return lab_told(lab);
}

static void names(void **state)
{
	static const struct {
		const char *sname, *want; /* name text port */
	} rows[] = {
		{"MSSQLSvc/SQL01.corp.example:1433",
		 "sql01.corp.example MSSQLSvc/SQL01.corp.example:1433 1433"},
		{"MSSQLSvc/sql01.corp.example:CRM",
		 "sql01.corp.example MSSQLSvc/sql01.corp.example:CRM 0"},
		{"HTTP/crm", "crm HTTP/crm 0"},
		{"HTTP/crm:", "crm HTTP/crm: 0"},
		{"HTTP/crm:65535", "crm HTTP/crm:65535 65535"},
		{"HTTP/crm:65536", "crm HTTP/crm:65536 0"},
		{"HTTP/crm:99999999999", "crm HTTP/crm:99999999999 0"},
		{"ldap/DC01.corp.example/corp.example",
		 "dc01.corp.example ldap/DC01.corp.example/corp.example 0"},
		{"krbtgt/CORP.EXAMPLE", "- krbtgt/CORP.EXAMPLE 0"},
		{"kadmin/changepw", "- kadmin/changepw 0"},
		{"crmservice", "- crmservice 0"},
		{"HTTP/a b\x80", "a?b? HTTP/a?b? 0"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct der d = reply(i & 1 ? 0x6b : 0x6d, rows[i].sname, i * 40);
		struct lab lab;
		char want[256];

		snprintf(want, sizeof want, "krb-ticket 10.0.0.9<10.0.0.2 %s 0 1*1\n",
			 rows[i].want);
		assert_string_equal(told_of(&lab, d.p, d.n), want);
		lab_done(&lab);
		d = refusal(7, rows[i].sname);
		snprintf(want, sizeof want, "krb-error 10.0.0.9<10.0.0.2 %s 7 1*1\n", rows[i].want);
		assert_string_equal(told_of(&lab, d.p, d.n), want);
		lab_done(&lab);
	}
}

static void codes(void **state)
{
	for (unsigned code = 0; code < 128; code++) {
		struct der d = refusal((uint8_t)code, "HTTP/crm");
		struct lab lab;

		told_of(&lab, d.p, d.n);
		assert_int_equal(lab.n, code && code != 25 && code != 91);
		lab_done(&lab);
	}
}

/* Captured by hand of the specification: an AS-REQ and the refusal that answers it. */
static void vector(void **state)
{
	static const char request[] =
		"0000007d6a7b3079a103020105a20302010aa46d306ba00703050040810010a20e1b0c434f52502e45"
		"58414d504c45a3283026a003020102a11f301d1b04485454501b1563726d2e636f72702e6578616d70"
		"6c653a35353535a511180f32303337303931333032343830355aa70602041a2b3c4da80b3009020112"
		"020111020117";
	static const char answer[] =
		"000000667e643062a003020105a10302011ea411180f32303234303130313030303030305aa5040202"
		"0101a603020107a90e1b0c434f52502e4558414d504c45aa283026a003020102a11f301d1b04485454"
		"501b1563726d2e636f72702e6578616d706c653a35353535";
	uint8_t c[256], s[256];
	size_t n_c = unhex(request, c, sizeof c), n_s = unhex(answer, s, sizeof s);
	struct lab lab = lab_open(PROTO_TCP, 50000, 88, "kerberos");

	lab_say(&lab, CLIENT, c, n_c, true);
	lab_say(&lab, SERVER, s, n_s, true);
	assert_string_equal(lab_told(&lab), "krb-error 10.0.0.9<10.0.0.2 crm.corp.example "
					    "HTTP/crm.corp.example:5555 5555 7 2*1\n");
	lab_done(&lab);
	assert_string_equal(told_of(&lab, s + 4, n_s - 4),
			    "krb-error 10.0.0.9<10.0.0.2 crm.corp.example "
			    "HTTP/crm.corp.example:5555 5555 7 1*1\n");
	lab_done(&lab);
}

/* Cut at each length: never half a name; the ticket's is known before the rest of it. */
static void lengths(void **state)
{
	struct der d[] = {reply(0x6d, "HTTP/crm.corp.example", 0),
			  refusal(7, "HTTP/crm.corp.example")};

	for (unsigned i = 0; i < 2; i++) {
		size_t before = 0;

		for (size_t k = 0; k <= d[i].n; k++) {
			struct lab lab;

			told_of(&lab, d[i].p, k);
			assert_in_range(lab.n, before, 1);
			before = lab.n;
			if (lab.n)
				assert_non_null(
					strstr(out_str(&lab.told), " HTTP/crm.corp.example "));
			lab_done(&lab);
		}
		assert_int_equal(before, 1);
	}
	/* Every byte wrong in turn: nothing that is read lies outside, whatever it says. */
	for (size_t k = 0; k < d[0].n; k++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct der x = d[0];
			struct lab lab;

			x.p[k] ^= (uint8_t)(1 << bit);
			told_of(&lab, x.p, x.n);
			assert_in_range(lab.n, 0, 1);
			lab_done(&lab);
		}
}

static void pieces(void **state)
{
	struct der one = reply(0x6d, "HTTP/crm.corp.example", 700), two = refusal(7, "HTTP/crm");
	static const char want[] =
		"krb-ticket 10.0.0.9<10.0.0.2 crm.corp.example HTTP/crm.corp.example 0 0 1*1\n"
		"krb-error 10.0.0.9<10.0.0.2 crm HTTP/crm 0 7 1*1\n";
	uint8_t m[2048] = {0};
	size_t n = 0;

	m[2] = (uint8_t)(one.n >> 8);
	m[3] = (uint8_t)one.n;
	memcpy(m + 4, one.p, one.n);
	n = 4 + one.n;
	m[n + 3] = (uint8_t)two.n;
	memcpy(m + n + 4, two.p, two.n);
	n += 4 + two.n;
	for (size_t size = 1; size <= n; size++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 88, "kerberos");

		for (size_t i = 0; i < n; i += size) {
			lab.number = 0;
			lab_say(&lab, SERVER, m + i, n - i < size ? n - i : size, !i);
		}
		assert_string_equal(lab_told(&lab), want);
		lab_done(&lab);
	}
	for (size_t cut = 0; cut <= n; cut++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 88, "kerberos");

		lab_say(&lab, SERVER, m, cut, true);
		lab.number = 0;
		lab_say(&lab, SERVER, m + cut, n - cut, false);
		assert_string_equal(lab_told(&lab), want);
		lab_done(&lab);
	}
	/* Longer than what is kept of it: the name came before. */
	struct lab lab = lab_open(PROTO_TCP, 50000, 88, "kerberos");

	one = reply(0x6d, "HTTP/crm", 0);
	m[1] = 0x01; /* 64 KiB more than there is */
	memcpy(m + 4, one.p, one.n);
	lab_say(&lab, SERVER, m, 4 + one.n, true);
	assert_in_range(learn_stats(lab.l)->memory, 1, 64 << 10);
	assert_string_equal(lab_told(&lab), ""); /* and yet the message never came to its end */
	lab_done(&lab);
	/* No length. */
	lab = lab_open(PROTO_TCP, 50000, 88, "kerberos");
	lab_say(&lab, SERVER, (const uint8_t *)"\xff\xff\xff\xff", 4, true);
	lab_say(&lab, SERVER, m, 4 + one.n, false);
	assert_string_equal(lab_told(&lab), "");
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),   cmocka_unit_test(codes),  cmocka_unit_test(vector),
		cmocka_unit_test(lengths), cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
