// SPDX-License-Identifier: BSD-2-Clause
/* write - runs, segments and their rows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/time.h"
#include "recognise/recognise.h"
#include "store/db.h"

/* What is of segments of a run goes, children first. */
#define DROP_SEGMENTS(which)                                                              \
	"DELETE FROM conv_hour" OF(which), "DELETE FROM later_hour" OF(which),            \
		"DELETE FROM host_hour" OF(which), "DELETE FROM grant_hour" OF(which),    \
		"DELETE FROM sighting_hour" OF(which), "DELETE FROM card_hour" OF(which), \
		"DELETE FROM cluster_hour" OF(which), "DELETE FROM blind_hour" OF(which), \
		"DELETE FROM seen_hour" OF(which), "DELETE FROM figure_hour" OF(which),   \
		"DELETE FROM segment_input" OF(which), "DELETE FROM segment WHERE run = ?1" which
#define OF(which) " WHERE segment IN(SELECT id FROM segment WHERE run = ?1" which ")"

static const char *const drop_segments[] = {
	DROP_SEGMENTS(""),
	"DELETE FROM name WHERE run = ?1",
	"UPDATE input SET taken = 0 WHERE run = ?1",
	"UPDATE run SET state = 'replaced' WHERE id = ?1",
};
static const char *const drop_provisional[] = {DROP_SEGMENTS(" AND provisional")};
#undef OF

bool store_is_storing(const struct store *s)
{
	size_t n = strlen(s->path) + sizeof "-lock";
	char *path = malloc(n);
	bool busy = false;
	int fd = -1;

	if (path) {
		snprintf(path, n, "%s-lock", s->path);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd >= 0) {
		busy = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
		close(fd);
	}
	free(path);
	return busy;
}

int store_lock(struct store *s, size_t *ret_interrupted)
{
	size_t n = strlen(s->path) + sizeof "-lock";
	char *path = malloc(n);
	int r;

	*ret_interrupted = 0;
	if (!path)
		return -ENOMEM;
	snprintf(path, n, "%s-lock", s->path);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (s->lock < 0) {
		r = -errno;
		snprintf(s->why, sizeof s->why, "its lock cannot be made: %s", strerror(-r));
		return r;
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		snprintf(s->why, sizeof s->why, "another run is storing");
		return -EBUSY;
	}
	r = db_upgrade(s);
	r = r ? r : db_do(s, "UPDATE run SET state = 'interrupted' WHERE state = 'open'", "");
	if (r == 0)
		*ret_interrupted = (size_t)sqlite3_changes(s->db);
	return r;
}

int store_take_lock(struct store *s)
{
	int fd = s->lock;

	s->lock = -1;
	return fd;
}

int64_t store_run(const struct store *s)
{
	return s->run;
}

void store_resume(struct store *s, int64_t run)
{
	s->run = run;
}

/* ------------------------------------------------------------------ the ledger */

static bool among(const char *const *digest, size_t n, const char *z)
{
	for (size_t i = 0; z && i < n; i++)
		if (digest[i] && !strcmp(digest[i], z))
			return true;
	return false;
}

/* Was all that the run read among these? 1, 0, negative errno. */
static int all_there(struct store *s, int64_t run, const char *const *digest, size_t n)
{
	sqlite3_stmt *q = db_get(s, "SELECT digest FROM input WHERE run = ? AND taken");
	int r = q ? db_bind(s, q, "i", run) : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		r = 0;
		if (!among(digest, n, (const char *)sqlite3_column_text(q, 0))) {
			sqlite3_reset(q);
			return 0;
		}
	}
	return r < 0 ? r : 1;
}

