// SPDX-License-Identifier: BSD-2-Clause
/* store - opening: is it one, is it whole, of which version. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "store/db.h"

int64_t store_hour(int64_t ns)
{
	const int64_t hour = STORE_HOUR * NS_PER_S;

	return (ns / hour - (ns % hour < 0)) * STORE_HOUR;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	db_forget(s);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	out_done(&s->detail);
	vec_done(&s->referred);
	free(s->path);
	free(s);
	return NULL;
}

static int refused(struct errors *errs, const char *path, int status, const char *what,
		   const char *hint)
{
	struct error *e = errors_add(errs, false, "%s", what);

	error_place(e, path, 0, 0, 1);
	error_hint(e, "%s", hint);
	return status;
}

static int cannot_open(struct errors *errs, const char *path, int status, const char *why)
{
	struct error *e = errors_add(errs, false, "the store cannot be opened: %s", why);

	error_place(e, path, 0, 0, 1);
	error_hint(e,
		   status == -EBUSY
			   ? "wait for the other program to end, and try again"
			   : "the folder must be there and this user must be allowed to write in "
			     "it: a store keeps two more files beside itself\nlook with `ls -ld`");
	return status;
}

static int damaged(struct errors *errs, const char *path, const char *what)
{
	struct error *e = errors_add(errs, false, "the store is damaged: %s", what);

	error_place(e, path, 0, 0, 1);
	error_hint(e, "the disk failed, or another program wrote into it; nothing was changed\n"
		      "take it from a backup, or begin a new one and audit the captures again");
	return -EINVAL;
}

/* The bytes of a file as far as a header: an empty file is no store yet. */
static int look_at(const char *path, enum store_mode mode, struct errors *errs, bool *ret_fresh)
{
	static const char magic[] = "SQLite format 3";
	char head[sizeof magic] = "";
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	*ret_fresh = fd < 0 && errno == ENOENT && mode >= STORE_MAKE;
	if (*ret_fresh)
		return 0;
	if (fd < 0 && errno == ENOENT)
		return refused(errs, path, -ENOENT, "there is no store here",
			       "the path may be misspelt, or nothing was stored yet\nmake one with "
			       "spanaudit store init, or by spanaudit audit --store");
	if (fd < 0)
		return cannot_open(errs, path, -errno, strerror(errno));
	n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, sizeof head) : -1;
	close(fd);
	if (n == 0 && mode >= STORE_MAKE) {
		*ret_fresh = true;
		return 0;
	}
	if (n < (ssize_t)sizeof head || memcmp(head, magic, sizeof magic) != 0)
		return refused(errs, path, -EINVAL, "this is no store",
			       "it is another kind of file; a store is a file that spanaudit made\n"
			       "give the path of a store, or of a file that is not there yet");
	return mode == STORE_NEW
		       ? refused(errs, path, -EEXIST, "there is a database here already",
				 "a store is made once and then used; to begin anew, move "
				 "this one away")
		       : 0;
}

/* A store tells who talked to whom: it is its owner's. */
static int make_file(const char *path, struct errors *errs)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return cannot_open(errs, path, -errno, strerror(errno));
	close(fd);
	return 0;
}

