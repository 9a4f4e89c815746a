// SPDX-License-Identifier: BSD-2-Clause
/* Names in NTLM challenges (MS-NLMP 2.2.1.2): alone, in SMB 2, in SMB 1 and in a bind_ack. */
#include "sight_lab.h"

#include "learn/ntlm.h"

struct blob {
	uint8_t p[2048];
	size_t n;
};

static void le(struct blob *b, uint32_t v, unsigned octets)
{
	while (octets--) {
		b->p[b->n++] = (uint8_t)v;
		v >>= 8;
	}
}

static void pair(struct blob *b, unsigned id, const char *z)
{
	le(b, id, 2);
	le(b, (uint32_t)(2 * strlen(z)), 2);
	for (; *z; z++)
		le(b, (uint8_t)*z, 2);
}

struct names {
	const char *nb, *dns, *domain; /* NULL: not there */
};

static struct blob challenge(const struct names *x, unsigned type)
{
	struct blob b = {.n = 0};
	size_t info;

	memcpy(b.p, "NTLMSSP", 8);
	b.n = 8;
	le(&b, type, 4);
	le(&b, 0, 8);
	le(&b, 0xe28a8215, 4);
	le(&b, 0, 8 + 8);
	info = b.n;
	le(&b, 0, 8 + 8);
	pair(&b, 2, "CORP");
	if (x->nb)
		pair(&b, 1, x->nb);
	if (x->domain)
		pair(&b, 4, x->domain);
	if (x->dns)
		pair(&b, 3, x->dns);
	le(&b, 0, 4);
	b.p[info] = b.p[info + 2] = (uint8_t)(b.n - 56);
	b.p[info + 1] = b.p[info + 3] = (uint8_t)((b.n - 56) >> 8);
	b.p[info + 4] = 56;
	return b;
}

static const struct names sql = {"SQL01", "SQL01.corp.example", "corp.example"};
#define WANT "ntlm-name 10.0.0.2<- sql01.corp.example corp.example 0 0 1*1\n"

/* In front of it what SPNEGO puts there. */
static const char *told_of(struct lab *lab, const struct blob *b, size_t n, size_t before)
{
	uint8_t *p = calloc(1, n + before + 1);
	struct evidence at = {.number = 1};

	assert_non_null(p);
	memcpy(p + before, b->p, n);
	*lab = lab_open(PROTO_TCP, 50000, 445, "");
	assert_non_null(lab->f);
	ntlm_credentials(lab->f, SERVER, rd_over(p, n + before), &at);
	free(p);
	return lab_told(lab);
}

static void challenges(void **state)
{
	static const struct {
		struct names x;
		const char *want;
	} rows[] = {
		{{"SQL01", "SQL01.corp.example", "corp.example"}, WANT},
		{{"SQL01", NULL, NULL}, "ntlm-name 10.0.0.2<- sql01 - 0 0 1*1\n"},
		{{"SQL01", "", ""}, "ntlm-name 10.0.0.2<- sql01 - 0 0 1*1\n"},
		{{NULL, NULL, NULL}, ""},
		{{"SQL 01\x80", NULL, NULL}, "ntlm-name 10.0.0.2<- sql?01? - 0 0 1*1\n"},
	};
	struct lab lab;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct blob b = challenge(&rows[i].x, 2);

		for (size_t before = 0; before < 40; before += 13) {
			assert_string_equal(told_of(&lab, &b, b.n, before), rows[i].want);
			lab_done(&lab);
		}
	}
	for (unsigned type = 0; type < 5; type++) {
		struct blob b = challenge(&sql, type);

		assert_string_equal(told_of(&lab, &b, b.n, 0), type == 2 ? WANT : "");
		lab_done(&lab);
	}
}

static void lengths(void **state)
{
	struct blob b = challenge(&sql, 2);
	struct lab lab;
	size_t before = 0;

	/* A value is read whole or not at all. */
	for (size_t k = 0; k <= b.n; k++) {
		told_of(&lab, &b, k, 3);
		assert_in_range(lab.n, before, 1);
		before = lab.n;
		if (lab.n)
			assert_true(strstr(out_str(&lab.told), " sql01 ") ||
				    strstr(out_str(&lab.told), " sql01.corp.example "));
		lab_done(&lab);
	}
	assert_string_equal(told_of(&lab, &b, b.n, 3), WANT);
	lab_done(&lab);
	for (size_t k = 0; k < b.n; k++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct blob x = b;

			x.p[k] ^= (uint8_t)(1 << bit);
			told_of(&lab, &x, x.n, 0);
			lab_done(&lab);
		}
}

