// SPDX-License-Identifier: BSD-2-Clause
/* load_tables - dynamic RPC, hosts and their roles, conversations. */
#include <stdio.h>
#include <string.h>

#include "recognise/recognise.h"
#include "report/load.h"

static void state(struct load *l, const json_t *o, bool *ret_has, enum flow_state *ret)
{
	const char *z = doc_text(&l->doc, o, "state", true);

	*ret_has = z != NULL;
	if (z)
		*ret = (enum flow_state)doc_choice(&l->doc, "state", z, doc_state_at, STATE_N);
}

/* An object that may be null. */
static const json_t *object_or_null(struct load *l, const json_t *o, const char *name)
{
	const json_t *v = doc_member(&l->doc, o, name, true);

	if (!v || json_is_object(v))
		return v;
	doc_wrong(&l->doc, name, "is no object");
	return NULL;
}

/* --- dynamic RPC -------------------------------------------------------------------------------
 */

static void read_rpc(struct load *l, const json_t *o, struct rpc_row *row)
{
	const json_t *by = object_or_null(l, o, "granted_by");
	const json_t *used = object_or_null(l, o, "used_by");
	const char *verdict = doc_text(&l->doc, o, "verdict", true);

	row->client = load_endpoint(l, o, "client");
	row->server = load_endpoint(l, o, "server");
	row->proto = load_transport(l, o);
	row->port = load_port(l, o, "port");
	state(l, o, &row->has_state, &row->state);
	row->n_iface = (uint8_t)load_interfaces(l, o, row->iface);
	if (by) {
		row->how = doc_given(&l->doc, by, "how");
		row->granted_by = load_packet(l, by);
	}
	if (used)
		row->used_by = load_packet(l, used);
	row->tie = doc_text(&l->doc, o, "tie", true);
	row->why = doc_text(&l->doc, o, "why", true);
	row->reason = doc_text(&l->doc, o, "reason", true);
	row->folded = doc_count(&l->doc, o, "folded");
	row->more = doc_count(&l->doc, o, "more_ports");
	row->has_verdict = verdict != NULL;
	if (verdict)
		row->verdict = (enum kind)doc_choice(&l->doc, "verdict", verdict, doc_kind_at,
						     KIND_LAST_VERDICT + 1);
}

void load_rpc(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "dynamic_rpc", sizeof *r->rpc, &r->rpc);

	while ((o = doc_row(&l->doc, v, "dynamic_rpc", r->n_rpc)) != NULL)
		read_rpc(l, o, &r->rpc[r->n_rpc++]);
}

/* --- hosts -------------------------------------------------------------------------------------
 */

static char grade(struct load *l, const json_t *o)
{
	const char *z = doc_text(&l->doc, o, "grade", false);

	if (!z || strcmp(z, "declared") == 0)
		return '\0';
	if (*z >= 'A' && *z <= 'D' && !z[1])
		return *z;
	doc_wrong(&l->doc, "grade", "is no grade");
	return '\0';
}

static enum role role_of(struct load *l, const json_t *o)
{
	const char *z = doc_given(&l->doc, o, "role");
	enum role r = role_by_name(z);

	if (r == ROLE_N)
		doc_wrong(&l->doc, "role", "is a role that this spanaudit does not know");
	return r == ROLE_N ? 0 : r;
}

static void packets_of(struct load *l, const json_t *o, struct role_known *k)
{
	const json_t *ev, *v = doc_list(&l->doc, o, "evidence", 0, NULL);

	for (size_t i = 0; (ev = doc_item(&l->doc, v, "evidence", i)) != NULL; i++) {
		uint64_t fact = doc_count_or_0(&l->doc, ev, "fact");

		fact = fact ? fact : i + 1;
		if (fact > k->n_fact)
			doc_wrong(&l->doc, "evidence", "is of none of 'facts'");
		else
			k->at[fact - 1] = load_packet(l, ev);
	}
}

static void read_known(struct load *l, const json_t *o, struct role_known *k)
{
	size_t n;
	const char *const *facts = doc_texts(&l->doc, o, "facts", true, &n);

	k->role = role_of(l, o);
	k->grade = grade(l, o);
	if (n > N_ELEMENTS(k->fact))
		doc_wrong(&l->doc, "facts", "has more rows than any result");
	if (l->doc.error)
		return;
	for (size_t i = 0; i < n; i++)
		k->fact[i] = facts[i];
	k->n_fact = (uint8_t)n;
	packets_of(l, o, k);
}

