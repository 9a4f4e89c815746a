// SPDX-License-Identifier: BSD-2-Clause
/* The list and the judge agree on every pair of addresses at every port where either changes. */
#include "judge_lab.h"

#include "allow/allow.h"

static const struct {
	const char *what, *site;
} sites[] = {
	{"defaults", SITE_HOSTS},
	{"split roles, moved ports, a narrow range",
	 "deployment: {topology: split, rpc: 50000-50100, mail: [router, outlook]}\n"
	 "ports: {crm-http: [8080], sql: [51433, 51434]}\n"
	 "hosts:\n"
	 "  - {name: web, role: crm-web, addr: [10.1.0.1, \"2001:db8::1\"]}\n"
	 "  - {name: web2, role: crm-web, addr: 10.1.0.2, ports: {crm-http: 80, rdp: 13389}}\n"
	 "  - {name: async, roles: [crm-async, crm-router], addr: 10.1.0.3}\n"
	 "  - {name: sbx, role: crm-sandbox, addr: 10.1.0.4, ports: {sandbox: 809}}\n"
	 "  - {name: sql, roles: [sql, ssrs], addr: 10.1.0.5}\n"
	 "  - {name: sql6, role: sql, addr: \"2001:db8::5\", ports: {sql: 50050}}\n"
	 "  - {name: dc, role: gc, addr: [10.1.0.6, \"2001:db8::6\"]}\n"
	 "  - {name: mail, role: exchange, addr: 10.1.0.7}\n"
	 "networks:\n"
	 "  - {name: users, role: crm-client, cidr: [10.9.0.0/24, \"2001:db8:9::/64\"]}\n"},
	{"the internet, balancers, networks in networks",
	 "deployment: {auth: ifd, nlb: appliance}\n"
	 "rules: [dynamics-365, crm-2011, windows-tolerated]\n"
	 "hosts:\n"
	 "  - {name: web, role: crm-full, addr: [10.1.0.1, 10.1.0.11]}\n"
	 "  - {name: web2, role: crm-full, addr: 10.1.0.2}\n"
	 "  - {name: vip, role: nlb, addr: [203.0.113.5, \"2001:db8::5\"]}\n"
	 "  - {name: sts, role: adfs, addr: 10.1.0.3, ports: {adfs-https: 444}}\n"
	 "  - {name: wap, role: adfs-proxy, addr: 198.51.100.7}\n"
	 "  - {name: sql, role: sql, addr: 10.9.7.5}\n"
	 "  - {name: off, role: ignore, addr: 10.9.0.77}\n"
	 "  - {name: mon, role: monitor, addr: 10.9.0.78}\n"
	 "networks:\n"
	 "  - {name: users, role: crm-client, cidr: 10.9.0.0/16}\n"
	 "  - {name: admins, role: admin, cidr: 10.9.4.0/24}\n"
	 "  - {name: old, role: ignore, cidr: 10.9.4.128/25}\n"
	 "  - {name: dcs, role: gc, cidr: 10.2.0.0/29}\n"
	 "nat:\n"
	 "  - {seen-as: 10.1.0.200, really: web}\n"},
	{"claims, what is forbidden, and servers that are one",
	 "deployment: {auth: claims, netbios: forbidden, sql: named-dynamic}\n"
	 "hosts:\n"
	 "  - {name: all, roles: [crm-full, sql, ssrs, gc], addr: 10.1.0.1}\n"
	 "  - {name: adm, role: admin, addr: 10.1.0.9}\n"
	 "  - {name: dc2, role: dc, addr: 10.1.0.2}\n"
	 "networks:\n"
	 "  - {name: users, role: crm-client, cidr: 10.9.0.0/16}\n"
	 "overrides:\n"
	 "  - {rule: S1-ALL-09, need: forbidden, reason: jump host only}\n"
	 "  - {rule: S1-IWA-10, need: forbidden, reason: no RPC here}\n"},
};

typedef VEC(struct addr) addr_vec;
typedef VEC(uint32_t) port_vec;

