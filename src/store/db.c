// SPDX-License-Identifier: BSD-2-Clause
/* db - statements, values and words of errors. */
#include "store/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

struct prepared {
	struct prepared *next;
	const char *sql;
	sqlite3_stmt *q;
};

int db_failed(struct store *s, int code)
{
	static const struct {
		int code, err;
		const char *words;
	} known[] = {
		{SQLITE_FULL, -ENOSPC, "the disk is full"},
		{SQLITE_BUSY, -EBUSY, "another program is writing to it"},
		{SQLITE_LOCKED, -EBUSY, "another program is writing to it"},
		{SQLITE_READONLY, -EROFS, "it is write-protected"},
		{SQLITE_CORRUPT, -EINVAL, "it is damaged"},
		{SQLITE_NOTADB, -EINVAL, "it is damaged"},
		{SQLITE_NOMEM, -ENOMEM, "there is no memory"},
		{SQLITE_PERM, -EACCES, "its mode keeps this user out"},
		{SQLITE_CANTOPEN, -EACCES, "it cannot be opened for writing"},
	};

	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if ((code & 0xff) == known[i].code) {
			snprintf(s->why, sizeof s->why, "%s", known[i].words);
			return known[i].err;
		}
	snprintf(s->why, sizeof s->why, "%s", s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code));
	return -EIO;
}

int db_damaged(struct store *s, const char *what)
{
	snprintf(s->why, sizeof s->why, "it is damaged: %s", what);
	return -EINVAL;
}

const char *store_why(const struct store *s)
{
	return s->why;
}

sqlite3_stmt *db_get(struct store *s, const char *sql)
{
	struct prepared *p = s->prepared;
	int code;

	while (p && p->sql != sql)
		p = p->next;
	if (p) {
		sqlite3_reset(p->q);
		return p->q;
	}
	p = calloc(1, sizeof *p);
	if (!p) {
		db_failed(s, SQLITE_NOMEM);
		return NULL;
	}
	code = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &p->q, NULL);
	if (code != SQLITE_OK) {
		db_failed(s, code);
		free(p);
		return NULL;
	}
	p->sql = sql;
	p->next = s->prepared;
	s->prepared = p;
	return p->q;
}

static int bind_addr(sqlite3_stmt *q, int i, const struct addr *a)
{
	char text[ADDR_TEXT];

	return sqlite3_bind_text(q, i, addr_format(a, text), -1, SQLITE_TRANSIENT);
}

static int bind_values(sqlite3_stmt *q, const char *kinds, va_list ap)
{
	int code = SQLITE_OK;

	for (int i = 1; kinds[i - 1] && code == SQLITE_OK; i++) {
		const void *p;

		switch (kinds[i - 1]) {
		case 'i':
			code = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
			break;
		case 'u':
			code = sqlite3_bind_int64(q, i, (int64_t)va_arg(ap, uint64_t));
			break;
		case 't':
			p = va_arg(ap, const char *);
			code = sqlite3_bind_text(q, i, p, -1, SQLITE_STATIC);
			break;
		case 'a':
			code = bind_addr(q, i, va_arg(ap, const struct addr *));
			break;
		case 'b':
			p = va_arg(ap, const void *);
			code = sqlite3_bind_blob64(q, i, p, va_arg(ap, size_t), SQLITE_STATIC);
			break;
		default:
			code = sqlite3_bind_null(q, i);
		}
	}
	return code;
}

int db_bind(struct store *s, sqlite3_stmt *q, const char *kinds, ...)
{
	va_list ap;
	int code;

	va_start(ap, kinds);
	code = bind_values(q, kinds, ap);
	va_end(ap);
	return code == SQLITE_OK ? 0 : db_failed(s, code);
}

int db_next(struct store *s, sqlite3_stmt *q)
{
	int code = sqlite3_step(q);

	if (code == SQLITE_ROW)
		return 1;
	/* A row that waits in an answer would hold the file. */
	sqlite3_reset(q);
	return code == SQLITE_DONE ? 0 : db_failed(s, code);
}

