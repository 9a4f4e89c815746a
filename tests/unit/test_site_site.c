// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "base/time.h"
#include "build.h"
#include "config/yaml.h"
#include "matrix/matrix.h"
#include "site/site.h"
#include "site/words.h"

#define HEAD "spanaudit: site/1\n"

static struct site *parse(const char *src, struct errors *errs)
{
	memset(errs, 0, sizeof *errs);
	return site_parse("site.yaml", src, strlen(src), errs);
}

/* A site without an error or a warning, or the test ends. */
static struct site *good(const char *src)
{
	struct errors errs;
	struct out o = {0};
	struct site *s = parse(src, &errs);

	if (!s || errs.n) {
		errors_format(&errs, "test", &o);
		fail_msg("%s", out_str(&o));
	}
	errors_done(&errs);
	return s;
}

static const struct host *named(const struct site *s, const char *name)
{
	const struct host *h = inventory_named(s->inventory, name);

	if (!h)
		fail_msg("no host '%s'", name);
	return h;
}

static const char *whose(const struct site *s, const char *addr)
{
	struct addr a = A(addr);
	const struct host *h = inventory_find(s->inventory, &a);

	return h ? h->name : "nobody";
}

static void defaults(void **state)
{
	struct site *s = site_new();

	assert_null(s->path);
	assert_string_equal(s->name, "");
	assert_string_equal(s->timezone, "UTC");
	assert_int_equal(s->n_rules, 2);
	assert_string_equal(s->rules[0], "dynamics-365");
	assert_string_equal(s->rules[1], "crm-2011");
	assert_int_equal(s->auth, AUTH_IWA);
	assert_int_equal(s->topology, TOPOLOGY_FULL);
	assert_int_equal(s->mail, 0);
	assert_int_equal(s->rpc.n, 0);
	assert_false(s->rpc_restricted);
	assert_int_equal(s->judge_after_ns, 24 * 3600 * NS_PER_S);
	assert_int_equal(s->min_packets, 0);
	assert_int_equal(inventory_count(s->inventory), 0);
	assert_null(site_ports(s, PORT_SQL, NULL));
	assert_false(site_in_setup(s, 0));
	site_free(s);
	site_free(NULL);

	s = good(HEAD "hosts: [{name: a, role: sql, addr: 10.0.0.1}]\n");
	assert_string_equal(s->path, "site.yaml");
	assert_int_equal(s->n_rules, 2);
	assert_string_equal(s->timezone, "UTC");
	site_free(s);
}

