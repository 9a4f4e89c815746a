// SPDX-License-Identifier: BSD-2-Clause
/* json_tables - dynamic RPC, roles. */
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"
#include "report/json_members.h"
#include "report/json_sections.h"

void json_interfaces(struct jsonw *w, const struct rpc_iface *iface, size_t n)
{
	jsonw_name(w, "interfaces");
	jsonw_array_flat(w);
	for (size_t i = 0; i < n; i++) {
		char buf[RPC_UUID_TEXT];

		jsonw_object(w);
		text_member(w, "uuid", rpc_uuid_format(iface[i].uuid, buf));
		text_member(w, "name", word_interface(iface[i].uuid));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A packet and how it bears on the row; null without `how`. */
static void granted_by(struct jsonw *w, const struct result *r, const struct rpc_row *row)
{
	jsonw_name(w, "granted_by");
	if (!row->how) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "how", row->how);
	packet_members(w, r, &row->granted_by);
	jsonw_object_end(w);
}

static void used_by(struct jsonw *w, const struct result *r, const struct rpc_row *row)
{
	jsonw_name(w, "used_by");
	if (!row->has_state || !row->used_by.number) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	packet_members(w, r, &row->used_by);
	jsonw_object_end(w);
}

void json_dynamic_rpc(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "dynamic_rpc");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_rpc; i++) {
		const struct rpc_row *row = &r->rpc[i];

		jsonw_object(w);
		endpoint(w, "client", &row->client);
		endpoint(w, "server", &row->server);
		service(w, row->proto, "port", row->port);
		state_member(w, row->has_state, row->state);
		json_interfaces(w, row->iface, row->n_iface);
		granted_by(w, r, row);
		used_by(w, r, row);
		text_member(w, "tie", row->tie);
		text_member(w, "why", row->why);
		text_member(w, "reason", row->reason);
		uint_member(w, "folded", row->folded);
		uint_member(w, "more_ports", row->more);
		text_member(w, "verdict", row->has_verdict ? kind_name(row->verdict) : NULL);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static bool is_end(const struct endpoint *e, const struct addr *a)
{
	return e->has_address && addr_equal(&e->address, a);
}

static void contradictions(struct jsonw *w, const struct result *r, const struct role_row *row)
{
	const struct addr *a = &row->address;

	jsonw_name(w, "contradictions");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->kind != KIND_CONTRADICTION ||
		    !(is_end(&f->client, a) || is_end(&f->server, a)))
			continue;
		jsonw_object_flat(w);
		text_member(w, "finding", f->id);
		text_member(w, "why", f->why);
		jsonw_object_end(w);
	}
	for (size_t i = 0; i < row->n_hidden; i++) {
		jsonw_object_flat(w);
		text_member(w, "finding", row->hidden[i].finding);
		text_member(w, "why", row->hidden[i].why);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static const struct role_known *known_of(const struct role_row *row, unsigned role)
{
	for (size_t i = 0; i < row->n_known; i++)
		if (row->known[i].role == role)
			return &row->known[i];
	return NULL;
}

static void fact_list(struct jsonw *w, const char *const *fact, size_t n)
{
	jsonw_name(w, "facts");
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_text(w, fact[i]);
	jsonw_array_end(w);
}

static void fact_packets(struct jsonw *w, const struct result *r, const struct role_known *k)
{
	jsonw_name(w, "evidence");
	jsonw_array(w);
	for (unsigned i = 0; k && i < k->n_fact; i++) {
		if (!k->at[i].number)
			continue;
		jsonw_object_flat(w);
		packet_members(w, r, &k->at[i]);
		uint_member(w, "fact", i + 1);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A role that is in force: declared, or gone by because traffic shows it. */
static void role_in_force(struct jsonw *w, const struct result *r, const struct role_row *row,
			  unsigned role)
{
	const struct role_known *k = row->grade ? known_of(row, role) : NULL;
	char grade[2] = {k ? k->grade : row->grade, '\0'};

	jsonw_object_flat(w);
	text_member(w, "role", role_name(role));
	text_member(w, "known_by", row->known_by);
	text_member(w, "grade", grade[0] ? grade : "declared");
	if (k)
		fact_list(w, k->fact, k->n_fact);
	else
		fact_list(w, row->facts, row->n_facts);
	fact_packets(w, r, k);
	jsonw_object_end(w);
}

/* Of the row as a whole; null: it has no role. */
static void row_grade(struct jsonw *w, const struct role_row *row)
{
	char grade[2] = {row->grade, '\0'};

	text_member(w, "grade", !row->roles ? NULL : row->grade ? grade : "declared");
}

/* All that traffic says, in force or not. */
static void traffic(struct jsonw *w, const struct result *r, const struct role_row *row)
{
	jsonw_name(w, "traffic");
	jsonw_array(w);
	for (size_t i = 0; i < row->n_known; i++) {
		const struct role_known *k = &row->known[i];
		char grade[2] = {k->grade, '\0'};

		jsonw_object_flat(w);
		text_member(w, "role", role_name(k->role));
		text_member(w, "grade", grade);
		fact_list(w, k->fact, k->n_fact);
		fact_packets(w, r, k);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void same_host(struct jsonw *w, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, "same_host_as");
	if (!row->is_tied) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "address", addr_format(&row->tied_to, buf));
	text_member(w, "why", row->tied_why);
	jsonw_object_end(w);
}

void json_roles(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "roles");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_roles; i++) {
		const struct role_row *row = &r->roles[i];
		char buf[ADDR_TEXT];

		jsonw_object(w);
		text_member(w, "address", addr_format(&row->address, buf));
		text_member(w, "name", row->name);
		if (row->name && row->name_source)
			text_member(w, "name_source", row->name_source);
		jsonw_name(w, "roles");
		jsonw_array(w);
		for (unsigned k = 0; k < ROLE_N; k++)
			if (roles_has(row->roles, k))
				role_in_force(w, r, row, k);
		jsonw_array_end(w);
		row_grade(w, row);
		fact_list(w, row->facts, row->n_facts);
		same_host(w, row);
		traffic(w, r, row);
		jsonw_name(w, "left_aside");
		role_list(w, row->said);
		contradictions(w, r, row);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}
