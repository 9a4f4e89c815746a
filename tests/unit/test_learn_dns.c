// SPDX-License-Identifier: BSD-2-Clause
/* What is learned of answers of name servers: which of them count, names in pieces, and hostile
 * ones. */
#include "sight_lab.h"

struct msg {
	uint8_t p[4096];
	size_t n;
};

static void u16(struct msg *m, unsigned v)
{
	m->p[m->n++] = (uint8_t)(v >> 8);
	m->p[m->n++] = (uint8_t)v;
}

static void name(struct msg *m, const char *z)
{
	while (*z) {
		size_t n = strcspn(z, ".");

		m->p[m->n++] = (uint8_t)n;
		memcpy(m->p + m->n, z, n);
		m->n += n;
		z += n + (z[n] == '.');
	}
	m->p[m->n++] = 0;
}

enum { A_ = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, TXT = 16, AAAA = 28, SRV = 33 };

/* "type name data" a record; data of SRV is "port host". Sections end at "-". */
struct rr {
	int type; /* 0: the next section */
	const char *name, *data;
	uint16_t port;
};

static void record(struct msg *m, const struct rr *r)
{
	size_t len;

	name(m, r->name);
	u16(m, (unsigned)r->type);
	u16(m, 1);
	u16(m, 0);
	u16(m, 300);
	len = m->n;
	u16(m, 0);
	if (r->type == A_) {
		struct addr a = A(r->data);

		memcpy(m->p + m->n, a.b + 12, 4);
		m->n += 4;
	} else if (r->type == AAAA) {
		struct addr a = A(r->data);

		memcpy(m->p + m->n, a.b, 16);
		m->n += 16;
	} else if (r->type == SRV) {
		u16(m, 0);
		u16(m, 100);
		u16(m, r->port);
		name(m, r->data);
	} else {
		name(m, r->data);
	}
	m->p[len] = (uint8_t)((m->n - len - 2) >> 8);
	m->p[len + 1] = (uint8_t)(m->n - len - 2);
}

static struct msg answer(uint16_t flags, int qtype, const char *asked, const struct rr *rr)
{
	struct msg m = {.n = 0};
	unsigned count[3] = {0}, section = 0;

	u16(&m, 0x1234);
	u16(&m, flags);
	u16(&m, 1);
	for (const struct rr *r = rr; r && (r->type || r->name); r++) {
		section += !r->type;
		count[section] += r->type != 0;
	}
	for (unsigned i = 0; i < 3; i++)
		u16(&m, count[i]);
	name(&m, asked);
	u16(&m, (unsigned)qtype);
	u16(&m, 1);
	for (const struct rr *r = rr; r && (r->type || r->name); r++)
		if (r->type)
			record(&m, r);
	return m;
}

#define NEXT                    \
	{                       \
		0, "-", NULL, 0 \
	}
#define DC_HOST "dc01.corp.example"

