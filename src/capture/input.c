// SPDX-License-Identifier: BSD-2-Clause
#include "capture/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_fd(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int input_peek(struct input *in, size_t want)
{
	if (want > sizeof in->head)
		want = sizeof in->head;
	while (in->n_head < want) {
		ssize_t got = read_fd(in->fd, in->head + in->n_head, want - in->n_head);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		in->n_head += (size_t)got;
	}
	return 0;
}

static ssize_t stream_read(void *cookie, char *p, size_t n)
{
	struct input *in = cookie;
	size_t left = in->n_head - in->head_read;
	ssize_t got;

	if (left) {
		got = (ssize_t)(n < left ? n : left);
		memcpy(p, in->head + in->head_read, (size_t)got);
		in->head_read += (size_t)got;
	} else {
		got = read_fd(in->fd, p, n);
	}
	if (got < 0)
		in->read_errno = errno;
	else
		in->at += (uint64_t)got;
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
