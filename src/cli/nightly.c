// SPDX-License-Identifier: BSD-2-Clause
#include "cli/nightly.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"

static const char prefix[] = "spanaudit-", latest[] = "latest.html", fresh[] = ".latest.html.new";

enum { DATE = 10, RANDOM = 6, NAMED = 10 };

/* --- names ------------------------------------------------------------------------------------ */

enum kind { OTHER, DOCUMENT, PAGE, LEFT_BEHIND };

static bool is_random(const char *z)
{
	return strlen(z) == RANDOM &&
	       strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
		       RANDOM;
}

/* What a file of this name is, and of which day. */
static enum kind kind_of(const char *name, int64_t *ret_day)
{
	char date[DATE + 1];
	size_t n = sizeof prefix - 1;

	if (strncmp(name, prefix, n) != 0 || strlen(name) < n + DATE + 5)
		return OTHER;
	memcpy(date, name + n, DATE);
	date[DATE] = '\0';
	name += n + DATE;
	if (!date_parse(date, ret_day))
		return OTHER;
	if (strncmp(name, ".json", 5) != 0 && strncmp(name, ".html", 5) != 0)
		return OTHER;
	if (!name[5])
		return name[1] == 'j' ? DOCUMENT : PAGE;
	return name[5] == '.' && is_random(name + 6) ? LEFT_BEHIND : OTHER;
}

static char *name_of(int64_t day, const char *suffix)
{
	char date[TIME_TEXT], *z;

	return asprintf(&z, "%s%s.%s", prefix, date_text(day, date), suffix) < 0 ? NULL : z;
}

static char *path_of(const struct nightly *n, int64_t day, const char *suffix)
{
	char *name = name_of(day, suffix), *z;

	if (!name || asprintf(&z, "%s/%s", n->folder, name) < 0)
		z = NULL;
	free(name);
	return z;
}

/* --- the folder ------------------------------------------------------------------------------- */

static int cannot(const char *folder, int err)
{
	say(err == EACCES || err == EPERM || err == EROFS
		    ? "No right to write there. Make it for the user of the timer: install -d -o "
		      "spanaudit -m 750 FOLDER"
		    : "Its parent may be missing, or it is no folder. Make it first: mkdir -p "
		      "FOLDER",
	    "cannot use '%s' for reports: %s", folder, strerror(err));
	return EXIT_FAILED;
}

int nightly_open(const char *folder, unsigned keep, struct nightly *ret)
{
	*ret = (struct nightly){.folder = folder, .keep = keep, .fd = -1};
	if (mkdir(folder, 0750) != 0 && errno != EEXIST)
		return cannot(folder, errno);
	ret->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0)
		return cannot(folder, errno);
	if (flock(ret->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* where folders cannot be locked nobody is kept out */
	say("Wait for it to end; if it hangs, end it (systemctl stop spanaudit-report), and run "
	    "this again.",
	    "another run files reports in '%s'", folder);
	nightly_close(ret);
	return EXIT_FAILED;
}

void nightly_close(struct nightly *n)
{
	for (size_t i = 0; i < n->paths.n; i++)
		free(n->paths.v[i]);
	for (size_t i = 0; i < n->written.n; i++)
		free(n->written.v[i]);
	vec_done(&n->paths);
	vec_done(&n->written);
	vec_done(&n->days);
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

struct entry {
	int64_t day;
	enum kind kind;
	char *name; /* owned */
};

struct entries {
	VEC(struct entry) v;
};

static void entries_done(struct entries *e)
{
	for (size_t i = 0; i < e->v.n; i++)
		free(e->v.v[i].name);
	vec_done(&e->v);
}

static bool add(struct entries *e, const char *name)
{
	struct entry x = {.name = NULL};
	char *copy;

	x.kind = kind_of(name, &x.day);
	if (x.kind == OTHER)
		return true;
	copy = strdup(name);
	if (!copy || !vec_push(&e->v, x)) {
		free(copy);
		return false;
	}
	e->v.v[e->v.n - 1].name = copy;
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->day != y->day ? (x->day > y->day ? -1 : 1) : strcmp(x->name, y->name);
}

/* Our files in the folder, the newest day first. 0 or negative errno. */
static int look(const struct nightly *n, struct entries *ret)
{
	int fd = openat(n->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)) != NULL)
		r = add(ret, e->d_name) ? 0 : -ENOMEM;
	closedir(d);
	if (ret->v.n)
		qsort(ret->v.v, ret->v.n, sizeof *ret->v.v, newest_first);
	return r;
}

/* --- older reports ---------------------------------------------------------------------------- */

int nightly_list(struct nightly *n, const char *day)
{
	struct entries all = {0};
	int r = date_parse(day, &n->day) ? look(n, &all) : -EINVAL;

	for (size_t i = 0; r == 0 && i < all.v.n; i++) {
		const struct entry *e = &all.v.v[i];
		char *path;

		if (e->kind != DOCUMENT || e->day >= n->day)
			continue;
		path = path_of(n, e->day, "json");
		if (!path || !vec_push(&n->paths, path) || !vec_push(&n->days, e->day))
			r = -ENOMEM;
	}
	entries_done(&all);
	return r;
}