static int replace(struct store *s, int64_t run)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(drop_segments); i++)
		r = db_do(s, drop_segments[i], "i", run);
	if (r == 0)
		return db_run(s, "COMMIT");
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int replace_interrupted(struct store *s, const char *const *digest, size_t n)
{
	VEC(int64_t) runs = {0};
	sqlite3_stmt *q = db_get(s, "SELECT id FROM run WHERE state = 'interrupted'");
	int r = q ? 0 : -EIO;

	while (r == 0 && (r = db_next(s, q)) == 1)
		r = vec_push(&runs, sqlite3_column_int64(q, 0)) ? 0 : -ENOMEM;
	for (size_t i = 0; r >= 0 && i < runs.n; i++) {
		r = all_there(s, runs.v[i], digest, n);
		if (r == 1)
			r = replace(s, runs.v[i]);
	}
	vec_done(&runs);
	return r < 0 ? r : 0;
}

int store_known(struct store *s, const char *const *digest, size_t n, bool *ret_known,
		size_t *ret_part)
{
	int r = replace_interrupted(s, digest, n);

	*ret_part = 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		sqlite3_stmt *q = db_get(
			s, "SELECT max(state = 'done') FROM input JOIN run ON run.id = input.run"
			   " WHERE digest = ? AND taken AND state IN('done', 'interrupted')");

		ret_known[i] = false;
		if (!digest[i])
			continue;
		r = q ? db_bind(s, q, "t", digest[i]) : -EIO;
		if (r == 0)
			r = db_next(s, q);
		if (r != 1)
			break;
		r = 0;
		ret_known[i] = sqlite3_column_type(q, 0) != SQLITE_NULL;
		*ret_part += ret_known[i] && !sqlite3_column_int(q, 0);
		sqlite3_reset(q);
	}
	return r;
}

/* ------------------------------------------------------------------ runs */

static int begin(struct store *s, const struct store_told *told, const char *tool, int64_t now_ns)
{
	int r = db_do(s,
		      "INSERT INTO run(began_ns, state, tool, filter, vlan_key, piped, max_memory)"
		      " VALUES(?, 'open', ?, ?, ?, ?, ?)",
		      "ittiiu", now_ns, tool, told->filter, (int64_t)told->vlan_key,
		      (int64_t)told->piped, told->max_memory);

	s->run = sqlite3_last_insert_rowid(s->db);
	for (size_t i = 0; r == 0 && told->files[i]; i++)
		r = db_do(s, "INSERT OR IGNORE INTO run_file(run, path) VALUES(?, ?)", "it", s->run,
			  told->files[i]);
	return r;
}

int store_run_begin(struct store *s, const struct store_told *told, const char *tool,
		    int64_t now_ns)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	if (r == 0)
		r = begin(s, told, tool, now_ns);
	if (r == 0)
		return db_run(s, "COMMIT");
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int store_run_end(struct store *s, const char *lost, int64_t now_ns)
{
	return db_do(s, "UPDATE run SET state = 'done', ended_ns = ?, lost = ? WHERE id = ?", "iti",
		     now_ns, lost, s->run);
}

int store_put_drops(struct store *s, uint64_t kernel, uint64_t interface)
{
	return db_do(s, "UPDATE run SET kernel_drops = ?, interface_drops = ? WHERE id = ?", "uui",
		     kernel, interface, s->run);
}

int store_put_name(struct store *s, const struct addr *a, const char *name)
{
	return db_do(s, "INSERT OR IGNORE INTO name(run, address, name) VALUES(?, ?, ?)", "iat",
		     s->run, a, name);
}

static int bind_ns(struct store *s, sqlite3_stmt *q, int at, int64_t ns)
{
	int code = ns == TIME_NONE ? sqlite3_bind_null(q, at) : sqlite3_bind_int64(q, at, ns);

	return code == SQLITE_OK ? 0 : db_failed(s, code);
}

