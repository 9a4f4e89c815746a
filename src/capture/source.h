/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source - where packets come from, in batches.
 *
 * A source hands out up to BATCH_FRAMES borrowed frames at a time. The bytes of a frame stay where
 * they are until KEEP_FRAMES more have been handed out by the same source, or it is closed: so who
 * puts frames in order (order.h) need not copy them. It knows nothing of what is inside a frame.
 */
#ifndef SPAN_CAPTURE_SOURCE_H
#define SPAN_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/vec.h"

enum { BATCH_FRAMES = 64, KEEP_FRAMES = 384 };

struct frame {
	int64_t ts_ns;
	uint32_t number;   /* 1-based in its file, as tshark's frame.number */
	uint32_t input;    /* which source, for who merges several; 0 from a source itself */
	const uint8_t *p;  /* borrowed; len bytes */
	uint32_t len;      /* captured */
	uint32_t wire_len; /* on the wire, never below len */
	uint16_t linktype; /* LINKTYPE_ value (not libpcap's DLT_) */
	bool filtered;     /* the BPF filter said no: to be counted, not decoded */

	/* Of who puts frames in order (order.c); 0 from a source. */
	bool copied;
	uint32_t arrival;
};

struct batch {
	struct frame f[BATCH_FRAMES];
	size_t n;
};

/* How a file ended. */
enum source_end {
	SOURCE_MORE,    /* not yet */
	SOURCE_WHOLE,   /* at the end of its last record */
	SOURCE_CUT,     /* in the middle of a record: the whole ones before were handed out */
	SOURCE_DAMAGED, /* a block or record that makes no sense; the ones before were handed out */
	SOURCE_FAILED,  /* a read error */
};

/* What one interface says was lost before it was written (pcapng's Interface Statistics Block).
 * Counters run from start_ns on: those of the same interface and start, in several files of a
 * rotated set, are one counter that was read several times. */
struct source_loss {
	char name[32];    /* if_name, cut; "" unknown */
	int64_t start_ns; /* isb_starttime; TIME_NONE unknown */
	uint64_t nic;     /* isb_ifdrop */
	uint64_t os;      /* isb_osdrop */
};

/* Where packets of an input were taken, as the file says it. */
struct source_interface {
	char name[32]; /* if_name, cut; "" unknown */
	uint16_t linktype;
	uint32_t snaplen; /* bytes kept of a packet; 0: all of them */
	/* What the capturing program let through (if_filter), raw, "..." behind a part of it; ""
	 * all, or it does not say. One that is given as instructions has no text:
	 * "(instructions)". */
	char filter[128];
};

enum { SOURCE_INTERFACES = 64 }; /* more kinds of one file are not kept */

/* A name that the capturing program had resolved (pcapng's Name Resolution Block). */
struct source_name {
	struct addr addr;
	char name[64]; /* raw: who prints it escapes it */
};

enum { SOURCE_NAMES = 65536 }; /* more of one file are not kept */

struct source;
struct source_ops {
	const char *name; /* "libpcap", "own" */
	/* Fills *b (n may be 0 only at the end). Returns 0, or negative errno. */
	int (*next)(struct source *s, struct batch *b);
	void (*close)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	const char *path;    /* as the user named it; "-" is standard input; borrowed */
	enum source_end end; /* set once next() has returned an empty batch */
	char why[160];       /* a clause for SOURCE_CUT, _DAMAGED and _FAILED */
	uint32_t snaplen;    /* of the file header; 0 unknown */
	const char *format;  /* "pcap", "pcapng" */
	const char *codec;   /* "gzip", "zstd", "lz4", "xz"; NULL: not compressed */
	uint64_t size;       /* of the file in bytes; 0 for a pipe */
	uint64_t at;         /* bytes of the file read so far, for a progress line */
	char note[160];      /* a clause about what limits this input without damage; "" none */
	VEC(struct source_loss) losses;
	VEC(struct source_name) names;
	VEC(struct source_interface) interfaces; /* each kind once, in the order of the file */
};

enum source_reader { READER_AUTO, READER_LIBPCAP };

/* Asked while a followed file has no more bytes. The file grows: true to look again, false when
 * nothing will come any more (then the end is the end). May block. */
typedef bool (*source_wait_fn)(void *user);

struct source_options {
	const char *filter; /* BPF text, or NULL */
	enum source_reader reader;
	source_wait_fn wait; /* NULL: the end of the file is the end */
	void *wait_user;
};

/* Opens a capture file or standard input ("-"). On failure returns NULL and adds one explained
 * error to *errs (what happened, why probably, what to do): missing, unreadable, a directory,
 * empty, not a capture (text, .etl, a codec that is not built in, wrong magic), bad filter.
 * *ret_usage is set when it is the user's words (the filter) that are wrong, not the input. */
struct source *source_open(const char *path, const struct source_options *opt, struct errors *errs,
			   bool *ret_usage);
static inline int source_next(struct source *s, struct batch *b)
{
	return s->ops->next(s, b);
}
/* Notes an interface, unless it is known. False without memory. For readers. */
bool source_has_interface(struct source *s, const struct source_interface *i);
/* NULL is fine; returns NULL. */
struct source *source_close(struct source *s);

#endif