static void traffic(struct load *l, const json_t *o, struct role_row *row)
{
	struct role_known *known = NULL;
	const json_t *k, *v = doc_list(&l->doc, o, "traffic", sizeof *known, &known);

	row->known = known;
	while ((k = doc_item(&l->doc, v, "traffic", row->n_known)) != NULL)
		read_known(l, k, &known[row->n_known++]);
}

/* Roles in force. What they say of grade and facts, the row and its traffic say, too; of a document
 * whose rows do not, the last role speaks for its row. */
static void in_force(struct load *l, const json_t *o, struct role_row *row)
{
	const json_t *one, *v = doc_list(&l->doc, o, "roles", 0, NULL);

	for (size_t i = 0; (one = doc_item(&l->doc, v, "roles", i)) != NULL; i++) {
		row->roles |= ROLE_BIT(role_of(l, one));
		row->known_by = doc_text(&l->doc, one, "known_by", true);
		row->grade = grade(l, one);
		row->facts = doc_texts(&l->doc, one, "facts", true, &row->n_facts);
	}
	if (!doc_member(&l->doc, o, "facts", false))
		return;
	row->grade = grade(l, o);
	row->facts = doc_texts(&l->doc, o, "facts", true, &row->n_facts);
}

static void same_host(struct load *l, const json_t *o, struct role_row *row)
{
	const json_t *v = object_or_null(l, o, "same_host_as");

	if (!v)
		return;
	row->is_tied = true;
	row->tied_to = load_addr(l, doc_given(&l->doc, v, "address"), "address");
	row->tied_why = doc_text(&l->doc, v, "why", true);
}

/* Those of findings that the document lists are made of these. */
static void contradictions(struct load *l, const json_t *o, struct role_row *row)
{
	struct row_contradiction *hidden = NULL;
	const json_t *one, *v = doc_list(&l->doc, o, "contradictions", sizeof *hidden, &hidden);

	row->hidden = hidden;
	for (size_t i = 0; (one = doc_item(&l->doc, v, "contradictions", i)) != NULL; i++) {
		const char *id = doc_given(&l->doc, one, "finding");

		if (!l->r->only || strcmp(l->r->only, kind_name(KIND_CONTRADICTION)) == 0)
			continue;
		hidden[row->n_hidden++] =
			(struct row_contradiction){id, doc_text(&l->doc, one, "why", true)};
	}
}

static void read_host(struct load *l, const json_t *o, struct role_row *row)
{
	row->address = load_addr(l, doc_given(&l->doc, o, "address"), "address");
	row->name = doc_text(&l->doc, o, "name", true);
	row->name_source = doc_text(&l->doc, o, "name_source", false);
	traffic(l, o, row);
	in_force(l, o, row);
	same_host(l, o, row);
	row->said = load_roles(l, o, "left_aside");
	contradictions(l, o, row);
}

void load_hosts(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "roles", sizeof *r->roles, &r->roles);

	while ((o = doc_row(&l->doc, v, "roles", r->n_roles)) != NULL)
		read_host(l, o, &r->roles[r->n_roles++]);
}

/* --- conversations -----------------------------------------------------------------------------
 */

static const char *tunnel_at(unsigned i)
{
	return tunnel_name((enum tunnel)i);
}

static const char *reason_at(unsigned i)
{
	return dir_reason_name((enum dir_reason)i);
}

static void way(struct load *l, const json_t *o, struct conv *c)
{
	uint64_t vlan = doc_member(&l->doc, o, "vlan", true) ? doc_count(&l->doc, o, "vlan") : 0;
	const char *tunnel = doc_text(&l->doc, o, "tunnel", true);
	uint64_t id =
		doc_member(&l->doc, o, "tunnel_id", true) ? doc_count(&l->doc, o, "tunnel_id") : 0;

	if (vlan > UINT16_MAX)
		doc_wrong(&l->doc, "vlan", "is no VLAN");
	if (id > UINT32_MAX)
		doc_wrong(&l->doc, "tunnel_id", "is no number of a tunnel");
	c->vlan = (uint16_t)vlan;
	c->tunnel_id = (uint32_t)id;
	if (tunnel)
		c->tunnel = (uint8_t)doc_choice(&l->doc, "tunnel", tunnel, tunnel_at, TUNNEL_N);
}

