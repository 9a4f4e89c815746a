// SPDX-License-Identifier: BSD-2-Clause
/* Roles by traffic: each row of the table of signs, and everything that must not be taken for one.
 */
#include "infer_lab.h"

#define HOST "10.20.1.11"
#define PEER "10.20.9.%u"

/* ------------------------------------------------------------------ each row */

static const char *peer(unsigned i)
{
	static char buf[8][ADDR_TEXT];
	char *b = buf[i % 8];

	snprintf(b, ADDR_TEXT, PEER, i + 1);
	return b;
}

/* Makes what the clue is about; `fewer`: one host less than it takes. */
static void satisfy(struct lab *l, const struct clue *c, bool fewer)
{
	unsigned peers = (c->peers ? c->peers : 1) - fewer;
	const struct rpc_iface_row *row;
	struct sighting *s;
	struct grant *g;
	char text[SIGHTING_NAME];

	switch (c->of) {
	case CLUE_ANSWERS:
	case CLUE_CALLS:
		for (unsigned i = 0; i < peers; i++) {
			bool calls = c->of == CLUE_CALLS;
			struct conv *v = lab_conv(l, calls ? HOST : peer(i), calls ? peer(i) : HOST,
						  TCP, c->port[0] ? c->port[0] : 4000, c->app[0]);

			v->app[0].signs = c->signs;
			v->app[0].flows = 3;
		}
		break;
	case CLUE_BOUND:
		row = rpc_iface_by_name(c->text);
		assert_non_null(row);
		if (fewer)
			break;
		struct conv *v = lab_conv(l, peer(0), HOST, TCP, 49700, "dcerpc");

		memcpy(conv_more(v)->iface[0].uuid, row->uuid, 16);
		v->more->n_iface = 1;
		break;
	case CLUE_GRANTS:
	case CLUE_BROWSER:
		if (fewer)
			break;
		g = &l->g[l->n_g++];
		*g = (struct grant){
			.server = A(HOST), .client = A(peer(0)), .n = 1, .first = {T(5), 0, 77}};
		g->g.how = c->of == CLUE_BROWSER ? GRANT_SQL_BROWSER : GRANT_EPM;
		g->g.proto = GRANTED_TCP;
		g->g.port = 49701;
		if (c->of == CLUE_GRANTS) {
			row = rpc_iface_by_name(c->text);
			assert_non_null(row);
			memcpy(g->g.uuid, row->uuid, 16);
			g->g.has_iface = true;
		}
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL); /* it must be there */
		break;
	case CLUE_PING:
		if (fewer)
			break;
		s = lab_sight(l, SIGHT_NETLOGON, HOST, NULL, "dc01.corp.example", "corp.example");
		s->code = (uint16_t)c->signs;
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL);
		break;
	case CLUE_SRV:
	case CLUE_TICKET:
		if (fewer)
			break;
		lab_sight(l, SIGHT_DNS_ADDRESS, HOST, "10.1.1.1", "h.corp.example", NULL);
		snprintf(text, sizeof text, "%s%s", c->text,
			 c->of == CLUE_TICKET ? "/h.corp.example" : "");
		for (char *z = text; *z; z++)
			*z = *z == '*' ? 'x' : *z;
		lab_sight(l, c->of == CLUE_SRV ? SIGHT_DNS_SERVICE : SIGHT_KRB_TICKET,
			  c->of == CLUE_SRV ? NULL : peer(3), "10.1.1.1", "h.corp.example", text);
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL);
		break;
	case CLUE_NETBIOS:
		if (fewer)
			break;
		s = lab_sight(l, SIGHT_NBNS_NAME, HOST, NULL, "CORP", NULL);
		s->code = c->port[0];
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL);
		break;
	case CLUE_NAMED:
		if (fewer)
			break;
		struct conv *n = lab_conv(l, peer(0), HOST, TCP, 444, "tls");

		snprintf(conv_more(n)->name[0], sizeof conv_more(n)->name[0], "%s", c->text);
		for (char *z = conv_more(n)->name[0]; *z; z++)
			*z = *z == '*' ? 'x' : *z;
		n->more->n_name = 1;
		break;
	case CLUE_CLUSTER:
		if (fewer)
			break;
		l->cluster[l->n_cluster++] = (struct cluster_host){
			.cluster = A(HOST), .host = A(peer(5)), .id = 1, .heartbeats = 9};
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL);
		break;
	case CLUE_CARD:
		if (fewer)
			break;
		lab_card(l, "02:bf:0a:14:01:0b", HOST);
		lab_conv(l, peer(7), HOST, TCP, 4001, NULL);
		break;
	case CLUE_NONE:
		break;
	}
}