static void every_key(void **state)
{
	static const char src[] = HEAD
		"name: contoso-hq\n"
		"timezone: Europe/Berlin\n"
		"rules: [crm-2011, ./own.yaml]\n"
		"deployment:\n"
		"  auth: ifd\n"
		"  topology: split\n"
		"  mail: [outlook, server-side-sync]\n"
		"  nlb: windows-nlb\n"
		"  sql: ag\n"
		"  netbios: forbidden\n"
		"  rpc: [5000-5100, 6001]\n"
		"  ipsec-dc: true\n"
		"  trusts: [a.example, b.example]\n"
		"  setup:\n"
		"    - {from: 2024-05-01T08:00:00+02:00, to: 2024-05-01T09:00:00+02:00}\n"
		"    - from: 2024-05-02T00:00:00Z\n"
		"      to: 2024-05-03T00:00:00Z\n"
		"ports: {crm-http: [80, 5555], crm-https: 443, sandbox: 1808, sql: 1433, "
		"ssrs-http: 81,\n"
		"        ssrs-https: 444, adfs-https: 445, rdp: 3390-3392}\n"
		"hosts:\n"
		"  - {name: web, role: [crm-web, crm-orgws], addr: [10.0.0.1, \"2001:db8::1\"],\n"
		"     mac: [00:15:5d:01:02:03, 00-15-5D-AA-BB-CC], why: \"front\"}\n"
		"  - {name: app, roles: [crm-async, crm-email, crm-sandbox], addr: 10.0.0.2}\n"
		"  - {name: db, role: sql, addr: [10.0.0.3, 10.0.0.4], ports: {sql: [51433, "
		"51434]}}\n"
		"  - {name: sts, role: adfs, addr: 10.0.0.5}\n"
		"networks:\n"
		"  - {name: users, role: [crm-client, admin], cidr: [10.30.0.0/16, "
		"\"2001:db8:30::/48\"]}\n"
		"  - {name: bak, role: ignore, cidr: 10.99.0.0/24, why: \"CHG-88\"}\n"
		"nat:\n"
		"  - {seen-as: [10.0.9.5, 10.0.9.6], really: lb-crm, role: nlb, why: x}\n"
		"  - {seen-as: 10.0.9.7, really: web}\n"
		"  - {seen-as: 10.0.9.8, really: 10.0.0.3, role: ssrs}\n"
		"egress:\n"
		"  - {from: [crm-any, sql], service: [443/tcp, 80/tcp], names: [\"*.example.com\", "
		"b], why: up}\n"
		"  - {from: sql, service: 123/udp, why: time}\n"
		"sensors:\n"
		"  - {name: s1, sees: [crm-any, sql], both-directions: false, max-loss: 0.1%}\n"
		"  - {name: s2}\n"
		"limits: {judge-after: 12h, judge-after-for: {dns: 1h, ldap: 90s}, min-packets: "
		"1000}\n"
		"overrides:\n"
		"  - {rule: S1-WEB-05, severity: high, need: forbidden, when-missing: never, "
		"reason: why}\n"
		"  - {rule: S1-WEB-06, when-missing: advise, reason: why}\n"
		"severities:\n"
		"  - {kind: blocked, from: [crm-any, sql], to: adfs, severity: info, reason: why}\n"
		"  - {kind: scan, severity: critical, reason: never}\n";
	struct site *s = good(src);
	const struct host *h;

	assert_string_equal(s->name, "contoso-hq");
	assert_string_equal(s->timezone, "Europe/Berlin");
	assert_int_equal(tz_offset(site_tz(s), INT64_C(1714521600) * NS_PER_S, NULL), 7200);
	assert_int_equal(s->n_rules, 2);
	assert_string_equal(s->rules[1], "./own.yaml");
	assert_int_equal(s->auth, AUTH_IFD);
	assert_int_equal(s->topology, TOPOLOGY_SPLIT);
	assert_int_equal(s->mail, MAIL_OUTLOOK | MAIL_SERVER_SIDE_SYNC);
	assert_int_equal(s->nlb, NLB_WINDOWS);
	assert_int_equal(s->sql, SQL_AG);
	assert_int_equal(s->netbios, NETBIOS_FORBIDDEN);
	assert_true(s->rpc_restricted);
	assert_int_equal(s->rpc.n, 2);
	assert_true(port_list_has(&s->rpc, 5100) && port_list_has(&s->rpc, 6001));
	assert_false(port_list_has(&s->rpc, 5101) || port_list_has(&s->rpc, 49152));
	assert_true(s->ipsec_dc);
	assert_int_equal(s->n_trusts, 2);
	assert_string_equal(s->trusts[1], "b.example");

	/* 08:00 at +02:00 is 06:00 UTC; the end is outside. */
	int64_t at;

	assert_int_equal(s->n_setup, 2);
	assert_true(time_parse("2024-05-01T06:00:00Z", &at));
	assert_false(site_in_setup(s, at - 1));
	assert_true(site_in_setup(s, at));
	assert_true(site_in_setup(s, at + 3600 * NS_PER_S - 1));
	assert_false(site_in_setup(s, at + 3600 * NS_PER_S));
	assert_true(site_in_setup(s, at + 24 * 3600 * NS_PER_S));

	static const uint16_t ports[PORT_KEY_N] = {
		[PORT_CRM_HTTP] = 5555,  [PORT_CRM_HTTPS] = 443, [PORT_SANDBOX] = 1808,
		[PORT_SQL] = 1433,       [PORT_SSRS_HTTP] = 81,  [PORT_SSRS_HTTPS] = 444,
		[PORT_ADFS_HTTPS] = 445, [PORT_RDP] = 3392,
	};

	for (unsigned k = 0; k < PORT_KEY_N; k++)
		assert_true(port_list_has(site_ports(s, (enum port_key)k, NULL), ports[k]));
	h = named(s, "db");
	assert_true(port_list_has(site_ports(s, PORT_SQL, h), 51434));
	assert_false(port_list_has(site_ports(s, PORT_SQL, h), 1433));
	assert_true(port_list_has(site_ports(s, PORT_RDP, h), 3391));

	h = named(s, "web");
	assert_int_equal(h->n_addr, 3); /* one of them by NAT */
	assert_int_equal(h->n_mac, 2);
	assert_memory_equal(h->mac[1], "\x00\x15\x5d\xaa\xbb\xcc", 6);
	assert_string_equal(h->why, "front");
	assert_int_equal(h->known_by, KNOWN_SITE);
	assert_string_equal(h->file, "site.yaml");
	assert_int_equal(h->line, 22);
	assert_int_equal(h->roles, ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS));
	assert_string_equal(whose(s, "2001:db8::1"), "web");
	assert_string_equal(whose(s, "10.0.9.7"), "web");
	assert_string_equal(whose(s, "10.0.9.8"), "db");
	assert_true(roles_has(named(s, "db")->roles, ROLE_SSRS));
	assert_string_equal(whose(s, "10.0.9.6"), "lb-crm");
	assert_int_equal(named(s, "lb-crm")->roles, ROLE_BIT(ROLE_NLB));
	assert_int_equal(named(s, "app")->declared, ROLE_BIT(ROLE_CRM_ASYNC) |
							    ROLE_BIT(ROLE_CRM_EMAIL) |
							    ROLE_BIT(ROLE_CRM_SANDBOX));
	assert_string_equal(whose(s, "10.30.200.1"), "users");
	assert_string_equal(whose(s, "2001:db8:30::9"), "users");
	assert_string_equal(whose(s, "10.99.0.9"), "bak");
	assert_true(named(s, "bak")->is_network);
	assert_string_equal(named(s, "bak")->why, "CHG-88");
	assert_string_equal(whose(s, "10.99.1.9"), "nobody");
	assert_int_equal(inventory_count(s->inventory), 8);

	assert_int_equal(s->n_egress, 3);
	assert_int_equal(s->egress[0].from, role_end_set("crm-any") | ROLE_BIT(ROLE_SQL));
	assert_int_equal(s->egress[0].port, 443);
	assert_int_equal(s->egress[0].proto, 6);
	assert_int_equal(s->egress[0].n_names, 2);
	assert_string_equal(s->egress[0].names[0], "*.example.com");
	assert_string_equal(s->egress[0].why, "up");
	assert_int_equal(s->egress[1].port, 80);
	assert_int_equal(s->egress[2].proto, 17);
	assert_int_equal(s->egress[2].n_names, 0);

	assert_int_equal(s->n_sensors, 2);
	assert_string_equal(s->sensors[0].name, "s1");
	assert_int_equal(s->sensors[0].sees, role_end_set("crm-any") | ROLE_BIT(ROLE_SQL));
	assert_false(s->sensors[0].both_directions);
	assert_true(s->sensors[0].max_loss > 0.000999 && s->sensors[0].max_loss < 0.001001);
	assert_int_equal(s->sensors[1].sees, ~(roleset)0);
	assert_true(s->sensors[1].both_directions);
	assert_true(s->sensors[1].max_loss > 0.00999 && s->sensors[1].max_loss < 0.01001);

	assert_int_equal(s->judge_after_ns, 12 * 3600 * NS_PER_S);
	assert_int_equal(s->n_judge_after_for, 2);
	assert_string_equal(s->judge_after_for[1].service, "ldap");
	assert_int_equal(s->judge_after_for[1].ns, 90 * NS_PER_S);
	assert_int_equal(s->min_packets, 1000);

	assert_int_equal(s->n_overrides, 2);
	assert_string_equal(s->overrides[0].rule, "S1-WEB-05");
	assert_int_equal(s->overrides[0].severity, SEV_HIGH);
	assert_string_equal(site_need_words()[s->overrides[0].need], "forbidden");
	assert_string_equal(site_missing_words()[s->overrides[0].when_missing], "never");
	assert_int_equal(s->overrides[1].severity, SEV_NONE);
	assert_int_equal(s->overrides[1].need, -1);
	assert_string_equal(site_missing_words()[s->overrides[1].when_missing], "advise");
	assert_int_equal(s->n_severities, 2);
	assert_string_equal(s->severities[0].kind, "blocked");
	assert_true(roles_has(s->severities[0].from, ROLE_CRM_ASYNC));
	assert_true(s->severities[0].to == ROLE_BIT(ROLE_ADFS));
	assert_int_equal(s->severities[0].severity, SEV_INFO);
	assert_true(!s->severities[1].from && !s->severities[1].to);
	assert_int_equal(s->severities[1].severity, SEV_CRITICAL);
	assert_string_equal(s->severities[1].reason, "never");
	site_free(s);
}

