/* SPDX-License-Identifier: BSD-2-Clause */
/* json_members - members that several sections of the result document have. */
#ifndef SPAN_REPORT_JSON_MEMBERS_H
#define SPAN_REPORT_JSON_MEMBERS_H

#include "report/jsonw.h"
#include "report/words.h"

static inline void uint_member(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static inline void time_member(struct jsonw *w, const char *name, int64_t ns)
{
	jsonw_name(w, name);
	jsonw_time(w, ns);
}

/* "" stands for none in rules; JSON says null. */
static inline const char *some(const char *z)
{
	return z && *z ? z : NULL;
}

static inline void role_list(struct jsonw *w, roleset roles)
{
	jsonw_array_flat(w);
	for (unsigned r = 0; r < ROLE_N; r++)
		if (roles_has(roles, r))
			jsonw_text(w, role_name(r));
	jsonw_array_end(w);
}

static inline void endpoint(struct jsonw *w, const char *name, const struct endpoint *e)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, name);
	jsonw_object_flat(w);
	text_member(w, "address", e->has_address ? addr_format(&e->address, buf) : NULL);
	text_member(w, "network", e->network);
	text_member(w, "host", e->host);
	text_member(w, "name", e->name);
	if (e->name && e->name_source)
		text_member(w, "name_source", e->name_source);
	jsonw_name(w, "roles");
	role_list(w, e->roles);
	text_member(w, "known_by", e->known_by);
	jsonw_object_end(w);
}

static inline void service(struct jsonw *w, uint8_t proto, const char *port_name, uint16_t port)
{
	char buf[8];

	text_member(w, "transport", proto ? word_transport(proto, buf) : NULL);
	jsonw_name(w, port_name);
	if (port)
		jsonw_uint(w, port);
	else
		jsonw_null(w);
}

static inline void state_member(struct jsonw *w, bool has, enum flow_state s)
{
	text_member(w, "state", has ? flow_state_name(s) : NULL);
}

static inline void direction_member(struct jsonw *w, bool has, unsigned confidence,
				    enum dir_reason reason)
{
	jsonw_name(w, "direction");
	if (!has) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	uint_member(w, "confidence", confidence);
	text_member(w, "reason", dir_reason_name(reason));
	jsonw_object_end(w);
}

/* The members of one packet reference; the object is the caller's. */
static inline void packet_members(struct jsonw *w, const struct result *r,
				  const struct evidence *ev)
{
	text_member(w, "input", ev->input < r->n_inputs ? r->inputs[ev->input].path : NULL);
	uint_member(w, "packet", ev->number);
	time_member(w, "time", ev->ts_ns);
}

static inline void text_list(struct jsonw *w, const char *name, const char *const *v)
{
	jsonw_name(w, name);
	jsonw_array_flat(w);
	for (; v && *v; v++)
		jsonw_text(w, *v);
	jsonw_array_end(w);
}

#endif
