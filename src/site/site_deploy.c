// SPDX-License-Identifier: BSD-2-Clause
/* What kind of deployment it is: deployment, ports, limits. */
#include <string.h>

#include "base/time.h"
#include "site/reader.h"

static void read_mail(struct reader *r, const struct ynode *n)
{
	static const char *const words[] = {"none", "outlook", "router", "server-side-sync", NULL};
	static const unsigned bits[] = {0, MAIL_OUTLOOK, MAIL_ROUTER, MAIL_SERVER_SIDE_SYNC};
	unsigned set = 0;
	bool none = false;

	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		int i;

		if (!y_word(r->f, y, words, r->errs, &i))
			continue;
		none |= i == 0;
		set |= bits[i];
	}
	if (none && set)
		error_hint(yerror(r->f, n, r->errs, "'none' together with a way of mail"),
			   "keep one of them");
	r->site->mail = set;
}

static void read_rpc(struct reader *r, const struct ynode *n)
{
	if (n->kind == Y_SCALAR && strcmp(n->text, "default") == 0)
		return;
	if (read_port_list(r, n, &r->site->rpc))
		r->site->rpc_restricted = true;
}

static bool read_time(struct reader *r, struct ynode *record, const char *key, int64_t *ret_ns)
{
	struct ynode *n = need(r, record, key, "2024-05-01T08:00:00+02:00");
	const char *z;

	if (!n || !y_text(r->f, n, r->errs, &z))
		return false;
	if (time_parse(z, ret_ns))
		return true;
	error_hint(yerror(r->f, n, r->errs, "'%s' is not a time", z),
		   "write date, time and offset: 2024-05-01T08:00:00+02:00");
	return false;
}

static void read_setup(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"from", "to", NULL};
	VEC(struct time_window) v = {0};

	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next) {
		struct time_window w;

		if (!y_map(r->f, y, r->errs))
			continue;

		bool from = read_time(r, y, "from", &w.from_ns);
		bool to = read_time(r, y, "to", &w.to_ns);

		ymap_unused(r->f, y, known, r->errs);
		if (!from || !to)
			continue;
		if (w.to_ns <= w.from_ns)
			error_hint(yerror(r->f, y, r->errs, "this window ends before it begins"),
				   "swap 'from' and 'to', or check the offsets");
		else if (!vec_push(&v, w))
			no_memory(r);
	}
	r->site->setup = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_setup = r->site->setup ? v.n : 0;
	vec_done(&v);
}

void site_read_deployment(struct reader *r, struct ynode *n)
{
	static const char *const auths[] = {"iwa", "claims", "ifd", NULL};
	static const char *const topologies[] = {"full", "split", NULL};
	static const char *const nlbs[] = {"none", "windows-nlb", "appliance", NULL};
	static const char *const sqls[] = {"default", "named-fixed", "named-dynamic",
					   "fci",     "ag",          NULL};
	static const char *const netbioses[] = {"tolerated", "expected", "forbidden", NULL};
	static const char *const known[] = {"auth", "topology", "mail",   "nlb",   "sql", "netbios",
					    "rpc",  "ipsec-dc", "trusts", "setup", NULL};
	struct site *s = r->site;
	struct ynode *y;
	int i;

	if (!y_map(r->f, n, r->errs))
		return;
	if ((y = ymap_get(n, "auth")) && y_word(r->f, y, auths, r->errs, &i))
		s->auth = (enum site_auth)i;
	if ((y = ymap_get(n, "topology")) && y_word(r->f, y, topologies, r->errs, &i))
		s->topology = (enum site_topology)i;
	if ((y = ymap_get(n, "mail")))
		read_mail(r, y);
	if ((y = ymap_get(n, "nlb")) && y_word(r->f, y, nlbs, r->errs, &i))
		s->nlb = (enum site_nlb)i;
	if ((y = ymap_get(n, "sql")) && y_word(r->f, y, sqls, r->errs, &i))
		s->sql = (enum site_sql)i;
	if ((y = ymap_get(n, "netbios")) && y_word(r->f, y, netbioses, r->errs, &i))
		s->netbios = (enum site_netbios)i;
	if ((y = ymap_get(n, "rpc")))
		read_rpc(r, y);
	if ((y = ymap_get(n, "ipsec-dc")))
		y_bool(r->f, y, r->errs, &s->ipsec_dc);
	if ((y = ymap_get(n, "trusts")))
		read_texts(r, y, &s->trusts, &s->n_trusts);
	if ((y = ymap_get(n, "setup")))
		read_setup(r, y);
	ymap_unused(r->f, n, known, r->errs);
}

void site_read_ports(struct reader *r, struct ynode *n)
{
	read_port_map(r, n, r->site->ports);
}

static bool read_duration(struct reader *r, const struct ynode *n, int64_t *ret_ns)
{
	const char *z;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	if (duration_parse(z, ret_ns))
		return true;
	error_hint(yerror(r->f, n, r->errs, "'%s' is not a length of time", z),
		   "write 90s, 15m, 24h or 7d");
	return false;
}

static void read_judge_after_for(struct reader *r, struct ynode *n)
{
	VEC(struct site_judge_after) v = {0};

	if (!y_map(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next) {
		struct site_judge_after j = {.service = y->key};

		y->used = true;
		if (read_duration(r, y, &j.ns) && !vec_push(&v, j))
			no_memory(r);
	}
	r->site->judge_after_for = keep(r, v.v, v.n, sizeof *v.v);
	r->site->n_judge_after_for = r->site->judge_after_for ? v.n : 0;
	vec_done(&v);
}

void site_read_limits(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"judge-after", "judge-after-for", "min-packets", NULL};
	struct ynode *y;

	if (!y_map(r->f, n, r->errs))
		return;
	if ((y = ymap_get(n, "judge-after")))
		read_duration(r, y, &r->site->judge_after_ns);
	if ((y = ymap_get(n, "judge-after-for")))
		read_judge_after_for(r, y);
	if ((y = ymap_get(n, "min-packets")))
		y_uint(r->f, y, UINT64_MAX, r->errs, &r->site->min_packets);
	ymap_unused(r->f, n, known, r->errs);
}