/* A frame of the session service with the answer to a session setup (MS-SMB2 2.2.6). */
static struct blob smb2(const struct blob *c, uint32_t status)
{
	struct blob b = {.n = 4};

	le(&b, 0x424d53fe, 4);
	le(&b, 64, 2);
	le(&b, 1, 2);
	le(&b, status, 4);
	le(&b, 1, 2);
	le(&b, 1, 2);
	le(&b, 1, 4);
	le(&b, 0, 4);
	b.n += 64 - 24;
	le(&b, 9, 2);
	le(&b, 0, 2);
	le(&b, 72, 2);
	le(&b, (uint32_t)c->n, 2);
	memcpy(b.p + b.n, c->p, c->n);
	b.n += c->n;
	b.p[2] = (uint8_t)((b.n - 4) >> 8);
	b.p[3] = (uint8_t)(b.n - 4);
	return b;
}

/* MS-SMB 2.2.4.6.2 */
static struct blob smb1(const struct blob *c, uint32_t status)
{
	struct blob b = {.n = 4};

	le(&b, 0x424d53ff, 4);
	le(&b, 0x73, 1);
	le(&b, status, 4);
	le(&b, 0x88, 1);
	b.n += 32 - 10;
	le(&b, 4, 1);
	le(&b, 0xff, 2);
	le(&b, 0, 2);
	le(&b, 0, 2);
	le(&b, (uint32_t)c->n, 2);
	le(&b, (uint32_t)c->n, 2);
	memcpy(b.p + b.n, c->p, c->n);
	b.n += c->n;
	b.p[2] = (uint8_t)((b.n - 4) >> 8);
	b.p[3] = (uint8_t)(b.n - 4);
	return b;
}

/* C706 12.6.4.4, MS-RPCE 2.2.2.11: one result, and credentials of this type */
static struct blob bind_ack(const struct blob *c, uint8_t type)
{
	struct blob b = {.n = 0};

	b.n += unhex("05000c03100000000000000001000000d016d01634120000040031333500000001000000"
		     "00000000045d888aeb1cc9119fe808002b10486002000000",
		     b.p, sizeof b.p);
	le(&b, type, 1);
	le(&b, 5, 1);
	le(&b, 0, 6);
	b.p[10] = (uint8_t)c->n;
	b.p[11] = (uint8_t)(c->n >> 8);
	memcpy(b.p + b.n, c->p, c->n);
	b.n += c->n;
	b.p[8] = (uint8_t)b.n;
	b.p[9] = (uint8_t)(b.n >> 8);
	return b;
}

static void carried(void **state)
{
	const uint32_t more = 0xc0000016;
	struct blob c = challenge(&sql, 2);
	const struct {
		const char *what;
		uint16_t port;
		const char *app;
		struct blob b;
		bool told;
	} rows[] = {
		{"SMB 2", 445, "smb2", smb2(&c, more), true},
		{"SMB 2, done", 445, "smb2", smb2(&c, 0), false},
		{"SMB 1", 139, "smb1", smb1(&c, more), true},
		{"SMB 1, done", 139, "smb1", smb1(&c, 0), false},
		{"bind_ack, NTLM", 135, "dcerpc", bind_ack(&c, 10), true},
		{"bind_ack, SPNEGO", 135, "dcerpc", bind_ack(&c, 9), true},
		{"bind_ack, Kerberos", 135, "dcerpc", bind_ack(&c, 16), false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct blob *b = &rows[i].b;
		struct lab lab;

		for (size_t size = 1; size <= b->n; size++) {
			lab = lab_open(PROTO_TCP, 50000, rows[i].port, rows[i].app);
			assert_non_null(lab.f);
			for (size_t at = 0; at < b->n; at += size) {
				lab.number = 0;
				lab_say(&lab, SERVER, b->p + at,
					b->n - at < size ? b->n - at : size, !at);
			}
			if (strcmp(lab_told(&lab), rows[i].told ? WANT : "") != 0)
				fail_msg("%s by %zu: %s", rows[i].what, size, out_str(&lab.told));
			lab_done(&lab);
		}
		for (size_t cut = 0; cut < b->n; cut++) {
			lab = lab_open(PROTO_TCP, 50000, rows[i].port, rows[i].app);
			lab_say(&lab, SERVER, b->p, cut, true);
			lab_told(&lab);
			assert_in_range(lab.n, 0, 1);
			lab_done(&lab);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges),
		cmocka_unit_test(lengths),
		cmocka_unit_test(carried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
