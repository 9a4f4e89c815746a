/* SPDX-License-Identifier: BSD-2-Clause */
/* reader_internal - what the two formats and the reader around them share. */
#ifndef SPAN_CAPTURE_READER_INTERNAL_H
#define SPAN_CAPTURE_READER_INTERNAL_H

#include "base/cpu.h"
#include "base/rd.h"
#include "capture/bpf.h"
#include "capture/reader.h"
#include "capture/stream.h"

/* Which of the two lengths of a record is first. */
enum lengths {
	LENGTHS_CAPTURED_FIRST,
	LENGTHS_WIRE_FIRST,
	LENGTHS_EITHER, /* the captured one is the smaller */
};

struct pcapfile {
	bool big;
	uint8_t head;  /* bytes of a record's header */
	uint8_t front; /* bytes before the frame that count as captured */
	enum lengths lengths;
	uint32_t ns; /* of one unit of the fraction */
	uint32_t snaplen, max;
	uint16_t linktype;
	const struct bpf *bpf;
};

struct interface {
	int64_t offset_s;
	uint64_t units;   /* of its time stamps in a second */
	uint32_t unit_ns; /* nanoseconds of a unit; 0: not a whole number */
	uint32_t snaplen, max;
	uint16_t linktype;
	int32_t loss;     /* its place in source.losses; -1 none yet */
	uint64_t drops;   /* sum of the packets' own counts of lost ones */
	uint64_t nic, os; /* of the last statistics */
	const struct bpf *bpf;
	char name[32];
};

struct pcapng {
	bool big;
	bool first;                       /* an interface was met */
	VEC(struct interface) interfaces; /* of the current section */
	uint32_t tail; /* the length that ends a block whose middle is being skipped; 0 none */
};

struct reader {
	struct source source;
	struct input input;
	struct stream stream;
	struct bpf_set filter;
	enum source_end end; /* what to tell when the frames are handed out */
	uint32_t number;
	uint64_t skip; /* bytes of the record in hand that are not wanted */
	bool inside;   /* a frame was handed out whose record has not ended */
	bool is_block; /* in the middle of something that is no packet */
	int (*fill)(struct reader *r, struct batch *b);
	union {
		struct pcapfile pcap;
		struct pcapng ng;
	};
};

/* Opening: 1 good; 0 refused, with its error in errs; negative errno. */
int pcapfile_open(struct reader *r, const char *name, struct errors *errs, bool *ret_usage);
int pcapng_open(struct reader *r, const char *name, struct errors *errs, bool *ret_usage);
void pcapng_close(struct reader *r);

/* More bytes for a record that needs `want` of them in one stretch. 1: there are; 0: what is in
 * the batch goes out first, or it was the end, and r->end is set; or negative errno. */
int reader_more(struct reader *r, const struct batch *b, size_t want);
/* Drops r->skip bytes. As reader_more(). */
int reader_skip(struct reader *r, const struct batch *b);
/* The end: what follows the last packet makes no sense. Returns 0. */
int reader_damaged(struct reader *r, const char *fmt, ...) PRINTF(2, 3);
/* The header cannot be read: one error. Returns 0. */
int reader_refuse(const struct reader *r, const char *name, struct errors *errs);

/* pcapng's blocks that are no packets; `body` is what is there of it, without the lengths. 1, 0
 * when r->end is set, or negative errno. */
int pcapng_interface(struct reader *r, struct rd body);
int pcapng_statistics(struct reader *r, struct rd body);
int pcapng_names(struct reader *r, struct rd body);
/* `n` more packets were lost before one of this interface. */
int pcapng_lost(struct reader *r, struct interface *i, uint64_t n);
int64_t pcapng_time(const struct interface *i, uint64_t t);

/* One option of a list. False: there is none any more; then *ret_broken says whether the list ended
 * as it should. */
struct option {
	uint16_t code;
	struct rd value;
};
bool pcapng_option(struct rd *list, bool big, struct option *ret_option, bool *ret_broken);

static inline void frame_put(struct frame *f, uint32_t number, int64_t ts_ns, const uint8_t *p,
			     uint32_t len, uint32_t wire_len, uint16_t linktype,
			     const struct bpf *bpf)
{
	if (wire_len < len)
		wire_len = len;
	*f = (struct frame){
		.ts_ns = ts_ns,
		.number = number,
		.p = p,
		.len = len,
		.wire_len = wire_len,
		.linktype = linktype,
	};
	if (unlikely(bpf != NULL))
		f->filtered = !bpf_passes(bpf, p, len, wire_len);
}

/* The next frame of the batch. */
static inline void reader_put(struct reader *r, struct batch *b, int64_t ts_ns, const uint8_t *p,
			      uint32_t len, uint32_t wire_len, uint16_t linktype,
			      const struct bpf *bpf)
{
	frame_put(&b->f[b->n++], ++r->number, ts_ns, p, len, wire_len, linktype, bpf);
}

/* Bounded by one check for each record: these are the path of every packet, and rd.h would check
 * each field. */
static inline uint32_t load32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint16_t load16(const uint8_t *p, bool big)
{
	return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

#endif
