// SPDX-License-Identifier: BSD-2-Clause
/* Named pipes in SMB streams: conversations of both versions, in any pieces, cut, with holes,
 * out of step, and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/out.h"
#include "build.h"
#include "learn/learn.h"
#include "learn/smb.h"
#include "recognise/recognise.h"
#include "smb_talks.h"

enum {
	IN_STEP = 1, /* needs its messages in the order of the whole */
	FILES = 2,   /* files that pass for pipes when their tree is lost */
};

static const struct {
	const char *name;
	void (*make)(struct talk *t);
	const char *want;
	unsigned flags;
} rows[] = {
	{"mapper written and read", mapper_written_and_read,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"mapper transceived", mapper_transceived,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"overflow", overflow, "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667",
	 IN_STEP},
	{"mapper by its pipe", mapper_by_its_pipe, "client 0 pipe epmapper grant tcp/49667"},
	{"compound", compound, "client 0 pipe netlogon iface " NL_IFACE},
	{"disk beside pipe", disk_beside_pipe, "client 0 pipe netlogon iface " NL_IFACE,
	 IN_STEP | FILES},
	{"refused pipe", refused_pipe, "client 0 pipe winreg"},
	{"two pipes", two_pipes,
	 "client 0 pipe epmapper pipe netlogon iface " NL_IFACE " iface " EPM_IFACE
	 " grant tcp/49667"},
	{"tree never seen", tree_never_seen, "client 0 pipe lsarpc iface " NL_IFACE},
	{"other protocol", other_protocol, "client 0 pipe sql\\query", IN_STEP},
	{"same number again", same_number_again,
	 "client 0 pipe netlogon pipe epmapper iface " NL_IFACE " iface " EPM_IFACE
	 " grant tcp/49667",
	 IN_STEP},
	{"same number, unclosed", same_number_unclosed,
	 "client 0 pipe netlogon pipe epmapper iface " NL_IFACE " grant tcp/49667", IN_STEP},
	{"read first", read_first, "client 0 pipe epmapper grant tcp/49667", IN_STEP},
	{"sealed and packed", sealed_and_packed, "client 0 pipe srvsvc"},
	{"session service", session_service, "client 0 pipe samr"},
	{"many", many, "client 0 pipe samr iface " NL_IFACE, IN_STEP},
	{"SMB 1 mapper", mapper1, "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 mapper, ASCII", mapper1_ascii,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 mapper, raw and in parts", mapper1_raw_and_parts,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667", IN_STEP},
	{"SMB 1 number again", number1_again, "client 0 pipe netlogon pipe srvsvc iface " NL_IFACE,
	 IN_STEP},
	{"SMB 1 file", file1, "client 0", IN_STEP | FILES},
	{"SMB 1 opened before", opened_before1, "client 0 iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 chain", chain1, "client 0 pipe spoolss"},
	{"SMB 1 long chain", long_chain1, "client 0 pipe winreg"},
	{"SMB 1 block in data", block_in_data1,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
};

/* What was heard */

static const struct evidence AT = {.ts_ns = 5, .number = 7};

struct ear {
	struct learn *l;
	struct learn_flow *f;
	size_t base; /* memory of an audit without flows */
};

static struct ear listen_to(const char *app, uint16_t port)
{
	static const struct hash_key key = {1, 2};
	struct ear e = {.l = learn_new(&(struct learn_options){.key = &key})};
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {A("10.0.0.9"), A("10.0.0.5")},
			      .port = {50000, port},
			      .app = app_by_name(app)};

	assert_non_null(e.l);
	e.base = learn_stats(e.l)->memory;
	e.f = learn_open(e.l, &q);
	assert_non_null(e.f);
	return e;
}

static void iface_text(struct out *o, const struct learn_iface *i)
{
	const uint8_t *u = i->uuid;

	out_printf(o, " iface ");
	for (unsigned k = 0; k < 16; k++)
		out_printf(o, "%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", u[k]);
	out_printf(o, " %u.%u", i->major, i->minor);
}

