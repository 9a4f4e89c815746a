// SPDX-License-Identifier: BSD-2-Clause
/*
 * Capture files read with libpcap: the reference that our own reader is held against.
 *
 * libpcap's packet lives until its next call only, so every frame is a copy.
 */
#include "capture/savefile.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "capture/bpf.h"
#include "capture/keep.h"
#include "capture/linktype.h"

enum { STREAM_BUFFER = 1 << 18 };

struct savefile {
	struct source source;
	struct input input;
	FILE *file;   /* pcap's once it is open */
	pcap_t *pcap; /* NULL: a pcapng file that ends before its first interface */
	struct bpf_set filter;
	const struct bpf *bpf; /* NULL: everything passes */
	struct keep keep;
	bool short_times; /* 32 bits each, which libpcap takes for signed */
	int64_t unit_ns;  /* nanoseconds of a unit of the fraction */
	int at_once;      /* packets asked of libpcap in one call */
	uint16_t linktype;
	uint32_t number;
	enum source_end end; /* what to tell when the frames are handed out */
	bool failed;         /* no memory for a frame */

	struct batch *into;

	struct batch first; /* read when it was opened */
	bool has_first;

	char stream_buffer[STREAM_BUFFER];
};

static int64_t nanoseconds(const struct savefile *f, const struct timeval *tv)
{
	int64_t s = tv->tv_sec, part = tv->tv_usec, ns;

	/* Both fields of a pcap file are unsigned (draft-ietf-opsawg-pcap 5). libpcap has made
	 * nanoseconds of the fraction. */
	if (f->short_times) {
		s = (uint32_t)s;
		if (part < 0)
			part += f->unit_ns << 32;
	}
	if (__builtin_mul_overflow(s, NS_PER_S, &ns) || __builtin_add_overflow(ns, part, &ns))
		return s < 0 ? INT64_MIN + 1 : INT64_MAX;
	return ns > INT64_MIN ? ns : INT64_MIN + 1;
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct savefile *f = (struct savefile *)(void *)user;
	struct batch *b = f->into;
	uint32_t len = h->caplen < FRAME_MAX ? h->caplen : FRAME_MAX;
	uint8_t *p = f->failed ? NULL : keep_room(&f->keep, len);

	if (!p) {
		f->failed = true;
		pcap_breakloop(f->pcap);
		return;
	}
	if (len)
		memcpy(p, data, len);
	keep_put(&f->keep, 1);

	struct frame *k = &b->f[b->n++];

	*k = (struct frame){
		.ts_ns = nanoseconds(f, &h->ts),
		.p = p,
		.len = len,
		.wire_len = h->len > len ? h->len : len,
		.number = ++f->number,
		.linktype = f->linktype,
	};
	if (f->bpf)
		k->filtered = !bpf_passes(f->bpf, p, len, k->wire_len);
}

/* A file of which libpcap will read no more though nothing in it is broken. */
static const struct refusal {
	const char *says; /* part of libpcap's message */
	const char *why;  /* a clause */
} refusals[] = {
	{"different from the type of the first interface",
	 "it holds interfaces of different link types, and libpcap reads files of one type only"},
	{"different from the snapshot length of the first interface",
	 "it holds interfaces of different snap lengths, and libpcap reads files of one length "
	 "only"},
	{"archaic pcap savefile format", "its version of the pcap format is not known to libpcap"},
	{"unsupported pcap savefile version",
	 "its version of the pcap format is not known to libpcap"},
	{"unsupported pcapng savefile version",
	 "its version of the pcapng format is not known to libpcap"},
	{"unknown pcapng savefile major version",
	 "its version of the pcapng format is not known to libpcap"},
	{"unknown file format", "it is a kind of pcap file that libpcap does not know"},
};

static const struct refusal *refusal_of(const char *message)
{
	for (size_t i = 0; i < N_ELEMENTS(refusals); i++)
		if (strstr(message, refusals[i].says))
			return &refusals[i];
	return NULL;
}

