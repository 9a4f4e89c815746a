// SPDX-License-Identifier: BSD-2-Clause
/*
 * tshark_many.so - one start of tshark for many captures; loaded into it by LD_PRELOAD.
 *
 * Nearly all that tshark does with a small capture is to make its dissectors ready. Here it does so
 * once, and is duplicated when it comes to open its file: each copy reads another one, and so knows
 * nothing of those before. tshark.py has the other end.
 *
 *   standard input    CAPTURE <tab> OUTPUT, a line each
 *   standard output   the exit code of tshark, a line each
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BROKEN = 255 }; /* instead of an exit code: it crashed, or could not be started */

/* libwiretap's and libwireshark's, as of Wireshark 4.0. */
typedef void *(*open_fn)(const char *name, unsigned type, int *err, char **info, int random);
void *wtap_open_offline(const char *name, unsigned type, int *err, char **info, int random);
void epan_cleanup(void);

static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(BROKEN);
	close(fd);
}

static int code_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return BROKEN;
	return WEXITSTATUS(status);
}

/* Returns in copies only, with the capture to read. */
static char *next_capture(void)
{
	char *line = NULL, *end;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		char *capture = strtok_r(line, "\t", &end), *output = strtok_r(NULL, "\n", &end);
		pid_t pid = capture && output ? fork() : -1;

		if (pid == 0) {
			redirect(output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
			redirect("/dev/null", O_RDONLY, STDIN_FILENO);
			return capture;
		}
		if (dprintf(STDOUT_FILENO, "%d\n", code_of(pid)) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}

void *wtap_open_offline(const char *name, unsigned type, int *err, char **info, int random)
{
	void *found = dlsym(RTLD_NEXT, "wtap_open_offline");
	open_fn real;

	(void)name;
	memcpy(&real, &found, sizeof real);
	return real(next_capture(), type, err, info, random);
}

/* What a copy shares with its original would be copied by being given back. */
void epan_cleanup(void)
{
}
