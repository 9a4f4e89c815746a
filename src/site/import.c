// SPDX-License-Identifier: BSD-2-Clause
/*
 * From the cells of a table to hosts and networks. Every error is said, each at its cell; a site
 * file is written only when there is none, and only after the site file's own reader took it.
 */
#include "site/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"
#include "site/import_internal.h"
#include "site/reader.h"

static inline unsigned hash_bytes(const void *key, size_t n)
{
	const unsigned char *p = key;
	unsigned h = 2166136261U;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

/* FNV-1a: the keys are the user's own, and the macro in uthash.h warns under clang. */
#define HASH_FUNCTION(key, n, ret_h) ((ret_h) = hash_bytes((key), (n)))
#define HASH_NONFATAL_OOM            1
#include <uthash.h>

enum column { COL_NAME, COL_ADDRESS, COL_ROLE, COL_N };
static const char *const column_names[] = {
	[COL_NAME] = "name",
	[COL_ADDRESS] = "address",
	[COL_ROLE] = "role",
};

struct by_name {
	const char *name;
	struct import_entry *entry;
	UT_hash_handle hh;
};

struct where { /* hashed as bytes; a host is the network of full length, told apart by `net` */
	struct prefix p;
	uint8_t net;
};
_Static_assert(sizeof(struct where) == 18, "a place is hashed as bytes");

struct by_where {
	struct where where;
	struct import_entry *entry;
	unsigned line;
	UT_hash_handle hh;
};

struct state {
	struct import im;
	size_t column[COL_N];
	struct by_name *names, *folded;
	struct by_where *places;
	bool no_memory;
};

/* --- text of cells ---------------------------------------------------------------------------- */

/* Bytes of a space at p: ASCII, or the no-break space that web pages and mails bring along. */
static size_t space(const char *p, size_t n)
{
	if (n && strchr(" \t\r\n", *p) && *p)
		return 1;
	return n >= 2 && p[0] == '\xc2' && p[1] == '\xa0' ? 2 : 0;
}

struct import_piece import_trim(const char *text, size_t n, size_t offset)
{
	size_t from = 0, to = 0;

	for (size_t k; (k = space(text + from, n - from)) != 0;)
		from += k;
	for (size_t i = from, k; i < n; i += k ? k : 1) {
		k = space(text + i, n - i);
		if (!k)
			to = i + 1;
	}
	return (struct import_piece){
		.text = text + from,
		.n = to > from ? to - from : 0,
		.offset = offset + from,
	};
}

static size_t separator(const char *p, size_t n, const char *separators)
{
	if (*p && strchr(separators, *p))
		return 1;
	return strchr(separators, ' ') ? space(p, n) : 0;
}

bool import_next(const struct csv_cell *cell, const char *separators, size_t *at,
		 struct import_piece *ret)
{
	while (*at < cell->n) {
		size_t from = *at, to = from, k = 0;

		while (to < cell->n && !(k = separator(cell->text + to, cell->n - to, separators)))
			to++;
		*at = to + (to < cell->n ? k : 0);
		*ret = import_trim(cell->text + from, to - from, from);
		if (ret->n)
			return true;
	}
	return false;
}

int import_shown(const struct import_piece *p)
{
	enum { SHOWN = 60 };
	size_t n = p->n;

	if (n > SHOWN)
		for (n = SHOWN; n && (p->text[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

/* Columns are named in any spelling of their words: "IP Address", "ip_address". */
static void fold(const char *text, size_t n, char *buf, size_t size)
{
	size_t k = 0;

	for (size_t i = 0; i < n && k < size - 1; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (c == '_' || c == '-')
			c = ' ';
		buf[k++] = c;
	}
	buf[k] = '\0';
}

/* --- the header ------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum column column;
} header_words[] = {
	{"name", COL_NAME},          {"hostname", COL_NAME},        {"host", COL_NAME},
	{"host name", COL_NAME},     {"address", COL_ADDRESS},      {"addresses", COL_ADDRESS},
	{"addr", COL_ADDRESS},       {"ip", COL_ADDRESS},           {"ips", COL_ADDRESS},
	{"ip address", COL_ADDRESS}, {"ip addresses", COL_ADDRESS}, {"role", COL_ROLE},
	{"roles", COL_ROLE},
};

static enum column column_of(const struct import_piece *p)
{
	char buf[32];

	if (p->n >= sizeof buf)
		return COL_N;
	fold(p->text, p->n, buf, sizeof buf);
	for (size_t i = 0; i < N_ELEMENTS(header_words); i++)
		if (strcmp(header_words[i].word, buf) == 0)
			return header_words[i].column;
	return COL_N;
}

static const char *separator_name(char c)
{
	return c == ',' ? "a comma" : c == ';' ? "a semicolon" : "a tab";
}

/* A column that is missing, with the one that was probably meant. */
static void missing(struct state *s, const struct csv_row *head, enum column c)
{
	const char *words[N_ELEMENTS(header_words) + 1];
	size_t n = 0;
	struct error *e;

	for (size_t i = 0; i < N_ELEMENTS(header_words); i++)
		if (header_words[i].column == c)
			words[n++] = header_words[i].word;
	words[n] = NULL;
	for (size_t i = 0; i < head->n; i++) {
		struct import_piece p = import_trim(head->cell[i].text, head->cell[i].n, 0);
		char buf[64];

		if (column_of(&p) != COL_N)
			continue;
		fold(p.text, p.n, buf, sizeof buf);
		if (!did_you_mean(buf, words))
			continue;
		e = csv_error(s->im.csv, &head->cell[i], p.offset, p.n, s->im.errs,
			      "no column is called '%s'", column_names[c]);
		error_hint(e, "if it is this one, call it %s", column_names[c]);
		return;
	}
	error_hint(csv_error(s->im.csv, &head->cell[0], 0, 0, s->im.errs,
			     "no column is called '%s'", column_names[c]),
		   "the first row names the columns: name, address, role");
}

/* Not one of them: the first row is no header, or is cut into cells at the wrong places. */
static void no_header(struct state *s, const struct csv_row *head)
{
	struct error *e = csv_error(s->im.csv, &head->cell[0], 0, 0, s->im.errs,
				    "no column is called name, address or role");

	if (head->n == 1)
		error_hint(e, "the first row names the columns: name,address,role");
	else
		error_hint(e,
			   "the first row names them; cells are parted by %s here, and a first "
			   "line sep=; changes that",
			   separator_name(s->im.csv->separator));
}

static bool read_header(struct state *s)
{
	const struct csv_row *head = &s->im.csv->row[0];
	unsigned found = 0;
	bool ok = true;

	for (unsigned c = 0; c < COL_N; c++)
		s->column[c] = SIZE_MAX;
	if (head->bad)
		return false;
	for (size_t i = 0; i < head->n; i++) {
		const struct csv_cell *cell = &head->cell[i];
		struct import_piece p = import_trim(cell->text, cell->n, 0);
		enum column c = column_of(&p);

		if (c == COL_N)
			continue;
		if (s->column[c] == SIZE_MAX) {
			s->column[c] = i;
			continue;
		}
		error_hint(csv_error(s->im.csv, cell, p.offset, p.n, s->im.errs,
				     "a second column for the %s, after column %zu",
				     column_names[c], s->column[c] + 1),
			   "remove one of them, or give it another name");
		ok = false;
	}
	for (unsigned c = 0; c < COL_N; c++)
		found += s->column[c] != SIZE_MAX;
	if (!found) {
		no_header(s, head);
		return false;
	}
	for (unsigned c = 0; c < COL_N; c++) {
		if (s->column[c] != SIZE_MAX)
			continue;
		missing(s, head, (enum column)c);
		ok = false;
	}
	return ok;
}

/* Does any row have text in this column? */
static bool used(const struct csv *c, size_t column)
{
	for (size_t i = 1; i < c->n; i++) {
		const struct csv_row *row = &c->row[i];

		if (!row->bad && column < row->n &&
		    import_trim(row->cell[column].text, row->cell[column].n, 0).n)
			return true;
	}
	return false;
}

/* What is passed over is said, in one warning, so that no column is lost by a slip in its name. */
static void ignored(const struct state *s)
{
	const struct csv *c = s->im.csv;
	const struct csv_row *head = &c->row[0];
	const struct csv_cell *first = NULL;
	struct out names = {0};
	size_t n = 0;

	for (size_t i = 0; i < head->n; i++) {
		const struct csv_cell *cell = &head->cell[i];
		struct import_piece p = import_trim(cell->text, cell->n, 0);

		if (column_of(&p) != COL_N || (!p.n && !used(c, i)))
			continue;
		if (!first)
			first = cell;
		if (++n > 20)
			continue;
		out_puts(&names, n > 1 ? ", " : "");
		if (p.n)
			out_printf(&names, "'%.*s'", import_shown(&p), p.text);
		else
			out_printf(&names, "number %zu, which has no name", i + 1);
	}
	if (n > 20)
		out_printf(&names, " and %zu more", n - 20);
	if (first)
		error_hint(csv_warn(c, first, 0, 0, s->im.errs, "%s not read: %s",
				    n > 1 ? "columns" : "a column", out_str(&names)),
			   "name, address and role are");
	out_done(&names);
}

/* --- names ------------------------------------------------------------------------------------ */

static struct by_name *find_name(struct by_name *table, const char *name)
{
	struct by_name *e = NULL;

	HASH_FIND(hh, table, name, strlen(name), e);
	return e;
}

static bool add_name(struct state *s, struct by_name **table, const char *name,
		     struct import_entry *entry)
{
	struct by_name *e = arena_alloc(s->im.arena, sizeof *e);

	if (e) {
		e->name = name;
		e->entry = entry;
		HASH_ADD_KEYPTR(hh, *table, e->name, strlen(e->name), e);
	}
	if (!e || !e->hh.tbl)
		s->no_memory = true;
	return !s->no_memory;
}

static char *lower(struct arena *a, const char *name)
{
	char *z = arena_strdup(a, name);

	for (char *p = z; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return z;
}

static struct import_entry *new_entry(struct state *s, const struct csv_cell *cell,
				      const struct import_piece *p, const char *name)
{
	struct import_entry *entry = arena_alloc(s->im.arena, sizeof *entry);
	const char *folded = lower(s->im.arena, name);
	const struct by_name *alike;

	if (!entry || !folded) {
		s->no_memory = true;
		return NULL;
	}
	entry->name = name;
	entry->line = cell->line;
	if (!vec_push(&s->im.entries, entry)) {
		s->no_memory = true;
		return NULL;
	}
	if (!add_name(s, &s->names, name, entry))
		return NULL;
	alike = find_name(s->folded, folded);
	if (!alike)
		return add_name(s, &s->folded, folded, entry) ? entry : NULL;
	error_hint(csv_warn(s->im.csv, cell, p->offset, p->n, s->im.errs,
			    "'%s' differs from '%s' in line %u by capital letters alone", name,
			    alike->entry->name, alike->entry->line),
		   "they stay two hosts; write the name alike to make them one");
	return entry;
}

static struct import_entry *read_name_cell(struct state *s, const struct csv_cell *cell)
{
	struct import_piece p = import_trim(cell->text, cell->n, 0);
	const struct by_name *known;
	const char *unseen, *name;
	size_t at;
	uint32_t code;

	if (!p.n) {
		error_hint(csv_error(s->im.csv, cell, 0, 0, s->im.errs, "there is no name here"),
			   "write one, such as crmweb01; a row that begins with # is left out");
		return NULL;
	}
	unseen = csv_unseen(p.text, p.n, &at, &code);
	if (unseen) {
		error_hint(csv_error(s->im.csv, cell, p.offset + at, 1, s->im.errs,
				     "%s U+%04X in a name", unseen, code),
			   "remove it; a name is one line of text that can be seen");
		return NULL;
	}
	name = arena_strndup(s->im.arena, p.text, p.n);
	if (!name) {
		s->no_memory = true;
		return NULL;
	}
	known = find_name(s->names, name);
	return known ? known->entry : new_entry(s, cell, &p, name);
}

/* --- addresses -------------------------------------------------------------------------------- */

static void explain_address(struct error *e, const char *z)
{
	if (*z == '[' || strchr(z, '%'))
		error_hint(e, "write the address alone, without [ ] or %%");
	else if (strspn(z, "0123456789.") > 6 && strchr(z, '-'))
		error_hint(e, "a range is written as networks, such as 10.30.0.0/16");
	else if (strspn(z, "0123456789.") > 6 && strchr(z, ':'))
		error_hint(e, "write the address alone, without a port");
	else
		error_hint(e, "write 10.20.1.11 or 2001:db8::11; names are not resolved");
}

/* Bits 10 to 63 of a link-local address are zero (RFC 4291 2.5.6). */
static bool odd_link_local(const struct addr *a)
{
	static const uint8_t zero[6];

	return !addr_is_v4(a) && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80 &&
	       (a->b[1] & 0x3f || memcmp(a->b + 2, zero, sizeof zero) != 0);
}

/* 10.0.0.5/24: inventories write a host's address with the length of its network. */
static void host_bits(struct error *e, const char *z)
{
	const char *slash = strchr(z, '/');
	unsigned long bits = strtoul(slash + 1, NULL, 10);
	char buf[ADDR_TEXT], net[ADDR_TEXT];
	struct prefix p;
	struct addr a;

	if (!slash[1] || strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
	    (size_t)(slash - z) >= sizeof buf)
		return;
	memcpy(buf, z, (size_t)(slash - z));
	buf[slash - z] = '\0';
	if (!addr_parse(buf, &a) || bits > (addr_is_v4(&a) ? 32 : 128))
		return;
	p = prefix_of(&a, (uint8_t)bits, (uint8_t)bits);
	error_hint(e, "write %s for the host, or %s for the network around it", buf,
		   prefix_format(&p, net));
}

/* False after an error. */
static bool parse_place(struct state *s, const struct csv_cell *cell, const struct import_piece *p,
			struct where *ret)
{
	char z[ADDR_TEXT + 8];
	struct error *e;
	const char *what;
	struct addr a;

	if (p->n >= sizeof z)
		goto no_address;
	memcpy(z, p->text, p->n);
	z[p->n] = '\0';
	memset(ret, 0, sizeof *ret);
	ret->net = strchr(z, '/') != NULL;
	if (ret->net && !prefix_parse(z, &ret->p)) {
		e = csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs, "'%s' is not a network",
			      z);
		explain_network(e, z);
		host_bits(e, z);
		return false;
	}
	if (!ret->net) {
		if (!addr_parse(z, &a))
			goto no_address;
		ret->p = (struct prefix){.addr = a, .bits = 128};
		what = no_host_address(&a);
		if (what) {
			error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
					     "'%s' is %s, which no host has", z, what),
				   "write the address that packets of the host carry");
			return false;
		}
	}
	if (odd_link_local(&ret->p.addr)) {
		error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
				     "'%s' is no link-local address that a host can have", z),
			   "those are fe80::, and then the interface's 64 bits: fe80::1234");
		return false;
	}
	return true;
no_address:
	e = csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs, "'%.*s' is not an IP address",
		      import_shown(p), p->text);
	if (p->n < sizeof z)
		explain_address(e, z);
	else
		explain_address(e, "");
	return false;
}

