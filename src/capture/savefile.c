// SPDX-License-Identifier: BSD-2-Clause
/*
 * Capture files read with libpcap.
 *
 * libpcap's packet lives until its next call only, so a batch is a copy: frames lie one after the
 * other in a buffer that grows to the largest batch met. The filter is run here and not by libpcap,
 * which would drop what it refuses without a word: those frames keep their number and are counted.
 */
#include "capture/savefile.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

enum {
	STREAM_BUFFER = 1 << 18,
	BATCH_BYTES = 1 << 20, /* a batch is full beyond this, however few its frames are */
};

struct savefile {
	struct source source;
	struct input input;
	FILE *file;   /* pcap's once it is open */
	pcap_t *pcap; /* NULL: a pcapng file that ends before its first interface */
	struct bpf_program filter;
	bool filtering;
	bool short_seconds; /* 32-bit time stamps, which libpcap takes for signed */
	uint16_t linktype;
	uint32_t number;
	enum source_end end; /* what to tell when the frames are handed out */
	bool failed;         /* no memory for a frame */

	struct batch *into;
	size_t offset[BATCH_FRAMES];
	uint8_t *buffer;
	size_t used, cap;

	struct batch first; /* read when it was opened */
	bool has_first;

	char stream_buffer[STREAM_BUFFER];
};

/* LINKTYPE_ and DLT_ are the same number, but where systems had given one number to several DLT_
 * values before files needed their own. These are Linux's. */
static uint16_t linktype_of(int dlt)
{
	static const struct {
		int dlt;
		uint16_t linktype;
	} differ[] = {
		{DLT_ATM_RFC1483, 100}, {DLT_RAW, 101}, {DLT_SLIP_BSDOS, 102}, {DLT_PPP_BSDOS, 103},
		{DLT_ATM_CLIP, 106},    {DLT_ENC, 109}, {DLT_LOOP, 108},
	};

	for (size_t i = 0; i < N_ELEMENTS(differ); i++)
		if (differ[i].dlt == dlt)
			return differ[i].linktype;
	return (uint16_t)dlt;
}

static int64_t nanoseconds(const struct savefile *f, const struct timeval *tv)
{
	int64_t s = tv->tv_sec, ns;

	/* Seconds of a pcap file are unsigned (draft-ietf-opsawg-pcap 5); until 2106. */
	if (f->short_seconds)
		s = (uint32_t)s;
	if (__builtin_mul_overflow(s, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)tv->tv_usec, &ns))
		return INT64_MAX;
	return ns;
}

static bool has_room(struct savefile *f, size_t n)
{
	if (f->cap - f->used >= n)
		return true;

	size_t cap = f->used + n > 2 * f->cap ? f->used + n : 2 * f->cap;
	uint8_t *p = realloc(f->buffer, cap);

	if (!p)
		return false;
	f->buffer = p;
	f->cap = cap;
	return true;
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct savefile *f = (struct savefile *)(void *)user;
	struct batch *b = f->into;

	if (f->failed || !has_room(f, h->caplen)) {
		f->failed = true;
		pcap_breakloop(f->pcap);
		return;
	}
	f->offset[b->n] = f->used;
	b->f[b->n++] = (struct frame){
		.ts_ns = nanoseconds(f, &h->ts),
		.len = h->caplen,
		.wire_len = h->len > h->caplen ? h->len : h->caplen,
		.number = ++f->number,
		.linktype = f->linktype,
		.filtered = f->filtering && !pcap_offline_filter(&f->filter, h, data),
	};
	if (h->caplen)
		memcpy(f->buffer + f->used, data, h->caplen);
	f->used += h->caplen;
	if (f->used >= BATCH_BYTES)
		pcap_breakloop(f->pcap);
}