static void add_text(addr_vec *v, const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	assert_true(vec_push(v, a));
}

static void step(struct addr *a, int by)
{
	uint32_t low = (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 |
		       (uint32_t)a->b[14] << 8 | a->b[15];

	low += (uint32_t)by;
	for (int i = 0; i < 4; i++)
		a->b[12 + i] = (uint8_t)(low >> (24 - 8 * i));
}

/* All that is declared, the borders of it, and neighbours that nobody knows. */
static addr_vec addresses(const struct site *site)
{
	addr_vec v = {0};

	for (size_t i = 0; i < inventory_count(site->inventory); i++) {
		const struct host *h = inventory_at(site->inventory, i);
		struct addr a;

		for (size_t k = 0; k < h->n_addr; k++)
			assert_true(vec_push(&v, h->addr[k]));
		if (!h->is_network)
			continue;
		for (int by = -1; by <= 1; by++) {
			a = h->net->addr;
			step(&a, by);
			assert_true(vec_push(&v, a));
		}
	}
	add_text(&v, "8.8.8.8");
	add_text(&v, "10.77.0.1");
	add_text(&v, "10.9.4.127");
	add_text(&v, "10.9.5.0");
	add_text(&v, "2606:4700::1111");
	add_text(&v, "fd00::1");
	return v;
}

static int compare_ports(const void *a, const void *b)
{
	return (int)*(const uint32_t *)a - (int)*(const uint32_t *)b;
}

static port_vec ports(const struct lab *l)
{
	static const uint32_t more[] = {0, 1, 22, 136, 1024, 1026, 5001, 49151, 49152, 65535};
	port_vec v = {0};
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(more); i++)
		assert_true(vec_push(&v, more[i]));
	for (size_t i = 0; i < matrix_n_rules(l->m); i++)
		for (size_t h = 0; h <= inventory_count(l->site->inventory); h++) {
			const struct host *host =
				h ? inventory_at(l->site->inventory, h - 1) : NULL;
			struct port_list p = rule_ports(l->m, matrix_rule(l->m, i), host);

			for (unsigned k = 0; k < p.n; k++)
				assert_true(vec_push(&v, p.r[k].lo) && vec_push(&v, p.r[k].hi) &&
					    vec_push(&v, (p.r[k].hi + 1U) & 0xffff));
		}
	qsort(v.v, v.n, sizeof *v.v, compare_ports);
	for (size_t i = 0; i < v.n; i++)
		if (!n || v.v[n - 1] != v.v[i])
			v.v[n++] = v.v[i];
	v.n = n;
	return v;
}

static struct judge_question about(const struct lab *l, const struct addr *c, const struct addr *s,
				   uint8_t proto, uint16_t port)
{
	struct judge_question q = {.client_addr = *c,
				   .server_addr = *s,
				   .proto = proto,
				   .client_port = 50000,
				   .port = port,
				   .state = STATE_ESTABLISHED};

	q.client.host = inventory_find(l->site->inventory, c);
	q.server.host = inventory_find(l->site->inventory, s);
	q.client.roles = q.client.host ? q.client.host->roles : 0;
	q.server.roles = q.server.host ? q.server.host->roles : 0;
	return q;
}

/* -1: the judge has no opinion. */
static int wanted(const struct lab *l, struct judge_question q, bool setup)
{
	struct judge_answer plain, rpc;
	bool ignored = roles_has(q.client.roles | q.server.roles, ROLE_IGNORE);
	bool fixed, dynamic;

	q.in_setup = setup;
	judge_one(l->site, l->m, &q, &plain);
	q.app = app_by_name("dcerpc");
	judge_one(l->site, l->m, &q, &rpc);
	if (plain.verdict == KIND_OUT_OF_SCOPE)
		return ignored ? 0 : -1;
	fixed = plain.verdict == KIND_DOCUMENTED || (plain.verdict == KIND_TOLERATED && plain.rule);
	dynamic = rpc.rule && rpc.rule->rpc && rpc.rule->need != NEED_LEGACY &&
		  (rpc.verdict == KIND_DOCUMENTED_DYNAMIC || rpc.verdict == KIND_TOLERATED);
	return fixed || dynamic;
}