static const struct sign_family *const families[] = {
#define X(word) &signs_##word,
	SIGN_FAMILIES(X)
#undef X
};

static void open_row(struct lab *l, const struct sign *s, unsigned without)
{
	*l = lab_open();
	lab_conv(l, peer(6), HOST, TCP, 4002, NULL); /* the host is there in any case */
	for (unsigned i = 0; i < SIGN_CLUES && s->all[i].of; i++)
		satisfy(l, &s->all[i], i == without);
}

/* The fact of the row, that is the reason, begins with these. */
static void check_facts(const struct lab *l, const char *where, size_t row, const struct sign *s)
{
	struct addr a = A(HOST);
	const struct infer_role *r = infer_role_of(infer_find(l->f, &a), s->role);

	/* Cards and heartbeats are known without a packet of their own. */
	if (!r || !r->n_fact ||
	    (s->all[0].of < CLUE_CLUSTER && (!r->fact[0].has_at || !r->fact[0].at.number)))
		fail_msg("%s row %zu: no fact with its packet", where, row);
	for (unsigned i = 0; i < r->n_fact; i++)
		if (strchr(r->fact[i].text, '%') || strstr(r->fact[i].text, "(null)"))
			fail_msg("%s row %zu: %s", where, row, r->fact[i].text);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t f = 0; f < sizeof families / sizeof *families; f++)
		for (size_t i = 0; i < families[f]->n; i++) {
			const struct sign *s = &families[f]->sign[i];
			const char *word = families[f]->word;
			struct lab l;
			char got;

			open_row(&l, s, SIGN_CLUES);
			lab_infer(&l);
			got = lab_grade(&l, HOST, s->role);
			/* Another row may say more of the same traffic, never less. */
			if (got == '-' || got > s->grade)
				fail_msg("%s row %zu: %s is %c, not %c", word, i,
					 role_name(s->role), got, s->grade);
			check_facts(&l, word, i, s);
			lab_close(&l);
			if (got < s->grade)
				continue;
			for (unsigned k = 0; k < SIGN_CLUES && s->all[k].of; k++) {
				open_row(&l, s, k);
				lab_infer(&l);
				got = lab_grade(&l, HOST, s->role);
				if (got != '-' && got <= s->grade)
					fail_msg("%s row %zu: %s is %c without its clue %u", word,
						 i, role_name(s->role), got, k);
				lab_close(&l);
			}
			for (unsigned k = 0; k < SIGN_NOT && s->none[k].of; k++) {
				open_row(&l, s, SIGN_CLUES);
				satisfy(&l, &s->none[k], false);
				lab_infer(&l);
				got = lab_grade(&l, HOST, s->role);
				if (got != '-' && got <= s->grade)
					fail_msg("%s row %zu: %s is %c against its clue %u", word,
						 i, role_name(s->role), got, k);
				lab_close(&l);
			}
		}
}

/* The words of the table mean something: protocols, interfaces, grades. */
static void test_words(void **state)
{
	(void)state;
	for (size_t f = 0; f < sizeof families / sizeof *families; f++)
		for (size_t i = 0; i < families[f]->n; i++) {
			const struct sign *s = &families[f]->sign[i];
			const struct clue *all[SIGN_CLUES + SIGN_NOT];
			unsigned n = 0;

			assert_in_range(s->grade, 'A', 'D');
			assert_int_not_equal(s->all[0].of, CLUE_NONE);
			for (unsigned k = 0; k < SIGN_CLUES; k++)
				all[n++] = &s->all[k];
			for (unsigned k = 0; k < SIGN_NOT; k++)
				all[n++] = &s->none[k];
			for (unsigned k = 0; k < n; k++) {
				for (unsigned j = 0; j < 3 && all[k]->app[j]; j++)
					if (app_by_name(all[k]->app[j]) == APP_NONE)
						fail_msg("no protocol %s", all[k]->app[j]);
				if ((all[k]->of == CLUE_ANSWERS || all[k]->of == CLUE_CALLS ||
				     all[k]->of == CLUE_PING) &&
				    k < SIGN_CLUES)
					assert_non_null(all[k]->one);
			}
		}
}

