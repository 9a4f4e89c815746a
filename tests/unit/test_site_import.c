// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "site/import.h"
#include "site/site.h"

static int import(const char *src, struct errors *errs, struct out *o)
{
	return site_import_text("hosts.csv", src, strlen(src), errs, o);
}

/* What stands below the comment. */
static const char *body(const struct out *o)
{
	const char *z = strstr(out_str(o), "spanaudit: site/1\n");

	assert_non_null(z);
	return z + strlen("spanaudit: site/1\n");
}

static void made(void **state)
{
	static const struct {
		const char *src, *want;
	} rows[] = {
		{"name,address,role\nsql01,10.0.0.5,sql\n",
		 "hosts:\n  - {name: sql01, role: sql, addr: 10.0.0.5}\n"},
		{"role;IP Address;HOSTNAME\nsql;10.0.0.5;sql01\n",
		 "hosts:\n  - {name: sql01, role: sql, addr: 10.0.0.5}\n"},
		/* several in a cell, and rows of one name */
		{"name,ip,roles\n"
		 "sql01,10.0.0.5 10.0.0.6|2001:DB8:0::1,sql\n"
		 "dc01,\"10.0.0.7;10.0.0.8,\n10.0.0.9\",\"gc;dns, ntp\"\n"
		 "sql01,10.0.0.5 10.0.0.4,ssrs\n",
		 "hosts:\n"
		 "  - {name: sql01, role: [sql, ssrs], addr: [10.0.0.5, 10.0.0.6, "
		 "\"2001:db8::1\", 10.0.0.4]}\n"
		 "  - {name: dc01, role: [gc, dns, ntp], addr: [10.0.0.7, 10.0.0.8, "
		 "10.0.0.9]}\n"},
		{"name,address,role\nx,10.0.0.5,SQL SSRS | dc\n",
		 "hosts:\n  - {name: x, role: [sql, ssrs, dc], addr: 10.0.0.5}\n"},
		/* networks come behind the hosts */
		{"name,address,role\nusers,10.30.0.0/16 2001:db8::/32,crm-client\n"
		 "sql01,10.0.0.5,sql\n",
		 "hosts:\n  - {name: sql01, role: sql, addr: 10.0.0.5}\n"
		 "networks:\n"
		 "  - {name: users, role: crm-client, cidr: [10.30.0.0/16, \"2001:db8::/32\"]}\n"},
		{"name,address,role\nsql01,10.0.0.5/32,sql\n",
		 "networks:\n  - {name: sql01, role: sql, cidr: 10.0.0.5/32}\n"},
		/* roles of their own on two hosts */
		{"name,address,role\na,10.0.0.1,crm-web\nb,10.0.0.2,crm-async\n",
		 "# CRM roles are spread over 2 hosts.\n"
		 "deployment: {topology: split}\n"
		 "hosts:\n  - {name: a, role: crm-web, addr: 10.0.0.1}\n"
		 "  - {name: b, role: crm-async, addr: 10.0.0.2}\n"},
		{"name,address,role\na,10.0.0.1,crm-full\nb,10.0.0.2,crm-full\n",
		 "hosts:\n  - {name: a, role: crm-full, addr: 10.0.0.1}\n"
		 "  - {name: b, role: crm-full, addr: 10.0.0.2}\n"},
		/* names that need quotes, spaces of any kind around them */
		{"name,address,role\n\" a: \"\"b\"\" \\ # \"\xc2\xa0,\xc2\xa0 10.0.0.1 "
		 ",sql\xc2\xa0\n",
		 NULL},
		{"name,address,role\n  a: 'b' \\ {#} \xc2\xa0,\xc2\xa0 10.0.0.1 ,sql\xc2\xa0\n",
		 "hosts:\n  - {name: \"a: 'b' \\\\ {#}\", role: sql, addr: 10.0.0.1}\n"},
		{"name,address,role\nno,10.0.0.1,sql\n10,10.0.0.2,sql\n-x,10.0.0.3,sql\n",
		 "hosts:\n  - {name: \"no\", role: sql, addr: 10.0.0.1}\n"
		 "  - {name: \"10\", role: sql, addr: 10.0.0.2}\n"
		 "  - {name: \"-x\", role: sql, addr: 10.0.0.3}\n"},
		/* left out: empty rows, remarks, empty cells beyond the columns */
		{"sep=;\n\nname;address;role;;\n;;;;\n#old;10.0.0.1;dc\nsql01;10.0.0.5;sql;;\n",
		 "hosts:\n  - {name: sql01, role: sql, addr: 10.0.0.5}\n"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		struct out o = {0};
		int r = import(rows[i].src, &errs, &o);

		assert_int_equal(r, rows[i].want ? 0 : 1);
		assert_int_equal(errs.n_errors != 0, r);
		assert_int_equal(errs.n_warnings, 0);
		if (rows[i].want)
			assert_string_equal(body(&o), rows[i].want);
		else
			assert_int_equal(o.n, 0);
		out_done(&o);
		errors_done(&errs);
	}
}

static void refused(void **state)
{
#define HEAD "name,address,role\n"
	static const struct {
		const char *src;
		unsigned line, column, length;
		const char *what, *hint;
	} rows[] = {
		{"name,adress,role\nx,10.0.0.1,sql\n", 1, 6, 6, "no column is called 'address'",
		 "if it is this one, call it address"},
		{"name,address\nx,10.0.0.1\n", 1, 1, 4, "no column is called 'role'", NULL},
		{"a|b\nx,10.0.0.1\n", 1, 1, 3, "no column is called name, address or role",
		 "the first row names the columns: name,address,role"},
		{"name,hostname,address,role\nx,y,10.0.0.1,sql\n", 1, 6, 8,
		 "a second column for the name, after column 1",
		 "remove one of them, or give it another name"},
		{HEAD, 1, 1, 4, "there is no row below the names of the columns",
		 "write a row for each host: sql01,10.20.2.20,sql"},
		{HEAD ",10.0.0.1,sql\n", 2, 1, 1, "there is no name here", NULL},
		{HEAD "x, ,sql\n", 2, 3, 1, "there is no address here", NULL},
		{HEAD "x,10.0.0.1,\n", 2, 12, 1, "there is no role here", NULL},
		{HEAD "x,10.0.0.1\n", 2, 11, 1, "there is no role here", NULL},
		{HEAD "x,10.0.0.1,|\n", 2, 12, 1, "there is no role between these separators",
		 NULL},
		{HEAD "x,10.0.0.1,sqll\n", 2, 12, 4, "unknown role 'sqll'", "did you mean 'sql'?"},
		{HEAD "x,10.0.0.1,Domain Controller\n", 2, 12, 17,
		 "unknown role 'Domain Controller'", "write dc (Domain controller)"},
		{HEAD "x,10.0.0.1,\"sql; Domain_Controller\"\n", 2, 18, 17,
		 "unknown role 'Domain_Controller'", "write dc (Domain controller)"},
		{HEAD "x,10.0.0.1,sql frob\n", 2, 16, 4, "unknown role 'frob'",
		 "the words are listed by: spanaudit help roles"},
		{HEAD "x,10.0.0.1,crm-any\n", 2, 12, 7, "'crm-any' is a group of roles",
		 "say which of them the host has"},
		{HEAD "x,10.0.0.1 10.0.0.256,sql\n", 2, 12, 10, "'10.0.0.256' is not an IP address",
		 "write 10.20.1.11 or 2001:db8::11; names are not resolved"},
		{HEAD "x,10.0.0.1-10.0.0.9,sql\n", 2, 3, 17,
		 "'10.0.0.1-10.0.0.9' is not an IP address",
		 "a range is written as networks, such as 10.30.0.0/16"},
		{HEAD "x,10.0.0.1:1433,sql\n", 2, 3, 13, "'10.0.0.1:1433' is not an IP address",
		 "write the address alone, without a port"},
		{HEAD "x,10.0.0.5/24,sql\n", 2, 3, 11, "'10.0.0.5/24' is not a network",
		 "write 10.0.0.5 for the host, or 10.0.0.0/24 for the network around it"},
		{HEAD "x,127.0.0.1,sql\n", 2, 3, 9,
		 "'127.0.0.1' is a loopback address, which no host has",
		 "write the address that packets of the host carry"},
		{HEAD "x,fe80:5::1,sql\n", 2, 3, 9,
		 "'fe80:5::1' is no link-local address that a host can have",
		 "those are fe80::, and then the interface's 64 bits: fe80::1234"},
		{HEAD "x,10.0.0.1,sql\ny,10.0.0.1,dc\n", 3, 3, 8,
		 "'10.0.0.1' belongs to 'x' in line 2 already",
		 "an address is one host's: remove it from one of them"},
		{HEAD "x,10.0.0.1,sql\ny,::ffff:10.0.0.1,dc\n", 3, 3, 15,
		 "'::ffff:10.0.0.1' belongs to 'x' in line 2 already", NULL},
		{HEAD "x,10.0.0.0/8,sql\ny,10.0.0.0/8,dc\n", 3, 3, 10,
		 "'10.0.0.0/8' belongs to 'x' in line 2 already",
		 "a network has one name: write all its roles in one row"},
		{HEAD "x,10.0.0.1 10.1.0.0/16,sql\n", 2, 12, 11,
		 "'x' is a host since line 2, and this is a network",
		 "give the network a name of its own; a host's address has no /"},
		{HEAD "x,10.1.0.0/16,sql\nx,10.0.0.1,sql\n", 3, 3, 8,
		 "'x' is a network since line 2, and this is a host's address",
		 "give the host a name of its own"},
		{HEAD "x,10.0.0.1,sql ignore\n", 2, 12, 10, "'x' is ignore and something else",
		 "a host is either judged or ignored: keep one, in each of its rows"},
		{HEAD "x,10.0.0.1,ignore\nx,10.0.0.2,sql\n", 3, 12, 3,
		 "'x' is ignore and something else", NULL},
		{HEAD "x,10.0.0.1,sql,more\n", 2, 16, 4,
		 "this row has 4 cells, and the first row 3",
		 "put a text that holds a comma in quotes"},
		{HEAD "\"a\nb\",10.0.0.1,sql\n", 2, 3, 1, "line break U+000A in a name", NULL},
		{HEAD "x,10.0.0.1\xe2\x80\x8b,sql\n", 2, 11, 1,
		 "character without width U+200B in an address", "remove it; it cannot be seen"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		struct out o = {0};

		assert_int_equal(import(rows[i].src, &errs, &o), 1);
		assert_int_equal(errs.n_errors, 1);
		assert_string_equal(errs.e[0].what, rows[i].what);
		assert_int_equal(errs.e[0].line, rows[i].line);
		assert_int_equal(errs.e[0].column, rows[i].column);
		assert_int_equal(errs.e[0].length, rows[i].length);
		assert_non_null(errs.e[0].hint);
		if (rows[i].hint)
			assert_string_equal(errs.e[0].hint, rows[i].hint);
		assert_int_equal(o.n, 0);
		out_done(&o);
		errors_done(&errs);
	}
}

/* All of them at once, those of the form of the table too. */
static void all_errors(void **state)
{
	static const char src[] = HEAD "x,10.0.0.300 fe80::1%eth0,sqll\n"
				       "\"y\"z,10.0.0.1,sql\n"
				       ",,\n,10.0.0.2,\nq,10.0.0.0/33,dc\n";
	static const unsigned lines[] = {3, 2, 2, 2, 5, 5, 6};
	struct errors errs = {0};
	struct out o = {0};

	assert_int_equal(import(src, &errs, &o), 1);
	assert_int_equal(errs.n_errors, N_ELEMENTS(lines));
	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		assert_int_equal(errs.e[i].line, lines[i]);
	out_done(&o);
	errors_done(&errs);
}

static void warned(void **state)
{
	static const struct {
		const char *src, *what;
	} rows[] = {
		{"name,OS,address,role,owner\nsql01,,10.0.0.5,sql,me\n",
		 "columns not read: 'OS', 'owner'"},
		{"name,address,role,,\nsql01,10.0.0.5,sql,,x\n",
		 "a column not read: number 5, which has no name"},
		{HEAD "sql01,10.0.0.5,sql\nSQL01,10.0.0.6,sql\n",
		 "'SQL01' differs from 'sql01' in line 2 by capital letters alone"},
		{HEAD "dc01,10.0.0.5,dc\n",
		 "no host has a core role (crm-*, sql, ssrs), so nothing is in scope"},
		{HEAD "sql,10.0.0.5,sql\n", "'sql' is named like a role"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		struct out o = {0};

		assert_int_equal(import(rows[i].src, &errs, &o), 0);
		assert_int_equal(errs.n_errors, 0);
		assert_int_equal(errs.n_warnings, 1);
		assert_string_equal(errs.e[0].what, rows[i].what);
		assert_true(o.n > 0);
		out_done(&o);
		errors_done(&errs);
	}
}

/* --- what was imported is what is loaded ------------------------------------------------------ */

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

enum { HOSTS = 12 };

struct want {
	char name[64];
	roleset roles;
	char places[4][ADDR_TEXT];
	size_t n;
	bool net;
};

static void random_name(uint64_t *seed, size_t number, char *buf, size_t size)
{
	static const char *const bits[] = {
		"a",
		"Z",
		"7",
		"-",
		"_",
		".",
		": ",
		" #",
		"\"",
		"'",
		"\\",
		"{",
		"}",
		"[",
		"]",
		",",
		";",
		"|",
		"&",
		"*",
		"!",
		"%",
		"@",
		"`",
		"?",
		"<<",
		"~",
		"=",
		"no",
		"null",
		"0x",
		"\t",
		"/",
		"(",
		"\xc3\xbc",
		"\xe2\x82\xac",
		"\xf0\x9f\x92\xbb",
		"\xef\xbf\xbe",
		"\xef\xbf\xbf",
		"\xc2\xa0x",
	};
	size_t n = next(seed) % 6;
	struct out o = {0};

	for (size_t i = 0; i < n; i++) {
		const char *bit = bits[next(seed) % N_ELEMENTS(bits)];

		out_puts(&o, *bit == '\t' ? " x" : bit);
	}
	out_printf(&o, "%zu", number); /* unlike the others, and no space at its end */

	const char *z = out_str(&o);

	while (*z == ' ' || (unsigned char)*z == 0xc2)
		z += *z == ' ' ? 1 : 2;
	assert_true(strlen(z) < size);
	memcpy(buf, z, strlen(z) + 1);
	if (*buf == '#') /* would be a remark */
		*buf = 'h';
	out_done(&o);
}

static void random_place(uint64_t *seed, size_t number, bool net, char *buf)
{
	struct prefix p = {.bits = 128};
	uint64_t r = next(seed);

	if (r & 1)
		p.addr = addr_v4(0x0a000000 | (uint32_t)(r >> 8 & 0xff00) << 8 |
				 (uint32_t)number << 8);
	else
		p.addr = (struct addr){{0x20, 1, 0xd, 0xb8, (uint8_t)(r >> 8), (uint8_t)number}};
	p.bits = r & 1 ? 96 + 24 : 48;
	if (net) {
		prefix_format(&p, buf);
	} else {
		p.addr.b[15] = (uint8_t)(1 + (r >> 16) % 250);
		addr_format(&p.addr, buf);
	}
}

static void quote(struct out *o, const char *z)
{
	out_char(o, '"');
	for (; *z; z++) {
		if (*z == '"')
			out_char(o, '"');
		out_char(o, *z);
	}
	out_char(o, '"');
}

static void row(struct out *o, uint64_t *seed, const struct want *w, char sep, roleset roles,
		size_t from, size_t to)
{
	static const char *const between[] = {" ", ";", "|", ", ", "\n"};
	struct out list = {0};

	quote(o, w->name);
	out_char(o, sep);
	for (size_t i = from; i < to; i++) {
		out_puts(&list, i > from ? between[next(seed) % N_ELEMENTS(between)] : "");
		out_puts(&list, w->places[i]);
	}
	quote(o, out_str(&list));
	out_char(o, sep);
	out_reset(&list);
	roles_print(roles, &list);
	quote(o, out_str(&list));
	out_puts(o, next(seed) & 1 ? "\r\n" : "\n");
	out_done(&list);
}

static bool has(const struct host *h, const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	if (h->is_network)
		return h->net->bits == p.bits && addr_equal(&h->net->addr, &p.addr);
	for (size_t i = 0; i < h->n_addr; i++)
		if (addr_equal(&h->addr[i], &p.addr))
			return true;
	return false;
}

/* Each host of the site, in its order, is the one that was wanted. */
static void compare(const struct site *s, const struct want *w, size_t n)
{
	size_t at = 0;

	for (unsigned net = 0; net < 2; net++)
		for (size_t i = 0; i < n; i++) {
			if (w[i].net != net)
				continue;
			for (size_t k = 0; k < (net ? w[i].n : 1); k++, at++) {
				const struct host *h = inventory_at(s->inventory, at);

				assert_non_null(h);
				assert_string_equal(h->name, w[i].name);
				assert_int_equal(h->declared, w[i].roles);
				assert_int_equal(h->is_network, net);
				if (net) {
					assert_true(has(h, w[i].places[k]));
					continue;
				}
				assert_int_equal(h->n_addr, w[i].n);
				for (size_t j = 0; j < w[i].n; j++)
					assert_true(has(h, w[i].places[j]));
			}
		}
	assert_int_equal(at, inventory_count(s->inventory));
}

static void import_then_load(void **state)
{
	uint64_t seed = 0x5eed;

	for (unsigned round = 0; round < 2000; round++) {
		struct want w[HOSTS] = {0};
		size_t n = 1 + next(&seed) % HOSTS;
		char sep = ",;\t"[next(&seed) % 3];
		struct out csv = {0}, yaml = {0};
		struct errors errs = {0};
		struct site *s;

		out_printf(&csv, "name%caddress%crole\n", sep, sep);
		for (size_t i = 0; i < n; i++) {
			random_name(&seed, i, w[i].name, sizeof w[i].name);
			w[i].net = next(&seed) % 4 == 0;
			w[i].n = 1 + next(&seed) % 4;
			w[i].roles = (roleset)next(&seed) & (ROLE_BIT(ROLE_N) - 1);
			w[i].roles |= ROLE_BIT(next(&seed) % ROLE_N);
			if (roles_has(w[i].roles, ROLE_IGNORE)) /* stands alone */
				w[i].roles = next(&seed) & 1 ? ROLE_BIT(ROLE_IGNORE)
							     : ROLE_BIT(ROLE_SQL);
			for (size_t k = 0; k < w[i].n; k++)
				random_place(&seed, i * 4 + k, w[i].net, w[i].places[k]);
			if (w[i].n > 1) { /* the first row alone, the others further down */
				row(&csv, &seed, &w[i], sep, w[i].roles, 0, 1);
				continue;
			}
			row(&csv, &seed, &w[i], sep, w[i].roles, 0, w[i].n);
		}
		for (size_t i = n; i-- > 0;)
			if (w[i].n > 1)
				row(&csv, &seed, &w[i], sep, w[i].roles & -w[i].roles, 0, w[i].n);
		if (site_import_text("h.csv", csv.p, csv.n, &errs, &yaml) != 0) {
			struct out o = {0};

			errors_format(&errs, "spanaudit", &o);
			fail_msg("%s\n%s", out_str(&csv), out_str(&o));
		}
		assert_int_equal(errs.n_errors, 0);
		s = site_parse("site.yaml", yaml.p, yaml.n, &errs);
		assert_non_null(s);
		compare(s, w, n);
		assert_true((s->topology == TOPOLOGY_SPLIT) ==
			    (strstr(out_str(&yaml), "topology: split") != NULL));
		site_free(s);
		out_done(&csv);
		out_done(&yaml);
		errors_done(&errs);
	}
}

/* The comment names the source, whatever it is called. */
static void strange_source(void **state)
{
	static const char *const names[] = {"hosts.csv",
					    "a\nspanaudit: site/2",
					    "\x1b[2J",
					    "\xff\xfe",
					    "M\xc3\xbcnchen # 1.csv",
					    "\xe2\x80\xaevsc.x",
					    "\xf0\x9f\x92\xbb.csv"};

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		static const char src[] = HEAD "sql01,10.0.0.5,sql\n";
		struct errors errs = {0};
		struct out o = {0};

		assert_int_equal(site_import_text(names[i], src, sizeof src - 1, &errs, &o), 0);
		assert_int_equal(errs.n_errors + errs.n_warnings, 0);
		assert_string_equal(body(&o),
				    "hosts:\n  - {name: sql01, role: sql, addr: 10.0.0.5}\n");
		out_done(&o);
		errors_done(&errs);
	}
}

/* More than a site file may hold is said as that. */
static void too_large(void **state)
{
	struct errors errs = {0};
	struct out csv = {0}, yaml = {0};

	out_puts(&csv, HEAD);
	for (unsigned i = 0; i < 18000; i++)
		out_printf(&csv, "server-number-%u,10.%u.%u.1,\"crm-web,crm-async,crm-sandbox\"\n",
			   i, i >> 8, i & 255);
	assert_int_equal(site_import_text("x.csv", csv.p, csv.n, &errs, &yaml), 1);
	assert_int_equal(errs.n_errors, 1);
	assert_non_null(strstr(errs.e[0].what, "bytes, and 1048576 is the limit"));
	assert_int_equal(yaml.n, 0);
	out_done(&csv);
	out_done(&yaml);
	errors_done(&errs);
}

/* A host may have so many addresses and no more: the site's own limit, said at the cell. */
static void many_addresses(void **state)
{
	for (unsigned n = 256; n <= 257; n++) {
		struct errors errs = {0};
		struct out csv = {0}, yaml = {0};

		out_puts(&csv, HEAD);
		for (unsigned i = 0; i < n; i++)
			out_printf(&csv, "sql01,10.0.%u.%u,sql\n", i >> 7, 1 + (i & 127));
		assert_int_equal(site_import_text("x.csv", csv.p, csv.n, &errs, &yaml), n == 257);
		if (n == 257) {
			assert_int_equal(errs.n_errors, 1);
			assert_int_equal(errs.e[0].line, 258);
			assert_string_equal(errs.e[0].what, "more than 256 addresses of one host");
		}
		out_done(&csv);
		out_done(&yaml);
		errors_done(&errs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(refused),
		cmocka_unit_test(all_errors),
		cmocka_unit_test(warned),
		cmocka_unit_test(import_then_load),
		cmocka_unit_test(strange_source),
		cmocka_unit_test(too_large),
		cmocka_unit_test(many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