/* Every word of every choice, to its value. */
static void choices(void **state)
{
	static const struct {
		const char *key, *word;
		int value;
	} rows[] = {
		{"auth", "iwa", AUTH_IWA},
		{"auth", "claims", AUTH_CLAIMS},
		{"auth", "ifd", AUTH_IFD},
		{"topology", "full", TOPOLOGY_FULL},
		{"topology", "split", TOPOLOGY_SPLIT},
		{"mail", "none", 0},
		{"mail", "outlook", MAIL_OUTLOOK},
		{"mail", "router", MAIL_ROUTER},
		{"mail", "server-side-sync", MAIL_SERVER_SIDE_SYNC},
		{"mail", "[router, outlook]", MAIL_OUTLOOK | MAIL_ROUTER},
		{"nlb", "none", NLB_NONE},
		{"nlb", "windows-nlb", NLB_WINDOWS},
		{"nlb", "appliance", NLB_APPLIANCE},
		{"sql", "default", SQL_DEFAULT},
		{"sql", "named-fixed", SQL_NAMED_FIXED},
		{"sql", "named-dynamic", SQL_NAMED_DYNAMIC},
		{"sql", "fci", SQL_FCI},
		{"sql", "ag", SQL_AG},
		{"netbios", "tolerated", NETBIOS_TOLERATED},
		{"netbios", "expected", NETBIOS_EXPECTED},
		{"netbios", "forbidden", NETBIOS_FORBIDDEN},
		{"ipsec-dc", "true", 1},
		{"ipsec-dc", "false", 0},
		{"rpc", "default", 0},
		{"rpc", "49152-65535", 1},
		{"rpc", "[50000, 50001]", 2},
		{"rpc", "50000", 1},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs;
		char src[256];
		struct site *s;
		int got;

		snprintf(src, sizeof src,
			 HEAD
			 "deployment: {%s: %s}\nhosts: [{name: a, role: sql, addr: 10.0.0.1}]\n",
			 rows[i].key, rows[i].word);
		s = parse(src, &errs);
		if (!s)
			fail_msg("%s", src);
		switch (rows[i].key[0]) {
		case 'a':
			got = (int)s->auth;
			break;
		case 't':
			got = (int)s->topology;
			break;
		case 'm':
			got = (int)s->mail;
			break;
		case 's':
			got = (int)s->sql;
			break;
		case 'i':
			got = s->ipsec_dc;
			break;
		case 'r':
			got = s->rpc.n;
			assert_int_equal(s->rpc_restricted, got > 0);
			break;
		default:
			got = rows[i].key[1] == 'l' ? (int)s->nlb : (int)s->netbios;
		}
		if (got != rows[i].value)
			fail_msg("%s: %s became %d", rows[i].key, rows[i].word, got);
		errors_done(&errs);
		site_free(s);
	}
	assert_string_equal(severity_name(SEV_INFO), "info");
	assert_string_equal(severity_name(SEV_CRITICAL), "critical");
	assert_string_equal(severity_name(SEV_NONE), "none");
}

