/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source - where packets come from, in batches.
 *
 * A source hands out up to BATCH_FRAMES borrowed frames at a time; they stay valid until the next
 * call on the same source. It knows nothing of what is inside a frame.
 */
#ifndef SPAN_CAPTURE_SOURCE_H
#define SPAN_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { BATCH_FRAMES = 64 };

struct frame {
	int64_t ts_ns;
	const uint8_t *p;  /* borrowed; len bytes */
	uint32_t len;      /* captured */
	uint32_t wire_len; /* on the wire, never below len */
	uint32_t number;   /* 1-based in its file, as tshark's frame.number */
	uint16_t linktype; /* LINKTYPE_ value (not libpcap's DLT_) */
	bool filtered;     /* the BPF filter said no: to be counted, not decoded */
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

struct source;
struct source_ops {
	const char *name; /* "libpcap" */
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
	uint64_t drops;      /* what the file itself says was lost before it was written */
	const char *format;  /* "pcap", "pcapng" */
	uint64_t size;       /* of the file in bytes; 0 for a pipe */
	uint64_t at;         /* bytes read so far, for a progress line */
};

struct source_options {
	const char *filter; /* BPF text, or NULL */
};

/* Opens a capture file or standard input ("-"). On failure returns NULL and adds one explained
 * error to *errs (what happened, why probably, what to do): missing, unreadable, a directory,
 * empty, not a capture (text, .etl, compressed, wrong magic), unknown link type, bad filter.
 * *ret_usage is set when it is the user's words (the filter) that are wrong, not the input. */
struct source *source_open(const char *path, const struct source_options *opt, struct errors *errs,
			   bool *ret_usage);
static inline int source_next(struct source *s, struct batch *b)
{
	return s->ops->next(s, b);
}
/* NULL is fine; returns NULL. */
struct source *source_close(struct source *s);

#endif
