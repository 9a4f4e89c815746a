// SPDX-License-Identifier: BSD-2-Clause
#include "capture/codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rd.h"

static const struct codec_ops *const codecs[] = {&codec_gzip, &codec_zstd, &codec_lz4, &codec_xz};

struct codec {
	const struct codec_ops *ops;
	void *state;
	bool between; /* members: the last one is whole and no other has begun */
	bool first;   /* in the first one */
	bool silent;  /* no byte out of this member yet */
	bool beyond;
	int over; /* 1: the end; negative: the errno that stays */
	size_t from, to;
	uint8_t buffer[CODEC_BUFFER];
	/* Of a fixed size: how much of a damaged file can be had depends on it, and must not depend
	 * on who reads. */
	size_t out_from, out_to;
	uint8_t out[CODEC_BUFFER / 2];
};

const char *codec_name(size_t i)
{
	return i < N_ELEMENTS(codecs) ? codecs[i]->name : NULL;
}

bool codec_built_in(size_t i)
{
	return i < N_ELEMENTS(codecs) && codecs[i]->open;
}

const struct codec_ops *codec_of(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < N_ELEMENTS(codecs); i++)
		if (n >= codecs[i]->n_magic && !memcmp(p, codecs[i]->magic, codecs[i]->n_magic))
			return codecs[i];
	return NULL;
}

bool codec_may_skip(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);

	return rd_le32(&r) >> 4 == 0x184d2a5 && !rd_short(&r);
}

uint64_t codec_skippable(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);

	rd_skip(&r, 4);

	uint32_t size = rd_le32(&r);

	return codec_may_skip(p, n) && !rd_short(&r) ? UINT64_C(8) + size : 0;
}

struct codec *codec_new(const struct codec_ops *ops, const uint8_t *p, size_t n)
{
	struct codec *c = malloc(sizeof *c);

	if (!c)
		return NULL;
	/* Not the buffers: they are large, and written before they are read. */
	c->ops = ops;
	c->state = ops->open();
	c->between = c->beyond = false;
	c->first = c->silent = true;
	c->over = 0;
	c->from = c->out_from = c->out_to = 0;
	c->to = n;
	memcpy(c->buffer, p, n);
	return c->state ? c : codec_free(c);
}

/* 1, 0 at the end of the file, or negative errno. */
static int refill(struct codec *c, codec_read_fn read, void *user)
{
	ssize_t got = read(user, c->buffer, sizeof c->buffer);

	if (got <= 0)
		return (int)got;
	c->from = 0;
	c->to = (size_t)got;
	return 1;
}

/* Zeros between and behind members are padding: tapes and block devices leave it behind gzip, and
 * xz has it in its format. True: something else follows. */
static bool skip_padding(struct codec *c)
{
	while (c->from < c->to && c->buffer[c->from] == 0)
		c->from++;
	return c->from < c->to;
}

static int at_the_end(struct codec *c, char *why)
{
	if (c->between)
		return 1;
	snprintf(why, CODEC_WHY, "the %s stream stops before its end", c->ops->name);
	return -ENODATA;
}

static int explain(struct codec *c, const struct codec_io *io, int r, char *why)
{
	const char *name = c->ops->name;

	if (r != -EBADMSG)
		return r;
	c->beyond = io->beyond;
	if (io->beyond)
		snprintf(why, CODEC_WHY,
			 "it was packed with a window of more than %d MiB, the most that is "
			 "unpacked here (`%s` takes any)",
			 CODEC_WINDOW_MAX >> 20, c->ops->unpack);
	else if (!c->first && c->silent)
		snprintf(why, CODEC_WHY, "what stands behind the end of the %s stream is not %s",
			 name, name);
	else
		snprintf(why, CODEC_WHY, "the %s stream is damaged%s%s%s", name,
			 io->wrong ? " (" : "", io->wrong ? io->wrong : "", io->wrong ? ")" : "");
	return r;
}

/* Fills out; sets over when there will be no more. */
static void advance(struct codec *c, char *why)
{
	struct codec_io io = {.in = c->buffer + c->from,
			      .n_in = c->to - c->from,
			      .out = c->out,
			      .n_out = sizeof c->out};
	int r = c->ops->step(c->state, &io);

	c->out_from = 0;
	c->out_to = sizeof c->out - io.n_out;
	/* It had bytes and room. Whatever the library makes of that, the loop ends. */
	if (r == CODEC_MORE && !c->out_to && io.n_in && io.n_in == c->to - c->from)
		r = -EBADMSG;
	c->from = c->to - io.n_in;
	if (c->out_to)
		c->silent = false;
	if (r < 0) {
		c->over = explain(c, &io, r, why);
	} else if (r == CODEC_END) {
		c->between = true;
		c->first = false;
	}
}

static size_t take_out(struct codec *c, void *p, size_t n)
{
	if (n > c->out_to - c->out_from)
		n = c->out_to - c->out_from;
	memcpy(p, c->out + c->out_from, n);
	c->out_from += n;
	return n;
}

ssize_t codec_read(struct codec *c, codec_read_fn read, void *user, void *p, size_t n, char *why)
{
	while (c->out_from == c->out_to && !c->over) {
		/* What was read may hold output back still: ask before the file is waited for. */
		if (!c->between) {
			advance(c, why);
			if (c->out_to || c->over || c->between || c->from < c->to)
				continue;
		} else if (skip_padding(c)) {
			c->between = false;
			c->silent = true;
			continue;
		}

		int r = refill(c, read, user);

		if (r < 0)
			c->over = r;
		else if (r == 0)
			c->over = at_the_end(c, why);
	}
	if (c->out_from < c->out_to)
		return (ssize_t)take_out(c, p, n);
	return c->over == 1 ? 0 : c->over;
}

const struct codec_ops *codec_kind(const struct codec *c)
{
	return c->ops;
}

bool codec_beyond(const struct codec *c)
{
	return c->beyond;
}

struct codec *codec_free(struct codec *c)
{
	if (c && c->state)
		c->ops->close(c->state);
	free(c);
	return NULL;
}