/* The first error of a file, with its place; the head line is line 1. */
static void refused(void **state)
{
	static const struct {
		const char *src; /* after the head line */
		unsigned line, column, length;
		const char *what, *hint;
	} rows[] = {
		{"hots: []\n", 2, 1, 4, "unknown key 'hots' (did you mean 'hosts'?)", NULL},
		{"banana: 1\n", 2, 1, 6, "unknown key 'banana'", NULL},
		{"spanaudit: site/1\n", 2, 1, 9,
		 "the key 'spanaudit' is there twice; first in line 1", "keep one of the two"},
		{"name: ''\n", 2, 7, 2, "this must be one line of text, not empty",
		 "write it without spaces around it"},
		{"name: [a, b]\n", 2, 7, 6, "'name' must be a single value, not a list",
		 "write one value, without [ ] or { }"},
		{"timezone: Europe/Berln\n", 2, 11, 12,
		 "unknown time zone 'Europe/Berln' (did you mean 'Europe/Berlin'?)", NULL},
		{"timezone: W. Europe Standard Time\n", 2, 11, 23,
		 "unknown time zone 'W. Europe Standard Time'",
		 "write a name as in Europe/Berlin, or UTC"},
		{"timezone: ../../../etc/passwd\n", 2, 11, 19,
		 "unknown time zone '../../../etc/passwd'",
		 "write a name as in Europe/Berlin, or UTC"},
		{"rules: []\n", 2, 8, 2, "no rule pack is named here",
		 "write rules: [dynamics-365, crm-2011], or remove the key"},
		{"rules: {a: b}\n", 2, 8, 6, "'rules' must be a single value or a list, not a map",
		 "write one value, or [a, b]"},
		{"deployment: iwa\n", 2, 13, 3,
		 "'deployment' must be a map (key: value), not a single value",
		 "write {key: value, ...}, or one 'key: value' a line"},
		{"deployment: {auth: claim}\n", 2, 20, 5,
		 "unknown word 'claim' (did you mean 'claims'?)", "one of iwa, claims, ifd"},
		{"deployment: {auth: ntlm}\n", 2, 20, 4, "unknown word 'ntlm'",
		 "one of iwa, claims, ifd"},
		{"deployment: {topology: splitt}\n", 2, 24, 6,
		 "unknown word 'splitt' (did you mean 'split'?)", "one of full, split"},
		{"deployment: {mail: pop3}\n", 2, 20, 4, "unknown word 'pop3'",
		 "one of none, outlook, router, server-side-sync"},
		{"deployment: {mail: [none, router]}\n", 2, 20, 14,
		 "'none' together with a way of mail", "keep one of them"},
		{"deployment: {nlb: f5}\n", 2, 19, 2, "unknown word 'f5'",
		 "one of none, windows-nlb, appliance"},
		{"deployment: {sql: named}\n", 2, 19, 5,
		 "unknown word 'named' (did you mean 'named-fixed'?)",
		 "one of default, named-fixed, named-dynamic, fci, ag"},
		{"deployment: {netbios: no}\n", 2, 23, 2, "unknown word 'no'",
		 "one of tolerated, expected, forbidden"},
		{"deployment: {rpc: 5000-1}\n", 2, 19, 6, "the range '5000-1' runs backwards",
		 "write 1-5000"},
		{"deployment: {rpc: dynamic}\n", 2, 19, 7, "'dynamic' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"deployment: {rpc: []}\n", 2, 19, 2, "no port is named here",
		 "write a port, or remove the key"},
		{"deployment: {ipsec-dc: yes}\n", 2, 24, 3, "'yes' is neither true nor false",
		 "write true or false"},
		{"deployment: {authentication: iwa}\n", 2, 14, 14,
		 "unknown key 'authentication' (did you mean 'auth'?)", NULL},
		{"deployment: {proto:tcp}\n", 2, 14, 9, "unknown key 'proto:tcp'",
		 "write a space after the colon: proto: ..."},
		{"deployment:\n  setup: [{from: yesterday, to: 2024-05-01T00:00:00Z}]\n", 3, 18, 9,
		 "'yesterday' is not a time",
		 "write date, time and offset: 2024-05-01T08:00:00+02:00"},
		{"deployment:\n  setup: [{from: 2024-05-02T00:00:00Z, to: 2024-05-01T00:00:00Z}]\n",
		 3, 11, 54, "this window ends before it begins",
		 "swap 'from' and 'to', or check the offsets"},
		{"deployment:\n  setup: [{from: 2024-05-02T00:00:00Z}]\n", 3, 11, 28,
		 "'to' is missing here", "add to: 2024-05-01T08:00:00+02:00"},
		{"deployment:\n  setup: {from: 2024-05-02T00:00:00Z}\n", 3, 10, 28,
		 "'setup' must be a list, not a map (key: value)",
		 "write [a, b], or one line with '- ' for each"},
		{"ports: {sql: 443-}\n", 2, 14, 4, "'443-' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"ports: {sql: 0443}\n", 2, 14, 4, "'0443' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"ports: {sql: 0}\n", 2, 14, 1, "'0' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"ports: {sql: 65536}\n", 2, 14, 5, "'65536' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"ports: {sql: 1433/tcp}\n", 2, 14, 8, "'1433/tcp' is not a port or a range",
		 "write 443 or 443-445, from 1 to 65535"},
		{"ports: {sql: []}\n", 2, 14, 2, "no port is named here",
		 "write a port, or remove the key"},
		{"ports: {sql: [1,2,3,4,5,6,7,8,9]}\n", 2, 31, 1, "more than 8 ports and ranges",
		 "join neighbours to ranges"},
		{"ports: {sql:}\n", 2, 12, 1, "a colon without a value behind it",
		 "write a space and a value after the colon"},
		{"ports: {crm-htp: 80}\n", 2, 9, 7,
		 "unknown key 'crm-htp' (did you mean 'crm-http'?)", NULL},
		{"ports: 80\n", 2, 8, 2, "'ports' must be a map (key: value), not a single value",
		 "write {key: value, ...}, or one 'key: value' a line"},
		{"hosts: {a: b}\n", 2, 8, 6, "'hosts' must be a list, not a map (key: value)",
		 "write [a, b], or one line with '- ' for each"},
		{"hosts: [a]\n", 2, 9, 1, "this must be a map (key: value), not a single value",
		 "write {key: value, ...}, or one 'key: value' a line"},
		{"hosts:\n  - name:foo\n", 3, 5, 8,
		 "this must be a map (key: value), not a single value",
		 "write a space after the colon: name: ..."},
		{"hosts: [{role: sql, addr: 10.0.0.1}]\n", 2, 9, 27, "'name' is missing here",
		 "add name: crmweb01"},
		{"hosts: [{name: a, addr: 10.0.0.1}]\n", 2, 9, 25, "'a' has no 'role'",
		 "add role: crm-web (or another role)"},
		{"hosts: [{name: a, role: sql}]\n", 2, 9, 20, "'a' has no 'addr'",
		 "add addr: 10.20.1.11"},
		{"hosts: [{name: a, role: sql, adress: 10.0.0.1}]\n", 2, 30, 6,
		 "unknown key 'adress' (did you mean 'addr'?)", NULL},
		{"hosts: [{name: a, role: sql, roles: dc, addr: 10.0.0.1}]\n", 2, 30, 5,
		 "both 'role' and 'roles' are given", "keep one of them; either takes a list"},
		{"hosts: [{name: a, role: crm-wbe, addr: 10.0.0.1}]\n", 2, 25, 7,
		 "unknown role 'crm-wbe' (did you mean 'crm-web'?)", NULL},
		{"hosts: [{name: a, role: server, addr: 10.0.0.1}]\n", 2, 25, 6,
		 "unknown role 'server'",
		 "roles are listed in spanaudit-site(5): crm-web, sql, dc ..."},
		{"hosts: [{name: a, role: crm-any, addr: 10.0.0.1}]\n", 2, 25, 7,
		 "'crm-any' is a group of roles", "say which of them the host has"},
		{"hosts: [{name: a, role: [], addr: 10.0.0.1}]\n", 2, 25, 2,
		 "no role is named here", "write a role, such as crm-web"},
		{"hosts: [{name: a, role: [sql, ignore], addr: 10.0.0.1}]\n", 2, 25, 13,
		 "'ignore' together with another role",
		 "ignore takes a host out of the audit: keep one of them"},
		{"hosts: [{name: a, role: sql, addr: []}]\n", 2, 36, 2, "no address is given here",
		 "write one, or remove the host"},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.256}]\n", 2, 36, 10,
		 "'10.0.0.256' is not an IP address",
		 "write 10.20.1.11 or \"2001:db8::11\"; names are not resolved"},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.1/24}]\n", 2, 36, 11,
		 "'10.0.0.1/24' is not an IP address",
		 "a network (with /) belongs under 'networks'"},
		{"hosts: [{name: a, role: sql, addr: \"[2001:db8::1]\"}]\n", 2, 36, 15,
		 "'[2001:db8::1]' is not an IP address",
		 "write the address alone, without [ ] or %"},
		{"hosts: [{name: a, role: sql, addr: fe80::1%eth0}]\n", 2, 36, 12,
		 "'fe80::1%eth0' is not an IP address",
		 "write the address alone, without [ ] or %"},
		{"hosts: [{name: a, role: sql, addr: 224.0.0.1}]\n", 2, 36, 9,
		 "'224.0.0.1' is a multicast address, which no host has",
		 "write the address that packets of the host carry"},
		{"hosts: [{name: a, role: sql, addr: 127.0.0.1}]\n", 2, 36, 9,
		 "'127.0.0.1' is a loopback address, which no host has",
		 "write the address that packets of the host carry"},
		{"hosts: [{name: a, role: sql, addr: 0.0.0.0}]\n", 2, 36, 7,
		 "'0.0.0.0' is the unspecified address, which no host has",
		 "write the address that packets of the host carry"},
		{"hosts: [{name: a, role: sql, addr: 255.255.255.255}]\n", 2, 36, 15,
		 "'255.255.255.255' is the broadcast address, which no host has",
		 "write the address that packets of the host carry"},
		{"hosts: [{name: a, role: sql, addr: [10.0.0.1, 10.0.0.1]}]\n", 2, 47, 8,
		 "'10.0.0.1' is there twice", "keep one of the two"},
		{"hosts: [{name: a, role: sql, addr: [10.0.0.1, \"::ffff:10.0.0.1\"]}]\n", 2, 47,
		 17, "'::ffff:10.0.0.1' is there twice", "keep one of the two"},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.1, ports: {sqll: 1}}]\n", 2, 54, 4,
		 "unknown key 'sqll' (did you mean 'sql'?)", NULL},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.1, mac: 00:15:5d:01:02}]\n", 2, 51, 14,
		 "'00:15:5d:01:02' is not a MAC address",
		 "write 00:15:5d:01:02:03 or 00-15-5D-01-02-03"},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.1, mac: 00:15:5g:01:02:03}]\n", 2, 51,
		 17, "'00:15:5g:01:02:03' is not a MAC address",
		 "write 00:15:5d:01:02:03 or 00-15-5D-01-02-03"},
		{"hosts:\n  - {name: a, role: sql, addr: 10.0.0.1}\n  - {name: a, role: dc, addr: "
		 "10.0.0.2}\n",
		 4, 12, 1, "the name 'a' is taken in line 3",
		 "give all addresses of one host in one entry, or use another name"},
		{"hosts:\n  - {name: a, role: sql, addr: 10.0.0.1}\n  - {name: b, role: dc, addr: "
		 "10.0.0.1}\n",
		 4, 31, 8, "'10.0.0.1' belongs to 'a' in line 3 already",
		 "an address is one host's: remove it from one of them"},
		{"networks: [{name: u, role: crm-client}]\n", 2, 12, 27, "'u' has no 'cidr'",
		 "add cidr: 10.30.0.0/16"},
		{"networks: [{name: u, role: crm-client, cidr: []}]\n", 2, 46, 2,
		 "no network is given here", "write one, or remove the entry"},
		{"networks: [{name: u, role: crm-client, cidr: 10.30.0.5/16}]\n", 2, 46, 12,
		 "'10.30.0.5/16' is not a network",
		 "bits are set behind the length: write 10.30.0.0/16"},
		{"networks: [{name: u, role: crm-client, cidr: 10.30.0.0/33}]\n", 2, 46, 12,
		 "'10.30.0.0/33' is not a network", "the length goes from 0 to 32"},
		{"networks: [{name: u, role: crm-client, cidr: \"2001:db8::1/64\"}]\n", 2, 46, 16,
		 "'2001:db8::1/64' is not a network",
		 "bits are set behind the length: write 2001:db8::/64"},
		{"networks: [{name: u, role: crm-client, cidr: 10.30.0.0-10.30.0.9}]\n", 2, 46, 19,
		 "'10.30.0.0-10.30.0.9' is not a network",
		 "write 10.30.0.0/16 or \"2001:db8:30::/48\""},
		{"networks: [{name: u, role: crm-client, cidr: 10.30.0.0/255.255.0.0}]\n", 2, 46,
		 21, "'10.30.0.0/255.255.0.0' is not a network",
		 "write 10.30.0.0/16 or \"2001:db8:30::/48\""},
		{"networks: [{name: u, role: crm-client, cidr: 10.30.0.0/16, addr: 1.2.3.4}]\n", 2,
		 60, 4, "unknown key 'addr'", NULL},
		{"networks:\n  - {name: u, role: crm-client, cidr: 10.30.0.0/16}\n  - {name: v, "
		 "role: ignore, cidr: 10.30.0.0/16}\n",
		 4, 35, 12, "the network '10.30.0.0/16' is 'u' in line 3 already",
		 "give a network all its roles in one entry"},
		{"networks:\n  - {name: u, role: crm-client, cidr: 10.30.0.0/16}\n  - {name: u, "
		 "role: ignore, cidr: 10.31.0.0/16}\n",
		 4, 12, 1, "the name 'u' is taken in line 3",
		 "give all addresses of one host in one entry, or use another name"},
		{"nat: [{seen-as: 10.0.0.1, really: x}]\n", 2, 7, 30, "'role' is missing here",
		 "add role: crm-web (or another role)"},
		{"nat: [{seen-as: x, really: x, role: nlb}]\n", 2, 17, 1,
		 "'x' is not an IP address",
		 "write 10.20.1.11 or \"2001:db8::11\"; names are not resolved"},
		{"nat: [{really: x, role: nlb}]\n", 2, 7, 22, "'seen-as' is missing here",
		 "add seen-as: 10.20.9.5"},
		{"nat: [{seen-as: 10.0.0.1, role: nlb}]\n", 2, 7, 30, "'really' is missing here",
		 "add really: lb-crm"},
		{"hosts: [{name: a, role: sql, addr: 10.0.0.1}]\nnat: [{seen-as: 10.0.0.1, really: "
		 "x, role: nlb}]\n",
		 3, 17, 8, "'10.0.0.1' belongs to 'a' in line 2 already",
		 "an address is one host's: remove it from one of them"},
		{"egress: [{from: crm-any, why: x}]\n", 2, 10, 23, "'service' is missing here",
		 "add service: 443/tcp"},
		{"egress: [{from: crm-any, service: 443, why: x}]\n", 2, 35, 3,
		 "'443' is not a service", "write port and transport: 443/tcp"},
		{"egress: [{from: crm-any, service: 0/tcp, why: x}]\n", 2, 35, 5,
		 "'0/tcp' is not a service", "write port and transport: 443/tcp"},
		{"egress: [{from: crm-any, service: 443/sctp, why: x}]\n", 2, 35, 8,
		 "'443/sctp' is not a service", "write port and transport: 443/tcp"},
		{"egress: [{from: crm-all, service: 443/tcp, why: x}]\n", 2, 17, 7,
		 "unknown role 'crm-all' (did you mean 'crm-full'?)", NULL},
		{"egress: [{from: crm-any, service: 443/tcp}]\n", 2, 10, 33,
		 "'why' is missing here", "add why: \"updates\""},
		{"egress: [{from: crm-any, service: 443/tcp, names: \"https://x\", why: x}]\n", 2,
		 51, 11, "'https://x' is not a host name or pattern",
		 "write www.example.com or \"*.example.com\", without https://"},
		{"egress: [{from: crm-any, service: 443/tcp, names: [*.x], why: x}]\n", 2, 52, 1,
		 "a bare * begins an alias, which strict YAML leaves out",
		 "put the text in quotes"},
		{"sensors: [{sees: sql}]\n", 2, 11, 11, "'name' is missing here",
		 "add name: span-dc1"},
		{"sensors: [{name: a, sees: sqll}]\n", 2, 27, 4,
		 "unknown role 'sqll' (did you mean 'sql'?)", NULL},
		{"sensors: [{name: a, max-loss: 0.1}]\n", 2, 31, 3, "'0.1' is not a percentage",
		 "write 0.1%, between 0% and 100%"},
		{"sensors: [{name: a, max-loss: 101%}]\n", 2, 31, 4, "'101%' is not a percentage",
		 "write 0.1%, between 0% and 100%"},
		{"sensors: [{name: a, max-loss: -1%}]\n", 2, 31, 3, "'-1%' is not a percentage",
		 "write 0.1%, between 0% and 100%"},
		{"sensors: [{name: a, both-directions: no}]\n", 2, 38, 2,
		 "'no' is neither true nor false", "write true or false"},
		{"sensors: [{name: a}, {name: a}]\n", 2, 29, 1, "a sensor 'a' is there already",
		 "use another name"},
		{"limits: {judge-after: 24}\n", 2, 23, 2, "'24' is not a length of time",
		 "write 90s, 15m, 24h or 7d"},
		{"limits: {judge-after-for: {dns: soon}}\n", 2, 33, 4,
		 "'soon' is not a length of time", "write 90s, 15m, 24h or 7d"},
		{"limits: {min-packets: many}\n", 2, 23, 4, "'many' is not a whole number", NULL},
		{"limits: {min-packet: 1}\n", 2, 10, 10,
		 "unknown key 'min-packet' (did you mean 'min-packets'?)", NULL},
		{"overrides: [{rule: x, reason: y}]\n", 2, 13, 20, "this override changes nothing",
		 "add severity, need or when-missing"},
		{"overrides: [{rule: x, need: required}]\n", 2, 13, 25, "'reason' is missing here",
		 "add reason: \"who decided it, and why\""},
		{"overrides: [{need: required, reason: y}]\n", 2, 13, 27, "'rule' is missing here",
		 "add rule: S1-WEB-05"},
		{"overrides: [{rule: x, need: must, reason: y}]\n", 2, 29, 4, "unknown word 'must'",
		 "one of required, recommended, optional, conditional, setup-only, legacy, "
		 "tolerated, forbidden"},
		{"overrides: [{rule: x, severity: hihg, reason: y}]\n", 2, 33, 4,
		 "unknown word 'hihg' (did you mean 'high'?)",
		 "one of info, low, medium, high, critical"},
		{"overrides: [{rule: x, when-missing: reprot, reason: y}]\n", 2, 37, 6,
		 "unknown word 'reprot' (did you mean 'report'?)",
		 "one of report, report-to-dc, report-any-of, report-if-configured, "
		 "report-if-mapped, advise, never"},
		{"overrides: [{rule: x, need: legacy, reason: ''}]\n", 2, 45, 2,
		 "this must be one line of text, not empty", "write it without spaces around it"},
		{"overrides:\n  - {rule: x, need: legacy, reason: y}\n  - {rule: x, need: "
		 "optional, reason: y}\n",
		 4, 12, 1, "'x' is overridden in line 3 already", "keep one of the two"},
		{"severities: {kind: scan}\n", 2, 13, 12,
		 "'severities' must be a list, not a map (key: value)",
		 "write [a, b], or one line with '- ' for each"},
		{"severities: [{severity: low, reason: y}]\n", 2, 14, 26, "'kind' is missing here",
		 "add kind: missing"},
		{"severities: [{kind: scan, reason: y}]\n", 2, 14, 23, "'severity' is missing here",
		 "add severity: low"},
		{"severities: [{kind: scan, severity: low}]\n", 2, 14, 27,
		 "'reason' is missing here", "add reason: \"who decided it, and why\""},
		{"severities: [{kind: mising, severity: low, reason: y}]\n", 2, 21, 6,
		 "unknown word 'mising' (did you mean 'missing'?)",
		 "one of advice, setup-only, rpc-unexplained, rpc-out-of-range, moved-service, "
		 "unexpected-direction, unexpected-pair, unexpected-port, unexpected-endpoint, "
		 "..."},
		{"severities: [{kind: documented, severity: low, reason: y}]\n", 2, 21, 10,
		 "unknown word 'documented'",
		 "one of advice, setup-only, rpc-unexplained, rpc-out-of-range, moved-service, "
		 "unexpected-direction, unexpected-pair, unexpected-port, unexpected-endpoint, "
		 "..."},
		{"severities: [{kind: scan, severity: none, reason: y}]\n", 2, 37, 4,
		 "unknown word 'none'", "one of info, low, medium, high, critical"},
		{"severities: [{kind: scan, from: sqll, severity: low, reason: y}]\n", 2, 33, 4,
		 "unknown role 'sqll' (did you mean 'sql'?)", NULL},
		{"severities: [{kind: scan, role: sql, severity: low, reason: y}]\n", 2, 27, 4,
		 "unknown key 'role'", NULL},
		{"severities:\n"
		 "  - {kind: blocked, to: dc, severity: low, reason: y}\n"
		 "  - {kind: blocked, severity: low, reason: y}\n"
		 "  - {kind: blocked, to: dc, severity: info, reason: y}\n",
		 5, 12, 7,
		 "the severity of 'blocked' is changed in line 3 already, between the same roles",
		 "keep one of the two"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct out o = {0};
		struct errors errs;
		struct site *s;

		out_puts(&o, HEAD);
		out_puts(&o, rows[i].src);
		s = parse(out_str(&o), &errs);
		if (s || !errs.n)
			fail_msg("row %zu was read: %s", i, rows[i].src);

		const struct error *e = &errs.e[0];

		assert_false(e->warning);
		assert_string_equal(e->what, rows[i].what);
		if (e->line != rows[i].line || e->column != rows[i].column ||
		    e->length != rows[i].length)
			fail_msg("row %zu: %u:%u +%u: %s", i, e->line, e->column, e->length,
				 rows[i].src);
		if (rows[i].hint)
			assert_string_equal(e->hint, rows[i].hint);
		else
			assert_null(e->hint);
		errors_done(&errs);
		out_done(&o);
	}
}

