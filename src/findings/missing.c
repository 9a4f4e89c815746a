// SPDX-License-Identifier: BSD-2-Clause
/* Demands that were in view and not satisfied, and recommended traffic that never came. */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/demand.h"

static const struct host *only_host_of(const struct work *w, roleset set)
{
	const struct host *one = NULL;

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!(h->roles & set))
			continue;
		if (one || h->is_network)
			return NULL;
		one = h;
	}
	return one;
}

static const char *host_known(struct work *w, const struct host *h)
{
	const char *slash;

	if (h->known_by == KNOWN_OPTION)
		return "--role";
	if (!h->file)
		return NULL;
	slash = strrchr(h->file, '/');
	return arena_printf(w->a, "%s:%u", slash ? slash + 1 : h->file, h->line);
}

static struct endpoint end_of_host(struct work *w, const struct host *h)
{
	struct endpoint e = {.host = h->known_by == KNOWN_SITE ? h->name : NULL,
			     .roles = h->roles,
			     .known_by = host_known(w, h)};

	if (h->n_addr == 1 || (h->n_addr && !e.host)) {
		e.has_address = true;
		e.address = h->addr[0];
	}
	return e;
}

static struct endpoint end_of_asker(struct work *w, const struct asker *k)
{
	return k->host ? end_of_host(w, k->host) : endpoint_roles(ROLE_BIT(k->role));
}

static struct endpoint end_of_need(struct work *w, const struct need *k)
{
	const struct host *one = only_host_of(w, k->to_set);

	if (one)
		return end_of_host(w, one);
	return endpoint_roles(k->to ? role_end_set(k->to) : k->to_set);
}

static uint16_t first_port(struct work *w, const struct rule *r, const struct need *k)
{
	const struct host *one = only_host_of(w, k->to_set);
	struct port_list l = rule_ports(w->m, r, one);

	return l.n ? l.r[0].lo : 0;
}

static struct fact fact_missing(const struct need *k, const struct unit *u, const struct asker *a,
				uint16_t port)
{
	struct fact f = {
		.kind = KIND_MISSING,
		.rule = k->group,
		.client = asker_name(a),
		.server = k->to ? k->to : "any",
	};

	/* Which rule of a group comes first, and so its port, is a matter of the packs' order. */
	if (!k->group) {
		f.rule = u->first->id;
		f.proto = u->first->proto;
		f.port = port;
	}
	return f;
}

static const char *need_name(struct work *w, const struct need *k, const struct unit *u)
{
	return k->group ? arena_printf(w->a, "%s (%s)", k->group, u->first->id) : u->first->id;
}

static const char *need_server(struct work *w, const struct need *k)
{
	return k->to ? k->to : text_roles(w, k->to_set);
}

static enum flow_state failed_state(const struct conv *c)
{
	if (c->state >= STATE_HALF_OPEN)
		return c->state;
	for (int s = STATE_REJECTED; s < STATE_N; s++)
		if (c->by_state[s])
			return (enum flow_state)s;
	return STATE_NO_ANSWER;
}

static void tried(struct work *w, struct finding *f, size_t from, size_t to)
{
	struct demand_set *d = w->demands;
	const struct item *tell = &w->item[d->failed.v[from].item];
	enum flow_state state = failed_state(item_conv(w, tell));
	char text[TIME_TEXT];
	size_t n = to - from; /* at least one */
	struct out o = {0};

	for (size_t i = from; i < to; i++) {
		const struct item *it = &w->item[d->failed.v[i].item];

		finding_of(w, f, it);
		/* Where another protocol answers, what succeeded is the proof. */
		finding_item(w, f, it, it->outcome != OUTCOME_GOOD);
		if (failed_state(item_shown(w, it)) < state) {
			tell = it;
			state = failed_state(item_conv(w, it));
		}
	}
	f->folded = n > 1 ? n : 0;
	f->port = tell->port;
	f->proto = tell->proto;
	f->state = state;
	if (n == 1) {
		f->server = party_end(&w->party[tell->server]);
		if (!f->client.host || f->client.has_address)
			f->client = party_end(&w->party[tell->client]);
	}
	if (tell->r.verdict == KIND_UNEXPECTED_PROTOCOL && tell->state <= STATE_MID_STREAM) {
		out_printf(&o, " %s answers on %u/%s, but with %s.",
			   party_text(w, &w->party[tell->server]), tell->port,
			   proto_text(tell->proto), app_title(tell->r.app));
		f->state = tell->state;
	} else {
		out_printf(&o, " Tried on %u/%s at %s%s: %s", tell->port, proto_text(tell->proto),
			   party_text(w, &w->party[tell->server]),
			   n > 1 ? arena_printf(w->a, " and in %zu more conversations", n - 1) : "",
			   text_failure(w, item_conv(w, tell)));
	}
	if (tell->sql_port) {
		const struct grant *g = sql_port_told(w->sql_ports, item_conv(w, tell),
						      w->party[tell->server].host);

		out_printf(&o, " SQL Browser told this port of the instance %s.", g->g.name);
		finding_evidence(f, &g->first, 1);
	}
	if (tell->outcome == OUTCOME_BROKEN)
		out_printf(&o, " It worked before, and has failed since %s.",
			   time_human_tz(tell->since_ns, site_tz(w->site), text));
	f->why = arena_printf(w->a, "%s%s", f->why, out_str(&o));
	out_done(&o);
	attempts_of(f, item_conv(w, tell));
}

