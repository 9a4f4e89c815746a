// SPDX-License-Identifier: BSD-2-Clause
/* Reading rule packs: every value typed, every mistake told with its place and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "findings/kinds.h"
#include "matrix/matrix.h"
#include "matrix/pack.h"
#include "recognise/recognise.h"

/* A pack that is right; tests replace one line of it by another. */
static const char *const good[] = {
	"spanaudit: rules/1",                                                    /* 1 */
	"name: lab",                                                             /* 2 */
	"product: Lab 1",                                                        /* 3 */
	"sources:",                                                              /* 4 */
	"  p: {title: \"Ports of the lab\"}",                                    /* 5 */
	"rules:",                                                                /* 6 */
	"  - id: L-1",                                                           /* 7 */
	"    title: CRM opens SQL sessions",                                     /* 8 */
	"    from: crm-web",                                                     /* 9 */
	"    to: sql",                                                           /* 10 */
	"    service: {proto: tcp, port: 1433}",                                 /* 11 */
	"    app: {expected: tds, also: [tls-tds8]}",                            /* 12 */
	"    need: required",                                                    /* 13 */
	"    when-missing: report",                                              /* 14 */
	"    variant: any",                                                      /* 15 */
	"    source: {paper: p, section: \"1\"}",                                /* 16 */
	"    why: \"The databases are there.\"",                                 /* 17 */
	"    if-missing: \"Check the firewall.\"",                               /* 18 */
	"    tests:",                                                            /* 19 */
	"      - {flow: \"crm-web:50000 -> sql:1433/tcp tds\", is: documented}", /* 20 */
};

static struct pack *parse(unsigned line, const char *with, struct errors *errs)
{
	struct out o = {0};

	for (unsigned i = 0; i < N_ELEMENTS(good); i++) {
		const char *z = i + 1 == line ? with : good[i];

		if (!z)
			continue;
		out_puts(&o, z);
		out_char(&o, '\n');
	}

	struct pack *p = pack_parse("lab.yaml", out_str(&o), o.n, errs);

	out_done(&o);
	return p;
}

static void no_errors(struct errors *errs)
{
	struct out o = {0};

	errors_format(errs, "test", &o);
	if (errs->n)
		fail_msg("%s", out_str(&o));
	out_done(&o);
	errors_done(errs);
}

static void everything_is_read(void **state)
{
	struct errors errs = {0};
	struct pack *p = parse(0, NULL, &errs);

	no_errors(&errs);
	assert_string_equal(p->info.name, "lab");
	assert_string_equal(p->info.revision, "");
	assert_string_equal(p->info.path, "lab.yaml");
	assert_int_equal(strlen(p->info.sha256), 64);
	assert_false(p->informational);
	assert_int_equal(p->n_rules, 1);

	const struct rule *r = &p->rules[0];

	assert_string_equal(r->id, "L-1");
	assert_string_equal(r->pack, "lab");
	assert_string_equal(r->product, "Lab 1");
	assert_string_equal(r->paper, "Ports of the lab");
	assert_string_equal(r->section, "1");
	assert_string_equal(r->provenance_text, "stated");
	assert_int_equal(r->from, ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_FULL));
	assert_int_equal(r->to, ROLE_BIT(ROLE_SQL));
	assert_int_equal(r->basis, BASIS_STATED);
	assert_int_equal(r->proto, 6);
	assert_int_equal(r->ports.n, 1);
	assert_int_equal(r->ports.r[0].lo, 1433);
	assert_int_equal(r->ports.r[0].hi, 1433);
	assert_int_equal(r->port_kind, PORT_DEFAULT);
	assert_int_equal(r->moves_with, PORT_KEY_N);
	assert_int_equal(r->n_app, 2);
	assert_int_equal(r->app[0], app_by_name("tds"));
	assert_int_equal(r->app[1], app_by_name("tls-tds8"));
	assert_int_equal(r->need, NEED_REQUIRED);
	assert_int_equal(r->when_missing, MISSING_REPORT);
	assert_int_equal(r->severity, SEV_NONE);
	assert_string_equal(r->group, "");
	assert_string_equal(r->file, "lab.yaml");
	assert_int_equal(r->line, 7);
	assert_false(r->variant_allows);

	assert_int_equal(p->n_examples, 1);

	const struct rule_example *x = &p->examples[0];

	assert_int_equal(p->example_rule[0], 0);
	assert_int_equal(x->client_role, ROLE_CRM_WEB);
	assert_int_equal(x->client_port, 50000);
	assert_int_equal(x->server_role, ROLE_SQL);
	assert_int_equal(x->server_port, 1433);
	assert_int_equal(x->proto, 6);
	assert_int_equal(x->app, app_by_name("tds"));
	assert_string_equal(x->verdict, "documented");
	assert_string_equal(x->text, "crm-web:50000 -> sql:1433/tcp tds");
	assert_int_equal(x->line, 20);
	assert_false(x->in_setup);
	pack_free(p);
}