static void pipes(struct load *l, const json_t *o, struct conv_more *m)
{
	size_t n;
	const char *const *v = doc_texts(&l->doc, o, "pipes", false, &n);

	if (n > CONV_PIPES)
		doc_wrong(&l->doc, "pipes", "has more rows than any result");
	if (l->doc.error || !n)
		return;
	m->pipe = doc_alloc(&l->doc, n * sizeof *m->pipe);
	for (size_t i = 0; m->pipe && !l->doc.error && i < n; i++) {
		if (strlen(v[i]) >= CONV_PIPE_TEXT)
			doc_wrong(&l->doc, "pipes", "has a longer name than any result");
		else
			memcpy(m->pipe[i], v[i], strlen(v[i]) + 1);
		m->n_pipe = (uint8_t)(i + 1);
	}
}

static void interfaces(struct load *l, const json_t *o, struct conv_more *m)
{
	struct rpc_iface all[CONV_IFACES] = {0};
	size_t n = load_interfaces(l, o, all);

	m->iface = n ? doc_alloc(&l->doc, n * sizeof *m->iface) : NULL;
	if (!m->iface)
		return;
	memcpy(m->iface, all, n * sizeof *m->iface);
	m->n_iface = (uint8_t)n;
}

/* Of the client, and of the server. */
static void two_counts(struct load *l, const json_t *o, const char *name, uint64_t ret[2])
{
	const json_t *v = doc_member(&l->doc, o, name, true);

	for (size_t i = 0; !l->doc.error && i < 2; i++) {
		const json_t *n = json_array_get(v, i);

		if (json_is_integer(n) && json_integer_value(n) >= 0)
			ret[i] = (uint64_t)json_integer_value(n);
		else
			doc_wrong(&l->doc, name, "is no list of two counts");
	}
}

static void read_traffic(struct load *l, const json_t *o, struct conv *c)
{
	const json_t *direction = doc_object(&l->doc, o, "direction");
	struct conv_fail *fail = doc_alloc(&l->doc, sizeof *fail);
	struct conv_more *more = doc_alloc(&l->doc, sizeof *more);

	if (!direction || !fail || !more)
		return;
	c->fail = fail;
	c->more = more;
	c->proto = load_transport(l, o);
	c->port = load_port(l, o, "server_port");
	c->state = (enum flow_state)doc_word(&l->doc, o, "state", doc_state_at, STATE_N);
	interfaces(l, o, more);
	pipes(l, o, more);
	c->reason = (enum dir_reason)doc_word(&l->doc, direction, "reason", reason_at, DIR_N);
	way(l, o, c);
	c->flows = doc_count(&l->doc, o, "flows");
	fail->n = doc_count(&l->doc, o, "failed_flows");
	two_counts(l, o, "packets", c->packets);
	two_counts(l, o, "bytes", c->bytes);
	c->first_ns = doc_time(&l->doc, o, "first");
	c->last_ns = doc_time(&l->doc, o, "last");
}

static uint16_t app_of(struct load *l, const json_t *o)
{
	const char *z = doc_text(&l->doc, o, "protocol", true);
	uint16_t app = z ? app_by_name(z) : APP_NONE;

	if (z && strcmp(app_name(app), z) != 0)
		doc_wrong(&l->doc, "protocol", "is a word that this spanaudit does not know");
	return app;
}

static void read_conv(struct load *l, const json_t *o, struct judged *j)
{
	struct conv *c = doc_alloc(&l->doc, sizeof *c);

	if (!c)
		return;
	j->client = load_endpoint(l, o, "client");
	j->server = load_endpoint(l, o, "server");
	j->verdict = (enum kind)doc_word(&l->doc, o, "verdict", doc_kind_at, KIND_LAST_VERDICT + 1);
	j->rule = load_rule_of(l, doc_text(&l->doc, o, "rule", true),
			       doc_text(&l->doc, o, "rule_pack", false));
	j->app = app_of(l, o);
	j->folded = doc_count(&l->doc, o, "folded");
	c->client = j->client.address;
	c->server = j->server.address;
	read_traffic(l, o, c);
	j->conv = c;
}

void load_convs(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "conversations", sizeof *r->convs, &r->convs);

	while ((o = doc_row(&l->doc, v, "conversations", r->n_convs)) != NULL) {
		read_conv(l, o, &r->convs[r->n_convs]);
		if (l->doc.error)
			return;
		r->n_convs++;
	}
}
