// SPDX-License-Identifier: BSD-2-Clause
/* What a domain controller answers to a ping (MS-ADTS 6.3.1.9), whole, cut and hostile. */
#include "sight_lab.h"

/* LOGON_SAM_LOGON_RESPONSE_EX: DC01 of corp.example, forest example. */
static const char value[] = "1700"
			    "0000"
			    "fdf30300"                         /* opcode, sbz, flags */
			    "00112233445566778899aabbccddeeff" /* domain's GUID */
			    "076578616d706c6500"               /* forest at 24: example */
			    "04636f7270c018"                   /* domain at 33: corp + example */
			    "0444433031c021"                   /* host at 40: DC01 + corp.example */
			    "04434f525000"
			    "044443303100"
			    "00" /* NetBIOS names, user */
			    "0748656164717200"
			    "c03c" /* sites */
			    "05000000"
			    "ffff"
			    "ffff";

static size_t answer(const char *attribute, const char *hex, bool windows, uint8_t *p, size_t cap)
{
	uint8_t v[512], inner[700];
	size_t n_v = unhex(hex, v, sizeof v), n = 0, name = strlen(attribute);

	/* 31 { 04 value }, as Windows writes lengths: 84 and four octets */
	inner[n++] = 0x30;
	inner[n++] = 0x84;
	n += 4;
	inner[n++] = 0x04;
	inner[n++] = (uint8_t)name;
	memcpy(inner + n, attribute, name);
	n += name;
	for (unsigned i = 0; i < 2; i++) {
		size_t len = i ? n_v : n_v + (windows ? 6 : 3);

		inner[n++] = i ? 0x04 : 0x31;
		if (windows) {
			memcpy(inner + n, "\x84\x00\x00", 3);
			inner[n + 3] = (uint8_t)(len >> 8);
			inner[n + 4] = (uint8_t)len;
			n += 5;
		} else {
			inner[n++] = 0x81;
			inner[n++] = (uint8_t)len;
		}
	}
	memcpy(inner + n, v, n_v);
	n += n_v;
	memcpy(inner + 2, "\x00\x00\x00", 3);
	inner[5] = (uint8_t)(n - 6);

	/* 30 { 02 01 01, 64 { 04 00, 30 { inner } } } */
	static const uint8_t front[] = {0x30, 0x82, 0,    0,    0x02, 0x01, 0x01, 0x64, 0x82,
					0,    0,    0x04, 0x00, 0x30, 0x82, 0,    0};

	assert_true(sizeof front + n <= cap);
	memcpy(p, front, sizeof front);
	memcpy(p + sizeof front, inner, n);
	p[15] = (uint8_t)(n >> 8);
	p[16] = (uint8_t)n;
	p[9] = (uint8_t)((n + 6) >> 8);
	p[10] = (uint8_t)(n + 6);
	p[2] = (uint8_t)((n + 13) >> 8);
	p[3] = (uint8_t)(n + 13);
	return sizeof front + n;
}

static const char *told_of(struct lab *lab, const uint8_t *p, size_t n)
{
	*lab = lab_open(PROTO_UDP, 50000, 389, "cldap");
	assert_non_null(lab->f);
	lab_say(lab, SERVER, p, n, true);
	return lab_told(lab);
}

static void answers(void **state)
{
	static const char want[] =
		"netlogon 10.0.0.2<- dc01.corp.example corp.example 0 62461 1*1\n";
	const struct {
		const char *attribute, *value, *want;
	} rows[] = {
		{"Netlogon", value, want},
		{"netlogon", value, want},
		{"Netlogons", value, ""},
		{"Netlogo", value, ""},
		{"Netlogon", "", ""},
		/* opcode 25: the account is unknown there, the server is itself all the same */
		{"Netlogon",
		 "19000000fdf3030000112233445566778899aabbccddeeff0161000162000163000000000000",
		 "netlogon 10.0.0.2<- c b 0 62461 1*1\n"},
		{"Netlogon",
		 "13000000fdf3030000112233445566778899aabbccddeeff0161000162000163000000000000",
		 ""},
		/* a name that points to itself, forward, and into the head */
		{"Netlogon", "17000000fdf3030000112233445566778899aabbccddeeff0161000162000163c020",
		 ""},
		{"Netlogon", "17000000fdf3030000112233445566778899aabbccddeeff0161000162000163c030",
		 ""},
		{"Netlogon", "17000000fdf3030000112233445566778899aabbccddeeff0161000162000163c004",
		 ""},
		/* without a host name */
		{"Netlogon", "17000000fdf3030000112233445566778899aabbccddeeff01610001620000", ""},
	};
	uint8_t p[1024];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (unsigned windows = 0; windows < 2; windows++) {
			size_t n = answer(rows[i].attribute, rows[i].value, windows, p, sizeof p);
			struct lab lab;

			if (strcmp(told_of(&lab, p, n), rows[i].want) != 0)
				fail_msg("row %zu: %s", i, out_str(&lab.told));
			lab_done(&lab);
		}
}

static void lengths(void **state)
{
	uint8_t p[1024];
	size_t n = answer("Netlogon", value, true, p, sizeof p), before = 0;

	for (size_t k = 0; k <= n; k++) {
		struct lab lab;

		told_of(&lab, p, k);
		assert_in_range(lab.n, before, 1);
		before = lab.n;
		lab_done(&lab);
	}
	assert_int_equal(before, 1);
	for (size_t k = 0; k < n; k++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct lab lab;

			p[k] ^= (uint8_t)(1 << bit);
			told_of(&lab, p, n);
			p[k] ^= (uint8_t)(1 << bit);
			lab_done(&lab);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(lengths)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