/* Ends it, and writes what it said. Everything that was taken is given back. */
static void heard(struct ear *e, struct out *o)
{
	struct learn_facts k;
	const struct grant *g;
	size_t n;

	learn_close(e->f, &k);
	out_printf(o, "client %d", k.client_side);
	for (unsigned i = 0; i < k.n_pipe; i++)
		out_printf(o, " pipe %s", k.pipe[i]);
	for (unsigned i = 0; i < k.n_iface; i++)
		iface_text(o, &k.iface[i]);
	if (k.has_bind) {
		assert_int_equal(k.bind.number, AT.number);
		assert_true(k.n_iface);
	}
	assert_int_equal(learn_grants(e->l, &g, &n), 0);
	for (size_t i = 0; i < n; i++)
		out_printf(o, " grant %s/%u", g[i].g.proto == GRANTED_TCP ? "tcp" : "?",
			   g[i].g.port);
	assert_int_equal(learn_stats(e->l)->memory, e->base);
	learn_free(e->l);
}

static struct talk *made(void (*make)(struct talk *t))
{
	struct talk *t = calloc(1, sizeof *t);

	assert_non_null(t);
	make(t);
	return t;
}

/* Bytes in a place of exactly their size: one too many read is found. */
static void give(struct ear *e, unsigned side, const uint8_t *p, size_t n, bool start)
{
	uint8_t *exact = malloc(n ? n : 1);

	assert_non_null(exact);
	memcpy(exact, p, n);
	learn_bytes(e->f, side, exact, n, start, &AT);
	free(exact);
}

static void give_message(struct ear *e, const struct talk *t, size_t i, size_t piece,
			 bool started[2])
{
	unsigned side = t->v[i].side;

	for (size_t at = 0; at < t->v[i].n;) {
		size_t n = t->v[i].n - at < piece ? t->v[i].n - at : piece;

		give(e, side, t->b + t->v[i].at + at, n, !started[side]);
		started[side] = true;
		at += n;
	}
}

static void expect(const char *name, const char *way, struct ear *e, const char *want)
{
	struct out o = {0};

	heard(e, &o);
	if (strcmp(out_str(&o), want))
		print_error("%s (%s):\n  %s\nwanted\n  %s\n", name, way, out_str(&o), want);
	assert_string_equal(out_str(&o), want);
	out_done(&o);
}

static void conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);
		struct ear e = listen_to("smb2", 445);
		bool started[2] = {false, false};

		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, SIZE_MAX, started);
		expect(rows[i].name, "whole", &e, rows[i].want);
		free(t);
	}
}

/* Segments end anywhere, and hold several messages. */
static void any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);

		for (size_t piece = 1; piece < 200; piece += piece < 20 ? 1 : 13) {
			struct ear e = listen_to("", 139);
			bool started[2] = {false, false};
			char way[32];

			snprintf(way, sizeof way, "pieces of %zu", piece);
			for (size_t k = 0; k < t->n; k++)
				give_message(&e, t, k, piece, started);
			expect(rows[i].name, way, &e, rows[i].want);
		}
		/* Messages of one side that follow each other, joined, then cut with a stagger. */
		for (size_t piece = 1; piece < 400; piece += 37) {
			struct ear e = listen_to("smb1", 4450);
			bool started[2] = {false, false};

			for (size_t k = 0; k < t->n;) {
				size_t last = k, n, at = t->v[k].at;
				unsigned side = t->v[k].side;

				while (last + 1 < t->n && t->v[last + 1].side == side)
					last++;
				n = t->v[last].at + t->v[last].n - at;
				for (size_t first = n % piece; n;) {
					size_t m = first ? first : piece < n ? piece : n;

					give(&e, side, t->b + at, m, !started[side]);
					started[side] = true;
					at += m;
					n -= m;
					first = 0;
				}
				k = last + 1;
			}
			expect(rows[i].name, "joined", &e, rows[i].want);
		}
		free(t);
	}
}

/* The same words, in an order that may differ. */
static void same_words(const char *name, const char *way, const char *got, const char *want)
{
	size_t n;

	for (const char *w = want; *w; w += n + (w[n] == ' ')) {
		char word[128];

		n = strcspn(w, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, w);
		if (!strstr(got, word)) {
			print_error("%s (%s):\n  %s\nwanted\n  %s\n", name, way, got, want);
			fail();
		}
	}
	assert_int_equal(strlen(got), strlen(want));
}