/* A line of the good pack, what stands in its place, and the first error: where, what, and what to
 * do. NULL removes the line. */
static const struct bad {
	unsigned line;
	const char *with;
	const char *error;
} bad[] = {
	{1, NULL,
	 "1:1: this is no rule pack: 'spanaudit' is missing | begin the file with the line "
	 "'spanaudit: rules/1'"},
	{1, "spanaudit: rules/2",
	 "1:12: this version of spanaudit does not read 'rules/2' | it reads rules/1"},
	{1, "spanaudit: site/1",
	 "1:12: this file is 'site/1', not a rule pack | a rule pack begins with the line "
	 "'spanaudit: rules/1'"},
	{2, NULL, "1:1: 'name' is missing here"},
	{2, "name: Lab Rules",
	 "2:7: 'Lab Rules' cannot name a rule pack | use small letters, digits, '-', '.' and '_'"},
	{3, "prodct: x", "3:1: unknown key 'prodct' (did you mean 'product'?)"},
	{3, "informational: yes", "3:16: 'yes' is neither true nor false | write true or false"},
	{5, "  p: {titel: x}", "5:6: 'title' is missing here"},
	{5, "  p: nothing",
	 "5:6: 'p' must be a map (key: value), not a single value | write {key: value, ...}, or "
	 "one "
	 "'key: value' a line"},
	{7, "  - id: L 1",
	 "7:9: 'L 1' cannot be a rule's id | use letters, digits, '-', '.' and '_', at most 40"},
	{8, NULL, "7:5: 'title' is missing here"},
	{9, "    from: crm-wbe",
	 "9:11: unknown role 'crm-wbe' (did you mean 'crm-web'?) | `spanaudit help roles` lists "
	 "them"},
	{9, "    from: any-servers",
	 "9:11: unknown role 'any-servers' (did you mean 'any-server'?) | `spanaudit help roles` "
	 "lists them"},
	{10, NULL, "7:5: 'to' is missing here"},
	{10, "    to: [sql, ssrs]",
	 "10:9: 'to' must be a single value, not a list | write one value, without [ ] or { }"},
	{11, NULL, "7:5: 'service' is missing here"},
	{11, "    service: {proto: tcp, port: [443-]}",
	 "11:34: '443-' is not a port or a range | write a number from 1 to 65535, or two with a "
	 "dash: 49152-65535"},
	{11, "    service: {proto: tcp, port: 0443}",
	 "11:33: '0443' is not a port or a range | write a number from 1 to 65535, or two with a "
	 "dash: 49152-65535"},
	{11, "    service: {proto: tcp, port: 65536}",
	 "11:33: '65536' is not a port or a range | write a number from 1 to 65535, or two with a "
	 "dash: 49152-65535"},
	{11, "    service: {proto: tcp, port: 0}",
	 "11:33: '0' is not a port or a range | write a number from 1 to 65535, or two with a "
	 "dash: "
	 "49152-65535"},
	{11, "    service: {proto: tcp, port: 90-80}",
	 "11:33: the range 90-80 runs backwards | write 80-90"},
	{11, "    service: {proto: tcp, port: [80, 70-90]}",
	 "11:38: 70-90 is in this list already"},
	{11, "    service: {proto: tcp, port: []}", "11:33: a rule without a port"},
	{11, "    service: {proto: tcp, port: [1, 2, 3, 4, 5, 6, 7, 8, 9]}",
	 "11:58: a rule has at most 8 ports or ranges"},
	{11, "    service: {proto: tcp}",
	 "11:14: 'port' is missing here | write a number, a list or a range: port: [80, "
	 "8080-8089]"},
	{11, "    service: {port: 1433}", "11:14: 'proto' is missing here"},
	{11, "    service: {proto: sctp, port: 1433}",
	 "11:22: unknown word 'sctp' | one of tcp, udp"},
	{11, "    service: {proto: tcp, port: 1433, moves-with: slq}",
	 "11:51: unknown word 'slq' (did you mean 'sql'?) | one of crm-http, crm-https, sandbox, "
	 "sql, ssrs-http, ssrs-https, adfs-https, rdp"},
	{11, "    service: {proto: tcp, prot: 1433}",
	 "11:14: 'port' is missing here | write a number, a list or a range: port: [80, "
	 "8080-8089]"},
	{11, "    service: {ref: \"L-*\", port: 80}",
	 "11:14: a reference has no ports of its own | write {ref: ...} alone"},
	{11, "    service: {ref: \"L-*\"}", "12:5: a reference has no application of its own"},
	{11, "    service: {rpc: {via: 136, dynamic: 49152-65535}}",
	 "11:26: '136' is not where an endpoint mapper listens | write 135"},
	{11, "    service: {port: 50000-50100, rpc: {dynamic: 49152-65535}}",
	 "11:49: the dynamic ports are given twice | give them as 'port' of the service, or as "
	 "'dynamic' of rpc"},
	{11, "    service: {proto: udp, port: 50000-50100, rpc: {via: 135}}",
	 "11:22: dynamic RPC is read over tcp only"},
	{11, "    service: {rpc: {via: 135}}",
	 "11:14: 'port' is missing here | write a number, a list or a range: port: [80, "
	 "8080-8089]"},
	{12, NULL,
	 "7:5: 'app' is missing here | write app: {expected: NAME}, or app: - for the port alone"},
	{12, "    app: {expected: tdss}",
	 "12:21: unknown application 'tdss' (did you mean 'tds'?) | `spanaudit protocols` lists "
	 "them; '-' stands for the port alone"},
	{12, "    app: {also: [tds]}", "12:10: 'expected' is missing here"},
	{12, "    app: {expected: \"-\", also: [tds]}",
	 "12:26: 'also' says nothing where any application is accepted"},
	{12, "    app: {expected: tds, also: [tls, ldap, http, smb1, smb2, dns]}",
	 "12:62: a rule has at most 6 applications"},
	{13, "    need: requird",
	 "13:11: unknown word 'requird' (did you mean 'required'?) | one of required, recommended, "
	 "optional, conditional, setup-only, legacy, tolerated, forbidden"},
	{14, "    when-missing: report-any-of",
	 "14:19: report-any-of needs a 'group' | name the group whose members stand for each "
	 "other, "
	 "or write report"},
	{14, "    when-missing: report-if-mapped",
	 "14:19: report-if-mapped is for services of dynamic RPC | add rpc: {via: 135} to the "
	 "service, or write report"},
	{15, "    variant: claim",
	 "15:14: unknown word 'claim' (did you mean 'claims'?) | one of any, full server, split "
	 "roles, SQL + reporting server, IWA, IWA, DC to DC, IWA, DC to DC over IPsec, DC to DC, "
	 "claims, e-mail router, ..."},
	{15, "    direction: inward",
	 "15:16: unknown word 'inward' | one of stated, inferred, unstated, recovered"},
	{15, "    severity: hihg",
	 "15:15: unknown word 'hihg' (did you mean 'high'?) | one of info, low, medium, high, "
	 "critical"},
	{15, "    allowed: never", "15:14: unknown word 'never' | one of always, variant"},
	{15, "    port-kind: ref",
	 "15:16: 'port-kind' does not fit the service | leave it out for dynamic RPC and for "
	 "references"},
	{15, "    demanded-of: [sql]", "15:19: 'sql' is not among the roles of 'from'"},
	{15, "    demanded-of: [crm-any]",
	 "15:19: 'crm-any' is a group of roles | list the roles themselves"},
	{15, "    colour: red", "15:5: unknown key 'colour'"},
	{16, NULL, "7:5: 'source' is missing here"},
	{16, "    source: {paper: q}", "16:21: unknown word 'q' | one of p"},
	{16, "    source: {paper: p, provenance: guessed}",
	 "16:36: 'guessed' does not say where the rule comes from | begin with stated, derived, "
	 "by-reference or outside; a remark may follow"},
	{16, "    source: {paper: p, provenance: statedly}",
	 "16:36: 'statedly' does not say where the rule comes from | begin with stated, derived, "
	 "by-reference or outside; a remark may follow"},
	{17, NULL, "7:5: 'why' is missing here"},
	{17, "    why:", "17:9: 'why' has no value | write one, or remove the key"},
	{20, "      - {is: documented}", "20:9: 'flow' is missing here"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/tcp tds\"}", "20:9: 'is' is missing here"},
	{20, "      - {flow: \"crm-web -> sql:1433/tcp\", is: documented}",
	 "20:16: 'crm-web -> sql:1433/tcp' is not a conversation | write it as in crm-web:50000 -> "
	 "sql:1433/tcp tds"},
	{20, "      - {flow: \"crm-wbe:50000 -> sql:1433/tcp\", is: documented}",
	 "20:16: unknown role 'crm-wbe' (did you mean 'crm-web'?) | `spanaudit help roles` lists "
	 "them"},
	{20, "      - {flow: \"crm-any:50000 -> sql:1433/tcp\", is: documented}",
	 "20:16: unknown role 'crm-any' (did you mean 'crm-async'?) | an example is about two "
	 "hosts: name a role of the group"},
	{20, "      - {flow: \"crm-web:50000 -> sql:70000/tcp\", is: documented}",
	 "20:16: '70000' is not a port | write a number from 1 to 65535"},
	{20, "      - {flow: \"crm-web:5e4 -> sql:1433/tcp\", is: documented}",
	 "20:16: '5e4' is not a port | write a number from 1 to 65535"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/sctp\", is: documented}",
	 "20:16: 'sctp' is no transport of a conversation | write /tcp or /udp"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/tcp tdss\", is: documented}",
	 "20:16: unknown application 'tdss' (did you mean 'tds'?) | `spanaudit protocols` lists "
	 "them; '-' stands for the port alone"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/tcp esp\", is: documented}",
	 "20:16: no bytes are ever recognised as 'esp' | leave the application out"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/tcp tds\", is: documentd}",
	 "20:57: unknown word 'documentd' (did you mean 'documented'?) | one of out-of-scope, "
	 "documented, documented-dynamic, tolerated, advice, setup-only, rpc-unexplained, "
	 "rpc-out-of-range, moved-service, "
	 "unexpected-direction, ..."},
	{20,
	 "      - {flow: \"crm-web:50000 -> sql:1433/tcp tds\", is: documented, with: {auht: ifd}}",
	 "20:76: unknown key 'auht' (did you mean 'auth'?)"},
	{20,
	 "      - {flow: \"crm-web:50000 -> sql:1433/tcp\", is: documented, with: {setup: maybe}}",
	 "20:79: 'maybe' is neither true nor false | write true or false"},
	{20, "      - {flow: \"crm-web:50000 -> sql:1433/tcp\", is: documented, wiht: {}}",
	 "20:65: unknown key 'wiht' (did you mean 'with'?)"},
};