static void versions(void **state)
{
	static const struct {
		const char *src, *what, *hint;
		unsigned line, column;
	} rows[] = {
		{"name: x\n", "this is not a site file",
		 "begin it with the line 'spanaudit: site/1'", 1, 1},
		{"spanaudit: site/2\n", "'site/2' is not a version that this program reads",
		 "it reads site/1; a newer program may be needed", 1, 12},
		{"name: x\nspanaudit: rules/1\n", "this is a rule pack, not a site file",
		 "give it with --rules", 2, 12},
		{"spanaudit: waivers/1\n", "this is a file of waivers, not a site file",
		 "give it with --waivers", 1, 12},
		{"spanaudit: 1\n", "'1' is not a kind of file that is known here",
		 "write spanaudit: site/1", 1, 12},
		{"spanaudit: [site/1]\n", "this is not a site file", "write spanaudit: site/1", 1,
		 12},
		{"- a\n", "this must be a map (key: value), not a list",
		 "write {key: value, ...}, or one 'key: value' a line", 1, 1},
		{"spanaudit:site/1\n", "this must be a map (key: value), not a single value",
		 "write a space after the colon: spanaudit: ...", 1, 1},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs;

		assert_null(parse(rows[i].src, &errs));
		assert_int_equal(errs.n, 1);
		assert_string_equal(errs.e[0].what, rows[i].what);
		assert_string_equal(errs.e[0].hint, rows[i].hint);
		assert_int_equal(errs.e[0].line, rows[i].line);
		assert_int_equal(errs.e[0].column, rows[i].column);
		errors_done(&errs);
	}
}

