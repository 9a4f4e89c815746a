// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints what became of each packet of captures, one line each, for comparison with other tools:
 *
 *   show_packets [--libpcap|--copies] FILE...
 *
 *   # FILE
 *   number time_ns length outcome [source destination protocol sport dport fragment payload tunnel
 * vlan] = end packets why
 *
 * with tabs between; outcome is "ok" or the reason why it was skipped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/order.h"
#include "capture/source.h"
#include "decode/decode.h"
#include "flow/dup.h"

/* With copies: only those, which a mirror made of packets that were there before. */
static void show_copy(const struct packet *k, const struct frame *f)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	printf("%" PRIu32 "\t%" PRId64 "\t%" PRIu32 "\tcopy\t%s\t%s\t%u\t%u\t%u\t%d\t%" PRIu32
	       "\t%s\t%u\n",
	       f->number, f->ts_ns, f->wire_len, addr_format(&k->src, src),
	       addr_format(&k->dst, dst), k->proto, k->sport, k->dport, k->fragment,
	       k->payload_wire, tunnel_name((enum tunnel)k->tunnel), k->vlan);
}

static void show_copies(const char *path)
{
	struct errors errs = {0};
	bool usage = false;
	struct source *s = source_open(path, &(struct source_options){0}, &errs, &usage);
	struct order *o = s ? order_new(s) : NULL;
	struct decoder *d = decoder_new();
	struct dup_table *t = dup_table_new(NULL);
	struct batch b;
	uint64_t n = 0;

	printf("# %s\n", path);
	while (o && d && t && order_next(o, &b) == 0 && b.n) {
		for (size_t i = 0; i < b.n; i++) {
			const struct frame *f = &b.f[i];
			struct packet k;

			if (decode_frame(d, f->linktype, f->p, f->len, f->wire_len, f->ts_ns,
					 f->number, &k) != DECODE_OK)
				continue;
			k.input = 0;
			if (!dup_table_is_copy(t, &k))
				continue;
			show_copy(&k, f);
			n++;
		}
		decoder_release(d);
	}
	printf("=\tcopies\t%" PRIu64 "\t\n", n);
	order_close(o);
	decoder_free(d);
	dup_table_free(t);
	errors_done(&errs);
}

static void show(struct decoder *d, const struct frame *f)
{
	struct packet k;
	enum decode_skip skip =
		decode_frame(d, f->linktype, f->p, f->len, f->wire_len, f->ts_ns, f->number, &k);
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	printf("%" PRIu32 "\t%" PRId64 "\t%" PRIu32 "\t%s", f->number, f->ts_ns, f->wire_len,
	       skip == DECODE_OK ? "ok" : decode_skip_name(skip));
	if (skip == DECODE_OK)
		printf("\t%s\t%s\t%u\t%u\t%u\t%d\t%" PRIu32 "\t%s\t%u", addr_format(&k.src, src),
		       addr_format(&k.dst, dst), k.proto, k.sport, k.dport, k.fragment,
		       k.payload_wire, tunnel_name((enum tunnel)k.tunnel), k.vlan);
	putchar('\n');
}

static void show_file(const char *path, enum source_reader reader)
{
	static const char *const ends[] = {"more", "whole", "cut", "damaged", "failed"};
	struct errors errs = {0};
	bool usage = false;
	struct source *s =
		source_open(path, &(struct source_options){.reader = reader}, &errs, &usage);
	struct decoder *d = decoder_new();
	struct batch b;
	uint64_t n = 0;

	printf("# %s\n", path);
	while (s && d && source_next(s, &b) == 0 && b.n) {
		for (size_t i = 0; i < b.n; i++)
			show(d, &b.f[i]);
		n += b.n;
		decoder_release(d);
	}
	printf("=\t%s\t%" PRIu64 "\t%s\n", s ? ends[s->end] : "refused", n,
	       s        ? s->why
	       : errs.n ? errs.e[0].what
			: "");
	source_close(s);
	decoder_free(d);
	errors_done(&errs);
}

int main(int argc, char **argv)
{
	enum source_reader reader = READER_AUTO;
	bool copies = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--libpcap") == 0)
			reader = READER_LIBPCAP;
		else if (strcmp(argv[i], "--copies") == 0)
			copies = true;
		else if (copies)
			show_copies(argv[i]);
		else
			show_file(argv[i], reader);
	}
	return 0;
}