static void mistakes_are_told(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct errors errs = {0};
		struct pack *p = parse(bad[i].line, bad[i].with, &errs);
		char text[512] = "no error";

		assert_null(p);
		if (errs.n)
			snprintf(text, sizeof text, "%u:%u: %s%s%s", errs.e[0].line,
				 errs.e[0].column, errs.e[0].what, errs.e[0].hint ? " | " : "",
				 errs.e[0].hint ? errs.e[0].hint : "");
		if (strcmp(text, bad[i].error) != 0) {
			print_message("line %u, \"%s\":\n  want %s\n  have %s\n", bad[i].line,
				      bad[i].with ? bad[i].with : "(removed)", bad[i].error, text);
			wrong++;
		}
		errors_done(&errs);
	}
	assert_int_equal(wrong, 0);
}

static void several_errors_at_once(void **state)
{
	static const char src[] =
		"spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
		"  - {id: A, title: a, from: sqll, to: sql, service: {proto: tcp, "
		"port: 1}, app: tds, source: {paper: p}, why: w}\n"
		"  - {id: B, title: b, from: sql, to: sqll, service: {proto: tcp, "
		"port: x}, app: tds, source: {paper: p}, why: w}\n";
	struct errors errs = {0};

	assert_null(pack_parse("x.yaml", src, strlen(src), &errs));
	assert_int_equal(errs.n_errors, 3);
	errors_done(&errs);
}