/* ------------------------------------------------------------------ what is no evidence */

static void test_attempts_prove_nothing(void **state)
{
	struct lab l = lab_open();

	(void)state;
	lab_failed(lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds"));
	lab_failed(lab_conv(&l, "10.1.0.6", HOST, TCP, 1433, "tds"));
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), '-');
	lab_close(&l);
}

/* A handshake of a monitor or balancer: the port is open, and nobody spoke. */
static void test_probe_without_payload(void **state)
{
	static const uint16_t ports[] = {88, 135, 389, 445, 1433};
	struct lab l = lab_open();

	(void)state;
	for (unsigned p = 0; p < 5; p++)
		for (unsigned i = 0; i < 4; i++) {
			struct conv *c = lab_conv(&l, peer(i), HOST, TCP, ports[p], NULL);

			memset(c->payload, 0, sizeof c->payload);
			memset(c->app[0].payload, 0, sizeof c->app[0].payload);
		}
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_DC), '-');
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), '-');
	lab_close(&l);
}

/* Only what the client says was seen: nothing answered it. */
static void test_one_sided(void **state)
{
	struct lab l = lab_open();
	struct conv *c = lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds");

	(void)state;
	c->payload[1] = c->app[0].payload[1] = 0;
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), '-');
	lab_close(&l);
}

/* A scanner tries everything, and what answers it is not promoted; nor is the scanner. */
static void test_scanner(void **state)
{
	struct lab l = lab_open();

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		lab_failed(lab_conv(&l, "10.9.9.9", HOST, TCP, (uint16_t)(2000 + i), NULL));
	lab_conv(&l, "10.9.9.9", HOST, TCP, 1433, "tds");
	lab_conv(&l, "10.9.9.9", HOST, TCP, 88, "kerberos");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), '-');
	assert_int_equal(lab_grade(&l, HOST, ROLE_DC), '-');
	/* Somebody else is answered, too. */
	lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), 'A');
	lab_close(&l);
}

static void test_declared_scanner(void **state)
{
	struct lab l = lab_open();

	(void)state;
	lab_host(&l, "scan", ROLE_BIT(ROLE_SCANNER), "10.9.9.9", NULL);
	lab_conv(&l, "10.9.9.9", HOST, TCP, 1433, "tds");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), '-');
	lab_close(&l);
}

/* HTTP and TLS are everywhere; SMB is a matter of files. */
static void test_common_services(void **state)
{
	struct lab l = lab_open();
	struct addr a = A(HOST);

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		lab_conv(&l, peer(i), HOST, TCP, 80, "http");
		lab_conv(&l, peer(i), HOST, TCP, 443, "tls");
		lab_conv(&l, peer(i), HOST, TCP, 445, "smb2");
		lab_conv(&l, peer(i), HOST, TCP, 3389, "rdp");
	}
	lab_infer(&l);
	assert_int_equal(infer_find(l.f, &a)->n_role, 0);
	lab_close(&l);
}

/* 808 is AD FS, Exchange, or any WCF service that shares the port. */
static void test_port_808(void **state)
{
	struct lab l = lab_open();

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		lab_conv(&l, peer(i), HOST, TCP, 808, "mc-nmf");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_CRM_SANDBOX), '-');
	assert_int_equal(lab_grade(&l, HOST, ROLE_CRM_WEB), '-');
	lab_close(&l);
}

/* What a web server of the Internet shows is no deployment's, unless somebody declares it. */
static void test_public(void **state)
{
	struct lab l = lab_open();

	(void)state;
	lab_conv(&l, "10.1.0.5", "93.184.216.34", TCP, 80, "http")->app[0].signs = SIGN_CRM_PAGE;
	lab_conv(&l, "10.1.0.5", "8.8.8.8", UDP, 53, "dns");
	lab_conv(&l, "10.1.0.6", "8.8.8.8", UDP, 53, "dns");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, "93.184.216.34", ROLE_CRM_WEB), '-');
	assert_int_equal(lab_grade(&l, "8.8.8.8", ROLE_DNS), '-');
	lab_host(&l, "web", ROLE_BIT(ROLE_SSRS), "93.184.216.34", NULL);
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, "93.184.216.34", ROLE_CRM_WEB), 'A');
	lab_close(&l);
}

