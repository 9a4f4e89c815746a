// SPDX-License-Identifier: BSD-2-Clause
#include "capture/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static ssize_t read_on(struct input *in, void *p, size_t n)
{
	ssize_t got = read_file(in, p, n);

	if (got < 0)
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
}