static void duplicate_ids(void **state)
{
	static const char src[] = "spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
				  "  - {id: A, title: a, from: sql, to: dc, service: {proto: tcp, "
				  "port: 1}, app: tds, "
				  "source: {paper: p}, why: w}\n"
				  "  - {id: A, title: b, from: sql, to: dc, service: {proto: tcp, "
				  "port: 2}, app: tds, "
				  "source: {paper: p}, why: w}\n";
	struct errors errs = {0};

	assert_null(pack_parse("x.yaml", src, strlen(src), &errs));
	assert_int_equal(errs.n_errors, 1);
	assert_string_equal(errs.e[0].what, "a second rule 'A'; the first is in line 5");
	assert_int_equal(errs.e[0].line, 6);
	errors_done(&errs);
}

static void short_forms(void **state)
{
	static const char src[] =
		"spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
		"  - {id: A, title: a, from: sql, to: dc, app: \"-\", source: {paper: p}, why: w,\n"
		"     service: {proto: udp, port: [137, 138, 5000-5010]}, severity: low}\n"
		"  - {id: B, title: b, from: any-member, to: dc, source: {paper: p, provenance: "
		"by-reference}, why: w,\n"
		"     service: {rpc: {via: 135, dynamic: 49152-65535, interfaces: [netlogon, "
		"samr]}},\n"
		"     need: conditional, when-missing: report-if-mapped}\n"
		"  - {id: C, title: c, from: sql, to: dc, service: {ref: \"[AB]\"}, source: "
		"{paper: "
		"p},\n     why: w, when-missing: report}\n"
		"  - {id: D, title: d, from: dc, to: dc, service: {proto: udp, port: 500}, app: "
		"{expected: ike, also: [esp, ah]}, source: {paper: p}, why: w}\n"
		"  - {id: E, title: e, from: dc, to: dc, service: {proto: udp, port: 445}, app: "
		"none-known, source: {paper: p}, why: w, need: forbidden}\n";
	struct errors errs = {0};
	struct pack *p = pack_parse("x.yaml", src, strlen(src), &errs);
	char ports[RULE_PORTS_TEXT];

	no_errors(&errs);
	assert_int_equal(p->n_rules, 5);
	assert_string_equal(port_list_format(&p->rules[0].ports, ports), "137,138,5000-5010");
	assert_true(p->rules[0].app_any);
	assert_int_equal(p->rules[0].proto, 17);
	assert_int_equal(p->rules[0].severity, SEV_LOW);
	assert_int_equal(p->rules[0].when_missing, MISSING_NEVER);

	const struct rule *b = &p->rules[1];

	assert_true(b->rpc);
	assert_int_equal(b->proto, 6);
	assert_int_equal(b->port_kind, PORT_RANGE);
	assert_string_equal(port_list_format(&b->ports, ports), "49152-65535");
	assert_int_equal(b->n_interfaces, 2);
	assert_string_equal(b->interfaces[1], "samr");
	assert_int_equal(b->app[0], app_by_name("dcerpc"));
	assert_int_equal(b->provenance, PROV_BY_REFERENCE);
	assert_int_equal(b->index, 1);
	assert_int_equal(b->line, 7);

	assert_true(rule_refers_to(&p->rules[2], b));
	assert_true(rule_refers_to(&p->rules[2], &p->rules[0]));
	assert_false(rule_refers_to(&p->rules[2], &p->rules[3]));
	assert_false(rule_refers_to(&p->rules[2], &p->rules[2]));
	assert_int_equal(p->rules[2].proto, 0);

	assert_int_equal(p->rules[3].n_app, 3);
	assert_int_equal(p->rules[3].app[1], RULE_IP_ESP);
	assert_int_equal(p->rules[3].app[2], RULE_IP_AH);
	assert_int_equal(p->rules[4].app[0], RULE_NONE_KNOWN);
	assert_int_equal(p->rules[4].need, NEED_FORBIDDEN);
	pack_free(p);
}