/* One run tells of every entry, in the order of the file. */
static void several(void **state)
{
	static const char src[] = HEAD "hosts:\n"
				       "  - {name: a, role: crm-wbe, adress: 10.0.0.1}\n"
				       "  - {name: b, role: sql, addr: 10.0.0.300}\n"
				       "  - {name: c, role: sql, addr: 10.0.0.3}\n"
				       "  - {name: c, role: sql, addr: 10.0.0.3}\n"
				       "limits: {judge-after: soon}\n"
				       "hots: []\n";
	static const struct {
		unsigned line;
		const char *what;
	} want[] = {
		{3, "unknown role 'crm-wbe' (did you mean 'crm-web'?)"},
		{3, "unknown key 'adress' (did you mean 'addr'?)"},
		{4, "'10.0.0.300' is not an IP address"},
		{6, "the name 'c' is taken in line 5"},
		{6, "'10.0.0.3' belongs to 'c' in line 5 already"},
		{7, "'soon' is not a length of time"},
		{8, "unknown key 'hots' (did you mean 'hosts'?)"},
	};
	struct errors errs;

	assert_null(parse(src, &errs));
	assert_int_equal(errs.n, N_ELEMENTS(want));
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		assert_int_equal(errs.e[i].line, want[i].line);
		assert_string_equal(errs.e[i].what, want[i].what);
	}
	errors_done(&errs);
}

#define HOSTS HEAD "hosts: [{name: a, role: [sql, crm-full], addr: 10.0.0.1}]\n"

