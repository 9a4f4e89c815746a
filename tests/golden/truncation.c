// SPDX-License-Identifier: BSD-2-Clause
/*
 * truncation - every golden capture, cut at every length, in one process.
 *
 *   truncation ROOT [CASE...]
 *
 * A snap length takes away what comes behind it in a frame, never a frame. So whatever it is, there
 * must be no crash; all figures must agree with each other and with the number of packets; and no
 * hosts may talk that do not in the whole capture, nor a grave finding come that it does not have.
 * (Lesser ones may: of what two hosts say, less can be read.)
 *
 * The options are those of the case's `cmd`, as run.py has it. Small captures are read at every
 * length up to EVERY; beyond that, and of large captures, at a sample.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/vec.h"
#include "engine/engine.h"

enum { FILE_HEADER = 24, LINK_TYPE = 20, RECORD_HEADER = 16, CAP_LEN = 8, LINKTYPE_ETHERNET = 1 };
enum { SMALL = 200, EVERY = 1600, STEP = 97, WORDS = 32, SHOWN = 20 };

/* Around the ends of headers, and some of what follows them. */
static const uint32_t sample[] = {0,   1,   13,  14,  15,  18,  20,  33,  34,   35,   38,
				  41,  42,  46,  53,  54,  55,  58,  60,  70,   74,   90,
				  110, 140, 190, 260, 340, 420, 480, 700, 1000, 1400, 1700};

struct bytes {
	uint8_t *p;
	size_t n;
};

struct pair {
	struct addr a, b;
};

struct id {
	char id[sizeof((struct finding *)NULL)->id];
};

/* What the whole capture says. */
struct whole {
	VEC(struct pair) pairs;  /* hosts that talk */
	VEC(struct id) findings; /* grave ones */
};

struct run {
	const char *root, *name;
	struct span_audit *audit;
	struct bytes file;
	uint64_t packets;
	uint32_t longest;
	int fd; /* where the cut capture lies */
	uint32_t snaplen;
	struct whole whole;
	unsigned failures, audits;
};

PRINTF(2, 3) static void fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failures++ >= SHOWN)
		return;
	printf("%s, cut at %u: ", r->name, r->snaplen);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static bool read_file(const char *path, struct bytes *ret)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	bool good = false;

	*ret = (struct bytes){0};
	if (!f)
		return false;
	if (fstat(fileno(f), &st) == 0 && st.st_size > 0) {
		ret->n = (size_t)st.st_size;
		ret->p = calloc(1, ret->n + 1); /* text ends with a NUL */
		good = ret->p && fread(ret->p, 1, ret->n, f) == ret->n;
	}
	fclose(f);
	return good;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* The generator writes little-endian pcap with microseconds. */
static bool measure(struct run *r)
{
	size_t at = FILE_HEADER;

	if (r->file.n < at || le32(r->file.p) != 0xa1b2c3d4)
		return false;
	for (; at + RECORD_HEADER <= r->file.n; r->packets++) {
		uint32_t len = le32(r->file.p + at + CAP_LEN);

		if (len > r->longest)
			r->longest = len;
		at += RECORD_HEADER + len;
	}
	return at == r->file.n;
}

static bool write_cut(struct run *r)
{
	uint8_t *out = malloc(r->file.n);
	size_t n = FILE_HEADER;
	bool good = false;

	if (!out)
		return false;
	memcpy(out, r->file.p, FILE_HEADER);
	put_le32(out + 16, r->snaplen ? r->snaplen : 1);
	for (size_t at = FILE_HEADER; at < r->file.n;) {
		uint32_t len = le32(r->file.p + at + CAP_LEN);
		uint32_t cut = len < r->snaplen ? len : r->snaplen;

		memcpy(out + n, r->file.p + at, RECORD_HEADER + cut);
		put_le32(out + n + CAP_LEN, cut);
		n += RECORD_HEADER + cut;
		at += RECORD_HEADER + len;
	}
	good = ftruncate(r->fd, 0) == 0 && pwrite(r->fd, out, n, 0) == (ssize_t)n;
	free(out);
	return good;
}

static bool same(const struct pair *p, const struct addr *a, const struct addr *b)
{
	return (addr_equal(&p->a, a) && addr_equal(&p->b, b)) ||
	       (addr_equal(&p->a, b) && addr_equal(&p->b, a));
}

static bool talk(const struct whole *w, const struct addr *a, const struct addr *b)
{
	for (size_t i = 0; i < w->pairs.n; i++)
		if (same(&w->pairs.v[i], a, b))
			return true;
	return false;
}

