// SPDX-License-Identifier: BSD-2-Clause
#include "store/told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/db.h"

enum { ID_LENGTH = 14, TOLD_MOST = 1 << 20 };

static const char table[] =
	"CREATE TABLE IF NOT EXISTS told(id TEXT PRIMARY KEY, kind TEXT NOT NULL, severity TEXT"
	" NOT NULL, digest INTEGER NOT NULL, last_ns INTEGER, lost INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;";

/* ------------------------------------------------------------------ writing */

static int put_one(struct store *s, const struct store_told_row *row)
{
	static const char sql[] =
		"INSERT OR REPLACE INTO told(id, kind, severity, digest, lost, last_ns)"
		" VALUES(?,?,?,?,?,?)";

	return db_do(s, sql, row->last_ns == TIME_NONE ? "tttuin" : "tttuii", row->id,
		     kind_name((enum kind)row->kind), severity_name((enum severity)row->severity),
		     row->digest, (int64_t)row->lost, row->last_ns);
}

static int put_all(struct store *s, const struct store_told_row *rows, size_t n)
{
	int r = db_run(s, table);

	r = r ? r : db_run(s, "DELETE FROM told");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = put_one(s, &rows[i]);
	return r;
}

int store_put_told(struct store *s, const struct store_told_row *rows, size_t n)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	if (r)
		return r;
	r = put_all(s, rows, n);
	if (r == 0)
		r = db_run(s, "COMMIT");
	if (r)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

/* ------------------------------------------------------------------ reading */

static bool is_id(const char *z)
{
	return z && strlen(z) == ID_LENGTH && !strncmp(z, "F-", 2) &&
	       strspn(z + 2, "0123456789abcdef") == ID_LENGTH - 2;
}

static bool severity_of(const char *name, uint8_t *ret)
{
	for (int i = 0; name && i < SEV_N; i++)
		if (!strcmp(severity_name((enum severity)i), name)) {
			*ret = (uint8_t)i;
			return true;
		}
	return false;
}

static bool read_row(sqlite3_stmt *q, struct store_told_row *ret)
{
	struct cols c = {.q = q};
	const char *id = col_text(&c), *kind, *severity;

	*ret = (struct store_told_row){0};
	if (!is_id(id))
		return false;
	memcpy(ret->id, id, ID_LENGTH);
	kind = col_text(&c);
	ret->kind = (uint8_t)(kind ? kind_by_name(kind) : KIND_N);
	severity = col_text(&c);
	ret->digest = (uint64_t)col_int(&c, INT64_MIN, INT64_MAX);
	ret->last_ns = col_time(&c);
	ret->lost = col_int(&c, 0, 1) != 0;
	return severity_of(severity, &ret->severity) && ret->kind < KIND_N && !c.bad;
}

static int read_all(struct store *s, struct store_told_row *rows, size_t most, size_t *ret_n)
{
	sqlite3_stmt *q = db_get(s, "SELECT id, kind, severity, digest, last_ns, lost FROM told"
				    " ORDER BY id");
	int r = q ? 0 : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		r = *ret_n < most && read_row(q, &rows[*ret_n])
			    ? 0
			    : db_damaged(s, "the list of findings that were told");
		*ret_n += r == 0;
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

/* What an interrupted run wrote last; INT64_MAX: the run before was none. */
static int64_t lost_from(struct store *s, int64_t now)
{
	sqlite3_stmt *q = db_get(s, "SELECT coalesce((SELECT max(written_ns) FROM segment WHERE"
				    " run = run.id), 0) FROM run WHERE state = 'interrupted' AND"
				    " id = (SELECT max(id) FROM run WHERE id < ?)");
	int64_t from = INT64_MAX;

	if (!q || db_bind(s, q, "i", now) < 0)
		return from;
	if (db_next(s, q) == 1) {
		from = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return from;
}

int store_get_told(struct store *s, int64_t now, struct store_told_row **ret, size_t *ret_n)
{
	int64_t n = 0, from;
	int r;

	*ret = NULL;
	*ret_n = 0;
	if (db_number(s,
		      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name ="
		      " 'told'",
		      0) == 0)
		return 0;
	n = db_number(s, "SELECT count(*) FROM told", -1);
	if (n < 0 || n > TOLD_MOST)
		return db_damaged(s, "the list of findings that were told");
	*ret = calloc((size_t)n + 1, sizeof **ret);
	if (!*ret)
		return -ENOMEM;
	r = read_all(s, *ret, (size_t)n, ret_n);
	from = lost_from(s, now);
	for (size_t i = 0; r == 0 && i < *ret_n; i++)
		(*ret)[i].lost |= (*ret)[i].last_ns >= from;
	if (r < 0) {
		free(*ret);
		*ret = NULL;
		*ret_n = 0;
	}
	return r;
}