static void say_refused(const struct refusal *r, const char *name, struct errors *errs)
{
	struct error *e = errors_add(errs, false, "cannot be read as it is: %s", r->why);

	error_place(e, name, 0, 0, 1);
	error_hint(e, "spanaudit's own reader knows more kinds of files than libpcap\nleave out "
		      "`--reader libpcap`");
}

/* What libpcap's -1 means. Its messages are for people; the stream knows better whether the file
 * ended (and libpcap wanted more), or could not be read, or neither: then what it holds is wrong.
 */
static void note_end(struct savefile *f)
{
	const char *message = pcap_geterr(f->pcap);
	const struct refusal *r = refusal_of(message);
	struct source *s = &f->source;

	if (f->input.cut || f->input.read_errno == EBADMSG) {
		f->end = f->input.cut ? SOURCE_CUT : SOURCE_DAMAGED;
		snprintf(s->why, sizeof s->why, "%s", f->input.why);
	} else if (f->input.read_errno) {
		f->end = SOURCE_FAILED;
		snprintf(s->why, sizeof s->why, "reading it failed after %u packets: %s", f->number,
			 strerror(f->input.read_errno));
	} else if (r) {
		f->end = SOURCE_DAMAGED;
		snprintf(s->why, sizeof s->why, "after packet %u %s", f->number, r->why);
	} else if (feof(f->file)) {
		f->end = SOURCE_CUT;
		snprintf(s->why, sizeof s->why, "the file ends in the middle of packet %u",
			 f->number + 1);
	} else {
		f->end = SOURCE_DAMAGED;
		snprintf(s->why, sizeof s->why,
			 "what follows packet %u makes no sense (libpcap: %s)", f->number, message);
	}
}

static int fill(struct savefile *f, struct batch *b)
{
	b->n = 0;
	f->into = b;
	keep_begin(&f->keep);
	while (f->pcap && f->end == SOURCE_MORE && b->n == 0) {
		int r = pcap_dispatch(f->pcap, f->at_once, take, (u_char *)f);

		if (f->failed)
			return -ENOMEM;
		if (r == -1 || (r == 0 && f->input.cut))
			note_end(f);
		else if (r == 0)
			f->end = SOURCE_WHOLE;
	}
	f->source.at = f->input.at;
	return 0;
}

static int savefile_next(struct source *s, struct batch *b)
{
	struct savefile *f = (struct savefile *)s;

	if (f->has_first) {
		memcpy(b, &f->first, sizeof *b);
		f->has_first = false;
	} else {
		int r = fill(f, b);

		if (r < 0)
			return r;
	}
	if (b->n == 0)
		s->end = f->pcap ? f->end : SOURCE_WHOLE;
	return 0;
}

static void savefile_close(struct source *s)
{
	struct savefile *f = (struct savefile *)s;

	bpf_done(&f->filter);
	if (f->pcap)
		pcap_close(f->pcap); /* closes the stream too */
	else if (f->file)
		fclose(f->file);
	input_done(&f->input);
	keep_done(&f->keep);
	vec_done(&f->source.interfaces);
	free(f);
}

static const struct source_ops savefile_ops = {
	.name = "libpcap",
	.next = savefile_next,
	.close = savefile_close,
};

static void say_unreadable(const struct savefile *f, const char *message, const char *name,
			   struct errors *errs)
{
	const struct refusal *r = refusal_of(message);
	struct error *e;

	if (r) {
		say_refused(r, name, errs);
		return;
	}
	if (f->input.read_errno) {
		e = errors_add(errs, false, "cannot read it: %s", strerror(f->input.read_errno));
		error_hint(e, "the disk, the network share or the program at the other end may "
			      "have failed\ncopy the file to a local disk and try that");
	} else if (feof(f->file)) {
		e = errors_add(errs, false,
			       "the file ends inside its own header, before any packet");
		error_hint(e,
			   "the capture or its copy was cut short, perhaps by a full disk\ncopy it "
			   "again, or record it again");
	} else {
		e = errors_add(errs, false, "the header of the file makes no sense (libpcap: %s)",
			       message);
		error_hint(
			e,
			"the file is damaged, or only looks like a capture\ncopy it again, and see "
			"what `capinfos` says of it");
	}
	error_place(e, name, 0, 0, 1);
}