/* Warnings do not stop the file from being used. */
static void warnings(void **state)
{
	static const struct {
		const char *src;
		unsigned line;
		const char *what; /* NULL: none */
	} rows[] = {
		{HOSTS, 0, NULL},
		{HEAD, 1, "no host has a core role (crm-*, sql, ssrs), so nothing is in scope"},
		{HEAD "hosts: [{name: a, role: dc, addr: 10.0.0.1}]\n", 2,
		 "no host has a core role (crm-*, sql, ssrs), so nothing is in scope"},
		{HOSTS "deployment: {mail: router}\n", 3,
		 "mail goes by a router, but no host has the role crm-router"},
		{HEAD "hosts: [{name: a, role: sql, addr: 10.0.0.1}]\n"
		      "deployment: {mail: server-side-sync}\n",
		 3, "mail is synchronised by the server, but no host has the role crm-email"},
		{HOSTS "deployment: {mail: server-side-sync}\n", 0, NULL},
		{HOSTS "deployment:\n  sql: ag\n  auth: claims\n", 5,
		 "users sign in at AD FS, but no host has the role adfs"},
		{HOSTS "deployment: {nlb: appliance}\n", 3,
		 "there is a load balancer, but no host has the role nlb"},
		{HOSTS "deployment: {topology: split}\n", 3,
		 "topology is split, but every CRM server is a crm-full"},
		{HEAD "hosts:\n  - {name: a, role: crm-web, addr: 10.0.0.1}\n"
		      "  - {name: b, role: crm-sandbox, addr: 10.0.0.2}\n",
		 0, "CRM roles are spread over 2 hosts, but topology is full"},
		{HEAD "deployment: {topology: split}\n"
		      "hosts:\n  - {name: a, role: crm-web, addr: 10.0.0.1}\n"
		      "  - {name: b, role: crm-sandbox, addr: 10.0.0.2}\n",
		 0, NULL},
		{HEAD "hosts: [{name: sql, role: sql, addr: 10.0.0.1}]\n", 2,
		 "'sql' is named like a role"},
		{HOSTS "networks: [{name: backup, role: ignore, cidr: 10.1.0.0/16}]\n", 0, NULL},
		{HOSTS "networks: [{name: b, role: ignore, cidr: 10.0.0.0/16}]\n", 2,
		 "'a' lies in the network 'b', which is ignored"},
		/* The nearer network is not ignored. */
		{HOSTS "networks:\n  - {name: b, role: ignore, cidr: 10.0.0.0/16}\n"
		       "  - {name: c, role: admin, cidr: 10.0.0.0/24}\n",
		 0, NULL},
		{HEAD "hosts: [{name: a, role: [sql], addr: 10.0.0.1, ports: {sandbox: 1808}}]\n",
		 2, "'a' has a port for 'sandbox', but no role that uses it"},
		{HEAD "hosts: [{name: a, role: [sql], addr: 10.0.0.1, ports: {rdp: 1808}}]\n", 0,
		 NULL},
		{HOSTS "sensors: [{name: s, sees: [exchange, dc]}]\n", 3,
		 "'s' sees roles that no host has"},
		{HOSTS "sensors: [{name: s, sees: [exchange, crm-web]}]\n", 0, NULL},
		{HOSTS "egress: [{from: ssrs, service: 443/tcp, why: x}]\n", 3,
		 "this is for roles that no host has"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs;
		struct site *s = parse(rows[i].src, &errs);

		if (!s)
			fail_msg("row %zu: %s", i, errs.e[0].what);
		assert_int_equal(errs.n_errors, 0);
		if (errs.n != (rows[i].what ? 1 : 0))
			fail_msg("row %zu: %zu warnings: %s", i, errs.n,
				 errs.n ? errs.e[0].what : rows[i].what);
		if (rows[i].what) {
			assert_true(errs.e[0].warning);
			assert_string_equal(errs.e[0].what, rows[i].what);
			assert_int_equal(errs.e[0].line, rows[i].line);
			assert_non_null(errs.e[0].hint);
		}
		errors_done(&errs);
		site_free(s);
	}
}

static void role_option(void **state)
{
	struct errors errs = {0};
	struct site *s = site_new();

	assert_int_equal(site_add_role(s, "sql=10.20.2.20,10.20.2.21", &errs), 0);
	assert_int_equal(site_add_role(s, "crm-client=10.30.0.0/16", &errs), 0);
	assert_int_equal(site_add_role(s, "ssrs,crm-web=10.20.2.20", &errs), 0);
	assert_int_equal(site_add_role(s, "admin=10.30.0.0/16", &errs), 0);
	assert_int_equal(site_add_role(s, "dc=2001:db8::1,2001:db8:1::/48,10.9.9.9/32", &errs), 0);
	assert_int_equal(errs.n, 0);
	assert_int_equal(inventory_count(s->inventory), 6);
	assert_int_equal(named(s, "10.20.2.20")->roles, ROLE_BIT(ROLE_SQL) | ROLE_BIT(ROLE_SSRS) |
								ROLE_BIT(ROLE_CRM_WEB) |
								ROLE_BIT(ROLE_CRM_ORGWS));
	assert_int_equal(named(s, "10.20.2.21")->roles, ROLE_BIT(ROLE_SQL));
	assert_int_equal(named(s, "10.20.2.21")->known_by, KNOWN_OPTION);
	assert_null(named(s, "10.20.2.21")->file);
	assert_int_equal(named(s, "10.30.0.0/16")->roles,
			 ROLE_BIT(ROLE_CRM_CLIENT) | ROLE_BIT(ROLE_ADMIN));
	assert_string_equal(whose(s, "10.30.4.4"), "10.30.0.0/16");
	assert_string_equal(whose(s, "2001:db8:1::9"), "2001:db8:1::/48");
	assert_string_equal(whose(s, "2001:db8::1"), "2001:db8::1");
	assert_string_equal(whose(s, "10.9.9.9"), "10.9.9.9");
	assert_false(named(s, "10.9.9.9")->is_network);
	assert_int_equal(named(s, "10.9.9.9")->roles,
			 ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_NTP) | ROLE_BIT(ROLE_DNS));
	site_free(s);

	/* Beside a site file: its host keeps its name and gets the role. */
	s = good(HOSTS);
	assert_int_equal(site_add_role(s, "ssrs=10.0.0.1", &errs), 0);
	assert_string_equal(whose(s, "10.0.0.1"), "a");
	assert_true(roles_has(named(s, "a")->roles, ROLE_SSRS));
	assert_int_equal(named(s, "a")->known_by, KNOWN_SITE);
	site_free(s);

	static const struct {
		const char *text, *what, *hint;
	} rows[] = {
		{"sql", "--role sql: a role and an address are needed",
		 "write --role sql=10.20.2.20 or --role crm-client=10.30.0.0/16"},
		{"sql=", "--role sql=: a role and an address are needed",
		 "write --role sql=10.20.2.20 or --role crm-client=10.30.0.0/16"},
		{"=10.0.0.1", "--role =10.0.0.1: a role and an address are needed",
		 "write --role sql=10.20.2.20 or --role crm-client=10.30.0.0/16"},
		{"slq=10.0.0.1", "--role slq=10.0.0.1: unknown role 'slq' (did you mean 'sql'?)",
		 NULL},
		{",=10.0.0.1", "--role ,=10.0.0.1: unknown role ''",
		 "roles are listed in spanaudit-site(5): crm-web, sql, dc ..."},
		{"crm-any=10.0.0.1", "--role crm-any=10.0.0.1: 'crm-any' is a group of roles",
		 "say which of them the host has"},
		{"sql=db01", "--role sql=db01: 'db01' is not an address or a network",
		 "write sql=10.20.2.20 or crm-client=10.30.0.0/16; names are not resolved"},
		{"sql=10.0.0.1,", "--role sql=10.0.0.1,: '' is not an address or a network",
		 "write sql=10.20.2.20 or crm-client=10.30.0.0/16; names are not resolved"},
		{"sql=10.0.0.1/24",
		 "--role sql=10.0.0.1/24: '10.0.0.1/24' is not an address or a "
		 "network",
		 "bits are set behind the length: write 10.0.0.0/24"},
		{"sql=224.0.0.1",
		 "--role sql=224.0.0.1: '224.0.0.1' is a multicast address, which no host has",
		 "write the address that packets of the host carry"},
		{"sql,ignore=10.0.0.1",
		 "--role sql,ignore=10.0.0.1: 'ignore' together with another role",
		 "ignore takes a host out of the audit: keep one of them"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		s = site_new();
		memset(&errs, 0, sizeof errs);
		assert_int_equal(site_add_role(s, rows[i].text, &errs), 1);
		assert_int_equal(errs.n, 1);
		assert_null(errs.e[0].file);
		assert_string_equal(errs.e[0].what, rows[i].what);
		if (rows[i].hint)
			assert_string_equal(errs.e[0].hint, rows[i].hint);
		else
			assert_null(errs.e[0].hint);
		errors_done(&errs);
		site_free(s);
	}

	s = site_new();
	memset(&errs, 0, sizeof errs);
	assert_int_equal(site_add_role(s, "ignore=10.0.0.1", &errs), 0);
	assert_int_equal(site_add_role(s, "sql=10.0.0.1", &errs), 1);
	assert_string_equal(errs.e[0].what,
			    "--role sql=10.0.0.1: '10.0.0.1' is both 'ignore' and something else");
	errors_done(&errs);
	site_free(s);
}

static void as_json(void **state)
{
	struct site *s = good("{\"spanaudit\": \"site/1\", \"name\": \"j\",\n"
			      "\t\"hosts\": [\n\t\t{\"name\": \"a\", \"role\": [\"sql\"], "
			      "\"addr\": [\"10.0.0.1\", \"::2\"], \"ports\": {\"sql\": 1500}}\n"
			      "\t]}\n");

	assert_string_equal(s->name, "j");
	assert_string_equal(whose(s, "::2"), "a");
	assert_true(port_list_has(site_ports(s, PORT_SQL, named(s, "a")), 1500));
	assert_int_equal(named(s, "a")->line, 3);
	site_free(s);
}

/* The example of spanaudit-site(5) is a site file, without a warning. */
static void manual_example(void **state)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char path[4096];
	struct out o = {0};
	bool inside = false;
	char line[512];
	FILE *f;

	assert_non_null(root);
	snprintf(path, sizeof path, "%s/man/spanaudit-site.5.scd", root);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (strcmp(line, "```\n") == 0)
			inside = !inside;
		else if (inside)
			out_puts(&o, line);
	}
	fclose(f);
	assert_true(o.n > 1000);

	struct site *s = good(out_str(&o));

	assert_string_equal(s->name, "contoso-hq");
	assert_int_equal(inventory_count(s->inventory), 16);
	site_free(s);
	out_done(&o);
}

