// SPDX-License-Identifier: BSD-2-Clause
#include "engine/digest.h"

#include <fcntl.h>
#include <unistd.h>

bool digest_file(const char *path, char ret_hex[SHA256_HEX])
{
	struct sha256 s;
	uint8_t buf[64 * 1024], digest[SHA256_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	sha256_begin(&s);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		sha256_add(&s, buf, (size_t)n);
	close(fd);
	if (n < 0)
		return false;
	sha256_end(&s, digest);
	sha256_hex(digest, ret_hex);
	return true;
}