static int settings(struct store *s)
{
	/* A foreign schema is to do nothing by itself. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 1 << 30);
	sqlite3_busy_timeout(s->db, 5000);
	return db_run(s, "PRAGMA foreign_keys = OFF; PRAGMA synchronous = NORMAL;"
			 "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
}

static int steps(struct store *s, int64_t version)
{
	char set[64];
	int r = 0;

	while (r == 0 && version < STORE_VERSION)
		r = db_run(s, store_schema[version++]);
	snprintf(set, sizeof set, "PRAGMA user_version = %d", STORE_VERSION);
	return r ? r : db_run(s, set);
}

/* Another program may have done it since the store was opened. */
int db_upgrade(struct store *s)
{
	int64_t version;
	int r;

	if (s->version == STORE_VERSION)
		return 0;
	r = db_run(s, "BEGIN IMMEDIATE");
	version = r ? 0 : db_number(s, "PRAGMA user_version", 0);
	if (r == 0 && (version < 1 || version > STORE_VERSION))
		r = db_damaged(s, "its version");
	r = r ? r : steps(s, version);
	r = r ? r : db_run(s, "COMMIT");
	if (r < 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	else
		s->version = STORE_VERSION;
	return r;
}

static int make_tables(struct store *s)
{
	int r = db_run(s, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
			  "BEGIN IMMEDIATE;");

	if (r == 0 && db_number(s, "PRAGMA user_version", 0) == 0) {
		r = steps(s, 0);
		r = r ? r : db_run(s, "PRAGMA application_id = 1936744821;");
	}
	_Static_assert(STORE_APPLICATION == 1936744821, "as the statement has it");
	return r == 0 ? db_run(s, "COMMIT") : r;
}

/* What PRAGMA quick_check says; "ok" when all is well. */
static int check(struct store *s, const char *path, struct errors *errs)
{
	sqlite3_stmt *q = db_get(s, "PRAGMA quick_check(1)");
	int r = q ? db_next(s, q) : -EINVAL;
	const char *said = r == 1 ? (const char *)sqlite3_column_text(q, 0) : NULL;
	bool ok = said && !strcmp(said, "ok");

	if (!ok) {
		struct out words = {0};

		out_text_z(&words, said ? said : s->why);
		r = damaged(errs, path, out_str(&words));
		out_done(&words);
	}
	if (q)
		sqlite3_reset(q);
	return ok ? 0 : r;
}

static int is_ours(struct store *s, const char *path, enum store_mode mode, struct errors *errs)
{
	int64_t version = db_number(s, "PRAGMA user_version", -1);
	int64_t id = db_number(s, "PRAGMA application_id", -1);

	if (version < 0 || id < 0)
		return s->why[0] && !strstr(s->why, "damaged")
			       ? cannot_open(errs, path, -EBUSY, s->why)
			       : damaged(errs, path, s->why);
	if (id != STORE_APPLICATION || !version)
		return refused(errs, path, -EINVAL, "this is a database, but no store",
			       "another program made it\ngive the path of a store, or of a file "
			       "that is not there yet");
	if (version > STORE_VERSION)
		return refused(errs, path, -EINVAL, "the store was made by a newer spanaudit",
			       "this one does not know its tables\nuse the newer spanaudit, which "
			       "`spanaudit version` tells");
	s->version = version;
	return mode == STORE_AGAIN ? 0 : check(s, path, errs);
}

static bool is_empty(struct store *s)
{
	return db_number(s, "PRAGMA user_version", -1) == 0 &&
	       db_number(s, "PRAGMA application_id", -1) == 0 &&
	       db_number(s, "SELECT count(*) FROM sqlite_master", -1) == 0;
}

static int open_db(struct store *s, const char *path, enum store_mode mode, bool fresh,
		   struct errors *errs)
{
	int code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL);
	int r;

	if (code != SQLITE_OK && mode == STORE_READ) {
		sqlite3_close(s->db);
		code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READONLY, NULL);
	}
	r = code == SQLITE_OK ? settings(s) : db_failed(s, code);
	/* Who was to make it may have been killed before there was a table. */
	if (r == 0 && mode >= STORE_MAKE)
		fresh |= is_empty(s);
	if (r == 0 && fresh)
		r = make_tables(s);
	if (r == -EINVAL)
		return damaged(errs, path, s->why);
	return r < 0 ? cannot_open(errs, path, r, s->why) : is_ours(s, path, mode, errs);
}

int store_open(const char *path, enum store_mode mode, struct errors *errs, struct store **ret)
{
	struct store *s = calloc(1, sizeof *s);
	bool fresh;
	int r;

	if (!s)
		return -ENOMEM;
	s->lock = -1;
	s->path = strdup(path);
	r = s->path ? look_at(path, mode, errs, &fresh) : -ENOMEM;
	if (r == 0 && fresh)
		r = make_file(path, errs);
	if (r == 0)
		r = open_db(s, path, mode, fresh, errs);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}