/* What the manual says of keys and roles is what there is. */
static void manual_is_complete(void **state)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char path[4096], word[64];
	char *text = calloc(1, 1 << 17);
	FILE *f;

	assert_non_null(root);
	assert_non_null(text);
	snprintf(path, sizeof path, "%s/man/spanaudit-site.5.scd", root);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 17) - 1, f) > 0);
	fclose(f);
	for (unsigned r = 0; r < ROLE_N; r++) {
		snprintf(word, sizeof word, "*%s*", role_name((enum role)r));
		if (!strstr(text, word))
			fail_msg("the manual does not name %s", word);
	}
	for (unsigned g = 0; g < GROUP_N; g++) {
		snprintf(word, sizeof word, "*%s*", role_group_name((enum role_group)g));
		if (!strstr(text, word))
			fail_msg("the manual does not name %s", word);
	}
	for (unsigned k = 0; k < PORT_KEY_N; k++) {
		snprintf(word, sizeof word, "*%s*", port_key_name((enum port_key)k));
		if (!strstr(text, word))
			fail_msg("the manual does not name %s", word);
	}

	const char *const *lists[] = {site_severity_words(), site_need_words(),
				      site_missing_words(), site_kind_words()};

	for (size_t i = 0; i < N_ELEMENTS(lists); i++)
		for (const char *const *w = lists[i]; *w; w++)
			if (!strstr(text, *w))
				fail_msg("the manual does not name %s", *w);
	free(text);
}

static void many_addresses(void **state)
{
	struct errors errs;
	struct out o = {0};

	for (unsigned n = 256; n <= 257; n++) {
		out_reset(&o);
		out_puts(&o, HEAD "hosts:\n  - name: a\n    role: sql\n    addr:\n");
		for (unsigned i = 0; i < n; i++)
			out_printf(&o, "      - 10.0.%u.%u\n", i / 256, i % 256);

		struct site *s = parse(out_str(&o), &errs);

		assert_int_equal(s != NULL, n == 256);
		if (!s) {
			assert_string_equal(errs.e[0].what, "more than 256 addresses of one host");
			assert_int_equal(errs.e[0].line, 6 + 256);
		}
		errors_done(&errs);
		site_free(s);
	}
	out_done(&o);
}

static void same_words(const char *const *a, const char *const *b)
{
	for (; *a && *b; a++, b++)
		assert_string_equal(*a, *b);
	assert_true(!*a && !*b);
}

/* An override stores a word's index, which the matrix reads as its own enum. */
static void words_of_the_matrix(void **state)
{
	same_words(site_need_words(), rule_need_words());
	same_words(site_missing_words(), rule_missing_words());
	assert_string_equal(site_need_words()[NEED_FORBIDDEN], "forbidden");
	assert_string_equal(site_missing_words()[MISSING_NEVER], "never");
}

static void loading(void **state)
{
	struct errors errs = {0};

	assert_null(site_load("/nonexistent/site.yaml", &errs));
	assert_int_equal(errs.n, 1);
	assert_string_equal(errs.e[0].what,
			    "cannot read '/nonexistent/site.yaml': there is no such file");
	errors_done(&errs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(choices),
		cmocka_unit_test(refused),
		cmocka_unit_test(versions),
		cmocka_unit_test(several),
		cmocka_unit_test(warnings),
		cmocka_unit_test(role_option),
		cmocka_unit_test(as_json),
		cmocka_unit_test(manual_example),
		cmocka_unit_test(manual_is_complete),
		cmocka_unit_test(loading),
		cmocka_unit_test(words_of_the_matrix),
		cmocka_unit_test(many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
