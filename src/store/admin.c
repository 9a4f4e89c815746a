// SPDX-License-Identifier: BSD-2-Clause
#include "store/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/time.h"
#include "store/db.h"

enum { RUNS_SHOWN = 16 };

/* ------------------------------------------------------------------ summary */

static uint64_t number(struct store *s, const char *sql)
{
	int64_t n = db_number(s, sql, 0);

	return n > 0 ? (uint64_t)n : 0;
}

static int sum_hours(struct store *s, struct store_summary *p)
{
	sqlite3_stmt *q = db_get(s, "SELECT DISTINCT hour FROM seen_hour ORDER BY hour");

	return q ? db_hours(s, q, &p->hours) : -EIO;
}

static int sum_runs(struct store *s, struct store_summary *p)
{
	sqlite3_stmt *q = db_get(
		s, "SELECT id, began_ns, ended_ns, state,"
		   " (SELECT group_concat(path, ', ') FROM run_file WHERE run = run.id),"
		   " (SELECT count(*) FROM segment WHERE run = run.id),"
		   " (SELECT coalesce(sum(packets), 0) FROM input WHERE run = run.id AND taken)"
		   " FROM run WHERE state IN('open', 'interrupted')"
		   " OR id = (SELECT max(id) FROM run) ORDER BY id DESC LIMIT 16");
	int r = q ? 0 : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		struct cols c = {.q = q};
		struct store_run_row row = {.id = col_int(&c, 1, INT64_MAX)};
		const char *state, *files;

		row.began_ns = col_time(&c);
		row.ended_ns = col_time(&c);
		state = col_text(&c);
		files = col_text(&c);
		row.segments = col_count(&c);
		row.packets = col_count(&c);
		r = c.bad || !state ? db_damaged(s, "the list of runs") : 0;
		row.state = r == 0 ? arena_strdup(&p->arena, state) : NULL;
		row.files = r == 0 ? arena_strdup(&p->arena, files ? files : "") : NULL;
		if (r == 0 && (!row.state || !row.files || !vec_push(&p->runs, row)))
			r = -ENOMEM;
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

int store_summary(struct store *s, struct store_summary *ret)
{
	uint64_t page;
	int r;

	memset(ret, 0, sizeof *ret);
	page = number(s, "PRAGMA page_size");
	ret->bytes = number(s, "PRAGMA page_count") * page;
	ret->free_bytes = number(s, "PRAGMA freelist_count") * page;
	ret->segments = number(s, "SELECT count(*) FROM segment");
	ret->conversations = number(s, "SELECT count(*) FROM conv_hour");
	if (db_has_later(s))
		ret->conversations += number(s, "SELECT count(*) FROM later_hour");
	ret->grants = number(s, "SELECT count(*) FROM grant_hour");
	ret->sightings = number(s, "SELECT count(*) FROM sighting_hour");
	ret->inputs = number(s, "SELECT count(*) FROM input WHERE taken");
	ret->n_runs = number(s, "SELECT count(*) FROM run");
	ret->storing = store_is_storing(s);
	r = sum_hours(s, ret);
	return r ? r : sum_runs(s, ret);
}

void store_summary_done(struct store_summary *p)
{
	vec_done(&p->hours);
	vec_done(&p->runs);
	arena_done(&p->arena);
}

/* ------------------------------------------------------------------ smaller */

static const char *const of_hours[] = {
	"DELETE FROM conv_hour WHERE hour < ?",  "DELETE FROM host_hour WHERE hour < ?",
	"DELETE FROM grant_hour WHERE hour < ?", "DELETE FROM sighting_hour WHERE hour < ?",
	"DELETE FROM card_hour WHERE hour < ?",  "DELETE FROM cluster_hour WHERE hour < ?",
	"DELETE FROM blind_hour WHERE hour < ?", "DELETE FROM figure_hour WHERE hour < ?",
	"DELETE FROM seen_hour WHERE hour < ?",  "DELETE FROM later_hour WHERE hour < ?",
};

static const char *const of_segments[] = {
	"DELETE FROM segment_input WHERE segment IN(SELECT id FROM segment WHERE to_hour < ?)",
	"DELETE FROM segment WHERE to_hour < ?",
	"UPDATE segment SET from_hour = ?1 WHERE from_hour < ?1",
};

static int count_hours(struct store *s, int64_t before, uint64_t *ret)
{
	sqlite3_stmt *q = db_get(s, "SELECT count(DISTINCT hour) FROM seen_hour WHERE hour < ?");
	int r = q ? db_bind(s, q, "i", before) : -EIO;

	if (r == 0 && (r = db_next(s, q)) == 1) {
		*ret += (uint64_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		r = 0;
	}
	return r;
}

static int delete_before(struct store *s, int64_t before, struct store_gone *ret)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	r = r ? r : count_hours(s, before, &ret->hours);
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(of_hours); i++) {
		r = db_do(s, of_hours[i], "i", before);
		ret->rows += (uint64_t)sqlite3_changes(s->db);
		ret->conversations += i ? 0 : (uint64_t)sqlite3_changes(s->db);
	}
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(of_segments); i++)
		r = db_do(s, of_segments[i], "i", before);
	if (r == 0)
		r = db_run(s, "COMMIT");
	else
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (r == 0)
		ret->before = before;
	return r;
}

static uint64_t used(struct store *s)
{
	return (number(s, "PRAGMA page_count") - number(s, "PRAGMA freelist_count")) *
	       number(s, "PRAGMA page_size");
}

int store_shrink(struct store *s, struct store_gone *ret)
{
	int r = db_run(s, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);");

	ret->bytes_after = number(s, "PRAGMA page_count") * number(s, "PRAGMA page_size");
	return r;
}