static const struct site_sensor *sensor_of(const struct site *s, roleset roles)
{
	for (size_t i = 0; i < s->n_sensors; i++)
		if (s->sensors[i].sees & roles)
			return &s->sensors[i];
	return NULL;
}

/* Why the capture would have shown it: packets of both ends, or the word of a declared sensor,
 * which is enough at one end (see not_in_view). */
static const char *would_show(struct work *w, const struct asker *a, const struct need *k)
{
	const struct site_sensor *at_client = sensor_of(w->site, a->roles);
	const struct site_sensor *at_server = sensor_of(w->site, k->to_set);
	const struct site_sensor *s = at_client ? at_client : at_server;

	if (w->demands->seen & k->to_set || !s)
		return "both ends were in view";
	return arena_printf(w->a,
			    "the sensor %s sees %s and would have shown it (no packet of any %s "
			    "was captured)",
			    s->name, at_client ? asker_name(a) : need_server(w, k),
			    need_server(w, k));
}

static bool missing_one(struct work *w, size_t asker, size_t need)
{
	struct demand_set *d = w->demands;
	const struct unit *u = unit_at(d, asker, need);
	const struct need *k = &d->need[need];
	const struct asker *a = &d->asker[asker];
	uint16_t port = first_port(w, u->first, k);
	struct fact fact = fact_missing(k, u, a, port);
	bool failed = u->result == UNIT_FAILED;
	struct finding *f = finding_add(w, &fact,
					demand_guessed(d, a, k) ? SEV_LOW
					: failed                ? SEV_HIGH
								: SEV_MEDIUM);
	uint32_t index = (uint32_t)(u - d->unit);
	char text[TIME_TEXT];

	if (!f)
		return false;
	finding_rule_severity(f, u->first);
	f->rule = u->first;
	f->group = k->group;
	f->proto = u->first->proto;
	f->port = port;
	f->client = end_of_asker(w, a);
	f->server = end_of_need(w, k);
	f->why = arena_printf(w->a, "%s must reach %s for %s: %s.", asker_name(a),
			      need_server(w, k), need_name(w, k, u), u->first->title);
	if (failed) {
		size_t from = unit_first(d, index), to = from;

		while (to < d->failed.n && d->failed.v[to].unit == index)
			to++;
		tried(w, f, from, to);
	} else {
		attempts_of(f, NULL);
		f->why = arena_printf(w->a,
				      "%s Nothing of the kind was tried in the %s observed, though "
				      "%s.",
				      f->why, duration_human(w->r->observed_ns, text),
				      would_show(w, a, k));
	}
	f->advice = u->first->if_missing && *u->first->if_missing ? u->first->if_missing
								  : kind_row(KIND_MISSING)->remedy;
	f->tshark = text_filter(w, f);
	return true;
}

/* Recommended and absent: one finding for a need, naming who. Nothing is wrong with any one host.
 */
static bool advice_one(struct work *w, size_t need)
{
	struct demand_set *d = w->demands;
	const struct need *k = &d->need[need];
	const struct rule *rule = NULL;
	struct out names = {0};
	roleset roles = 0;
	struct finding *f;
	struct fact fact;
	size_t n = 0;
	char text[TIME_TEXT];

	for (size_t i = 0; i < d->n_asker; i++) {
		const struct unit *u = unit_at(d, i, need);

		if (u->demanded || u->result != UNIT_ABSENT)
			continue;
		rule = rule ? rule : u->first;
		roles |= d->asker[i].roles;
		if (n < 5)
			out_printf(&names, "%s%s", n ? ", " : "", asker_name(&d->asker[i]));
		n++;
	}
	if (!n)
		return true;
	if (n > 5)
		out_printf(&names, " and %zu more", n - 5);
	fact = (struct fact){
		.kind = KIND_ADVICE,
		.rule = k->group ? k->group : rule->id,
		.client = "*",
		.server = k->to ? k->to : "any",
	};
	f = finding_add(w, &fact, SEV_INFO);
	if (f) {
		finding_rule_severity(f, rule);
		f->proto = rule->proto;
		f->port = first_port(w, rule, k);
		f->rule = rule;
		f->group = k->group;
		f->client = endpoint_roles(roles);
		f->server = end_of_need(w, k);
		f->why = arena_printf(
			w->a, "Recommended and not seen in the %s observed: %s. Not from: %s.",
			duration_human(w->r->observed_ns, text), rule->title, out_str(&names));
		f->advice = rule->if_missing && *rule->if_missing
				    ? rule->if_missing
				    : "Nothing has to be done; if it is wanted, check that it is "
				      "configured and let through.";
		f->tshark = text_filter(w, f);
	}
	out_done(&names);
	return f != NULL;
}

bool missing_make(struct work *w)
{
	struct demand_set *d = w->demands;

	for (size_t i = 0; i < d->n_asker; i++)
		for (size_t k = 0; k < d->n_need; k++) {
			const struct unit *u = unit_at(d, i, k);

			if (!u->demanded)
				continue;
			if ((u->result == UNIT_FAILED || u->result == UNIT_ABSENT) &&
			    !missing_one(w, i, k))
				return false;
		}
	for (size_t k = 0; k < d->n_need; k++)
		if (!advice_one(w, k))
			return false;
	return !w->failed;
}
