// SPDX-License-Identifier: BSD-2-Clause
/* The draft as text. Names were made harmless when they were taken over; comments go through
 * out_text(). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "site/yaml_write.h"
#include "suggest/draft.h"

enum { WIDTH = 96, FACTS = 2, APART = 64 };

void draft_comment(struct out *o, const char *indent, const char *text)
{
	struct out safe = {0};
	const char *z;

	out_text_z(&safe, text);
	z = out_str(&safe);
	while (*z) {
		size_t n = strlen(z), room = WIDTH - strlen(indent);

		if (n > room) {
			for (n = room; n && z[n] != ' '; n--)
				;
			if (!n)
				n = strcspn(z, " ");
		}
		out_puts(o, indent);
		out_puts(o, "# ");
		out_bytes(o, z, n);
		out_char(o, '\n');
		z += n;
		z += *z == ' ';
	}
	out_done(&safe);
}

void draft_packet(const struct draft *d, struct out *o, const struct evidence *at)
{
	if (!at->number)
		return;
	out_printf(o, " (packet %u", at->number);
	if (d->in->n_paths > 1 && at->input < d->in->n_paths) {
		out_puts(o, " of ");
		out_text_z(o, d->in->paths[at->input]);
	}
	out_char(o, ')');
}

static void comment_role(const struct draft *d, struct out *o, const struct infer_role *r)
{
	struct out t = {0};

	out_printf(&t, "%s, grade %c: ", role_name(r->role), r->grade);
	for (unsigned i = 0; i < r->n_fact && i < FACTS; i++) {
		out_puts(&t, i ? "; " : "");
		out_puts(&t, r->fact[i].text);
		if (r->fact[i].has_at)
			draft_packet(d, &t, &r->fact[i].at);
	}
	draft_comment(o, "  ", out_str(&t));
	out_done(&t);
}

static void comment_addrs(const struct draft *d, struct out *o, const struct infer_host *h)
{
	struct out t = {0};
	char buf[ADDR_TEXT];

	for (size_t i = 1; i < h->n_addr; i++) {
		out_reset(&t);
		out_printf(&t, "%s is the same host: %s", addr_format(&h->addr[i].addr, buf),
			   h->addr[i].why ? h->addr[i].why : "tied to it");
		if (h->addr[i].has_at)
			draft_packet(d, &t, &h->addr[i].at);
		draft_comment(o, "  ", out_str(&t));
	}
	out_done(&t);
}

static void put_ports(struct out *o, unsigned key, const struct seen_ports *s)
{
	out_printf(o, "%s: %s", port_key_name((enum port_key)key), s->n > 1 ? "[" : "");
	for (size_t i = 0; i < s->n; i++)
		out_printf(o, "%s%u", i ? ", " : "", s->port[i]);
	out_puts(o, s->n > 1 ? "]" : "");
}

static void comment_ports(const struct draft *d, struct out *o, const struct draft_host *h)
{
	for (unsigned k = 0; k < PORT_KEY_N; k++) {
		const struct seen_ports *s = &h->ports[k];
		struct out t = {0};

		if (!s->n)
			continue;
		out_printf(&t, "%s, on another port than documented",
			   port_key_name((enum port_key)k));
		draft_packet(d, &t, &s->at);
		if (s->more)
			out_puts(&t, ", and on more than a site file takes");
		if (s->beside) {
			out_puts(&t, ", beside the documented one. If both are meant: ports: {");
			put_ports(&t, k, s);
			out_char(&t, '}');
		}
		draft_comment(o, "  ", out_str(&t));
		out_done(&t);
	}
}

static void ports(struct out *o, const struct draft_host *h)
{
	bool any = false;

	for (unsigned k = 0; k < PORT_KEY_N; k++) {
		if (!h->ports[k].n || h->ports[k].beside)
			continue;
		out_puts(o, any ? ", " : ", ports: {");
		any = true;
		put_ports(o, k, &h->ports[k]);
	}
	out_puts(o, any ? "}" : "");
}

/* Addresses of a link are no host's for good; an audit ties them anew. */
static bool on_a_link(const struct addr *a, const struct draft_host *h)
{
	bool other = false;

	for (size_t i = 0; i < h->h->n_addr; i++)
		other |= !addr_is_link_local(&h->h->addr[i].addr);
	return other && addr_is_link_local(a);
}