static bool mixed(struct state *s, const struct csv_cell *cell, const struct import_piece *p,
		  const struct import_entry *entry, bool net)
{
	if (net ? !entry->addrs.n : !entry->nets.n)
		return false;
	error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
			     net ? "'%s' is a host since line %u, and this is a network"
				 : "'%s' is a network since line %u, and this is a host's address",
			     entry->name, entry->line),
		   net ? "give the network a name of its own; a host's address has no /"
		       : "give the host a name of its own");
	return true;
}

static void add_place(struct state *s, const struct csv_cell *cell, const struct import_piece *p,
		      const struct where *w, struct import_entry *entry)
{
	struct by_where *e = NULL;

	HASH_FIND(hh, s->places, w, sizeof *w, e);
	if (e && e->entry == entry)
		return; /* a set */
	if (e) {
		error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
				     "'%.*s' belongs to '%s' in line %u already", import_shown(p),
				     p->text, e->entry->name, e->line),
			   w->net ? "a network has one name: write all its roles in one row"
				  : "an address is one host's: remove it from one of them");
		return;
	}
	if (mixed(s, cell, p, entry, w->net))
		return;
	if (!w->net && entry->addrs.n == HOST_ADDRS) {
		error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
				     "more than %d addresses of one host", HOST_ADDRS),
			   "write a network, such as 10.30.0.0/16");
		return;
	}
	e = arena_alloc(s->im.arena, sizeof *e);
	if (e) {
		e->where = *w;
		e->entry = entry;
		e->line = cell->line;
		HASH_ADD(hh, s->places, where, sizeof e->where, e);
	}
	if (!e || !e->hh.tbl ||
	    !(w->net ? vec_push(&entry->nets, w->p) : vec_push(&entry->addrs, w->p.addr)))
		s->no_memory = true;
}

