// SPDX-License-Identifier: BSD-2-Clause
/* NetBIOS names that hosts register, own and list, and what says nothing of who has a name. */
#include "sight_lab.h"

struct msg {
	uint8_t p[1024];
	size_t n;
};

static void u16(struct msg *m, unsigned v)
{
	m->p[m->n++] = (uint8_t)(v >> 8);
	m->p[m->n++] = (uint8_t)v;
}

/* RFC 1001 14.1 */
static void encoded(struct msg *m, const char *name, uint8_t suffix)
{
	uint8_t raw[16];

	memset(raw, ' ', 15);
	memcpy(raw, name, strlen(name));
	raw[15] = suffix;
	m->p[m->n++] = 0x20;
	for (unsigned i = 0; i < 16; i++) {
		m->p[m->n++] = (uint8_t)('A' + (raw[i] >> 4));
		m->p[m->n++] = (uint8_t)('A' + (raw[i] & 15));
	}
	m->p[m->n++] = 0;
}

static struct msg head(unsigned flags, unsigned qd, unsigned an, unsigned ar)
{
	struct msg m = {.n = 0};

	u16(&m, 0x1234);
	u16(&m, flags);
	u16(&m, qd);
	u16(&m, an);
	u16(&m, 0);
	u16(&m, ar);
	return m;
}

static void record(struct msg *m, unsigned type, unsigned len)
{
	u16(m, type);
	u16(m, 1);
	u16(m, 0);
	u16(m, 300);
	u16(m, len);
}

static void owner(struct msg *m, unsigned flags, const char *address)
{
	struct addr a = A(address);

	u16(m, flags);
	memcpy(m->p + m->n, a.b + 12, 4);
	m->n += 4;
}

static struct msg registration(unsigned flags, const char *name, uint8_t suffix, unsigned nb)
{
	struct msg m = head(flags, 1, 0, 1);

	encoded(&m, name, suffix);
	u16(&m, 0x20);
	u16(&m, 1);
	u16(&m, 0xc00c);
	record(&m, 0x20, 6);
	owner(&m, nb, "10.0.0.9");
	return m;
}

static struct msg response(unsigned flags, const char *name, uint8_t suffix, unsigned owners)
{
	static const char *const who[] = {"10.0.0.2", "10.0.0.5", "0.0.0.0", "10.0.0.6"};
	struct msg m = head(flags, 0, 1, 0);

	encoded(&m, name, suffix);
	record(&m, 0x20, 6 * owners);
	for (unsigned i = 0; i < owners; i++)
		owner(&m, i == 1 ? 0xe000 : 0x6000, who[i]);
	return m;
}

static struct msg status(void)
{
	static const char names[][19] = {
		"SQL01          \x00\x04\x00", "CORP           \x00\x84\x00",
		"SQL01          \x20\x04\x00", "\x01\x02__MSBROWSE__\x02\x01\x84\x00"};
	struct msg m = head(0x8400, 0, 1, 0);

	encoded(&m, "*", 0);
	record(&m, 0x21, 1 + 4 * 18);
	m.p[m.n++] = 4;
	for (unsigned i = 0; i < 4; i++) {
		memcpy(m.p + m.n, names[i], 18);
		m.n += 18;
	}
	return m;
}

static const char *told_of(struct lab *lab, unsigned side, const struct msg *m, size_t n)
{
	*lab = lab_open(PROTO_UDP, 137, 137, "nbns");
	assert_non_null(lab->f);
	lab_say(lab, side, m->p, n, true);
	return lab_told(lab);
}

static void messages(void **state)
{
	const struct {
		const char *what;
		unsigned side;
		struct msg m;
		const char *want;
	} rows[] = {
		{"registration", CLIENT, registration(0x2910, "CRM01", 0x00, 0x0000),
		 "nbns-name 10.0.0.9<- crm01 - 0 0 1*1\n"},
		{"of a group", CLIENT, registration(0x2910, "CORP", 0x1c, 0x8000),
		 "nbns-name 10.0.0.9<- corp group 0 28 1*1\n"},
		{"refresh", CLIENT, registration(0x4000, "CRM01", 0x20, 0x6000),
		 "nbns-name 10.0.0.9<- crm01 - 0 32 1*1\n"},
		{"the other refresh", CLIENT, registration(0x4800, "CRM01", 0x20, 0x6000),
		 "nbns-name 10.0.0.9<- crm01 - 0 32 1*1\n"},
		{"of several addresses", CLIENT, registration(0x7900, "CRM01", 0x20, 0x6000),
		 "nbns-name 10.0.0.9<- crm01 - 0 32 1*1\n"},
		{"release", CLIENT, registration(0x3000, "CRM01", 0x20, 0x6000), ""},
		{"registration answered", SERVER, registration(0xad80, "CRM01", 0x20, 0x6000), ""},
		{"the owner answers", SERVER, response(0x8500, "SQL01", 0x20, 1),
		 "nbns-name 10.0.0.2<- sql01 - 0 32 1*1\n"},
		{"a name server answers", SERVER, response(0x8580, "CORP", 0x1c, 4),
		 "nbns-name 10.0.0.2<- corp - 0 28 1*1\n"
		 "nbns-name 10.0.0.5<10.0.0.2 corp group 0 28 1*1\n"
		 "nbns-name 10.0.0.6<10.0.0.2 corp - 0 28 1*1\n"},
		{"no such name", SERVER, response(0x8583, "SQL01", 0x20, 1), ""},
		{"status", SERVER, status(),
		 "nbns-name 10.0.0.2<- ??__msbrowse__? group 0 1 1*1\n"
		 "nbns-name 10.0.0.2<- corp group 0 0 1*1\n"
		 "nbns-name 10.0.0.2<- sql01 - 0 0 1*1\n"
		 "nbns-name 10.0.0.2<- sql01 - 0 32 1*1\n"},
		{"anybody", CLIENT, registration(0x2910, "*", 0x00, 0), ""},
		{"no name", CLIENT, registration(0x2910, "", 0x00, 0), ""},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab lab;

		told_of(&lab, rows[i].side, &rows[i].m, rows[i].m.n);
		if (strcmp(out_str(&lab.told), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].what, out_str(&lab.told));
		lab_done(&lab);

		size_t all = lab.n;

		for (size_t k = 0; k < rows[i].m.n; k++) {
			told_of(&lab, rows[i].side, &rows[i].m, k);
			assert_in_range(lab.n, 0, all);
			lab_done(&lab);
		}
	}
}

/* The question of the vectors of the specification asks, and tells nothing. */
static void question(void **state)
{
	struct msg m = {.n = 0};
	struct lab lab;

	m.n = unhex("8001011000010000000000002046444642454d4441444243414341434143414341434143414341"
		    "43414341430000200001",
		    m.p, sizeof m.p);
	assert_string_equal(told_of(&lab, CLIENT, &m, m.n), "");
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