static void informational_packs_tolerate(void **state)
{
	static const char src[] =
		"spanaudit: rules/1\nname: x\ninformational: true\nsources: {p: {title: "
		"t}}\nrules:\n"
		"  - {id: A, title: a, from: sql, to: sql, service: {proto: tcp, port: 5022}, app: "
		"\"-\", source: {paper: p}, why: w%s}\n";
	char buf[512];
	struct errors errs = {0};

	snprintf(buf, sizeof buf, src, "");

	struct pack *p = pack_parse("x.yaml", buf, strlen(buf), &errs);

	no_errors(&errs);
	assert_true(p->informational);
	assert_true(p->rules[0].informational);
	assert_int_equal(p->rules[0].need, NEED_TOLERATED);
	assert_int_equal(p->rules[0].pair_to, 0);
	pack_free(p);

	snprintf(buf, sizeof buf, src, ", when-missing: report");
	assert_null(pack_parse("x.yaml", buf, strlen(buf), &errs));
	assert_string_equal(errs.e[0].what, "an informational pack tolerates, and demands nothing");
	errors_done(&errs);
}

/* An example is judged in the deployment that demands its rule, but for what it says itself. */
static void deployments(void **state)
{
	static const struct {
		const char *variant, *with;
		enum site_auth auth;
		enum site_topology topology;
		unsigned mail;
		bool setup;
	} rows[] = {
		{"any", "", AUTH_IWA, TOPOLOGY_FULL, 0, false},
		{"full server", "", AUTH_IWA, TOPOLOGY_FULL, 0, false},
		{"split roles", "", AUTH_IWA, TOPOLOGY_SPLIT, 0, false},
		{"claims", "", AUTH_CLAIMS, TOPOLOGY_FULL, 0, false},
		{"e-mail router", "", AUTH_IWA, TOPOLOGY_FULL, MAIL_ROUTER, false},
		{"client-side integration", "", AUTH_IWA, TOPOLOGY_FULL, MAIL_OUTLOOK, false},
		{"split roles", ", with: {topology: full}", AUTH_IWA, TOPOLOGY_FULL, 0, false},
		{"claims", ", with: {auth: ifd, mail: router}", AUTH_IFD, TOPOLOGY_FULL,
		 MAIL_ROUTER, false},
		{"e-mail router", ", with: {mail: server-side-sync, setup: true}", AUTH_IWA,
		 TOPOLOGY_FULL, MAIL_SERVER_SIDE_SYNC, true},
		{"e-mail router", ", with: {mail: none}", AUTH_IWA, TOPOLOGY_FULL, 0, false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char buf[600];
		struct errors errs = {0};

		snprintf(buf, sizeof buf,
			 "spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
			 "  - {id: A, title: a, from: sql, to: dc, service: {proto: tcp, port: 1}, "
			 "app: tds, source: {paper: p}, why: w, variant: \"%s\",\n"
			 "     tests: [{flow: \"gc:1 -> dc:1/udp\", is: documented%s}]}\n",
			 rows[i].variant, rows[i].with);

		struct pack *p = pack_parse("x.yaml", buf, strlen(buf), &errs);
		struct site *site = site_new();
		struct end client, server;

		no_errors(&errs);
		rule_example_deployment(&p->examples[0], site);
		assert_int_equal(site->auth, rows[i].auth);
		assert_int_equal(site->topology, rows[i].topology);
		assert_int_equal(site->mail, rows[i].mail);
		assert_int_equal(p->examples[0].in_setup, rows[i].setup);
		rule_example_ends(&p->examples[0], &client, &server);
		assert_true(roles_has(client.roles, ROLE_DC) && roles_has(client.roles, ROLE_GC));
		assert_true(roles_has(server.roles, ROLE_NTP) && roles_has(server.roles, ROLE_DNS));
		assert_null(client.host);
		site_free(site);
		pack_free(p);
	}
}

static void lint_warns(void **state)
{
	static const struct {
		unsigned line;
		const char *with, *what;
	} rows[] = {
		{0, NULL, NULL},
		{20, "", "rule L-1: no example shows what it allows"},
		{18, NULL, "rule L-1: a demand without 'if-missing'"},
		{14, NULL, "rule L-1: 'if-missing' of a rule that demands nothing"},
		{14, "    when-missing: report-to-dc",
		 "rule L-1: report-to-dc, but it does not reach a dc"},
		{14, "    when-missing: report-any-of\n    group: g",
		 "rule L-1: report-any-of, but no other rule of its group"},
		{13, "    need: forbidden", "rule L-1: forbidden and demanded at once"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		struct pack *p = parse(rows[i].line == 20 ? 20 : rows[i].line,
				       rows[i].line == 20 ? "      []" : rows[i].with, &errs);

		no_errors(&errs);
		pack_lint(p, &errs);
		assert_int_equal(errs.n_errors, 0);
		assert_int_equal(errs.n_warnings, rows[i].what ? 1 : 0);
		if (rows[i].what) {
			assert_string_equal(errs.e[0].what, rows[i].what);
			assert_string_equal(errs.e[0].file, "lab.yaml");
			assert_int_equal(errs.e[0].line, 7);
			assert_non_null(errs.e[0].hint);
		}
		errors_done(&errs);
		pack_free(p);
	}
}

static void lint_looks_across_rules(void **state)
{
	static const char src[] =
		"spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
		"  - {id: A, title: a, from: sql, to: dc, service: {proto: tcp, port: 88}, app: "
		"kerberos, source: {paper: p}, why: w, group: k, when-missing: report-any-of, "
		"if-missing: x, tests: [{flow: \"sql:1 -> dc:88/tcp\", is: documented}]}\n"
		"  - {id: B, title: b, from: sql, to: dc, service: {proto: udp, port: 88}, app: "
		"kerberos, source: {paper: p}, why: w, group: k, when-missing: report, if-missing: "
		"x,"
		" tests: [{flow: \"sql:1 -> dc:88/udp\", is: documented}]}\n"
		"  - {id: C, title: c, from: sql, to: dc, service: {ref: \"Z-*\"}, source: {paper: "
		"p}, why: w, tests: [{flow: \"sql:1 -> dc:88/udp\", is: documented}]}\n"
		"  - {id: D, title: d, from: sql, to: dc, service: {rpc: {dynamic: 50000-50100}}, "
		"source: {paper: p}, why: w, tests: [{flow: \"sql:1 -> dc:50000/tcp\", is: "
		"rpc-unexplained}]}\n";
	static const char *const want[] = {
		"rule A: its group mixes report-any-of with other demands",
		"rule C: its reference matches no rule of this pack",
		"rule D: dynamic RPC without 'interfaces'",
	};
	struct errors errs = {0};
	struct pack *p = pack_parse("x.yaml", src, strlen(src), &errs);

	no_errors(&errs);
	pack_lint(p, &errs);
	assert_int_equal(errs.n_warnings, N_ELEMENTS(want));
	for (size_t i = 0; i < N_ELEMENTS(want); i++)
		assert_string_equal(errs.e[i].what, want[i]);
	errors_done(&errs);
	pack_free(p);
}

/* The judge's verdicts and the words of examples are one list. */
static void verdicts_are_the_judges(void **state)
{
	const char *const *words = rule_verdict_words();
	size_t n = 0;

	for (; words[n]; n++)
		assert_string_equal(words[n], kind_name((enum kind)n));
	assert_int_equal(n, KIND_LAST_VERDICT + 1);
}

/* What sha256sum(1) says of the same bytes. */
static void digest_is_of_the_file(void **state)
{
	static const char src[] = "spanaudit: rules/1\nname: x\nsources: {p: {title: t}}\nrules:\n"
				  "  - {id: A, title: a, from: sql, to: dc, service: {proto: tcp, "
				  "port: 1}, app: tds, source: {paper: p}, why: w}\n";
	struct errors errs = {0};
	struct pack *p = pack_parse("x.yaml", src, strlen(src), &errs);

	no_errors(&errs);
	assert_string_equal(p->info.sha256,
			    "ddc942c6c95161dd45f2159467654d749c5a43ab7db5658aff51fca508a97a3a");
	pack_free(p);
}

static char *read_file(const char *name)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char *path = NULL, *z = NULL;
	size_t cap = 0;

	assert_int_not_equal(asprintf(&path, "%s/%s", root ? root : ".", name), -1);

	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s", path);
	assert_true(getdelim(&z, &cap, '\0', f) > 0);
	fclose(f);
	free(path);
	return z;
}

/* The block of a text that begins with the first line of a pack, without the indentation that a
 * list gave it. */
static void find_pack(const char *text, struct out *o)
{
	const char *at = strstr(text, "spanaudit: rules/1\n"), *line;
	size_t indent;

	assert_non_null(at);
	for (line = at; line > text && line[-1] == ' '; line--)
		;
	indent = (size_t)(at - line);
	while (*line) {
		size_t n = strcspn(line, "\n") + 1, skip = strspn(line, " ");

		if (!strncmp(line + skip, "```", 3))
			return;
		skip = skip < indent ? skip : indent;
		out_bytes(o, line + skip, n - skip);
		line += n;
	}
	fail_msg("the block does not end");
}

/* What the manual and the README show is a pack, and a clean one. */
static void documentation_is_right(void **state)
{
	static const struct {
		const char *file;
		size_t n_rules;
	} rows[] = {{"man/spanaudit-rules.5.scd", 2}, {"rules/README.md", 1}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char *text = read_file(rows[i].file);
		struct errors errs = {0};
		struct out o = {0};

		find_pack(text, &o);

		struct pack *p = pack_parse(rows[i].file, out_str(&o), o.n, &errs);

		no_errors(&errs);
		pack_lint(p, &errs);
		no_errors(&errs);
		assert_int_equal(p->n_rules, rows[i].n_rules);
		pack_free(p);
		out_done(&o);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(several_errors_at_once),
		cmocka_unit_test(duplicate_ids),
		cmocka_unit_test(short_forms),
		cmocka_unit_test(informational_packs_tolerate),
		cmocka_unit_test(deployments),
		cmocka_unit_test(lint_warns),
		cmocka_unit_test(lint_looks_across_rules),
		cmocka_unit_test(verdicts_are_the_judges),
		cmocka_unit_test(digest_is_of_the_file),
		cmocka_unit_test(documentation_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
