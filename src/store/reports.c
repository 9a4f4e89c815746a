// SPDX-License-Identifier: BSD-2-Clause
#include "store/reports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/time.h"
#include "store/db.h"

enum { DOCUMENT_MAX = 256 << 20, LENGTH = 8 };

/* A document is kept as its length, eight octets with the highest first, and a zlib stream. */
static int unpack(struct store *s, const uint8_t *p, size_t n, struct out *ret)
{
	struct rd r = rd_over(p, n);
	uint64_t length = rd_be64(&r);
	uLongf got = (uLongf)length;
	char *text;
	int code;

	if (rd_short(&r) || !length || length > DOCUMENT_MAX)
		return db_damaged(s, "the last report");
	text = malloc((size_t)length);
	if (!text)
		return -ENOMEM;
	code = uncompress((Bytef *)text, &got, r.p, (uLong)rd_left(&r));
	if (code == Z_OK && got == length)
		out_bytes(ret, text, (size_t)length);
	free(text);
	if (code != Z_OK || got != length)
		return code == Z_MEM_ERROR ? -ENOMEM : db_damaged(s, "the last report");
	return out_failed(ret) ? -ENOMEM : 1;
}

int store_last_report(struct store *s, const char *site, int64_t from_ns, struct out *ret,
		      int64_t *ret_made)
{
	sqlite3_stmt *q =
		db_get(s, "SELECT made_ns, document FROM report WHERE site = ? AND from_ns < ?"
			  " AND document IS NOT NULL ORDER BY to_ns DESC, id DESC LIMIT 1");
	int r = q ? db_bind(s, q, "ti", site, from_ns) : -EIO;

	if (r == 0)
		r = db_next(s, q);
	if (r != 1)
		return r;
	*ret_made = sqlite3_column_int64(q, 0);
	r = unpack(s, sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1), ret);
	sqlite3_reset(q);
	return r;
}

/* Whether each of the reports before had it, the newest first. */
static int recent(struct store *s, const char *site, int64_t from_ns, struct finding *f)
{
	sqlite3_stmt *q = db_get(s, "SELECT EXISTS(SELECT 1 FROM report_finding WHERE"
				    " report_finding.report = report.id AND report_finding.id = ?)"
				    " FROM report WHERE site = ? AND from_ns < ?"
				    " ORDER BY to_ns DESC, id DESC LIMIT ?");
	int r = q ? db_bind(s, q, "ttii", f->id, site, from_ns, (int64_t)PAST_REPORTS) : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		f->past.recent |= (uint32_t)(sqlite3_column_int(q, 0) != 0) << f->past.n_recent++;
		r = 0;
		if (f->past.n_recent == PAST_REPORTS) {
			sqlite3_reset(q);
			break;
		}
	}
	return r;
}

static int past_of_finding(struct store *s, const char *site, int64_t from_ns, struct finding *f)
{
	sqlite3_stmt *q = db_get(s, "SELECT count(*), min(from_ns), max(to_ns) FROM report"
				    " JOIN report_finding ON report_finding.report = report.id"
				    " WHERE site = ? AND from_ns < ? AND report_finding.id = ?");
	int r = q ? db_bind(s, q, "tit", site, from_ns, f->id) : -EIO;

	f->past = (struct finding_past){0};
	if (r == 0)
		r = db_next(s, q);
	if (r != 1)
		return r;
	f->past.reports = (uint64_t)sqlite3_column_int64(q, 0);
	f->past.first_ns = sqlite3_column_int64(q, 1);
	f->past.last_ns = sqlite3_column_int64(q, 2);
	sqlite3_reset(q);
	return recent(s, site, from_ns, f);
}

static int past_of_rule(struct store *s, const char *site, int64_t from_ns, struct rule_row *row)
{
	sqlite3_stmt *q = db_get(s, "SELECT max(to_ns) FROM report JOIN report_rule ON"
				    " report_rule.report = report.id WHERE site = ? AND"
				    " from_ns < ? AND rule = ?");
	int r = q ? db_bind(s, q, "tit", site, from_ns, row->rule->id) : -EIO;

	if (r == 0)
		r = db_next(s, q);
	if (r != 1)
		return r;
	row->has_seen = sqlite3_column_type(q, 0) == SQLITE_INTEGER;
	row->seen_ns = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return 0;
}

int store_tell_past(struct store *s, const char *site, int64_t from_ns, struct result *r)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < r->n_findings; i++)
		status = past_of_finding(s, site, from_ns, &r->findings[i]);
	for (size_t i = 0; status == 0 && i < r->n_rules; i++)
		status = past_of_rule(s, site, from_ns, &r->rules[i]);
	return status;
}