const char *nightly_older(const struct nightly *n, size_t i)
{
	return i < n->days.n ? n->paths.v[i] : NULL;
}

void nightly_missing(const struct nightly *n, size_t i, struct out *o)
{
	int64_t from = n->days.v[i] + 1, many = n->day - from;
	char buf[TIME_TEXT];

	if (many <= 0)
		return;
	out_puts(o, "There is no report to compare with of ");
	for (int64_t k = 0; k < many && k < NAMED; k++) {
		out_puts(o, !k ? "" : k + 1 == many ? " and " : ", ");
		out_puts(o, date_text(from + k, buf));
	}
	if (many > NAMED)
		out_printf(o, " and %llu more days", (unsigned long long)(many - NAMED));
	out_puts(o, ": what began and ended then is in none.");
}

const char *nightly_path(struct nightly *n, const char *suffix)
{
	char *z = path_of(n, n->day, suffix);

	if (z && vec_push(&n->written, z))
		return z;
	free(z);
	return NULL;
}

/* --- when it is filed ------------------------------------------------------------------------- */

/* A name that somebody else gave a file of his own is left alone. */
static bool may_replace_latest(const struct nightly *n)
{
	struct stat st;

	if (fstatat(n->fd, latest, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISLNK(st.st_mode))
		return true;
	say("Move it away; the name is that of a link to the newest report.",
	    "'%s/%s' is no link and was left alone", n->folder, latest);
	return false;
}

static int point_latest(const struct nightly *n, int64_t day)
{
	char *name = name_of(day, "html");
	bool good = name && (unlinkat(n->fd, fresh, 0) == 0 || errno == ENOENT) &&
		    symlinkat(name, n->fd, fresh) == 0 &&
		    renameat(n->fd, fresh, n->fd, latest) == 0;

	free(name);
	if (good)
		return 0;
	say("The report itself is filed. Where the file system knows no links, open it by its "
	    "name.",
	    "cannot make the link '%s/%s': %s", n->folder, latest, strerror(errno));
	return EXIT_FAILED;
}

static bool is_old(const struct nightly *n, const struct entry *e, int64_t oldest)
{
	return e->kind == LEFT_BEHIND || (e->day < oldest && e->day != n->day);
}

/* The day of the oldest report that stays. */
static int64_t oldest_kept(const struct nightly *n, const struct entries *all)
{
	unsigned days = 0;
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < all->v.n; i++) {
		const struct entry *e = &all->v.v[i];

		if (e->kind == LEFT_BEHIND || (days && e->day == last))
			continue;
		if (days == n->keep)
			break;
		last = e->day;
		days++;
	}
	return last;
}

static int delete_old(const struct nightly *n, const struct entries *all, unsigned *ret)
{
	int64_t oldest = oldest_kept(n, all);
	int code = 0;

	*ret = 0;
	for (size_t i = 0; i < all->v.n; i++) {
		const struct entry *e = &all->v.v[i];

		if (!is_old(n, e, oldest))
			continue;
		if (unlinkat(n->fd, e->name, 0) == 0) {
			++*ret;
			continue;
		}
		say("The report of this night is filed. Delete it by hand, and see who owns it.",
		    "cannot delete the old report '%s/%s': %s", n->folder, e->name,
		    strerror(errno));
		code = EXIT_FAILED;
	}
	return code;
}

static int newest_page(const struct entries *all, int64_t *ret)
{
	for (size_t i = 0; i < all->v.n; i++)
		if (all->v.v[i].kind == PAGE) {
			*ret = all->v.v[i].day;
			return 0;
		}
	return EXIT_FAILED;
}

static bool is_filed(const struct nightly *n, const struct entries *all)
{
	bool there[LEFT_BEHIND + 1] = {false};

	for (size_t i = 0; i < all->v.n; i++)
		if (all->v.v[i].day == n->day)
			there[all->v.v[i].kind] = true;
	return there[DOCUMENT] && there[PAGE];
}

static void tell(const struct nightly *n, unsigned deleted, unsigned left)
{
	struct out o = {0};

	out_puts(&o, "\nReport      ");
	out_text_z(&o, n->written.n > 1 ? n->written.v[1] : n->folder);
	out_char(&o, '\n');
	if (deleted)
		out_printf(&o, "Deleted     %u old file%s; the last %u reports stay\n", deleted,
			   deleted == 1 ? "" : "s", left);
	put(&o);
	out_done(&o);
}

int nightly_finish(struct nightly *n, bool quiet, int code)
{
	struct entries all = {0};
	unsigned deleted = 0;
	int64_t day;
	int r = look(n, &all), worse = 0;

	if (r < 0)
		worse = cannot(n->folder, -r);
	/* A report that could not be written must not cost one that is there. */
	if (!worse && is_filed(n, &all))
		worse = delete_old(n, &all, &deleted);
	if (r == 0 && newest_page(&all, &day) == 0)
		worse |= may_replace_latest(n) ? point_latest(n, day) : EXIT_FAILED;
	entries_done(&all);
	(void)fsync(n->fd);
	if (!quiet)
		tell(n, deleted, n->keep);
	return worse ? EXIT_FAILED : code;
}