static const struct row {
	const char *what;
	uint16_t flags;
	int qtype;
	const char *asked;
	struct rr rr[8];
	const char *want;
} rows[] = {
	{"an address",
	 0x8180,
	 A_,
	 "CRM01.Corp.Example",
	 {{A_, "CRM01.Corp.Example", "10.0.0.5", 0}},
	 "dns-address 10.0.0.5<10.0.0.2 crm01.corp.example - 0 0 1*1\n"},
	{"both families",
	 0x8180,
	 A_,
	 "crm01",
	 {{A_, "crm01", "192.168.7.5", 0}, {AAAA, "crm01", "fd00::5", 0}},
	 "dns-address 192.168.7.5<10.0.0.2 crm01 - 0 0 1*1\n"
	 "dns-address fd00::5<10.0.0.2 crm01 - 0 0 1*1\n"},
	{"of the Internet, blocked, or of a link",
	 0x8180,
	 A_,
	 "www",
	 {{A_, "www", "93.184.216.34", 0},
	  {AAAA, "www", "2606:2800:220:1::1", 0},
	  {A_, "www", "0.0.0.0", 0},
	  {A_, "www", "127.0.0.1", 0},
	  {AAAA, "www", "fe80::1", 0},
	  {AAAA, "www", "::ffff:10.0.0.5", 0}},
	 ""},
	{"a name that leads to a host",
	 0x8180,
	 A_,
	 "crm.corp.example",
	 {{CNAME, "crm.corp.example", "crm01.corp.example", 0},
	  {A_, "crm01.corp.example", "10.0.0.5", 0}},
	 "dns-address 10.0.0.5<10.0.0.2 crm01.corp.example - 0 0 1*1\n"
	 "dns-alias -<10.0.0.2 crm.corp.example crm01.corp.example 0 0 1*1\n"},
	{"one that leads to the Internet",
	 0x8180,
	 A_,
	 "www.example",
	 {{CNAME, "www.example", "cdn.example", 0}, {A_, "cdn.example", "93.184.216.34", 0}},
	 ""},
	{"one that leads nowhere",
	 0x8180,
	 AAAA,
	 "www.example",
	 {{CNAME, "www.example", "cdn.example", 0}},
	 ""},
	{"one that was asked for",
	 0x8180,
	 CNAME,
	 "crm.corp.example",
	 {{CNAME, "crm.corp.example", "crm01.corp.example", 0}},
	 "dns-alias -<10.0.0.2 crm.corp.example crm01.corp.example 0 0 1*1\n"},
	{"a pointer",
	 0x8180,
	 PTR,
	 "5.0.0.10.in-addr.arpa",
	 {{PTR, "5.0.0.10.in-addr.arpa", "crm01.corp.example", 0}},
	 "dns-pointer 10.0.0.5<10.0.0.2 crm01.corp.example - 0 0 1*1\n"},
	{"a pointer of IPv6",
	 0x8180,
	 PTR,
	 "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.F.ip6.arpa",
	 {{PTR, "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.F.ip6.arpa",
	   "crm01.corp.example", 0}},
	 "dns-pointer fd00::5<10.0.0.2 crm01.corp.example - 0 0 1*1\n"},
	{"pointers that are none",
	 0x8180,
	 PTR,
	 "x",
	 {{PTR, "5.0.0.in-addr.arpa", "a", 0},
	  {PTR, "256.0.0.10.in-addr.arpa", "a", 0},
	  {PTR, "1.5.0.0.10.in-addr.arpa", "a", 0},
	  {PTR, "lb._dns-sd._udp.corp.example", "a", 0},
	  {PTR, "5.0.ip6.arpa", "a", 0},
	  {PTR, "34.216.184.93.in-addr.arpa", "a", 0}},
	 ""},
	{"a service, and where its host is",
	 0x8580,
	 SRV,
	 "_ldap._tcp.dc._msdcs.corp.example",
	 {{SRV, "_ldap._tcp.dc._msdcs.corp.example", DC_HOST, 389},
	  NEXT,
	  {NS, "corp.example", DC_HOST, 0},
	  NEXT,
	  {A_, DC_HOST, "10.0.0.2", 0},
	  {A_, DC_HOST, "203.0.113.5", 0}},
	 "dns-address 10.0.0.2<10.0.0.2 dc01.corp.example - 0 0 1*1\n"
	 "dns-address 203.0.113.5<10.0.0.2 dc01.corp.example - 0 0 1*1\n"
	 "dns-service -<10.0.0.2 dc01.corp.example _ldap._tcp.dc._msdcs.corp.example 389 0 1*1\n"},
	{"no such service",
	 0x8580,
	 SRV,
	 "_sip._tcp.corp.example",
	 {{SRV, "_sip._tcp.corp.example", "", 0}},
	 ""},
	{"authority is not read", 0x8180, A_, "x", {NEXT, {A_, "x", "10.0.0.5", 0}}, ""},
	{"no such name",
	 0x8183,
	 SRV,
	 "_ldap._tcp.corp.example",
	 {NEXT, {SOA, "corp.example", "x", 0}},
	 "dns-error 10.0.0.9<10.0.0.2 - _ldap._tcp.corp.example 33 3 1*1\n"},
	{"server failure",
	 0x8182,
	 A_,
	 "SQL01.corp.example.",
	 {{0}},
	 "dns-error 10.0.0.9<10.0.0.2 - sql01.corp.example 1 2 1*1\n"},
	{"refused", 0x8185, AAAA, "sql01", {{0}}, "dns-error 10.0.0.9<10.0.0.2 - sql01 28 5 1*1\n"},
	{"an address without a name",
	 0x8183,
	 PTR,
	 "5.0.0.10.in-addr.arpa",
	 {{0}},
	 "dns-error 10.0.0.9<10.0.0.2 - 5.0.0.10.in-addr.arpa 12 3 1*1\n"},
	{"one of the Internet", 0x8183, PTR, "34.216.184.93.in-addr.arpa", {{0}}, ""},
	{"not implemented", 0x8184, A_, "sql01", {{0}}, ""},
	{"a question", 0x0100, A_, "sql01", {{A_, "sql01", "10.0.0.5", 0}}, ""},
	{"an update refused", 0xa805, SOA, "corp.example", {{0}}, ""},
};

static void answers(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct msg m = answer(rows[i].flags, rows[i].qtype, rows[i].asked, rows[i].rr);
		struct lab lab = lab_open(PROTO_UDP, 50000, 53, "dns");

		assert_non_null(lab.f);
		lab_say(&lab, SERVER, m.p, m.n, true);
		if (strcmp(lab_told(&lab), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].what, lab_told(&lab));
		lab_done(&lab);

		/* From the other side it is no answer. */
		lab = lab_open(PROTO_UDP, 50000, 53, "dns");
		lab_say(&lab, CLIENT, m.p, m.n, true);
		assert_string_equal(lab_told(&lab), "");
		lab_done(&lab);
	}
}