/* A file of which libpcap will read no more though nothing in it is broken. */
static const struct refusal {
	const char *says; /* part of libpcap's message */
	const char *why;  /* a clause */
	const char *hint;
} refusals[] = {
	{"different from the type of the first interface",
	 "it holds interfaces of different link types, and libpcap reads files of one type only",
	 "keep the packets of one interface at a time with Wireshark's tools: "
	 "`tshark -r FILE -Y 'frame.interface_id == 0' -w OUT.pcapng`, or capture each interface "
	 "into its own file"},
	{"different from the snapshot length of the first interface",
	 "it holds interfaces of different snap lengths, and libpcap reads files of one length "
	 "only",
	 "write it again as a classic file, which has one length for all: `editcap -F pcap FILE "
	 "OUT.pcap`; merge several files with `mergecap -F pcap`"},
	{"sections with different byte orders",
	 "it was joined from files of machines with different byte orders, and libpcap reads one "
	 "order only",
	 "write it again in one order: `editcap -F pcapng FILE OUT.pcapng`"},
	{"unsupported pcap savefile version",
	 "its version of the pcap format is not known to libpcap",
	 "it may come from a very old or very new program, or its beginning is damaged\ntry: "
	 "`editcap -F pcapng FILE OUT.pcapng`"},
	{"unsupported pcapng savefile version",
	 "its version of the pcapng format is not known to libpcap",
	 "it may come from a newer program, or its beginning is damaged\ntry: "
	 "`editcap -F pcap FILE OUT.pcap`"},
	{"unknown pcapng savefile major version",
	 "its version of the pcapng format is not known to libpcap",
	 "it may come from a newer program, or its beginning is damaged\ntry: "
	 "`editcap -F pcap FILE OUT.pcap`"},
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
	error_hint(e, "%s", r->hint);
}

/* What libpcap's -1 means. Its messages are for people; the stream knows better whether the file
 * ended (and libpcap wanted more), or could not be read, or neither: then what it holds is wrong.
 */
static void note_end(struct savefile *f)
{
	const char *message = pcap_geterr(f->pcap);
	const struct refusal *r = refusal_of(message);
	struct source *s = &f->source;

	if (f->input.read_errno) {
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
	f->used = 0;
	while (f->pcap && f->end == SOURCE_MORE && b->n == 0) {
		int r = pcap_dispatch(f->pcap, BATCH_FRAMES, take, (u_char *)f);

		if (f->failed)
			return -ENOMEM;
		/* -2 is what is left of a pcap_breakloop(): it ended the batch before. */
		if (r == -1)
			note_end(f);
		else if (r == 0)
			f->end = SOURCE_WHOLE;
	}
	for (size_t i = 0; i < b->n; i++)
		b->f[i].p = f->buffer + f->offset[i];
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

	if (f->filtering)
		pcap_freecode(&f->filter);
	if (f->pcap)
		pcap_close(f->pcap); /* closes the stream too */
	else if (f->file)
		fclose(f->file);
	input_done(&f->input);
	free(f->buffer);
	free(f);
}

static const struct source_ops savefile_ops = {
	.name = "libpcap",
	.next = savefile_next,
	.close = savefile_close,
};

static bool compile(struct savefile *f, const char *text, struct errors *errs, bool *ret_usage)
{
	/* A file without interfaces still has its filter checked. */
	pcap_t *dead = f->pcap ? NULL : pcap_open_dead(DLT_EN10MB, 262144);
	pcap_t *p = f->pcap ? f->pcap : dead;

	f->filtering = p && pcap_compile(p, &f->filter, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!f->filtering) {
		const char *reason = p ? pcap_geterr(p) : strerror(ENOMEM);
		struct error *e = errors_add(errs, false, "the filter \"%s\" cannot be used: %s",
					     text, reason);

		error_hint(e,
			   "a word of it is wrong, or asks for what this file's link type (%s) "
			   "does not have\npcap-filter(7) explains the language, and tcpdump -d "
			   "'FILTER' "
			   "tries it "
			   "out. In a shell, put the filter in quotes",
			   f->pcap ? pcap_datalink_val_to_description_or_dlt(pcap_datalink(p))
				   : "Ethernet");
		*ret_usage = true;
	}
	if (dead)
		pcap_close(dead);
	return f->filtering;
}

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
	f->short_seconds = strcmp(format, "pcap") == 0;
	f->file = input_stream(&f->input);
	if (!f->file)
		goto no_memory;
	setvbuf(f->file, f->stream_buffer, _IOFBF, sizeof f->stream_buffer);
	__fsetlocking(f->file, FSETLOCKING_BYCALLER); /* it is used by one thread at a time */

	if (!open_pcap(f, name, errs))
		goto fail;
	if (f->pcap) {
		f->linktype = linktype_of(pcap_datalink(f->pcap));
		f->source.snaplen = (uint32_t)pcap_snapshot(f->pcap);
	}
	if (opt->filter && !compile(f, opt->filter, errs, ret_usage))
		goto fail;

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
