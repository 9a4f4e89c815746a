// SPDX-License-Identifier: BSD-2-Clause
#include "capture/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/codec.h"

/* Bytes of the file. */
static ssize_t read_file(struct input *in, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(in->fd, p, n);
	while ((got < 0 && errno == EINTR) || (got == 0 && in->wait && in->wait(in->wait_user)));
	if (got < 0)
		return -errno;
	in->at += (uint64_t)got;
	return got;
}

static ssize_t read_packed(void *user, void *p, size_t n)
{
	return read_file(user, p, n);
}

static ssize_t read_on(struct input *in, void *p, size_t n)
{
	ssize_t got = in->codec ? codec_read(in->codec, read_packed, in, p, n, in->why)
				: read_file(in, p, n);

	if (got == -ENODATA)
		in->cut = true;
	else if (got < 0)
		in->read_errno = (int)-got;
	return got;
}

ssize_t input_read(struct input *in, void *p, size_t n)
{
	size_t left = in->n_head - in->head_read;

	if (!left)
		return read_on(in, p, n);
	if (n > left)
		n = left;
	memcpy(p, in->head + in->head_read, n);
	in->head_read += n;
	return (ssize_t)n;
}

int input_peek(struct input *in, size_t want)
{
	if (want > sizeof in->head)
		want = sizeof in->head;
	while (in->n_head < want) {
		ssize_t got = read_on(in, in->head + in->n_head, want - in->n_head);

		if (got == -ENODATA && in->n_head)
			break;
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		in->n_head += (size_t)got;
	}
	return 0;
}

/* Drops the first n bytes of the file, of which only some are in head. 0 or negative errno. */
static int pass_over(struct input *in, uint64_t n)
{
	uint8_t scrap[4096];
	size_t here = n < in->n_head ? (size_t)n : in->n_head;

	in->n_head -= here;
	memmove(in->head, in->head + here, in->n_head);
	n -= here;
	while (n) {
		ssize_t got = read_on(in, scrap, n < sizeof scrap ? (size_t)n : sizeof scrap);

		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		n -= (uint64_t)got;
	}
	return 0;
}

int input_codec(struct input *in, const struct codec_ops **ret_ops)
{
	enum { CODEC_MAGIC = 6, SKIPPABLE = 8 };

	*ret_ops = NULL;
	for (bool passed = false;; passed = true) {
		int r = input_peek(in, CODEC_MAGIC);

		if (r < 0)
			return r;
		*ret_ops = codec_of(in->head, in->n_head);
		if (*ret_ops)
			return 0;
		if (!codec_may_skip(in->head, in->n_head))
			return passed ? -EBADMSG : 0;
		r = input_peek(in, SKIPPABLE);
		if (r < 0)
			return r;

		uint64_t n = codec_skippable(in->head, in->n_head);

		if (!n)
			return -EBADMSG;
		r = pass_over(in, n);
		if (r < 0)
			return r;
	}
}

int input_unpack(struct input *in, const struct codec_ops *ops)
{
	in->codec = codec_new(ops, in->head, in->n_head);
	if (!in->codec)
		return -ENOMEM;
	in->n_head = 0;
	return 0;
}

static ssize_t stream_read(void *cookie, char *p, size_t n)
{
	ssize_t got = input_read(cookie, p, n);

	if (got == -ENODATA)
		return 0;
	if (got < 0) {
		errno = (int)-got;
		return -1;
	}
	return got;
}

FILE *input_stream(struct input *in)
{
	return fopencookie(in, "r", (cookie_io_functions_t){.read = stream_read});
}

void input_done(struct input *in)
{
	if (in->fd >= 0 && !in->keep)
		close(in->fd);
	in->fd = -1;
	in->codec = codec_free(in->codec);
}