/* The directions reach the capture out of step: the answers first, or the requests. */
static void out_of_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t;

		if (rows[i].flags & IN_STEP)
			continue;
		t = made(rows[i].make);
		for (unsigned first = 0; first < 2; first++) {
			struct ear e = listen_to("smb2", 445);
			bool started[2] = {false, false};

			/* One side whole, then the other. */
			for (unsigned side = 0; side < 2; side++)
				for (size_t k = 0; k < t->n; k++)
					if (t->v[k].side == (side ^ first))
						give_message(&e, t, k, 100, started);

			struct out o = {0};

			heard(&e, &o);
			same_words(rows[i].name, first ? "server first" : "client first",
				   out_str(&o), rows[i].want);
			out_done(&o);
		}
		free(t);
	}
}

/* Cut at every byte: what was said so far, and everything given back. */
static void every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);
		size_t longest = 0;

		for (size_t cut = 0; cut <= t->used; cut += rows[i].flags & IN_STEP ? 3 : 1) {
			struct ear e = listen_to("smb2", 445);
			bool started[2] = {false, false};
			struct out o = {0};

			for (size_t k = 0; k < t->n && t->v[k].at < cut; k++) {
				size_t n = cut - t->v[k].at;
				unsigned side = t->v[k].side;

				give(&e, side, t->b + t->v[k].at, n < t->v[k].n ? n : t->v[k].n,
				     !started[side]);
				started[side] = true;
			}
			heard(&e, &o);
			/* Nothing that was known is unlearned by more. */
			assert_true(out_str(&o)[0] == 'c' && o.n + 32 >= longest);
			longest = o.n > longest ? o.n : longest;
			out_done(&o);
		}
		free(t);
	}
}

/* Whatever is missing, and however much of it: nothing is found that was not said, and
 * everything is given back. */
static void holes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t;

		if (rows[i].flags & FILES)
			continue;
		t = made(rows[i].make);
		for (size_t lost = 0; lost < 2 * t->n; lost++) {
			for (size_t at = 0; at < t->v[lost / 2].n; at += 11) {
				struct ear e = listen_to("smb2", 445);
				bool started[2] = {false, false};
				struct out o = {0};

				for (size_t k = 0; k < t->n; k++) {
					size_t n = t->v[k].n;
					unsigned side = t->v[k].side;

					if (k != lost / 2) {
						give_message(&e, t, k, 90, started);
						continue;
					}
					if (at)
						give(&e, side, t->b + t->v[k].at, at,
						     !started[side]);
					started[side] = true;
					/* of the whole rest, or of some; or nobody knows */
					learn_gap(e.f, side, lost & 1 ? n - at : at % 2 ? 0 : 5);
					if (!(lost & 1) && at % 2 == 0 && n > at + 5)
						give(&e, side, t->b + t->v[k].at + at + 5,
						     n - at - 5, false);
				}
				heard(&e, &o);
				for (const char *w = out_str(&o); (w = strstr(w, " pipe ")); w++) {
					char word[64];

					snprintf(word, sizeof word, "%.*s",
						 6 + (int)strcspn(w + 6, " "), w);
					if (!strstr(rows[i].want, word))
						print_error("%s: %s\n", rows[i].name, out_str(&o));
					assert_non_null(strstr(rows[i].want, word));
				}
				out_done(&o);
			}
		}
		free(t);
	}
}

/* A file of n bytes, read in one answer. */
static size_t file_answer(struct talk *t, uint64_t mid, size_t n)
{
	size_t at = t->n;

	begin(t, SERVER);
	command(t, 8, mid, 0);
	put(t, 17, 2);
	put(t, 80, 2);
	put(t, n, 4);
	put(t, 0, 8);
	for (size_t i = 0; i < n; i++)
		put(t, i * 7 + (i >> 8), 1);
	end(t);
	return at;
}

/* A hole in a file does not hide the pipe behind it. */
static void hole_in_a_file(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	size_t file;

	(void)state;
	assert_non_null(t);
	tree(t, 6, 1);
	ask_read(t, 3, 0x99);
	file = file_answer(t, 3, 60000);
	mapper_transceived(t);
	for (size_t k = 0; k < t->n; k++) {
		if (k != file) {
			give_message(&e, t, k, 1460, started);
			continue;
		}
		give(&e, SERVER, t->b + t->v[k].at, 20000, false);
		learn_gap(e.f, SERVER, 30000);
		give(&e, SERVER, t->b + t->v[k].at + 50000, t->v[k].n - 50000, false);
	}
	expect("hole in a file", "", &e,
	       "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667");
	free(t);
}