static const char *said(const struct lab *l, const struct judge_question *q)
{
	static char text[200];
	char a[ADDR_TEXT], b[ADDR_TEXT];
	struct judge_answer answer;

	judge_one(l->site, l->m, q, &answer);
	snprintf(text, sizeof text, "%s -> %s %u/%u: the judge says %s by %s",
		 addr_format(&q->client_addr, a), addr_format(&q->server_addr, b), q->port,
		 q->proto, kind_name(answer.verdict), answer.rule ? answer.rule->id : "-");
	return text;
}

static size_t agree_on(const struct lab *l, const struct allow_list *list, const struct addr *c,
		       const struct addr *s, const port_vec *p)
{
	size_t allowed = 0;

	for (size_t i = 0; i < 2 * p->n; i++) {
		uint8_t proto = i % 2 ? UDP : TCP;
		uint16_t port = (uint16_t)p->v[i / 2];
		struct judge_question q = about(l, c, s, proto, port);
		bool has = allow_has(list, c, s, proto, port);
		int want = wanted(l, q, list->setup);

		allowed += has;
		if (want >= 0 && has != want)
			fail_msg("%s, the list %s", said(l, &q), has ? "yes" : "no");
	}
	return allowed;
}

static void agree(const char *what, const char *body, bool setup)
{
	struct lab l = lab_open(body);
	struct allow_list *list = allow_make(l.site, l.m, &(struct allow_options){setup});
	addr_vec v = addresses(l.site);
	port_vec p = ports(&l);
	size_t allowed = 0;

	assert_non_null(list);
	for (size_t c = 0; c < v.n; c++)
		for (size_t s = 0; s < v.n; s++) {
			const struct host *a = inventory_find(l.site->inventory, &v.v[c]);
			const struct host *b = inventory_find(l.site->inventory, &v.v[s]);

			if (addr_is_v4(&v.v[c]) != addr_is_v4(&v.v[s])) {
				assert_false(allow_has(list, &v.v[c], &v.v[s], TCP, 443));
				continue;
			}
			if (a != b || !a || a->is_network)
				allowed += agree_on(&l, list, &v.v[c], &v.v[s], &p);
		}
	if (allowed < 150)
		fail_msg("%s: only %zu are allowed", what, allowed);
	vec_done(&v);
	vec_done(&p);
	allow_free(list);
	lab_close(&l);
}

static void as_the_judge(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(sites); i++) {
		agree(sites[i].what, sites[i].site, false);
		agree(sites[i].what, sites[i].site, true);
	}
}