static bool accused(const struct whole *w, const struct finding *f)
{
	for (size_t i = 0; i < w->findings.n; i++)
		if (!strcmp(w->findings.v[i].id, f->id))
			return true;
	return false;
}

static void outer_address(const uint8_t *p, bool v4, struct addr *ret)
{
	if (v4)
		*ret = addr_v4((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
			       p[3]);
	else
		memcpy(ret->b, p, sizeof ret->b);
}

/* The ends of a tunnel talk too: where the capture cuts what it carries, they are all that there is
 * to see. They are read from the outermost IP header of each frame, Ethernet with VLAN tags. */
static bool remember_outer(struct run *r)
{
	bool good = true;

	if (le32(r->file.p + LINK_TYPE) != LINKTYPE_ETHERNET)
		return true;
	for (size_t at = FILE_HEADER; at < r->file.n && good;) {
		const uint8_t *p = r->file.p + at + RECORD_HEADER;
		size_t n = le32(r->file.p + at + CAP_LEN), skip = 12;
		struct pair ends;
		bool v4;

		at += RECORD_HEADER + n;
		while (skip + 4 < n && ((p[skip] == 0x81 && p[skip + 1] == 0) ||
					(p[skip] == 0x88 && p[skip + 1] == 0xa8)))
			skip += 4;
		v4 = skip + 2 < n && p[skip + 2] >> 4 == 4;
		if (skip + 2 + (v4 ? 20 : 40) > n)
			continue;
		p += skip + 2 + (v4 ? 12 : 8);
		outer_address(p, v4, &ends.a);
		outer_address(p + (v4 ? 4 : 16), v4, &ends.b);
		if (!talk(&r->whole, &ends.a, &ends.b))
			good = vec_push(&r->whole.pairs, ends);
	}
	return good;
}

static bool remember(struct run *r)
{
	struct whole *w = &r->whole;
	const struct span_audit *a = r->audit;
	bool good = remember_outer(r);

	for (size_t i = 0; i < a->n_convs && good; i++) {
		const struct conv *c = &a->convs[i];

		if (!talk(w, &c->client, &c->server))
			good = vec_push(&w->pairs, ((struct pair){c->client, c->server}));
	}
	for (size_t i = 0; i < a->result->n_findings && good; i++) {
		const struct finding *f = &a->result->findings[i];
		struct id id;

		if (f->severity < SEV_HIGH)
			continue;
		memcpy(id.id, f->id, sizeof id.id);
		good = vec_push(&w->findings, id);
	}
	return good;
}

static void check(struct run *r)
{
	const struct span_audit *a = r->audit;
	const char *why = "";

	if (!result_balances(a->result, &why))
		fail(r, "%s", why);
	if (a->result->coverage.packets != r->packets)
		fail(r, "%llu packets of %llu", (unsigned long long)a->result->coverage.packets,
		     (unsigned long long)r->packets);
	for (size_t i = 0; i < a->n_convs; i++) {
		const struct conv *c = &a->convs[i];
		char client[ADDR_TEXT], server[ADDR_TEXT];

		if (!talk(&r->whole, &c->client, &c->server))
			fail(r, "invents traffic: %s -> %s:%u", addr_format(&c->client, client),
			     addr_format(&c->server, server), c->port);
	}
	for (size_t i = 0; i < a->result->n_findings; i++) {
		const struct finding *f = &a->result->findings[i];

		if (f->severity >= SEV_HIGH && !accused(&r->whole, f))
			fail(r, "invents a finding: %s %s: %s", severity_name(f->severity),
			     kind_row(f->kind)->name, f->why);
	}
}

static bool audit(struct run *r)
{
	int e;

	r->audits++;
	if (!write_cut(r)) {
		fail(r, "cannot be written: %s", strerror(errno));
		return false;
	}
	e = span_audit_run(r->audit);
	if (e == SPAN_OK)
		return true;
	fail(r, "the audit gives %d", e);
	span_audit_errors(r->audit, stdout);
	return false;
}

static void every_length(struct run *r)
{
	bool small = r->packets <= SMALL;
	size_t next = 0;

	r->snaplen = r->longest;
	if (!audit(r) || !remember(r)) {
		fail(r, "nothing to compare with");
		return;
	}
	check(r);
	while (small ? r->snaplen > 0 : next < N_ELEMENTS(sample)) {
		if (!small)
			r->snaplen = sample[next++];
		else
			r->snaplen -= r->snaplen > EVERY + STEP ? STEP : 1;
		if (r->snaplen < r->longest && audit(r))
			check(r);
	}
}

/* ------------------------------------------------------------------ cases */

/* Words as a shell makes them, with single quotes only. Returns how many; text is cut up. */
static size_t split(char *text, char *word[WORDS])
{
	size_t n = 0;

	while (n < WORDS) {
		char end = ' ';

		text += strspn(text, " \n");
		if (!*text)
			break;
		if (*text == '\'') {
			end = '\'';
			text++;
		}
		word[n++] = text;
		text += strcspn(text, end == ' ' ? " \n" : "'");
		if (!*text)
			break;
		*text++ = '\0';
	}
	return n;
}

/* Files are the case's, but for those of the tree's pcaps. */
static void path_of(const struct run *r, const char *word, char *p, size_t n)
{
	if (!strncmp(word, "pcaps/", 6))
		snprintf(p, n, "%s/%s", r->root, word);
	else
		snprintf(p, n, "%s/tests/golden/%s/%s", r->root, r->name, word);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* The audit that the case asks for; *ret_capture is its file, "" when that is not one. 0,
 * SPAN_USAGE, negative errno. */
static int prepare(struct run *r, char *ret_capture, size_t n)
{
	char path[512], text[64], fallback[] = "audit --site site.yaml capture.pcap", *word[WORDS];
	struct bytes cmd;
	size_t words, captures = 0;
	int e = 0;

	path_of(r, "cmd", path, sizeof path);
	words = split(read_file(path, &cmd) ? (char *)cmd.p : fallback, word);
	ret_capture[0] = '\0';
	for (size_t i = 1; i < words && !e; i++) {
		bool more = i + 1 < words;

		if (!strcmp(word[i], "--site") && more) {
			path_of(r, word[++i], path, sizeof path);
			e = span_audit_site(r->audit, path);
		} else if (!strcmp(word[i], "--role") && more) {
			e = span_audit_role(r->audit, word[++i]);
		} else if (!strcmp(word[i], "-f") && more) {
			e = span_audit_filter(r->audit, word[++i]);
		} else if (ends_with(word[i], ".pcap")) {
			path_of(r, word[i], ret_capture, n);
			captures++;
		}
	}
	if (captures != 1)
		ret_capture[0] = '\0';
	free(cmd.p);
	snprintf(path, sizeof path, "%s/rules", r->root);
	snprintf(text, sizeof text, "/proc/self/fd/%d", r->fd);
	e = e ? e : span_audit_rules_dir(r->audit, path);
	return e ? e : span_audit_file(r->audit, text);
}

struct sum {
	unsigned cases, left_out, audits, failures;
};

static void one_case(const char *root, const char *name, struct sum *sum)
{
	struct run r = {.root = root, .name = name, .audit = span_audit_new()};
	char capture[512];

	r.fd = memfd_create("cut.pcap", MFD_CLOEXEC);
	if (!r.audit || r.fd < 0 || prepare(&r, capture, sizeof capture) != 0)
		fail(&r, "the case cannot be prepared");
	else if (!capture[0] || !read_file(capture, &r.file) || !measure(&r))
		sum->left_out++;
	else
		every_length(&r);
	vec_done(&r.whole.pairs);
	vec_done(&r.whole.findings);
	free(r.file.p);
	span_audit_free(r.audit);
	if (r.fd >= 0)
		close(r.fd);
	sum->cases++;
	sum->audits += r.audits;
	sum->failures += r.failures;
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.' && d->d_type == DT_DIR && strcmp(d->d_name, "__pycache__") != 0;
}

int main(int argc, char **argv)
{
	char folder[512];
	struct dirent **all = NULL;
	struct sum sum = {0};
	int n = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: truncation ROOT [CASE...]\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		one_case(argv[1], argv[i], &sum);
	if (argc == 2) {
		snprintf(folder, sizeof folder, "%s/tests/golden", argv[1]);
		n = scandir(folder, &all, visible, alphasort);
	}
	for (int i = 0; i < n; i++) {
		one_case(argv[1], all[i]->d_name, &sum);
		free(all[i]);
	}
	free(all);
	printf("%u cases, %u of them left out (not one whole pcap file); %u audits, %.1f s of "
	       "processor time, %u "
	       "failures\n",
	       sum.cases, sum.left_out, sum.audits, (double)clock() / CLOCKS_PER_SEC, sum.failures);
	return sum.failures || !sum.cases || sum.left_out > sum.cases / 4;
}