/* The capture began in the middle of a file: the next message is found, in any pieces. */
static void middle(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		struct talk *t = calloc(1, sizeof *t);
		struct ear e = listen_to("", 445);
		bool started[2] = {true, true};
		size_t file;

		assert_non_null(t);
		file = file_answer(t, 3, 3000);
		t->v[file].at += 1000;
		t->v[file].n -= 1000;
		mapper_written_and_read(t);
		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, piece, started);
		expect("middle", "", &e,
		       "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667");
		free(t);
	}
}

/* The capture began in the middle of a file: the next message is found wherever in a piece it
 * begins, whatever looks like one before it. */
static void middle_of_a_piece(void **state)
{
	const size_t first = 1; /* behind the tree */

	(void)state;
	for (size_t before = 1; before < 3 * 64; before++) {
		static const char odd[] = "S.SM.MB.SMB.SSMBMB";
		const bool is_odd = before % 3;
		struct talk *t = calloc(1, sizeof *t);
		struct ear e = listen_to("", 445);
		bool started[2] = {true, true};
		uint8_t piece[1024];

		assert_non_null(t);
		mapper_written_and_read(t);
		assert_true(t->v[first].n <= sizeof piece - before);
		for (size_t i = 0; i < before; i++)
			piece[i] = is_odd ? (uint8_t)odd[(before - i) % (sizeof odd - 1)] : 0;
		memcpy(piece + before, t->b + t->v[first].at, t->v[first].n);
		give(&e, t->v[first].side, piece, before + t->v[first].n, false);
		for (size_t k = first + 1; k < t->n; k++)
			give_message(&e, t, k, 1460, started);
		expect("middle of a piece", "", &e,
		       "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667");
		free(t);
	}
}

/* What a transfer of files takes: no memory beyond that of an idle flow. */
static void bulk_takes_nothing(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	size_t idle = learn_stats(e.l)->memory - e.base;
	struct out o = {0};

	(void)state;
	assert_non_null(t);
	assert_true(idle < 2048);
	tree(t, 6, 1);
	file_answer(t, 3, 100000);
	for (size_t k = 0; k < t->n; k++)
		give_message(&e, t, k, 1460, started);
	assert_true(learn_stats(e.l)->memory - e.base <= idle + sizeof(struct smb_tree));
	assert_true(learn_stats(e.l)->memory_max - e.base <= idle + 256);
	heard(&e, &o);
	out_done(&o);
	free(t);
}

/* Opens without end, none of which is ever closed or answered. */
static void hostile_opens(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	struct out o = {0};

	(void)state;
	assert_non_null(t);
	tree(t, 5, 2);
	give_message(&e, t, 0, SIZE_MAX, started);
	for (uint64_t i = 0; i < 20000; i++) {
		t->n = t->used = 0;
		switch (i % 5) {
		case 0:
			tree(t, (uint32_t)i + 100, i & 1 ? 1 : 2);
			t->tree = 5;
			break;
		case 1:
			open_pipe(t, i, "netlogon", i);
			break;
		case 2:
			ask_create(t, i, "lsarpc");
			break;
		case 3:
			ask_ioctl(t, i, i, NL_BIND);
			break;
		default:
			ioctled(t, i, i + 1000000, EPM_MAPPED);
			data(t, i + 7, EPM_MAPPED);
			break;
		}
		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, SIZE_MAX, started);
	}
	print_message("memory of a hostile stream: %zu bytes at most\n",
		      learn_stats(e.l)->memory_max - e.base);
	assert_true(learn_stats(e.l)->memory_max - e.base < 512 << 10);
	heard(&e, &o);
	out_done(&o);
	free(t);
}

/* One field of a message set to each of many values: nothing breaks, nothing is kept. */
static void hostile_fields(void **state)
{
	static const uint64_t values[] = {
		0,      1,      3,       63,       64,        65,         119,        120,
		0x7fff, 0xffff, 0x10000, 0xffffff, INT32_MAX, 0x80000000, 0xfffffff8, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);

		for (size_t m = 0; m < t->n && m < 8; m++) {
			for (size_t at = 1; at + 4 < t->v[m].n && at < 140; at++) {
				uint8_t *p = t->b + t->v[m].at + at, was[4];
				uint64_t v = values[(at * 5 + m) % N_ELEMENTS(values)];
				size_t n = at % 3 ? 2 : 4;
				struct ear e = listen_to("smb2", 445);
				bool started[2] = {false, false};
				struct out o = {0};

				memcpy(was, p, 4);
				for (size_t k = 0; k < n; k++)
					p[k] = (uint8_t)(v >> 8 * k);
				for (size_t k = 0; k < t->n; k++)
					give_message(&e, t, k, at & 1 ? SIZE_MAX : 17, started);
				heard(&e, &o);
				out_done(&o);
				memcpy(p, was, 4);
			}
		}
		free(t);
	}
}

