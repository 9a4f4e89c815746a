// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every capture file of a folder, read by the own reader and by libpcap's: the same frames, to the
 * same end. The folder is not part of the sources: SPANAUDIT_CAPTURES names it, or it lies beside
 * them.
 *
 * What differs for a reason is counted by class; anything else fails.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "capture/source.h"

enum class {
	SAME,
	/* draft-ietf-opsawg-pcapng 4.2: each interface has its own link type and snap length.
	 * libpcap's interface knows one of each, and refuses the file before any packet, */
	REFUSED,
	/* or where the second interface is described. */
	STOPPED,
	/* draft-ietf-opsawg-pcap 4: what the version may be is not said; tshark reads all from 2
	 * on, libpcap those that it knows. draft-ietf-opsawg-pcapng 4.1: a new minor version can be
	 * read by who knows an old one. */
	VERSION,
	/* draft-ietf-opsawg-pcapng 4.7: custom blocks are no packets; tshark counts them among the
	 * frames nevertheless, and its numbers are ours. */
	NUMBERS,
	/* The same end at the same packet, told with libpcap's words. */
	WORDS,
	CLASSES,
};

static const char *const class_names[CLASSES] = {
	[SAME] = "the same",
	[REFUSED] = "refused by libpcap for what its interfaces differ in",
	[STOPPED] = "stopped by libpcap at such an interface",
	[VERSION] = "of a version that libpcap does not read",
	[NUMBERS] = "with numbered blocks that are no packets",
	[WORDS] = "with the same end in other words",
};

/* nftw() hands its callback no context. */
static struct {
	size_t files, neither, by[CLASSES];
	uint64_t frames, unexplained;
} seen;

/* Frames of one source, one after the other. */
struct side {
	struct source *s;
	struct errors errs;
	struct batch b;
	size_t i;
};

static void side_open(struct side *k, const char *path, enum source_reader reader)
{
	bool usage = false;

	memset(k, 0, sizeof *k);
	k->s = source_open(path, &(struct source_options){.reader = reader}, &k->errs, &usage);
	assert_false(usage);
}

static const struct frame *side_next(struct side *k)
{
	if (k->i == k->b.n) {
		assert_int_equal(source_next(k->s, &k->b), 0);
		k->i = 0;
	}
	return k->b.n ? &k->b.f[k->i++] : NULL;
}

static void side_close(struct side *k)
{
	source_close(k->s);
	errors_done(&k->errs);
}

static bool differ_in_interfaces(const char *text)
{
	return strstr(text, "different link types") || strstr(text, "different snap lengths");
}

static bool in_version(const char *text)
{
	return strstr(text, "its version of the pcap");
}

static void unexplained(const char *path, const char *what, uint32_t number)
{
	print_error("%s: %s, at packet %u\n", path, what, number);
	seen.unexplained++;
}

static enum class compare(const char *path, struct side *own, struct side *ref) {
	const struct frame *f, *g; enum class class = SAME; uint32_t number = 0;

	for (;;){f = side_next(own); g = side_next(ref); if (!f || !g) break; seen.frames++;
		 if (f->ts_ns != g->ts_ns || f->len != g->len || f->wire_len != g->wire_len ||
		     f->linktype != g->linktype || memcmp(f->p, g->p, f->len) != 0){
			 unexplained(path, "another frame", f->number); return class;}
if (f->number != g->number && f->number > number + 1 && class == SAME) class = NUMBERS;
if (f->number < g->number || (f->number != g->number && class != NUMBERS)) {
	unexplained(path, "another number", f->number);
	return class;
}
number = f->number;
}
if (f && differ_in_interfaces(ref->s->why))
	return STOPPED;
if (f || g) {
	unexplained(path, f ? ref->s->why : own->s->why, number);
	return class;
}
if (own->s->snaplen != ref->s->snaplen || own->s->at != ref->s->at)
	unexplained(path, "another snap length or size", number);
if (own->s->end != ref->s->end)
	unexplained(path, "another end", number);
else if (strcmp(own->s->why, ref->s->why) != 0)
	class = in_version(ref->s->why) ? VERSION : WORDS;
return class;
}

static int one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static struct side own, ref;
	enum class class = SAME;

	if (type != FTW_F)
		return 0;
	side_open(&own, path, READER_AUTO);
	side_open(&ref, path, READER_LIBPCAP);
	seen.files++;
	if (own.s && ref.s) {
		class = compare(path, &own, &ref);
		seen.by[class]++;
	} else if (!own.s) {
		const char *what = own.errs.e[0].what;

		/* No capture, a header cut short, a version before 2: the same for both. */
		if (ref.s || (strcmp(what, ref.errs.e[0].what) != 0 && !in_version(what)))
			unexplained(path, what, 0);
		seen.neither++;
	} else {
		const char *what = ref.errs.e[0].what;

		class = differ_in_interfaces(what) ? REFUSED : VERSION;
		if (class == VERSION && !in_version(what))
			unexplained(path, what, 0);
		seen.by[class]++;
	}
	side_close(&own);
	side_close(&ref);
	return 0;
}

static void both_readers_read_the_same(void **state)
{
	const char *folder = getenv("SPANAUDIT_CAPTURES"),
		   *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char beside[4096];

	if (!folder && root) {
		snprintf(beside, sizeof beside, "%s/../shared/captures", root);
		folder = beside;
	}
	if (!folder || access(folder, R_OK) < 0) {
		print_message(
			"no captures here (SPANAUDIT_CAPTURES names their folder): skipped\n");
		skip();
	}
	assert_int_equal(nftw(folder, one, 16, FTW_PHYS), 0);
	print_message("%zu files, %zu read by neither, %llu frames in both\n", seen.files,
		      seen.neither, (unsigned long long)seen.frames);
	for (size_t i = 0; i < CLASSES; i++)
		print_message("%5zu %s\n", seen.by[i], class_names[i]);
	assert_int_equal(seen.unexplained, 0);
	assert_true(seen.by[SAME] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_readers_read_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
