/* SPDX-License-Identifier: BSD-2-Clause */
/* db - the SQLite file under a store. Private to this folder. */
#ifndef SPAN_STORE_DB_H
#define SPAN_STORE_DB_H

#include <sqlite3.h>

#include "base/rd.h"
#include "store/store.h"

enum {
	STORE_APPLICATION = 0x73706175, /* "spau", in the file's header */
	STORE_VERSION = 2,              /* user_version */
	STORE_TEXT = 16 << 10,          /* of one text */
	STORE_BLOB = 64 << 10,          /* of one row's details */
};

extern const char *const store_schema[STORE_VERSION]; /* from version i to i + 1 */

struct store {
	sqlite3 *db;
	char *path;
	int lock; /* held while a run stores; -1 */
	int64_t version;
	struct prepared *prepared;
	int64_t run, segment;
	int64_t from, to; /* hours of the segment so far */
	uint64_t rows;
	VEC(bool) referred; /* inputs that rows of the segment name */
	struct out detail;
	char why[256];
};

/* Stores of version 1 have no later_hour. */
static inline bool db_has_later(const struct store *s)
{
	return s->version > 1;
}
/* A statement for this text, which must be static: prepared once. NULL, with words. */
sqlite3_stmt *db_get(struct store *s, const char *sql);
/* Lets all of them go. */
void db_forget(struct store *s);
/* Binds in order: 'i' int64_t, 'u' uint64_t, 't' const char * or NULL, 'b' const void * and size_t,
 * 'a' const struct addr *, 'n' a null. */
int db_bind(struct store *s, sqlite3_stmt *q, const char *kinds, ...);
/* Runs a statement that gives no rows, with such values. 0 or negative errno. */
int db_do(struct store *s, const char *sql, const char *kinds, ...);
/* The next row: 1, 0 at the end, negative errno. */
int db_next(struct store *s, sqlite3_stmt *q);
/* Several statements without values. */
int db_run(struct store *s, const char *sql);
/* The errno of an SQLite code, and words for it. */
int db_failed(struct store *s, int code);
/* A row that no spanaudit wrote. -EINVAL. */
int db_damaged(struct store *s, const char *what);
/* Makes the tables those of this version, from whichever they are of. */
int db_upgrade(struct store *s);
/* One number; `or` when there is no row or it is null. */
int64_t db_number(struct store *s, const char *sql, int64_t or_);

/* The next column of a row. Any value that does not fit sets bad. */
struct cols {
	sqlite3_stmt *q;
	int at;
	bool bad;
};
int64_t col_int(struct cols *c, int64_t min, int64_t max);
uint64_t col_count(struct cols *c);   /* 0 to 2^62 */
int64_t col_time(struct cols *c);     /* null: TIME_NONE */
const char *col_text(struct cols *c); /* NULL; until the next row */
struct addr col_addr(struct cols *c);
struct rd col_blob(struct cols *c);
void col_bytes(struct cols *c, void *ret, size_t n); /* a blob of just n bytes */

/* read.c: the hours that a statement answers, one a row, ascending. 0 or negative errno. */
int db_hours(struct store *s, sqlite3_stmt *q, struct store_spans *ret);

/* detail.c: what a conversation has beside its columns. */
void detail_write(const struct conv *c, struct out *o);
struct detail_rows { /* room for what stands outside of a conversation */
	struct conv_fail fail;
	struct conv_refusal refusal;
	struct conv_more more;
	struct conv_minute minutes[CONV_MINUTES];
	struct conv_app app[CONV_APPS];
	char name[CONV_NAMES][CONV_NAME_TEXT];
	struct rpc_iface iface[CONV_IFACES];
	char pipe[CONV_PIPES][CONV_PIPE_TEXT];
};
/* Before the columns are read: those of failures and of unseen bytes go into the rows. */
void detail_rows_clear(struct detail_rows *rows);
/* Fills c, whose columns are read. False: it is damaged. */
bool detail_read(struct rd r, struct conv *c, struct detail_rows *rows);

/* figures.c: the counters of coverage that are kept, by name. */
struct figure {
	char name[64];
	size_t offset;
};
size_t figures_count(void);
struct figure figure_at(size_t i);
bool figure_by_name(const char *name, struct figure *ret);
/* addr_format() and back, a link-local address with its VLAN too. */
bool db_addr(const char *text, struct addr *ret);

#endif