int store_put_input(struct store *s, uint32_t i, const struct store_input *x)
{
	const struct result_input *in = &x->in;
	bool taken = !in->failed && !in->same_as;
	sqlite3_stmt *q = db_get(
		s,
		"INSERT OR REPLACE INTO input(run, ord, path, digest, told, taken, format, codec,"
		" bytes, packets, late, unsorted, step_ns, step_packet, strange_time, untimed,"
		" tcp_flows, one_way_flows, tcp_bytes, tcp_unseen_bytes, note, same_as, caveat,"
		" failed, first_ns, last_ns)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	int r = q ? db_bind(s, q, "iittiittuuuuiiuuuuuuttti", s->run, (int64_t)i, in->path,
			    in->sha256 ? in->sha256 : x->digest, (int64_t)(in->sha256 != NULL),
			    (int64_t)taken, in->format, in->codec, in->bytes, in->packets, in->late,
			    in->unsorted, in->step_ns, (int64_t)in->step_packet, in->strange_time,
			    in->untimed, in->tcp_flows, in->one_way_flows, in->tcp_bytes,
			    in->tcp_unseen_bytes, in->note, in->same_as, in->caveat,
			    (int64_t)in->failed)
		  : -EIO;

	r = r ? r : bind_ns(s, q, 25, in->first_ns);
	r = r ? r : bind_ns(s, q, 26, in->last_ns);
	return r ? r : db_next(s, q);
}

/* ------------------------------------------------------------------ segments */

int store_segment_begin(struct store *s)
{
	int r = db_run(s, "BEGIN IMMEDIATE");

	s->from = INT64_MAX;
	s->to = INT64_MIN;
	s->rows = 0;
	s->referred.n = 0;
	if (r == 0)
		r = db_do(s,
			  "INSERT INTO segment(run, written_ns, from_hour, to_hour, rows)"
			  " VALUES(?, 0, 0, 0, 0)",
			  "i", s->run);
	s->segment = sqlite3_last_insert_rowid(s->db);
	return r;
}

int store_segment_end(struct store *s, int64_t now_ns)
{
	int r = s->rows ? db_do(s,
				"UPDATE segment SET written_ns = ?, from_hour = ?, to_hour = ?,"
				" rows = ? WHERE id = ?",
				"iiiui", now_ns, s->from, s->to, s->rows, s->segment)
			: db_do(s, "DELETE FROM segment WHERE id = ?", "i", s->segment);

	return r == 0 ? db_run(s, "COMMIT") : r;
}

void store_segment_drop(struct store *s)
{
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_segment_provisional(struct store *s)
{
	return db_do(s, "UPDATE segment SET provisional = 1 WHERE id = ?", "i", s->segment);
}

int store_drop_provisional(struct store *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(drop_provisional); i++)
		r = db_do(s, drop_provisional[i], "i", s->run);
	return r;
}

static void in_hour(struct store *s, int64_t hour)
{
	if (hour < s->from)
		s->from = hour;
	if (hour > s->to)
		s->to = hour;
	s->rows++;
}

/* Which inputs the segment's rows name. */
static int refers(struct store *s, const struct evidence *e, unsigned n)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		while (s->referred.n <= e[i].input)
			if (!vec_push(&s->referred, false))
				return db_failed(s, SQLITE_NOMEM);
		if (s->referred.v[e[i].input])
			continue;
		s->referred.v[e[i].input] = true;
		r = db_do(s, "INSERT OR IGNORE INTO segment_input(segment, ord) VALUES(?, ?)", "ii",
			  s->segment, (int64_t)e[i].input);
	}
	return r;
}

/* The protocol that most flows spoke, for people. */
static const char *main_app(const struct conv *c)
{
	const struct conv_app *best = NULL;
	struct conv_app room;

	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		if (a->app != APP_NONE && (!best || a->flows > best->flows))
			best = a;
	}
	return best ? app_name(best->app) : "";
}

static int refers_conv(struct store *s, const struct conv *c)
{
	int r = refers(s, c->ok_ev, c->n_ok_ev);

	r = r ? r : refers(s, conv_fail(c)->ev, conv_fail(c)->n_ev);
	r = r ? r : refers(s, &conv_more(c)->bind_ev, conv_more(c)->has_bind);
	for (unsigned i = 0; r == 0 && i < c->n_app; i++) {
		struct conv_app room;
		const struct conv_app *a = conv_app(c, i, &room);

		r = refers(s, a->ev, a->n_ev);
		r = r ? r : refers(s, &a->tell, a->told);
	}
	return r;
}