int db_do(struct store *s, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *q = db_get(s, sql);
	va_list ap;
	int code;

	if (!q)
		return -EIO;
	va_start(ap, kinds);
	code = bind_values(q, kinds, ap);
	va_end(ap);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	/* Before the reset, which clears the words. */
	int r = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : db_failed(s, code);

	sqlite3_reset(q);
	return r;
}

int db_run(struct store *s, const char *sql)
{
	int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : db_failed(s, code);
}

int64_t db_number(struct store *s, const char *sql, int64_t or_)
{
	sqlite3_stmt *q = db_get(s, sql);
	int64_t n = or_;

	if (q && db_next(s, q) == 1) {
		if (sqlite3_column_type(q, 0) == SQLITE_INTEGER)
			n = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return n;
}

void db_forget(struct store *s)
{
	while (s->prepared) {
		struct prepared *p = s->prepared;

		s->prepared = p->next;
		sqlite3_finalize(p->q);
		free(p);
	}
}

/* Columns */

int64_t col_int(struct cols *c, int64_t min, int64_t max)
{
	int i = c->at++;
	int64_t v = sqlite3_column_int64(c->q, i);

	if (sqlite3_column_type(c->q, i) != SQLITE_INTEGER || v < min || v > max) {
		c->bad = true;
		return min;
	}
	return v;
}

uint64_t col_count(struct cols *c)
{
	return (uint64_t)col_int(c, 0, INT64_C(1) << 62);
}

int64_t col_time(struct cols *c)
{
	if (sqlite3_column_type(c->q, c->at) == SQLITE_NULL) {
		c->at++;
		return TIME_NONE;
	}
	return col_int(c, TIME_NONE + 1, INT64_MAX);
}

const char *col_text(struct cols *c)
{
	int i = c->at++;
	const char *z;

	if (sqlite3_column_type(c->q, i) == SQLITE_NULL)
		return NULL;
	z = (const char *)sqlite3_column_text(c->q, i);
	if (!z || sqlite3_column_type(c->q, i) != SQLITE_TEXT ||
	    strlen(z) != (size_t)sqlite3_column_bytes(c->q, i) || strlen(z) > STORE_TEXT) {
		c->bad = true;
		return NULL;
	}
	return z;
}

bool db_addr(const char *text, struct addr *ret)
{
	static const char mark[] = "%vlan";
	const char *at = strstr(text, mark);
	char alone[ADDR_TEXT];
	char *end;
	unsigned long vlan;

	if (!at)
		return addr_parse(text, ret);
	vlan = strtoul(at + strlen(mark), &end, 10);
	if ((size_t)(at - text) >= sizeof alone || *end || end == at + strlen(mark) ||
	    vlan > UINT16_MAX)
		return false;
	memcpy(alone, text, (size_t)(at - text));
	alone[at - text] = '\0';
	if (!addr_parse(alone, ret) || addr_is_v4(ret) || !addr_is_link_local(ret))
		return false;
	ret->b[2] = (uint8_t)(vlan >> 8);
	ret->b[3] = (uint8_t)vlan;
	return true;
}

struct addr col_addr(struct cols *c)
{
	const char *z = col_text(c);
	struct addr a = {{0}};

	if (!z || !db_addr(z, &a))
		c->bad = true;
	return a;
}

struct rd col_blob(struct cols *c)
{
	int i = c->at++;
	const void *p = sqlite3_column_blob(c->q, i);
	int n = sqlite3_column_bytes(c->q, i);

	if (sqlite3_column_type(c->q, i) != SQLITE_BLOB || n < 0 || n > STORE_BLOB) {
		c->bad = true;
		n = 0;
	}
	return rd_over(p, p ? (size_t)n : 0);
}

void col_bytes(struct cols *c, void *ret, size_t n)
{
	struct rd r = col_blob(c);
	const uint8_t *p = rd_take(&r, n);

	memset(ret, 0, n);
	if (!p || rd_left(&r))
		c->bad = true;
	else
		memcpy(ret, p, n);
}
