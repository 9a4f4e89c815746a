// SPDX-License-Identifier: BSD-2-Clause
/* replay - runs a fuzz target over files, or every file of folders: a regression test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static size_t n_run;

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 16;
	uint8_t *p = malloc(cap);

	if (!f || !p) {
		perror(path);
		return 1;
	}
	for (size_t got; (got = fread(p + n, 1, cap - n, f)) > 0;) {
		n += got;
		if (n < cap)
			continue;

		uint8_t *more = realloc(p, cap * 2);

		if (!more)
			abort();
		p = more;
		cap *= 2;
	}
	fclose(f);

	/* An exact copy, so that the address sanitizer sees a read one byte past the end. */
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, p, n);
	free(p);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	n_run++;
	return 0;
}

static int run(const char *path)
{
	struct stat st;
	int r = 0;

	if (stat(path, &st) < 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path);

	DIR *d = opendir(path);

	if (!d) {
		perror(path);
		return 1;
	}
	for (struct dirent *e; (e = readdir(d));) {
		char sub[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		r |= run(sub);
	}
	closedir(d);
	return r;
}

int main(int argc, char **argv)
{
	int r = 0;

	for (int i = 1; i < argc; i++)
		r |= run(argv[i]);
	printf("%zu inputs\n", n_run);
	return r || n_run == 0; /* an empty corpus proves nothing */
}