/* `before` comes last, and is no column of the one. */
#define INSERT(table, more, values)                                                                \
	"INSERT INTO " table "(segment, hour, waiting, client, server, proto, port, client_port,"  \
	" client_port_max, vlan, is_group, direction, state, flows, packets_out, packets_in,"      \
	" bytes_out, bytes_in, payload_out, payload_in, unseen_out, unseen_in, first_ns, last_ns," \
	" fails, tries, started, app, detail" more ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"   \
	"?,?,?,?,?,?,?,?,?,?,?,?" values ")"

static int put_conv(struct store *s, const char *sql, const char *kinds, int64_t hour,
		    int64_t before, const struct conv *c, bool waiting)
{
	in_hour(s, hour);
	detail_write(c, &s->detail);
	if (out_failed(&s->detail))
		return db_failed(s, SQLITE_NOMEM);

	int r = db_do(s, sql, kinds, s->segment, hour, (int64_t)waiting, &c->client, &c->server,
		      (int64_t)c->proto, (int64_t)c->port, (int64_t)c->client_port_min,
		      (int64_t)c->client_port_max, (int64_t)c->vlan, (int64_t)c->group,
		      dir_reason_name(c->reason), flow_state_name(c->state), c->flows,
		      c->packets[0], c->packets[1], c->bytes[0], c->bytes[1], c->payload[0],
		      c->payload[1], conv_more(c)->unseen[0], conv_more(c)->unseen[1], c->first_ns,
		      c->last_ns, conv_fail(c)->n, conv_fail(c)->tries, (int64_t)c->started,
		      main_app(c), s->detail.p, s->detail.n, before);

	return r ? r : refers_conv(s, c);
}

#define CONV_KINDS "iiiaaiiiiiittuuuuuuuuuiiuuitb"

int store_put_conv(struct store *s, int64_t hour, const struct conv *c, bool waiting)
{
	static const char sql[] = INSERT("conv_hour", "", "");

	return put_conv(s, sql, CONV_KINDS, hour, 0, c, waiting);
}

int store_put_later(struct store *s, int64_t hour, int64_t before, const struct conv *c,
		    bool waiting)
{
	static const char sql[] = INSERT("later_hour", ", before", ",?");

	return put_conv(s, sql, CONV_KINDS "i", hour, before, c, waiting);
}

int store_put_host(struct store *s, int64_t hour, const struct conv_host *h)
{
	in_hour(s, hour);
	return db_do(s,
		     "INSERT INTO host_hour(segment, hour, address, vlan, ttl_min, ttl_max, macs,"
		     " more_macs) VALUES(?,?,?,?,?,?,?,?)",
		     "iiaiiibi", s->segment, hour, &h->addr, (int64_t)h->vlan, (int64_t)h->ttl_min,
		     (int64_t)h->ttl_max, &h->mac, (size_t)h->n_mac * sizeof h->mac[0],
		     (int64_t)h->more_macs);
}

int store_put_grant(struct store *s, int64_t hour, const struct grant *g)
{
	char alias[ADDR_TEXT];
	sqlite3_stmt *q = db_get(
		s, "INSERT INTO grant_hour(segment, hour, server, client, how, proto, port, major,"
		   " minor, alias, name, first_ns, input, packet, last_ns, n, assumed, interface)"
		   " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	int r = q ? db_bind(s, q, "iiaatiiiittiiiiui", s->segment, hour, &g->server, &g->client,
			    grant_how_name(g->g.how), (int64_t)g->g.proto, (int64_t)g->g.port,
			    (int64_t)g->g.major, (int64_t)g->g.minor,
			    g->g.has_alias ? addr_format(&g->g.alias, alias) : NULL, g->g.name,
			    g->first.ts_ns, (int64_t)g->first.input, (int64_t)g->first.number,
			    g->last_ns, g->n, (int64_t)g->assumed)
		  : -EIO;

	in_hour(s, hour);
	if (r == 0)
		r = (g->g.has_iface
			     ? sqlite3_bind_blob(q, 18, g->g.uuid, sizeof g->g.uuid, SQLITE_STATIC)
			     : sqlite3_bind_null(q, 18)) == SQLITE_OK
			    ? db_next(s, q)
			    : db_failed(s, SQLITE_NOMEM);
	return r ? r : refers(s, &g->first, 1);
}