static void put_end(struct out *o, const struct endpoint *e)
{
	char text[ADDR_TEXT];

	if (e->host)
		out_puts(o, e->host);
	else if (e->network)
		out_puts(o, e->network);
	else if (e->has_address)
		out_puts(o, addr_format(&e->address, text));
	else
		out_puts(o, "several");
}

static int put_finding(struct store *s, int64_t report, const struct finding *f)
{
	struct out title = {0};
	int r;

	put_end(&title, &f->client);
	out_puts(&title, " -> ");
	put_end(&title, &f->server);
	if (f->port)
		out_printf(&title, " %u/%s", f->port, f->proto == IPPROTO_NR_UDP ? "udp" : "tcp");
	r = out_failed(&title) ? -ENOMEM
			       : db_do(s,
				       "INSERT OR IGNORE INTO report_finding(report, id, kind,"
				       " severity, waiver, title) VALUES(?,?,?,?,?,?)",
				       "ittttt", report, f->id, kind_name(f->kind),
				       severity_name(f->severity), f->waiver, out_str(&title));
	out_done(&title);
	return r;
}

static const char *const forget_same[] = {
	"DELETE FROM report_finding WHERE report IN(SELECT id FROM report WHERE site = ?1"
	" AND from_ns IS ?2 AND to_ns IS ?3)",
	"DELETE FROM report_rule WHERE report IN(SELECT id FROM report WHERE site = ?1"
	" AND from_ns IS ?2 AND to_ns IS ?3)",
	"DELETE FROM report WHERE site = ?1 AND from_ns IS ?2 AND to_ns IS ?3",
};

static int put_rows(struct store *s, int64_t report, const struct result *r)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < r->n_findings; i++)
		status = put_finding(s, report, &r->findings[i]);
	for (size_t i = 0; status == 0 && i < r->n_rules; i++)
		if (r->rules[i].conversations)
			status = db_do(
				s,
				"INSERT OR IGNORE INTO report_rule(report, rule, conversations)"
				" VALUES(?,?,?)",
				"itu", report, r->rules[i].rule->id, r->rules[i].conversations);
	return status;
}

static int put_report(struct store *s, const struct store_report *p, const uint8_t *packed,
		      size_t n)
{
	const struct result *r = p->r;
	int status = 0;

	for (size_t i = 0; status == 0 && i < N_ELEMENTS(forget_same); i++)
		status = db_do(s, forget_same[i], "tii", p->site, r->from_ns, r->to_ns);
	if (status == 0)
		status = db_do(
			s,
			"INSERT INTO report(made_ns, site, from_ns, to_ns, verdict, exit_code,"
			" tool, site_sha256, critical, high, medium, low, info, waived,"
			" document) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"itiititt"
			"uuuuuub",
			p->made_ns, p->site, r->from_ns, r->to_ns, p->verdict,
			(int64_t)p->exit_code, p->tool,
			r->site && r->site->sha256[0] ? r->site->sha256 : NULL,
			r->n_severity[SEV_CRITICAL], r->n_severity[SEV_HIGH],
			r->n_severity[SEV_MEDIUM], r->n_severity[SEV_LOW], r->n_severity[SEV_INFO],
			r->n_waived, packed, n);
	if (status == 0)
		status = put_rows(s, sqlite3_last_insert_rowid(s->db), r);
	if (status == 0)
		status = db_do(
			s,
			"UPDATE report SET document = NULL WHERE site = ?1 AND document IS NOT"
			" NULL AND id NOT IN(SELECT id FROM report WHERE site = ?1"
			" ORDER BY to_ns DESC, id DESC LIMIT ?2)",
			"ti", p->site, (int64_t)REPORT_DOCUMENTS);
	return status;
}

int store_put_report(struct store *s, const struct store_report *p)
{
	uLongf n = compressBound((uLong)p->n);
	uint8_t *packed = malloc(LENGTH + n);
	int r;

	if (!packed)
		return -ENOMEM;
	for (unsigned i = 0; i < LENGTH; i++)
		packed[i] = (uint8_t)((uint64_t)p->n >> (56 - 8 * i));
	r = compress2(packed + LENGTH, &n, (const Bytef *)p->document, (uLong)p->n, 6) == Z_OK
		    ? db_run(s, "BEGIN IMMEDIATE")
		    : -ENOMEM;
	if (r == 0) {
		r = put_report(s, p, packed, LENGTH + n);
		if (r == 0)
			r = db_run(s, "COMMIT");
		else
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	}
	free(packed);
	return r;
}