static bool open_pcap(struct savefile *f, const char *name, struct errors *errs)
{
	char message[PCAP_ERRBUF_SIZE] = "";

	f->pcap = pcap_fopen_offline_with_tstamp_precision(f->file, PCAP_TSTAMP_PRECISION_NANO,
							   message);
	if (f->pcap)
		return true;
	/* A section and no interface in it: dumpcap and editcap write that when nothing was
	 * captured. */
	if (strstr(message, "has no Interface Description Block"))
		return true;
	say_unreadable(f, message, name, errs);
	return false;
}

/* Peeked: what it is has been told by these bytes. */
static bool is_ns(const struct input *in)
{
	static const uint8_t big[4] = {0xa1, 0xb2, 0x3c, 0x4d},
			     little[4] = {0x4d, 0x3c, 0xb2, 0xa1};

	return in->n_head >= 4 &&
	       (memcmp(in->head, big, 4) == 0 || memcmp(in->head, little, 4) == 0);
}

struct source *savefile_open(const struct input *in, const char *format, const char *name,
			     const struct source_options *opt, struct errors *errs, bool *ret_usage)
{
	struct savefile *f = calloc(1, sizeof *f);
	const struct refusal *refused;
	int r;

	if (!f) {
		struct input mine = *in;

		input_done(&mine);
		goto no_memory;
	}
	f->source.ops = &savefile_ops;
	f->source.format = format;
	f->input = *in;
	f->short_times = strcmp(format, "pcap") == 0;
	f->unit_ns = is_ns(in) ? 1 : 1000;
	/* A batch must not wait for a second packet while the first is there; but one call for
	 * each costs, and files need it not. */
	f->at_once = opt->wait ? 1 : BATCH_FRAMES;
	if (!bpf_init(&f->filter, opt->filter))
		goto no_memory;
	f->file = input_stream(&f->input);
	if (!f->file)
		goto no_memory;
	setvbuf(f->file, f->stream_buffer, _IOFBF, sizeof f->stream_buffer);
	__fsetlocking(f->file, FSETLOCKING_BYCALLER); /* it is used by one thread at a time */

	if (!open_pcap(f, name, errs))
		goto fail;
	if (f->pcap) {
		f->linktype = linktype_of((uint32_t)pcap_datalink(f->pcap));
		f->source.snaplen = (uint32_t)pcap_snapshot(f->pcap);
		if (!source_has_interface(
			    &f->source,
			    &(struct source_interface){
				    .linktype = f->linktype,
				    .snaplen = f->source.snaplen < linktype_max(f->linktype)
						       ? f->source.snaplen
						       : 0}))
			goto no_memory;
	}
	if (!bpf_first(&f->filter, f->pcap ? f->linktype : -1, errs, ret_usage))
		goto fail;
	if (opt->filter) {
		f->bpf = bpf_of(&f->filter, f->linktype, &f->source);
		if (!f->bpf)
			goto no_memory;
	}

	/* libpcap finds out about a second interface only on the way to the packets. */
	r = fill(f, &f->first);
	if (r < 0)
		goto no_memory;
	f->has_first = true;
	refused = f->number == 0 && f->end == SOURCE_DAMAGED ? refusal_of(pcap_geterr(f->pcap))
							     : NULL;
	if (refused) {
		say_refused(refused, name, errs);
		goto fail;
	}
	return &f->source;

no_memory:
	error_hint(errors_add(errs, false, "%s: no memory to read it", name),
		   "other programs hold the memory, or a limit is set (`ulimit -v`)\nfree some");
fail:
	if (f)
		savefile_close(&f->source);
	return NULL;
}