/* Nobody knows who answered whom. */
static void test_direction(void **state)
{
	static const struct {
		enum dir_reason reason;
		char grade;
	} rows[] = {{DIR_SYN, 'A'},  {DIR_MESSAGE, 'A'}, {DIR_LEARNED, 'A'},
		    {DIR_PORT, 'A'}, {DIR_FAN_IN, '-'},  {DIR_FIRST, '-'}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lab l = lab_open();

		lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds")->reason = rows[i].reason;
		lab_infer(&l);
		assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), rows[i].grade);
		lab_close(&l);
	}
}

/* Netlogon on a pipe is what every member has; so is a mapper that knows it there. */
static void test_pipes(void **state)
{
	const struct rpc_iface_row *row = rpc_iface_by_name("netlogon");
	struct lab l = lab_open();
	struct conv *c = lab_conv(&l, "10.1.0.5", HOST, TCP, 445, "smb2");

	(void)state;
	memcpy(conv_more(c)->iface[0].uuid, row->uuid, 16);
	c->more->n_iface = 1;
	l.g[0] = (struct grant){.server = A(HOST), .client = A("10.1.0.5"), .n = 1};
	l.g[0].g = (struct granted){.how = GRANT_EPM, .proto = GRANTED_PIPE, .has_iface = true};
	memcpy(l.g[0].g.uuid, row->uuid, 16);
	l.n_g = 1;
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_DC), '-');
	lab_close(&l);
}

/* Its client's browser makes a host no e-mail router, whatever else comes from that address: many
 * hosts may stand behind one that translates. */
static void test_many_behind_one_address(void **state)
{
	struct lab l = lab_open();

	(void)state;
	lab_conv(&l, HOST, "10.4.0.25", TCP, 110, "pop3");
	lab_conv(&l, HOST, "10.4.0.11", TCP, 80, "http")->app[0].signs = SIGN_CRM_DISCOVERY;
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_CRM_ROUTER), 'B');
	lab_conv(&l, HOST, "10.4.0.12", TCP, 80, "http")->app[0].signs =
		SIGN_CRM_DISCOVERY | SIGN_OUTLOOK;
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_CRM_ROUTER), '-');
	lab_close(&l);
}

/* ------------------------------------------------------------------ what adds up */

static void test_combined_host(void **state)
{
	struct lab l = lab_open();
	struct addr a = A(HOST);

	(void)state;
	lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds");
	lab_conv(&l, "10.1.0.5", HOST, TCP, 88, "kerberos");
	lab_conv(&l, "10.1.0.6", HOST, TCP, 80, "http")->app[0].signs =
		SIGN_CRM_PAGE | SIGN_REPORTS;
	lab_infer(&l);
	assert_int_equal(infer_find(l.f, &a)->roles, ROLE_BIT(ROLE_SQL) | ROLE_BIT(ROLE_DC) |
							     ROLE_BIT(ROLE_CRM_WEB) |
							     ROLE_BIT(ROLE_SSRS));
	lab_close(&l);
}

/* Two weak signs that have nothing to do with one another are a strong one; a hint is none. */
static void test_weak_signs(void **state)
{
	struct lab l = lab_open();
	struct addr a = A(HOST);

	(void)state;
	lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, NULL);
	lab_conv(&l, "10.1.0.6", HOST, TCP, 1433, NULL);
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), 'C');
	assert_int_equal(infer_find(l.f, &a)->roles, 0);
	lab_sight(&l, SIGHT_DNS_ADDRESS, HOST, "10.1.1.1", "sql01.corp.example", NULL);
	lab_sight(&l, SIGHT_KRB_TICKET, "10.1.0.5", "10.1.1.1", "sql01.corp.example",
		  "MSSQLSvc/sql01.corp.example:1433");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, HOST, ROLE_SQL), 'B');
	assert_int_equal(infer_find(l.f, &a)->roles, ROLE_BIT(ROLE_SQL));
	lab_close(&l);
}

