// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spanaudit/audit.h>
#include <spanaudit/control.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "engine/live_control.h"

static char folder[] = "/tmp/spanaudit-control-XXXXXX";
static char path[128];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/control", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* Says the line back; "file" is answered by a file, "no" by an error. */
static void echo(void *user, const char *line, struct control_answer *ret)
{
	int *asked = user;

	++*asked;
	if (strcmp(line, "file") == 0) {
		ret->fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		ret->size = 300000;
		return;
	}
	ret->error = strcmp(line, "no") == 0;
	out_text_z(&ret->text, line);
}

static struct control *open_one(void)
{
	struct errors errs = {0};
	struct control *c;

	assert_int_equal(control_open(path, &errs, &c), 0);
	return c;
}

static int reach(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* What comes back for this text, after some turns. */
static size_t hear(struct control *c, int fd, const char *text, size_t n, char *buf, size_t cap,
		   bool *ret_closed)
{
	int asked = 0;
	size_t got = 0;

	*ret_closed = false;
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
	for (int i = 0; i < 50; i++) {
		ssize_t r;

		control_turn(c, 1, echo, &asked);
		r = recv(fd, buf + got, cap - got, 0);
		if (r > 0)
			got += (size_t)r;
		*ret_closed |= r == 0 || (r < 0 && errno == ECONNRESET);
	}
	return got;
}

static void answers(void **state)
{
	static const struct {
		const char *send, *want;
		bool closed;
	} rows[] = {
		{"a\n", "ok 1\na", false},      {"a b\r\n", "ok 3\na b", false},
		{"no\n", "error 2\nno", false}, {"a\nno\nb", "ok 1\naerror 2\nno", false},
		{"\n", "ok 0\n", false},        {"\x1b[m\n", "ok 6\n\\x1b[m", false},
	};
	char buf[4096];
	bool closed;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct control *c = open_one();
		int fd = reach();
		size_t n =
			hear(c, fd, rows[i].send, strlen(rows[i].send), buf, sizeof buf, &closed);

		assert_int_equal(n, strlen(rows[i].want));
		assert_memory_equal(buf, rows[i].want, n);
		assert_int_equal(closed, rows[i].closed);
		close(fd);
		control_close(c);
	}
}

static void endless_line(void **state)
{
	struct control *c = open_one();
	char text[CONTROL_LINE], buf[1024];
	bool closed;
	int fd = reach();

	(void)state;
	memset(text, 'x', sizeof text);
	assert_true(hear(c, fd, text, sizeof text, buf, sizeof buf, &closed) > 8);
	assert_memory_equal(buf, "error ", 6);
	assert_true(closed);
	close(fd);
	control_close(c);
}

static void by_pieces(void **state)
{
	struct control *c = open_one();
	static char buf[400000];
	bool closed;
	int fd = reach();

	(void)state;
	assert_int_equal(hear(c, fd, "file\n", 5, buf, sizeof buf, &closed), 300000 + 10);
	assert_memory_equal(buf, "ok 300000\n", 10);
	close(fd);
	control_close(c);
}

static bool is_closed(int fd)
{
	char x;

	return recv(fd, &x, 1, 0) == 0;
}

static void limits(void **state)
{
	struct control *c = open_one();
	int fd[CONTROL_CLIENTS + 4], asked = 0, open = 0;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(fd); i++)
		fd[i] = reach();
	for (int i = 0; i < 10; i++)
		control_turn(c, 1, echo, &asked);
	for (size_t i = 0; i < N_ELEMENTS(fd); i++)
		open += !is_closed(fd[i]);
	assert_int_equal(open, CONTROL_CLIENTS);
	/* A line that never ends is no sign of life. */
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	control_turn(c, 61 * NS_PER_S, echo, &asked);
	for (size_t i = 0; i < N_ELEMENTS(fd); i++) {
		assert_true(is_closed(fd[i]));
		close(fd[i]);
	}
	assert_int_equal(asked, 0);
	control_close(c);
}

static void the_file(void **state)
{
	struct control *c = open_one();
	struct errors errs = {0};
	struct control *other;
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(control_open(path, &errs, &other), -EADDRINUSE);
	assert_int_equal(errs.n, 1);
	assert_non_null(errs.e[0].hint);
	control_close(c);
	assert_int_equal(stat(path, &st), -1);
	/* No other file is taken for a socket that was left. */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(control_open(path, &errs, &other), -EADDRINUSE);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	errors_done(&errs);
}

static void nobody_answers(void **state)
{
	struct span_control *c;

	(void)state;
	assert_int_equal(span_control_open(path, &c, NULL), SPAN_INPUT);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),   cmocka_unit_test(endless_line),
		cmocka_unit_test(by_pieces), cmocka_unit_test(limits),
		cmocka_unit_test(the_file),  cmocka_unit_test(nobody_answers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