int store_put_sighting(struct store *s, int64_t hour, const struct sighting *x)
{
	in_hour(s, hour);

	int r = db_do(s,
		      "INSERT INTO sighting_hour(segment, hour, kind, about, by, port, code, name,"
		      " text, first_ns, input, packet, last_ns, n)"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		      "iitaaiittiiiiu", s->segment, hour, sighting_kind_name(x->kind), &x->about,
		      &x->by, (int64_t)x->port, (int64_t)x->code, x->name, x->text, x->first.ts_ns,
		      (int64_t)x->first.input, (int64_t)x->first.number, x->last_ns, x->n);

	return r ? r : refers(s, &x->first, 1);
}

int store_put_card(struct store *s, int64_t hour, const struct card *c)
{
	char text[ADDR_TEXT];

	out_reset(&s->detail);
	for (unsigned i = 0; i < c->n; i++) {
		out_puts(&s->detail, i ? " " : "");
		out_puts(&s->detail, addr_format(&c->addr[i], text));
	}
	in_hour(s, hour);
	return db_do(s,
		     "INSERT INTO card_hour(segment, hour, mac, vlan, addresses, many, first_ns)"
		     " VALUES(?,?,?,?,?,?,?)",
		     "iibitii", s->segment, hour, &c->mac, sizeof c->mac, (int64_t)c->vlan,
		     out_str(&s->detail), (int64_t)c->many, c->first_ns);
}

int store_put_cluster(struct store *s, int64_t hour, const struct cluster_host *c)
{
	in_hour(s, hour);
	return db_do(s,
		     "INSERT INTO cluster_hour(segment, hour, cluster, host, id, mac, vlan,"
		     " heartbeats, first_ns, last_ns) VALUES(?,?,?,?,?,?,?,?,?,?)",
		     "iiaaibiuii", s->segment, hour, &c->cluster, &c->host, (int64_t)c->id, &c->mac,
		     sizeof c->mac, (int64_t)c->vlan, c->heartbeats, c->first_ns, c->last_ns);
}

int store_put_blind(struct store *s, int64_t hour, const struct blind_pair *p)
{
	in_hour(s, hour);
	return db_do(s, "INSERT INTO blind_hour(segment, hour, a, b) VALUES(?,?,?,?)", "iiaa",
		     s->segment, hour, &p->a, &p->b);
}

int store_put_seen(struct store *s, int64_t hour, int64_t from_ns, int64_t to_ns)
{
	in_hour(s, hour);
	return db_do(s, "INSERT INTO seen_hour(segment, hour, from_ns, to_ns) VALUES(?,?,?,?)",
		     "iiii", s->segment, hour, from_ns, to_ns);
}

static int put_figure(struct store *s, int64_t hour, const char *name, uint64_t value)
{
	return db_do(s, "INSERT INTO figure_hour(segment, hour, name, value) VALUES(?,?,?,?)",
		     "iitu", s->segment, hour, name, value);
}

int store_put_figures(struct store *s, int64_t hour, const struct coverage *c)
{
	int r = 0;

	in_hour(s, hour);
	for (size_t i = 0; r == 0 && i < figures_count(); i++) {
		struct figure f = figure_at(i);
		uint64_t v;

		memcpy(&v, (const char *)c + f.offset, sizeof v);
		if (v)
			r = put_figure(s, hour, f.name, v);
	}
	return r;
}

int store_put_moved(struct store *s, int64_t hour, const struct store_moved *m)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"moved.tcp_bytes_here", m->bytes_here},
		{"moved.tcp_unseen_here", m->unseen_here},
		{"moved.tcp_bytes_back", m->bytes_back},
		{"moved.tcp_unseen_back", m->unseen_back},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(rows); i++)
		if (rows[i].value)
			r = put_figure(s, hour, rows[i].name, rows[i].value);
	return r;
}