static struct msg service_answer(void)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (!strcmp(rows[i].what, "a service, and where its host is"))
			return answer(rows[i].flags, rows[i].qtype, rows[i].asked, rows[i].rr);
	abort();
}

/* Cut by the capture: the records that are whole. */
static void lengths(void **state)
{
	struct msg m = service_answer();
	size_t before = 0;

	for (size_t k = 0; k <= m.n; k++) {
		struct lab lab = lab_open(PROTO_UDP, 50000, 53, "dns");

		lab_say(&lab, SERVER, m.p, k, true);
		lab_told(&lab);
		assert_in_range(lab.n, before, before + 1);
		before = lab.n;
		lab_done(&lab);
	}
	assert_int_equal(before, 3);
}

/* Over TCP: two messages, in pieces at every place and of every size. */
static void pieces(void **state)
{
	struct msg one = service_answer(), m = {.n = 0};
	struct rr crm[] = {{A_, "crm01", "10.0.0.5", 0}, {0}};
	struct msg two = answer(0x8180, A_, "crm01", crm);
	char want[1024];

	u16(&m, (unsigned)one.n);
	memcpy(m.p + m.n, one.p, one.n);
	m.n += one.n;
	u16(&m, (unsigned)two.n);
	memcpy(m.p + m.n, two.p, two.n);
	m.n += two.n;

	for (size_t size = 1; size <= m.n; size++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 53, "dns");

		for (size_t i = 0; i < m.n; i += size) {
			lab.number = 0; /* the pieces are one packet's */
			lab_say(&lab, SERVER, m.p + i, m.n - i < size ? m.n - i : size, !i);
		}
		lab_told(&lab);
		assert_int_equal(lab.n, 4);
		if (size == 1)
			snprintf(want, sizeof want, "%s", out_str(&lab.told));
		assert_string_equal(out_str(&lab.told), want);
		lab_done(&lab);
	}
	for (size_t cut = 0; cut <= m.n; cut++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 53, "dns");

		lab.number = 0;
		lab_say(&lab, SERVER, m.p, cut, true);
		lab.number = 0;
		lab_say(&lab, SERVER, m.p + cut, m.n - cut, false);
		assert_string_equal(lab_told(&lab), want);
		lab_done(&lab);
	}
	/* Bytes missing: the message that they are of is lost, the next one is not. */
	for (size_t hole = 1; hole <= one.n; hole++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 53, "dns");

		lab_say(&lab, SERVER, m.p, 2, true);
		learn_gap(lab.f, SERVER, hole);
		lab_say(&lab, SERVER, m.p + 2 + hole, m.n - 2 - hole, false);
		assert_string_equal(lab_told(&lab),
				    "dns-address 10.0.0.5<10.0.0.2 crm01 - 0 0 2*1\n");
		lab_done(&lab);
	}
	/* Nobody knows how many, or more than the message has. */
	for (unsigned i = 0; i < 2; i++) {
		struct lab lab = lab_open(PROTO_TCP, 50000, 53, "dns");

		lab_say(&lab, SERVER, m.p, 20, true);
		learn_gap(lab.f, SERVER, i ? m.n : 0);
		lab_say(&lab, SERVER, m.p, m.n, false);
		assert_string_equal(lab_told(&lab), "");
		lab_done(&lab);
	}
	/* Joined in its middle: where a packet begins with a whole message, and only there. */
	struct lab lab = lab_open(PROTO_TCP, 50000, 53, "dns");

	lab_say(&lab, SERVER, m.p, m.n, false);
	assert_string_equal(lab_told(&lab), want);
	lab_done(&lab);
	lab = lab_open(PROTO_TCP, 50000, 53, "dns");
	lab_say(&lab, SERVER, m.p, 9, false);
	lab_say(&lab, SERVER, m.p + 9, m.n - 9, false);
	assert_string_equal(lab_told(&lab), "");
	lab_done(&lab);
}

