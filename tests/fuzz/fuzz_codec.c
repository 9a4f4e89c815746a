// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a compressed file, in reads of several sizes: the same bytes and the same end. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/codec.h"
#include "capture/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* A few bytes can unpack to very many: what comes after this does not matter here. */
enum { ENOUGH = 1 << 20, STEP = 1 << 16 };

struct outcome {
	size_t n;
	int end;
	uint8_t bytes[ENOUGH + STEP];
};

static void unpack(int fd, size_t step, struct outcome *ret)
{
	struct input in = {.fd = fd, .keep = true};
	const struct codec_ops *ops;
	ssize_t got = 0;

	require(lseek(fd, 0, SEEK_SET) == 0);
	ret->n = 0;
	ret->end = input_codec(&in, &ops);
	if (ret->end == 0 && ops && ops->open) {
		require(input_unpack(&in, ops) == 0);
		while (ret->n < ENOUGH && (got = input_read(&in, ret->bytes + ret->n, step)) > 0) {
			require((size_t)got <= step);
			ret->n += (size_t)got;
		}
		if (got < 0) {
			ret->end = (int)got;
			require(got == -EBADMSG || got == -ENODATA || got == -ENOMEM);
			require(got == -ENOMEM || in.why[0]);
			require(in.cut == (got == -ENODATA));
			uint8_t more;

			require(input_read(&in, &more, 1) == got);
		}
	}
	input_done(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct outcome a, b;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	size_t least;

	require(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	unpack(fd, STEP, &a);
	unpack(fd, 37, &b);
	close(fd);
	least = a.n < b.n ? a.n : b.n;
	if (least < ENOUGH)
		require(a.n == b.n && a.end == b.end);
	require(least == 0 || !memcmp(a.bytes, b.bytes, least));
	return 0;
}