static void entry(struct out *o, const struct draft_host *h, roleset roles, bool guess)
{
	char buf[ADDR_TEXT];
	size_t n = 0;

	out_puts(o, guess ? "  #? - {name: " : "  - {name: ");
	yaml_put_text(o, h->name);
	yaml_put_roles(o, roles);
	out_puts(o, ", addr: [");
	for (size_t i = 0; i < h->h->n_addr; i++) {
		if (on_a_link(&h->h->addr[i].addr, h))
			continue;
		out_puts(o, n++ ? ", " : "");
		yaml_put_place(o, addr_format(&h->h->addr[i].addr, buf));
	}
	out_char(o, ']');
	ports(o, h);
	out_puts(o, "}\n");
}

static void comment_guess(const struct draft *d, struct out *o, const char *why,
			  const struct evidence *at)
{
	struct out t = {0};

	out_puts(&t, why);
	draft_packet(d, &t, at);
	draft_comment(o, "  ", out_str(&t));
	out_done(&t);
}

static void host(const struct draft *d, struct out *o, const struct draft_host *h,
		 struct suggest_figures *f)
{
	struct out t = {0};

	out_puts(&t, h->name);
	if (h->h->name) {
		out_puts(&t, ": called ");
		out_puts(&t, h->h->name);
		out_puts(&t, h->h->name_from ? " by " : "");
		out_puts(&t, h->h->name_from ? h->h->name_from : "");
	}
	draft_comment(o, "  ", out_str(&t));
	out_done(&t);
	for (size_t i = 0; i < h->h->n_role; i++)
		if (h->h->role[i].role != ROLE_CRM_CLIENT)
			comment_role(d, o, &h->h->role[i]);
	if (h->web_guess)
		comment_guess(d, o,
			      "crm-web: a web server on the site's ports that keeps its data in "
			      "SQL Server",
			      &h->web_at);
	if (h->mail_guess && h->alone)
		comment_guess(d, o,
			      "crm-router: uses the web application and a mail server, and stands "
			      "among CRM's servers",
			      &h->mail_at);
	else if (h->mail_guess)
		comment_guess(d, o,
			      "crm-router: a CRM server that reads or sends mail. Where it "
			      "synchronises mailboxes itself it is crm-email, with mail: "
			      "server-side-sync",
			      &h->mail_at);
	comment_addrs(d, o, h->h);
	comment_ports(d, o, h);
	if (h->sure) {
		entry(o, h, h->sure, false);
		f->hosts++;
	}
	if (h->guess) {
		draft_comment(o, "  ", h->sure ? "Perhaps, in its place:" : "Perhaps:");
		entry(o, h, h->sure | h->guess, true);
		f->guesses++;
	}
}

static void network(const struct draft *d, struct out *o, const struct draft_net *n,
		    struct suggest_figures *f)
{
	struct out t = {0};
	char buf[ADDR_TEXT];

	out_printf(&t, "%" PRIu32 " client%s of the web application, %s", n->n,
		   n->n == 1 ? "" : "s", addr_format(&n->example, buf));
	out_puts(&t, n->n == 1 ? "" : " among them");
	draft_packet(d, &t, &n->at);
	if (n->apart)
		out_puts(&t, ". Others in this network are no clients of it, and these may be "
			     "something else");
	else if (!n->sure)
		out_puts(&t, ". What they use is a guess, and so are they");
	draft_comment(o, "  ", out_str(&t));
	out_done(&t);
	out_puts(o, n->sure ? "  - {name: " : "  #? - {name: ");
	yaml_put_text(o, n->name);
	out_puts(o, ", role: crm-client, cidr: ");
	if (!n->apart) {
		yaml_put_place(o, prefix_format(&n->net, buf));
	} else {
		out_char(o, '[');
		for (size_t i = 0; i < n->addr.n && i < APART; i++) {
			out_puts(o, i ? ", " : "");
			yaml_put_place(o, addr_format(&n->addr.v[i], buf));
		}
		out_char(o, ']');
	}
	out_puts(o, "}\n");
	f->networks += n->sure;
	f->guesses += !n->sure;
}

