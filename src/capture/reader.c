// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader around both formats: batches, ends, and errors.
 *
 * A batch is what lies in the buffer, at most BATCH_FRAMES; only for an empty one is read() called
 * again. So a slow pipe yields each packet as soon as it is there.
 */
#include "capture/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader_internal.h"

static const struct source_ops reader_ops;

/* Where the file ends that has not all of a record. */
static void note_cut(struct reader *r)
{
	struct source *s = &r->source;

	r->end = SOURCE_CUT;
	if (r->is_block)
		snprintf(s->why, sizeof s->why,
			 "the file ends in the middle of a block that follows packet %u",
			 r->number);
	else
		snprintf(s->why, sizeof s->why, "the file ends in the middle of packet %u",
			 r->number + !r->inside);
}

static int note_end(struct reader *r, int status)
{
	struct source *s = &r->source;

	switch (status) {
	case 0:
		if (stream_left(&r->stream) || r->skip || r->inside || r->is_block) {
			note_cut(r);
			return 0;
		}
		r->end = SOURCE_WHOLE;
		return 0;
	case -ENOMEM:
		return status;
	case -ENODATA:
	case -EBADMSG:
		r->end = status == -ENODATA ? SOURCE_CUT : SOURCE_DAMAGED;
		snprintf(s->why, sizeof s->why, "%s", r->input.why);
		return 0;
	default:
		r->end = SOURCE_FAILED;
		snprintf(s->why, sizeof s->why, "reading it failed after %u packets: %s", r->number,
			 strerror(-status));
		return 0;
	}
}

int reader_more(struct reader *r, const struct batch *b, size_t want)
{
	int status;

	if (r->end != SOURCE_MORE || b->n)
		return 0;
	status = stream_more(&r->stream, want);
	return status > 0 ? 1 : note_end(r, status);
}

int reader_skip(struct reader *r, const struct batch *b)
{
	while (r->skip) {
		size_t left = stream_left(&r->stream);
		size_t n = left < r->skip ? left : (size_t)r->skip;
		int status;

		r->stream.p += n;
		r->skip -= n;
		if (!r->skip)
			break;
		status = reader_more(r, b, 1);
		if (status <= 0)
			return status;
	}
	return 1;
}

int reader_damaged(struct reader *r, const char *fmt, ...)
{
	struct source *s = &r->source;
	va_list args;
	int n;

	r->end = SOURCE_DAMAGED;
	n = snprintf(s->why, sizeof s->why, "what follows packet %u makes no sense: ", r->number);
	va_start(args, fmt);
	vsnprintf(s->why + n, sizeof s->why - (size_t)n, fmt, args);
	va_end(args);
	return 0;
}

int reader_refuse(const struct reader *r, const char *name, struct errors *errs)
{
	const char *reason = strstr(r->source.why, "sense: ");
	struct error *e;

	switch (r->end) {
	case SOURCE_FAILED:
		e = errors_add(errs, false, "cannot read it: %s",
			       strerror(r->input.read_errno ? r->input.read_errno : EIO));
		error_hint(e, "the disk, the network share or the program at the other end may "
			      "have failed\ncopy the file to a local disk and try that");
		break;
	case SOURCE_CUT:
		e = errors_add(errs, false,
			       "the file ends inside its own header, before any packet");
		error_hint(e,
			   "the capture or its copy was cut short, perhaps by a full disk\ncopy it "
			   "again, or record it again");
		break;
	default:
		e = errors_add(errs, false, "the header of the file makes no sense: %s",
			       reason ? reason + strlen("sense: ") : r->source.why);
		error_hint(e,
			   "the file is damaged, or only looks like a capture\ncopy it again, and "
			   "see what `capinfos` says of it");
	}
	error_place(e, name, 0, 0, 1);
	return 0;
}

static int reader_next(struct source *s, struct batch *b)
{
	struct reader *r = (struct reader *)s;
	int status = 0;

	b->n = 0;
	keep_begin(&r->stream.keep);
	/* A record may be one that is left out: the end alone is an empty batch. */
	while (status == 0 && b->n == 0 && r->end == SOURCE_MORE)
		status = r->fill(r, b);
	if (b->n)
		keep_put(&r->stream.keep, b->n);
	s->at = r->input.at;
	if (status < 0)
		return status;
	if (b->n == 0)
		s->end = r->end;
	return 0;
}

static void reader_close(struct source *s)
{
	struct reader *r = (struct reader *)s;

	if (strcmp(s->format, "pcapng") == 0)
		pcapng_close(r);
	bpf_done(&r->filter);
	stream_done(&r->stream);
	input_done(&r->input);
	vec_done(&s->losses);
	vec_done(&s->names);
	vec_done(&s->interfaces);
	free(r);
}

static const struct source_ops reader_ops = {
	.name = "own",
	.next = reader_next,
	.close = reader_close,
};

struct source *reader_open(const struct input *in, const char *format, const char *name,
			   const struct source_options *opt, struct errors *errs, bool *ret_usage)
{
	struct reader *r = calloc(1, sizeof *r);
	bool ng = strcmp(format, "pcapng") == 0;
	int status = -ENOMEM;

	if (!r) {
		struct input mine = *in;

		input_done(&mine);
		goto fail;
	}
	r->source.ops = &reader_ops;
	r->source.format = format;
	r->input = *in;
	r->stream.in = &r->input;
	if (!bpf_init(&r->filter, opt->filter))
		goto fail;
	status = ng ? pcapng_open(r, name, errs, ret_usage)
		    : pcapfile_open(r, name, errs, ret_usage);
	if (status > 0)
		return &r->source;

fail:
	if (status < 0)
		error_hint(errors_add(errs, false, "%s: no memory to read it", name),
			   "other programs hold the memory, or a limit is set (`ulimit -v`)\nfree "
			   "some");
	if (r)
		reader_close(&r->source);
	return NULL;
}