/* `entry` NULL: its name was refused, and the addresses are looked at for themselves. */
static void read_addresses(struct state *s, const struct csv_cell *cell, struct import_entry *entry)
{
	struct import_piece p;
	struct where w;
	size_t n = 0;

	for (size_t at = 0; import_next(cell, " \t,;|\r\n", &at, &p); n++) {
		const char *unseen;
		size_t where;
		uint32_t code;

		if (s->no_memory)
			return;
		unseen = csv_unseen(p.text, p.n, &where, &code);
		if (unseen)
			error_hint(csv_error(s->im.csv, cell, p.offset + where, 1, s->im.errs,
					     "%s U+%04X in an address", unseen, code),
				   "remove it; it cannot be seen");
		else if (parse_place(s, cell, &p, &w) && entry)
			add_place(s, cell, &p, &w, entry);
	}
	if (!n)
		error_hint(csv_error(s->im.csv, cell, 0, 0, s->im.errs, "there is no address here"),
			   "write one, such as 10.20.1.11, or begin the row with #");
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool too_many_cells(struct state *s, const struct csv_row *row)
{
	size_t columns = s->im.csv->row[0].n;

	for (size_t i = columns; i < row->n; i++) {
		const struct csv_cell *cell = &row->cell[i];

		if (!import_trim(cell->text, cell->n, 0).n)
			continue;
		error_hint(
			csv_error(s->im.csv, cell, 0, 0, s->im.errs,
				  "this row has %zu cells, and the first row %zu", row->n, columns),
			"put a text that holds %s in quotes", separator_name(s->im.csv->separator));
		return true;
	}
	return false;
}

static void add_roles(struct state *s, const struct csv_cell *cell, const struct import_piece *p,
		      roleset roles, struct import_entry *entry)
{
	roleset all = entry->roles | roles;

	if (roles_has(all, ROLE_IGNORE) && all != ROLE_BIT(ROLE_IGNORE)) {
		error_hint(csv_error(s->im.csv, cell, p->offset, p->n, s->im.errs,
				     "'%s' is ignore and something else", entry->name),
			   "a host is either judged or ignored: keep one, in each of its rows");
		return;
	}
	entry->roles = all;
}

static void read_row(struct state *s, const struct csv_row *row)
{
	const struct csv_cell *cell[COL_N], *last = &row->cell[row->n - 1];
	/* Spreadsheets leave out empty cells at the end of a row. */
	struct csv_cell absent = {
		.text = "",
		.offset = last->end,
		.line = last->line,
	};
	struct import_entry *entry;
	struct import_piece p;
	roleset roles;

	if (too_many_cells(s, row))
		return;
	for (unsigned c = 0; c < COL_N; c++)
		cell[c] = s->column[c] < row->n ? &row->cell[s->column[c]] : &absent;
	entry = read_name_cell(s, cell[COL_NAME]);
	read_addresses(s, cell[COL_ADDRESS], entry);
	p = import_trim(cell[COL_ROLE]->text, cell[COL_ROLE]->n, 0);
	if (!p.n) {
		error_hint(csv_error(s->im.csv, cell[COL_ROLE], 0, 0, s->im.errs,
				     "there is no role here"),
			   "write one, such as sql: spanaudit help roles");
		return;
	}
	if (!import_roles(&s->im, cell[COL_ROLE], &roles))
		return;
	if (!roles)
		error_hint(csv_error(s->im.csv, cell[COL_ROLE], p.offset, p.n, s->im.errs,
				     "there is no role between these separators"),
			   "write one, such as sql: spanaudit help roles");
	else if (entry)
		add_roles(s, cell[COL_ROLE], &p, roles, entry);
}

static void read_rows(struct state *s)
{
	const struct csv *c = s->im.csv;

	for (size_t i = 1; i < c->n && !s->no_memory; i++)
		if (!c->row[i].bad)
			read_row(s, &c->row[i]);
	if (c->n == 1)
		error_hint(csv_error(c, &c->row[0].cell[0], 0, 0, s->im.errs,
				     "there is no row below the names of the columns"),
			   "write a row for each host: sql01,10.20.2.20,sql");
}

/* --- the result ------------------------------------------------------------------------------- */

/* What the site's own reader says of the text: its warnings are the user's too. A refusal of what
 * was written here can only be for its size. */
static bool read_back(const struct state *s, const struct out *text)
{
	struct errors said = {0};
	struct site *site = site_parse(s->im.csv->name, out_str(text), text->n, &said);
	bool ok = site != NULL;

	for (size_t i = 0; i < said.n; i++) {
		const struct error *e = &said.e[i];
		struct error *mine = errors_add(s->im.errs, e->warning, "%s",
						e->what ? e->what : "out of memory");

		error_place(mine, s->im.csv->name, 0, 0, 0);
		if (e->hint)
			error_hint(mine, "%s", e->hint);
	}
	site_free(site);
	errors_done(&said);
	return ok;
}

static int finish(const struct state *s, struct out *ret_yaml)
{
	struct out text = {0};
	int r = 0;

	import_write(&s->im, &text);
	if (out_failed(&text)) {
		r = -ENOMEM;
	} else if (text.n > YAML_BYTES) {
		struct error *e = errors_add(s->im.errs, false,
					     "the site file would have %zu bytes, and %d is the "
					     "limit",
					     text.n, YAML_BYTES);

		error_place(e, s->im.csv->name, 0, 0, 0);
		error_hint(e, "name networks instead of single hosts");
		r = 1;
	} else if (!read_back(s, &text)) {
		r = 1;
	} else {
		out_bytes(ret_yaml, text.p, text.n);
		r = out_failed(ret_yaml) ? -ENOMEM : 0;
	}
	out_done(&text);
	return r;
}

static void state_done(struct state *s)
{
	for (size_t i = 0; i < s->im.entries.n; i++) {
		vec_done(&s->im.entries.v[i]->addrs);
		vec_done(&s->im.entries.v[i]->nets);
	}
	vec_done(&s->im.entries);
	HASH_CLEAR(hh, s->names);
	HASH_CLEAR(hh, s->folded);
	HASH_CLEAR(hh, s->places);
}

/* `before`: errors that were there before the table was read. */
static int import(const struct csv *c, struct arena *a, size_t before, struct errors *errs,
		  struct out *ret_yaml)
{
	struct state s = {.im = {.csv = c, .errs = errs, .arena = a}};
	int r = 1;

	if (!c)
		return 1;
	if (read_header(&s)) {
		read_rows(&s);
		ignored(&s);
	}
	if (s.no_memory)
		r = -ENOMEM;
	else if (errs->n_errors == before)
		r = finish(&s, ret_yaml);
	state_done(&s);
	return r;
}

int site_import(const char *path, struct errors *errs, struct out *ret_yaml)
{
	size_t before = errs->n_errors;
	struct arena a = {0};
	int r = import(csv_load(path, &a, errs), &a, before, errs, ret_yaml);

	arena_done(&a);
	return r;
}

int site_import_text(const char *name, const char *src, size_t n, struct errors *errs,
		     struct out *ret_yaml)
{
	size_t before = errs->n_errors;
	struct arena a = {0};
	int r = import(csv_parse(name, src, n, &a, errs), &a, before, errs, ret_yaml);

	arena_done(&a);
	return r;
}