/* A compound whose commands lead nowhere, and blocks that lead back. */
static void loops(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};

	(void)state;
	assert_non_null(t);
	tree(t, 5, 2);
	for (size_t i = 0; i < 6; i++) { /* each is its own message */
		static const uint32_t next[] = {0, 1, 63, 0xfffffff8, 64, 120};

		begin(t, CLIENT);
		create_cmd(t, 10 + i,
			   i >= 4 ? "nowhere, and longer than the header behind it" : "srvsvc");
		patch(t, t->command + 20, next[i], 4);
		end(t);
		created(t, 10 + i, 0x40 + i);
	}
	t->ascii = true;
	for (uint32_t to = 0; to < 90; to++) {
		create1(t, "\\winreg");
		patch(t, t->v[t->n - 1].at + 4 + 33, 0x2e | to << 16, 4);
		give_message(&e, t, t->n - 1, SIZE_MAX, (bool[2]){true, true});
		t->used = t->v[--t->n].at;
	}
	for (size_t k = 0; k < t->n; k++)
		give_message(&e, t, k, SIZE_MAX, started);
	expect("loops", "", &e, "client 0 pipe srvsvc");
	free(t);
}

static void names(void **state)
{
	static const struct {
		const char *text, *want;
		bool unicode;
	} v[] = {
		{"\\PIPE\\LsaRpc", "lsarpc", false},
		{"\\\\netlogon", "netlogon", false},
		{"pipe\\pipe\\x", "x", false},
		{"MSSQL$CRM\\sql\\query", "mssql$crm\\sql\\query", false},
		{"a\x01"
		 "b\xff",
		 "a?b?", false},
		{"", "", false},
		{"PIPE\\", "", false},
		{"0123456789012345678901234567890123456789", "0123456789012345678901234567890",
		 false},
		{"S\0A\0\x00\x01M\0", "sa?m", true},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(v); i++) {
		char name[LEARN_PIPE_NAME];
		size_t n = v[i].unicode ? 8 : strlen(v[i].text);

		smb_name(rd_over((const uint8_t *)v[i].text, n), v[i].unicode, name);
		assert_string_equal(name, v[i].want);
	}
}

static void wanted(void **state)
{
	static const struct {
		const char *app;
		uint16_t a, b;
		uint8_t proto;
		bool want;
	} v[] = {
		{"", 50000, 445, PROTO_TCP, true},      {"", 139, 50000, PROTO_TCP, true},
		{"", 445, 445, PROTO_UDP, false},       {"smb2", 50000, 4450, PROTO_TCP, true},
		{"smb1", 1, 2, PROTO_TCP, true},        {"nbss", 1, 2, PROTO_TCP, true},
		{"http", 50000, 445, PROTO_TCP, false}, {"", 50000, 80, PROTO_TCP, false},
	};
	static const struct hash_key key = {1, 2};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < N_ELEMENTS(v); i++) {
		struct learn_ask q = {.proto = v[i].proto,
				      .addr = {A("10.0.0.9"), A("10.0.0.5")},
				      .port = {v[i].a, v[i].b},
				      .app = app_by_name(v[i].app)};
		struct learn_flow *f = learn_open(l, &q);
		struct learn_facts k;

		assert_int_equal(f != NULL, v[i].want);
		if (f)
			learn_close(f, &k);
	}
	learn_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(any_pieces),
		cmocka_unit_test(out_of_step),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(holes),
		cmocka_unit_test(hole_in_a_file),
		cmocka_unit_test(middle),
		cmocka_unit_test(middle_of_a_piece),
		cmocka_unit_test(bulk_takes_nothing),
		cmocka_unit_test(hostile_opens),
		cmocka_unit_test(hostile_fields),
		cmocka_unit_test(loops),
		cmocka_unit_test(names),
		cmocka_unit_test(wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
