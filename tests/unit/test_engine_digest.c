// SPDX-License-Identifier: BSD-2-Clause
/* Digests of files are those of libmd, at every length around a block and a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sha256.h>

#include "base/cpu.h"
#include "engine/digest.h"

static void check(const char *path, size_t n)
{
	FILE *f = fopen(path, "wb");
	char want[SHA256_HEX], hex[SHA256_HEX];

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		fputc((int)(i * 167 + i / 251), f);
	assert_int_equal(fclose(f), 0);
	assert_non_null(SHA256File(path, want));
	assert_true(digest_file(path, hex));
	assert_string_equal(hex, want);
}

static void as_libmd(void **state)
{
	static const size_t large[] = {65535, 65536, 65537, 131071, 200000};
	char path[] = "/tmp/spanaudit-digest-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	for (size_t n = 0; n < 200; n++)
		check(path, n);
	for (size_t i = 0; i < N_ELEMENTS(large); i++)
		check(path, large[i]);
	assert_int_equal(unlink(path), 0);
}

static void unreadable(void **state)
{
	char hex[SHA256_HEX];

	assert_false(digest_file("/nonexistent/file", hex));
	assert_false(digest_file("/", hex));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_libmd),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
