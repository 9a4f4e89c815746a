// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every capture file of a folder is read and decoded to its end, and the counters balance; what is
 * said of plain packets at one look is what their layers say. The
 * folder is not part of the sources: SPANAUDIT_CAPTURES names it, or it lies beside them.
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

#include "base/out.h"
#include "capture/source.h"
#include "decode/decode.h"
#include "same_packet.h"

/* nftw() hands its callback no context. */
static struct {
	size_t opened, refused;
	uint64_t packets, decoded;
} seen;

static void decode_all(struct source *s)
{
	struct decoder *d = decoder_new(), *slow = decoder_new();
	const struct decode_stats *st = decoder_stats(d);
	static struct batch b;
	uint32_t number = 0;
	uint64_t sum = 0, frames = 0;

	decoder_layers_only(slow);
	for (;;) {
		assert_int_equal(s->end, SOURCE_MORE);
		assert_int_equal(source_next(s, &b), 0);
		if (b.n == 0)
			break;
		for (size_t i = 0; i < b.n; i++) {
			const struct frame *f = &b.f[i];
			struct packet k, other;
			enum decode_skip skip, as;

			/* Blocks that are no packets have numbers too. */
			assert_true(f->number > number);
			number = f->number;
			frames++;
			assert_true(f->wire_len >= f->len);
			skip = decode_frame(d, f->linktype, f->p, f->len, f->wire_len, f->ts_ns,
					    f->number, &k);
			as = decode_frame(slow, f->linktype, f->p, f->len, f->wire_len, f->ts_ns,
					  f->number, &other);
			assert_int_equal(skip, as);
			if (skip != DECODE_OK)
				continue;
			assert_true(same_packet(&k, &other));
			assert_true(k.payload >= f->p &&
				    k.payload + k.payload_len <= f->p + f->len);
			assert_int_equal(k.payload_cut, k.payload_len < k.payload_wire);
		}
	}
	assert_int_not_equal(s->end, SOURCE_MORE);
	assert_int_equal(s->why[0] != '\0', s->end != SOURCE_WHOLE);
	for (size_t i = 0; i < DECODE_N; i++)
		sum += st->by[i];
	assert_int_equal(st->read, frames);
	assert_int_equal(sum, frames);
	assert_true(same_stats(st, decoder_stats(slow)));
	seen.packets += frames;
	seen.decoded += st->by[DECODE_OK];
	decoder_free(d);
	decoder_free(slow);
}

static int one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct errors errs = {0};
	bool usage = false;
	struct source *s;

	if (type != FTW_F)
		return 0;
	s = source_open(path, NULL, &errs, &usage);
	if (s) {
		assert_int_equal(errs.n, 0);
		seen.opened++;
		decode_all(s);
		source_close(s);
	} else {
		/* A manifest, a compressed file, one of the broken ones: told in three parts. */
		assert_int_equal(errs.n, 1);
		assert_non_null(errs.e[0].what);
		assert_non_null(errs.e[0].hint);
		assert_false(usage);
		seen.refused++;
	}
	errors_done(&errs);
	return 0;
}

static void every_file_is_read_to_its_end(void **state)
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
	print_message("%zu files, %zu refused, %llu packets, %llu decoded\n", seen.opened,
		      seen.refused, (unsigned long long)seen.packets,
		      (unsigned long long)seen.decoded);
	assert_true(seen.opened > 0);
	assert_true(seen.decoded > seen.packets / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