/* Compressed names (RFC 1035 4.1.4): the question is at 12, the record's own name at `at`. */
static void compressed(void **state)
{
	static const struct {
		const char *owner; /* hex */
		const char *want;
	} table[] = {
		{"c00c", "a.bc"},     {"0178c00c", "x.a.bc"},
		{"0178c00e", "x.bc"}, {"c010", ""}, /* into a label: "c", which is no length */
		{"c011", ""},                       /* the root: no name */
		{"c016", ""},                       /* itself */
		{"0178c016", ""},                   /* its own beginning */
		{"0178c018", ""},                   /* the pointer itself */
		{"c020", ""},                       /* forward */
		{"cfff", ""},                       /* beyond */
		{"c000", ""},                       /* the header */
		{"40", ""},                         /* what RFC 2671 had, and 80 nobody */
		{"80", ""},
	};

	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		uint8_t p[128];
		char hex[256];
		char want[96] = "";
		struct lab lab = lab_open(PROTO_UDP, 50000, 53, "dns");

		snprintf(hex, sizeof hex,
			 "12348180000100010000000001610262630000010001%s00010001000000000004"
			 "0a000005",
			 table[i].owner);
		lab_say(&lab, SERVER, p, unhex(hex, p, sizeof p), true);
		if (*table[i].want)
			snprintf(want, sizeof want, "dns-address 10.0.0.5<10.0.0.2 %s - 0 0 1*1\n",
				 table[i].want);
		if (strcmp(lab_told(&lab), want) != 0)
			fail_msg("%s: %s", table[i].owner, out_str(&lab.told));
		lab_done(&lab);
	}

	/* A ladder of pointers, each to the one before; and labels that add up to more than a name.
	 */
	for (unsigned steps = 1; steps < 200; steps++) {
		struct msg m = {.n = 0};
		struct lab lab = lab_open(PROTO_UDP, 50000, 53, "dns");

		u16(&m, 1);
		u16(&m, 0x8180);
		u16(&m, 0);
		u16(&m, steps);
		u16(&m, 0);
		u16(&m, 0);
		for (unsigned k = 0, last = 0; k < steps; k++) {
			unsigned here = (unsigned)m.n;

			m.p[m.n++] = 1;
			m.p[m.n++] = 'a';
			if (k)
				u16(&m, 0xc000 | last);
			else
				m.p[m.n++] = 0;
			last = here;
			u16(&m, 1);
			u16(&m, 1);
			u16(&m, 0);
			u16(&m, 0);
			u16(&m, 4);
			u16(&m, 0x0a00);
			u16(&m, 5);
		}
		lab_say(&lab, SERVER, m.p, m.n, true);
		lab_told(&lab);
		/* 127 labels of one letter fill a name; names beyond SIGHTING_NAME are cut to one.
		 */
		assert_int_equal(lab.n, steps < 64 ? steps : 64);
		lab_done(&lab);
	}
}

/* Pointers to pointers: as many as a name can have of use, and no more. The question's name is at
 * 12, and the ladder is the data of a record of another type. */
static void ladders(void **state)
{
	for (unsigned steps = 126; steps < 131; steps++) {
		struct msg m = {.n = 0};
		struct lab lab = lab_open(PROTO_UDP, 50000, 53, "dns");
		unsigned last = 12;

		u16(&m, 1);
		u16(&m, 0x8180);
		u16(&m, 1);
		u16(&m, 2);
		u16(&m, 0);
		u16(&m, 0);
		name(&m, "crm01");
		u16(&m, A_);
		u16(&m, 1);
		m.p[m.n++] = 0;
		u16(&m, TXT);
		u16(&m, 1);
		u16(&m, 0);
		u16(&m, 0);
		u16(&m, 2 * (steps - 1));
		for (unsigned k = 1; k < steps; k++) {
			unsigned here = (unsigned)m.n;

			u16(&m, 0xc000 | last);
			last = here;
		}
		u16(&m, 0xc000 | last);
		u16(&m, A_);
		u16(&m, 1);
		u16(&m, 0);
		u16(&m, 0);
		u16(&m, 4);
		u16(&m, 0x0a00);
		u16(&m, 5);
		lab_say(&lab, SERVER, m.p, m.n, true);
		lab_told(&lab);
		assert_int_equal(lab.n, steps <= 128);
		lab_done(&lab);
	}
}

/* By this learner. Where TLS has the port, its own learner wants it: for the certificate. */
static void wanted(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t from, to;
		const char *app;
		bool want;
	} table[] = {
		{PROTO_UDP, 50000, 53, "dns", true},      {PROTO_UDP, 53, 53, "dns", true},
		{PROTO_TCP, 50000, 53, "dns", true},      {PROTO_UDP, 50000, 53, "", false},
		{PROTO_UDP, 50000, 54, "dns", false},     {PROTO_UDP, 5353, 5353, "mdns", false},
		{PROTO_UDP, 50000, 5355, "llmnr", false}, {PROTO_TCP, 50000, 53, "ssh", false},
	};

	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		struct lab lab = lab_open(table[i].proto, table[i].from, table[i].to, table[i].app);

		assert_int_equal(lab.f != NULL, table[i].want);
		lab_done(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),    cmocka_unit_test(lengths), cmocka_unit_test(pieces),
		cmocka_unit_test(compressed), cmocka_unit_test(ladders), cmocka_unit_test(wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