/* Of hosts that the site file has: addresses and roles that it does not give them. */
static bool declared(const struct draft *d, struct out *o, const struct infer_host *h)
{
	roleset more = h->roles & ~h->declared->roles & ~ROLE_BIT(ROLE_CRM_CLIENT);
	size_t before = o->n;
	struct out t = {0};
	char buf[ADDR_TEXT];

	for (size_t i = 0; i < h->n_addr; i++) {
		const struct host *there = inventory_find(d->in->site->inventory, &h->addr[i].addr);

		if (there == h->declared || (there && !there->is_network) || !h->addr[i].why)
			continue;
		out_reset(&t);
		out_printf(&t, "%s (line %u) has the address %s, too: %s", h->declared->name,
			   h->declared->line, addr_format(&h->addr[i].addr, buf), h->addr[i].why);
		if (h->addr[i].has_at)
			draft_packet(d, &t, &h->addr[i].at);
		draft_comment(o, "", out_str(&t));
	}
	/* Traffic does not tell these two apart. */
	if (roles_has(h->declared->roles, ROLE_CRM_EMAIL))
		more &= ~ROLE_BIT(ROLE_CRM_ROUTER);
	more = draft_shortest(d, h->declared->roles | more) & ~h->declared->roles;
	for (size_t i = 0; i < h->n_role; i++) {
		if (!roles_has(more, h->role[i].role))
			continue;
		out_reset(&t);
		out_printf(&t, "%s (line %u) shows a role that it is not given:", h->declared->name,
			   h->declared->line);
		draft_comment(o, "", out_str(&t));
		comment_role(d, o, &h->role[i]);
	}
	out_done(&t);
	return o->n > before;
}

static void head(const struct draft *d, struct out *o)
{
	struct out t = {0};
	char buf[TIME_SPAN_TEXT];

	out_puts(&t, "Suggested by `spanaudit site suggest` from");
	for (size_t i = 0; i < d->in->n_paths; i++) {
		out_puts(&t, i ? ", " : " ");
		out_puts(&t, d->in->paths[i]);
	}
	if (d->in->from_ns != TIME_NONE)
		out_printf(&t, ": %s", time_span_human(d->in->from_ns, d->in->to_ns, NULL, buf));
	out_puts(&t, ".");
	draft_comment(o, "", out_str(&t));
	draft_comment(
		o, "",
		"It is a draft: read it. Grades say how sure a role is: A, the host proved it "
		"in a protocol that only such a host speaks; B, several signs; C and D, one "
		"sign or a name, too little to go by. Lines behind #? are guesses: take the "
		"word away where they are right. What a site file can say more is in "
		"spanaudit-site(5).");
	out_done(&t);
}

static bool some(const struct draft *d, bool nets, bool sure)
{
	for (size_t i = 0; nets && i < d->n_net; i++)
		if (d->net[i].sure == sure)
			return true;
	for (size_t i = 0; !nets && i < d->n_host; i++)
		if ((d->host[i].sure != 0) == sure)
			return true;
	return false;
}

static void section(const struct draft *d, struct out *o, bool nets)
{
	const char *word = nets ? "networks" : "hosts";

	/* A key with nothing behind it is an error. */
	if (some(d, nets, true))
		out_printf(o, "%s:\n", word);
	else if (some(d, nets, false))
		out_printf(o, "#? %s:\n", word);
}

void draft_write(const struct draft *d, struct out *o, struct suggest_figures *f)
{
	bool any = false;

	head(d, o);
	out_puts(o, "spanaudit: site/1\n");
	if (!d->in->site->path)
		draft_deployment(d, o, f);
	for (size_t i = 0; i < d->in->infer->n; i++)
		if (d->in->infer->host[i].declared && d->in->infer->host[i].declared->roles)
			any |= declared(d, o, &d->in->infer->host[i]);
	section(d, o, false);
	for (size_t i = 0; i < d->n_host; i++)
		host(d, o, &d->host[i], f);
	section(d, o, true);
	for (size_t i = 0; i < d->n_net; i++)
		network(d, o, &d->net[i], f);
	if (!d->n_host && !d->n_net && !any)
		draft_comment(o, "",
			      d->in->site->path
				      ? "Nothing was seen that the site file does not have."
				      : "Nothing was seen that shows a role. `spanaudit doctor` "
					"says what "
					"the capture holds.");
	if (!d->in->site->path)
		draft_comment(o, "",
			      "How long a capture must be before what was never seen counts as "
			      "missing is a matter of taste: limits: {judge-after: 24h}.");
}

int suggest_write(const struct suggest_input *in, struct out *o, struct suggest_figures *ret)
{
	struct draft d = {.in = in};
	bool ok = draft_hosts(&d) && draft_clients(&d);

	*ret = (struct suggest_figures){0};
	if (ok)
		draft_write(&d, o, ret);
	for (size_t i = 0; i < d.n_net; i++)
		vec_done(&d.net[i].addr);
	arena_done(&d.a);
	return ok && !out_failed(o) ? 0 : -ENOMEM;
}