int store_gc(struct store *s, int64_t before, uint64_t max_bytes, struct store_gone *ret)
{
	int r = 0;

	*ret = (struct store_gone){.before = INT64_MIN};
	ret->bytes_before = number(s, "PRAGMA page_count") * number(s, "PRAGMA page_size");
	if (before != INT64_MIN)
		r = delete_before(s, before, ret);
	while (r == 0 && max_bytes && used(s) > max_bytes) {
		int64_t oldest = db_number(s, "SELECT min(from_hour) FROM segment", INT64_MAX);

		if (oldest == INT64_MAX)
			break; /* nothing of hours is left */
		r = delete_before(s, oldest + 24 * STORE_HOUR, ret);
	}
	return r ? r : store_shrink(s, ret);
}

/* Of one transaction, with the moment for each; *ret is what the last one deleted. */
static int forget(struct store *s, const char *const *sql, size_t n, int64_t before_ns,
		  uint64_t *ret)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = db_do(s, sql[i], "i", before_ns);
		*ret = (uint64_t)sqlite3_changes(s->db);
	}
	if (r == 0)
		return db_run(s, "COMMIT");
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int store_gc_reports(struct store *s, int64_t before_ns, struct store_gone *ret)
{
#define OLD "(SELECT id FROM report WHERE to_ns < ?)"
	static const char *const sql[] = {
		"DELETE FROM report_finding WHERE report IN" OLD,
		"DELETE FROM report_rule WHERE report IN" OLD,
		"DELETE FROM report WHERE to_ns < ?",
	};
#undef OLD

	return forget(s, sql, N_ELEMENTS(sql), before_ns, &ret->reports);
}

int store_gc_ledger(struct store *s, int64_t before_ns, struct store_gone *ret)
{
/* Whose rows are there goes on being known. */
#define OLD                                                                                       \
	"(SELECT id FROM run WHERE ended_ns < ? AND NOT EXISTS(SELECT 1 FROM segment WHERE run =" \
	" run.id))"
	static const char *const sql[] = {
		"DELETE FROM name WHERE run IN" OLD,
		"DELETE FROM run_file WHERE run IN" OLD,
		"DELETE FROM input WHERE run IN" OLD,
	};
#undef OLD
	int r = forget(s, sql, N_ELEMENTS(sql), before_ns, &ret->captures);

	return r ? r
		 : db_run(s, "DELETE FROM run WHERE NOT EXISTS(SELECT 1 FROM segment WHERE run ="
			     " run.id) AND NOT EXISTS(SELECT 1 FROM input WHERE run = run.id)"
			     " AND ended_ns IS NOT NULL");
}

/* ------------------------------------------------------------------ rows */

static void put_value(struct out *o, sqlite3_stmt *q, int i)
{
	const uint8_t *p;

	switch (sqlite3_column_type(q, i)) {
	case SQLITE_INTEGER:
		out_printf(o, "%lld", (long long)sqlite3_column_int64(q, i));
		break;
	case SQLITE_TEXT:
		out_json(o, (const char *)sqlite3_column_text(q, i),
			 (size_t)sqlite3_column_bytes(q, i));
		break;
	case SQLITE_BLOB:
		p = sqlite3_column_blob(q, i);
		out_char(o, '"');
		for (int k = 0; k < sqlite3_column_bytes(q, i); k++)
			out_printf(o, "%02x", p[k]);
		out_char(o, '"');
		break;
	default:
		out_puts(o, "null");
	}
}

static int export_table(struct store *s, const char *table, const char *sql,
			int (*put)(void *user, const struct out *line), void *user)
{
	sqlite3_stmt *q = db_get(s, sql);
	struct out line = {0};
	int r = q ? 0 : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		out_reset(&line);
		out_printf(&line, "{\"table\": \"%s\"", table);
		for (int i = 0; i < sqlite3_column_count(q); i++) {
			const char *name = sqlite3_column_name(q, i);

			out_puts(&line, ", ");
			out_json_z(&line, name);
			out_puts(&line, ": ");
			put_value(&line, q, i);
		}
		out_puts(&line, "}\n");
		r = out_failed(&line) ? -ENOMEM : put(user, &line);
		if (r)
			sqlite3_reset(q);
	}
	out_done(&line);
	return r;
}

int store_export(struct store *s, int (*put)(void *user, const struct out *line), void *user)
{
#define TABLE(name, order)                                       \
	{                                                        \
#name, "SELECT * FROM " #name " ORDER BY " order \
	}
	static const struct {
		const char *name, *sql;
	} tables[] = {
		TABLE(run, "id"),
		TABLE(run_file, "run, path"),
		TABLE(input, "run, ord"),
		TABLE(name, "run, address"),
		TABLE(segment, "id"),
		TABLE(segment_input, "segment, ord"),
		TABLE(seen_hour, "segment, hour, from_ns"),
		TABLE(figure_hour, "segment, hour, name"),
		TABLE(conv_hour,
		      "segment, hour, client, server, proto, port, waiting, client_port"),
		TABLE(later_hour,
		      "segment, hour, before, client, server, proto, port, waiting, client_port"),
		TABLE(host_hour, "segment, hour, address, vlan"),
		TABLE(grant_hour, "id"),
		TABLE(sighting_hour, "id"),
		TABLE(card_hour, "segment, hour, mac, vlan"),
		TABLE(cluster_hour, "segment, hour, cluster, host, id"),
		TABLE(blind_hour, "segment, hour, a, b"),
		TABLE(report, "id"),
		TABLE(report_finding, "report, id"),
		TABLE(report_rule, "report, rule"),
	};
#undef TABLE
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(tables); i++)
		if (db_has_later(s) || strcmp(tables[i].name, "later_hour") != 0)
			r = export_table(s, tables[i].name, tables[i].sql, put, user);
	return r;
}