static void test_sentences(void **state)
{
	struct lab l = lab_open();
	struct addr a = A(HOST);
	const struct infer_role *r;

	(void)state;
	lab_conv(&l, "10.1.0.5", HOST, UDP, 88, "kerberos")->app[0].flows = 200;
	lab_conv(&l, "10.1.0.5", HOST, TCP, 88, "kerberos")->app[0].flows = 13;
	lab_conv(&l, "10.1.0.6", HOST, TCP, 88, "kerberos");
	lab_conv(&l, "10.1.0.7", HOST, TCP, 1433, "tds");
	lab_sight(&l, SIGHT_DNS_ADDRESS, HOST, "10.1.1.1", "dc01.corp.example", NULL);
	lab_sight(&l, SIGHT_DNS_SERVICE, NULL, "10.1.1.1", "dc01.corp.example",
		  "_ldap._tcp.dc._msdcs.corp.example");
	lab_infer(&l);
	r = infer_role_of(infer_find(l.f, &a), ROLE_DC);
	assert_non_null(r);
	assert_string_equal(r->fact[0].text,
			    "answered 214 Kerberos requests on 88/tcp and 88/udp from 2 hosts");
	assert_string_equal(r->fact[1].text, "named by the DNS server 10.1.1.1 as "
					     "_ldap._tcp.dc._msdcs.corp.example");
	assert_int_equal(r->fact[0].at.number, 1);
	r = infer_role_of(infer_find(l.f, &a), ROLE_SQL);
	assert_string_equal(r->fact[0].text,
			    "answered 1 SQL Server connection (TDS) on 1433/tcp from 1 host");
	lab_close(&l);
}

/* What proves a role against the site file is the host's own answer, to a host of the deployment
 * if there is one. */
static void test_proofs(void **state)
{
	struct lab l = lab_open();
	struct addr a = A(HOST);
	const struct infer_role *r;

	(void)state;
	lab_host(&l, "web", ROLE_BIT(ROLE_CRM_WEB), "10.20.1.12", NULL);
	lab_conv(&l, "10.1.0.5", HOST, TCP, 1433, "tds");
	lab_infer(&l);
	r = infer_role_of(infer_find(l.f, &a), ROLE_SQL);
	assert_non_null(r->proof);
	assert_null(r->proof_core);
	lab_conv(&l, "10.20.1.12", HOST, TCP, 1433, "tds");
	lab_infer(&l);
	r = infer_role_of(infer_find(l.f, &a), ROLE_SQL);
	assert_non_null(r->proof_core);
	lab_close(&l);
}

/* The order in which conversations, sightings and cards are given changes nothing. */
static void test_order(void **state)
{
	static const struct {
		const char *client;
		uint8_t proto;
		uint16_t port;
		const char *app;
	} rows[] = {
		{"10.1.0.5", TCP, 88, "kerberos"}, {"10.1.0.6", UDP, 88, "kerberos"},
		{"10.1.0.7", TCP, 389, "ldap"},    {"10.1.0.8", TCP, 389, "ldap"},
		{"10.1.0.9", UDP, 53, "dns"},      {"10.1.0.5", UDP, 53, "dns"},
		{"10.1.0.6", TCP, 1433, "tds"},
	};
	const size_t n = sizeof rows / sizeof *rows;
	char first[ROLE_N * (INFER_FACTS + 1)][160];

	(void)state;
	for (unsigned turn = 0; turn < 24; turn++) {
		struct lab l = lab_open();
		struct addr a = A(HOST);
		const struct infer_host *h;
		size_t k = 0;

		for (size_t i = 0; i < n; i++) {
			size_t at = (i * (turn % 2 ? 5 : 3) + turn) % n;
			struct conv *c = lab_conv(&l, rows[at].client, HOST, rows[at].proto,
						  rows[at].port, rows[at].app);

			c->ok_ev[0] = c->app[0].ev[0] =
				(struct evidence){T(at), 0, (uint32_t)at + 1};
		}
		lab_infer(&l);
		h = infer_find(l.f, &a);
		for (size_t i = 0; i < h->n_role; i++)
			for (unsigned j = 0; j < h->role[i].n_fact; j++, k++) {
				char now[160];

				snprintf(now, sizeof now, "%s %c %s (%u)",
					 role_name(h->role[i].role), h->role[i].grade,
					 h->role[i].fact[j].text, h->role[i].fact[j].at.number);
				if (!turn)
					memcpy(first[k], now, sizeof now);
				assert_string_equal(first[k], now);
			}
		assert_true(k >= 4);
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_attempts_prove_nothing),
		cmocka_unit_test(test_probe_without_payload),
		cmocka_unit_test(test_one_sided),
		cmocka_unit_test(test_scanner),
		cmocka_unit_test(test_declared_scanner),
		cmocka_unit_test(test_common_services),
		cmocka_unit_test(test_port_808),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_many_behind_one_address),
		cmocka_unit_test(test_combined_host),
		cmocka_unit_test(test_weak_signs),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