/* What must be so whatever the judge says. */
static void as_meant(void **state)
{
	static const struct {
		unsigned site;
		const char *client, *server;
		unsigned proto, port;
		bool has;
	} rows[] = {
		{1, "10.1.0.1", "10.1.0.5", TCP, 51434, true},
		{1, "10.1.0.1", "10.1.0.5", TCP, 1433, false},
		{1, "10.9.0.200", "10.1.0.1", TCP, 8080, true},
		{1, "10.9.0.200", "10.1.0.2", TCP, 8080, false},
		{1, "10.9.0.200", "10.1.0.2", TCP, 80, true},
		{1, "10.9.1.0", "10.1.0.2", TCP, 80, false},
		{1, "2001:db8:9::77", "2001:db8::6", TCP, 88, true},
		{1, "10.1.0.1", "10.1.0.6", TCP, 50100, true},
		{1, "10.1.0.1", "10.1.0.6", TCP, 50101, false},
		{1, "10.1.0.1", "10.1.0.5", TCP, 50050, false},
		{1, "10.1.0.3", "10.1.0.4", TCP, 809, true},
		{1, "10.1.0.1", "10.1.0.6", TCP, 3389, true},
		{1, "10.9.0.1", "10.1.0.6", TCP, 3389, false},
		{2, "8.8.8.8", "203.0.113.5", TCP, 443, true},
		{2, "8.8.8.8", "10.1.0.1", TCP, 443, true},
		{2, "8.8.8.8", "10.1.0.1", TCP, 445, false},
		{2, "8.8.8.8", "10.9.7.5", TCP, 1433, false},
		{2, "10.9.0.77", "203.0.113.5", TCP, 443,
		 false}, /* ignored, in the users' network */
		{2, "10.9.0.76", "203.0.113.5", TCP, 443, true},
		{2, "10.9.4.1", "10.1.0.1", TCP, 3389, true},
		{2, "10.9.4.200", "10.1.0.1", TCP, 3389, false},
		{2, "10.9.4.200", "10.1.0.1", TCP, 443, false},
		{2, "203.0.113.5", "10.1.0.200", TCP, 443, true},
		{2, "10.1.0.2", "10.2.0.3", TCP, 49152, true},
		{3, "10.1.0.1", "10.1.0.2", TCP, 139, false},
		{3, "10.1.0.9", "10.1.0.1", TCP, 3389, false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(sites[rows[i].site].site);
		struct allow_list *list = allow_make(l.site, l.m, &(struct allow_options){false});
		struct addr c = A(rows[i].client), s = A(rows[i].server);

		assert_non_null(list);
		if (allow_has(list, &c, &s, (uint8_t)rows[i].proto, (uint16_t)rows[i].port) !=
		    rows[i].has)
			fail_msg("row %zu: %s -> %s %u", i, rows[i].client, rows[i].server,
				 rows[i].port);
		allow_free(list);
		lab_close(&l);
	}
}

static void setup_on_demand(void **state)
{
	struct lab l = lab_open(SITE_HOSTS);
	struct addr c = A(CRM01), s = A(SQL01);

	for (int setup = 0; setup < 2; setup++) {
		struct allow_list *list = allow_make(l.site, l.m, &(struct allow_options){setup});

		assert_non_null(list);
		assert_int_equal(allow_has(list, &c, &s, UDP, 1434), setup);
		assert_true(list->n_on < list->n_line); /* the old range at least */
		allow_free(list);
	}
	lab_close(&l);
}

/* Hosts with the same roles are one class, so that the list grows with roles and not with hosts. */
static void few_lines(void **state)
{
	struct out body = {0};
	size_t lines = 0;

	for (unsigned n = 1; n <= 31; n += 10) {
		struct lab l;
		struct allow_list *list;

		out_reset(&body);
		out_puts(&body, SITE_HOSTS);
		for (unsigned i = 1; i < n; i++)
			out_printf(&body,
				   "  - {name: more%u, role: crm-client, cidr: 10.31.%u.0/24}\n", i,
				   i);
		l = lab_open(out_str(&body));
		list = allow_make(l.site, l.m, &(struct allow_options){false});
		assert_non_null(list);
		assert_true(list->n_on > 20 && list->n_on < 120);
		assert_true(!lines || list->n_on == lines);
		lines = list->n_on;
		allow_free(list);
		lab_close(&l);
	}
	out_done(&body);
}

static const struct allow_line *line_of(const struct allow_list *list, const char *rule)
{
	for (size_t i = 0; i < list->n_on; i++)
		for (size_t r = 0; r < list->line[i].n_rule; r++)
			if (!strcmp(list->line[i].rule[r]->id, rule))
				return &list->line[i];
	fail_msg("no line of %s", rule);
	return NULL;
}

static void observed(void **state)
{
	struct lab l = lab_open("deployment: {topology: split}\n" SITE_HOSTS);
	struct allow_list *list;
	struct addr crm02 = A(CRM02), sql01 = A(SQL01);
	struct allow_use u;
	struct conv *c;

	c = lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
	c->last_ns = T(7200);
	lab_conv(&l, CRM02, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM01, DC01, TCP, 88, NULL, STATE_NO_ANSWER);
	lab_conv(&l, CRM01, DC02, TCP, 389, "ssh", STATE_ESTABLISHED); /* not what it is for */
	lab_conv(&l, "10.40.0.9", CRM01, TCP, 443, "tls", STATE_ESTABLISHED);
	lab_judge(&l);
	list = allow_make(l.site, l.m, &(struct allow_options){false});
	assert_non_null(list);
	assert_true(allow_observe(list, l.r, l.c, l.n));

	assert_int_equal(line_of(list, "S1-SQL-04")->use.used, 2);
	assert_int_equal(line_of(list, "S1-SQL-04")->use.last_ns, T(7200));
	assert_int_equal(line_of(list, "S1-IWA-09")->use.used, 0);
	assert_int_equal(line_of(list, "S1-IWA-09")->use.tried, 1);
	assert_int_equal(line_of(list, "S1-IWA-01")->use.used, 0);
	u = allow_use_of(list, inventory_find(l.site->inventory, &crm02),
			 inventory_find(l.site->inventory, &sql01), TCP,
			 (struct port_range){1433, 1433});
	assert_int_equal(u.used, 1);
	assert_int_equal(u.last_ns, T(3660));
	assert_int_equal(list->n_stray, 1); /* the client that nobody declared */
	assert_int_equal(list->stray[0].conv->port, 443);
	allow_free(list);
	lab_close(&l);
}

/* Names are whatever somebody wrote: nothing of them is read as more than text. */
static void hostile_names(void **state)
{
	static const char body[] =
		"hosts:\n"
		"  - {name: \"x'; Remove-Item C:\\\\ #\", role: crm-web, addr: 10.1.0.1}\n"
		"  - {name: \"\\\"} ; flush ruleset \\u2019; calc; \\u2018\", role: sql, addr: "
		"10.1.0.2}\n"
		"  - {name: \"=cmd|' /C calc'!A0\", role: gc, addr: 10.1.0.3}\n"
		"  - {name: \"\\u00d1\\u00c5$(calc)`n\", role: ssrs, addr: 10.1.0.4}\n";
	struct lab l = lab_open(body);
	struct allow_list *list = allow_make(l.site, l.m, &(struct allow_options){false});
	struct out o = {0};

	assert_non_null(list);
	for (size_t f = 0; allow_format_at(f); f++) {
		const char *name = allow_format_at(f)->name;
		bool script = strcmp(name, "csv") != 0;

		out_reset(&o);
		allow_format_at(f)->write(list, &o);
		assert_false(out_failed(&o));
		for (size_t i = 0; i < o.n && script; i++)
			if ((o.p[i] < ' ' && !strchr("\r\n\t", o.p[i])) || o.p[i] > '~')
				fail_msg("%s: byte %u at %zu", name, (unsigned char)o.p[i], i);
		if (!strcmp(name, "nft")) {
			/* a name is in a comment, wherever it is */
			for (char *z = strtok(o.p, "\n"); z; z = strtok(NULL, "\n")) {
				const char *bad = strstr(z, "flush");

				bad = bad ? bad : strstr(z, "Remove-Item");
				assert_true(!bad || (strchr(z, '#') && strchr(z, '#') < bad));
			}
		} else if (!strcmp(name, "windows")) {
			assert_non_null(strstr(o.p, "\t'x''; Remove-Item C:\\ #' {\r\n"));
			assert_null(strstr(o.p, "'x';"));
		} else {
			assert_null(strstr(o.p, "\"=cmd"));
			assert_non_null(strstr(o.p, "\"'=cmd"));
			assert_non_null(strstr(o.p, "\"\"\"} ; flush"));
		}
	}
	out_done(&o);
	allow_free(list);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_judge),    cmocka_unit_test(as_meant),
		cmocka_unit_test(setup_on_demand), cmocka_unit_test(few_lines),
		cmocka_unit_test(observed),        cmocka_unit_test(hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
