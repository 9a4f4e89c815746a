// SPDX-License-Identifier: BSD-2-Clause
#include "engine/digest.h"

#include <endian.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 }; /* whole blocks */

struct sum {
	uint32_t state[8];
	uint64_t bytes;
	size_t left; /* bytes of a block that is not whole */
	uint8_t buf[BUFFER];
};

static void finish(struct sum *s, char ret_hex[DIGEST_HEX])
{
	/* FIPS 180-4 5.1.1: a one bit, zeros, and the length in bits up to a whole block. */
	size_t n = s->left;
	size_t blocks = n + 9 > DIGEST_BLOCK ? 2 : 1;
	uint64_t bits = htobe64(s->bytes * 8);

	s->buf[n++] = 0x80;
	memset(s->buf + n, 0, blocks * DIGEST_BLOCK - n);
	memcpy(s->buf + blocks * DIGEST_BLOCK - sizeof bits, &bits, sizeof bits);
	digest_sha_blocks(s->state, s->buf, blocks);
	for (size_t i = 0; i < 8; i++)
		snprintf(ret_hex + i * 8, 9, "%08x", s->state[i]);
}

static bool add_file(struct sum *s, int fd)
{
	for (;;) {
		ssize_t n = read(fd, s->buf + s->left, sizeof s->buf - s->left);

		if (n <= 0)
			return n == 0;
		s->bytes += (uint64_t)n;
		s->left += (size_t)n;

		size_t whole = s->left / DIGEST_BLOCK;

		digest_sha_blocks(s->state, s->buf, whole);
		memmove(s->buf, s->buf + whole * DIGEST_BLOCK, s->left % DIGEST_BLOCK);
		s->left %= DIGEST_BLOCK;
	}
}

bool digest_file(const char *path, char ret_hex[DIGEST_HEX])
{
	_Static_assert((int)DIGEST_HEX == (int)SHA256_DIGEST_STRING_LENGTH, "as libmd writes it");
	if (!digest_sha_here())
		return SHA256File(path, ret_hex) != NULL;

	/* FIPS 180-4 5.3.3 */
	struct sum s = {.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
				  0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;

	bool ok = add_file(&s, fd);

	close(fd);
	if (ok)
		finish(&s, ret_hex);
	return ok;
}
