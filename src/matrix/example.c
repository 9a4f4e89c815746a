// SPDX-License-Identifier: BSD-2-Clause
/*
 * The examples under a rule: imagined conversations and the verdict that must come out.
 *
 *   CLIENT-ROLE:PORT -> SERVER-ROLE:PORT/PROTO [APPLICATION]
 */
#include <string.h>

#include "matrix/pack_internal.h"
#include "recognise/recognise.h"

static const char *const example_keys[] = {"flow", "is", "with", NULL};
static const char *const with_keys[] = {"topology", "auth", "mail", "setup", NULL};
static const char *const topology_words[] = {"full", "split", NULL};
static const char *const auth_words[] = {"iwa", "claims", "ifd", NULL};
static const char *const mail_words[] = {"none", "outlook", "router", "server-side-sync", NULL};
static const unsigned mail_bits[] = {0, MAIL_OUTLOOK, MAIL_ROUTER, MAIL_SERVER_SIDE_SYNC};

enum { SHOWN = 80, WORD = 40 };

/* The next piece of *z up to one of `stops` or the end, without the blanks around it. */
static bool piece(const char **z, const char *stops, char buf[WORD])
{
	const char *from = *z + strspn(*z, " ");
	size_t n = strcspn(from, stops), end = n;

	while (end && from[end - 1] == ' ')
		end--;
	if (!end || end >= WORD)
		return false;
	memcpy(buf, from, end);
	buf[end] = '\0';
	*z = from + n;
	return true;
}

static bool stop(const char **z, const char *what)
{
	size_t n = strlen(what);

	if (strncmp(*z, what, n) != 0)
		return false;
	*z += n;
	return true;
}

static bool role_of(struct pack_reader *p, const struct ynode *n, const char *name,
		    enum role *ret_role)
{
	enum role r = role_by_name(name);

	if (r != ROLE_N) {
		*ret_role = r;
		return true;
	}

	const char *near = did_you_mean(name, role_names());
	struct error *e = near ? yerror(p->f, n, p->errs, "unknown role '%s' (did you mean '%s'?)",
					name, near)
			       : yerror(p->f, n, p->errs, "unknown role '%s'", name);

	error_hint(e, role_group_by_name(name) == GROUP_N
			      ? "`spanaudit help roles` lists them"
			      : "an example is about two hosts: name a role of the group");
	return false;
}

static void read_flow(struct pack_reader *p, const struct ynode *n, struct rule_example *x)
{
	char client[WORD], cport[WORD], server[WORD], sport[WORD], proto[WORD], app[WORD] = "";
	const char *z;

	if (!y_text(p->f, n, p->errs, &z))
		return;
	x->text = z;
	x->line = n->line;
	x->column = n->column;
	x->length = n->length;
	if (!piece(&z, ":", client) || !stop(&z, ":") || !piece(&z, "-", cport) ||
	    !stop(&z, "->") || !piece(&z, ":", server) || !stop(&z, ":") ||
	    !piece(&z, "/", sport) || !stop(&z, "/") || !piece(&z, " ", proto)) {
		error_hint(yerror(p->f, n, p->errs, "'%.*s' is not a conversation", SHOWN, x->text),
			   "write it as in crm-web:50000 -> sql:1433/tcp tds");
		return;
	}
	z += strspn(z, " ");
	if (*z && !piece(&z, "", app))
		app[0] = '?', app[1] = '\0';
	if (!role_of(p, n, client, &x->client_role) || !role_of(p, n, server, &x->server_role))
		return;
	if (!port_parse(cport, strlen(cport), &x->client_port) ||
	    !port_parse(sport, strlen(sport), &x->server_port)) {
		error_hint(
			yerror(p->f, n, p->errs, "'%s' is not a port",
			       port_parse(cport, strlen(cport), &x->client_port) ? sport : cport),
			"write a number from 1 to 65535");
		return;
	}
	if (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0) {
		error_hint(
			yerror(p->f, n, p->errs, "'%s' is no transport of a conversation", proto),
			"write /tcp or /udp");
		return;
	}
	x->proto = proto[0] == 't' ? 6 : 17;
	if (!app[0])
		return;
	if (!pack_app(p, n, app, &x->app) || x->app < RULE_IP_AH)
		return;
	error_hint(yerror(p->f, n, p->errs, "no bytes are ever recognised as '%s'", app),
		   "leave the application out");
}

/* The deployment that demands the rule, so that most examples need not speak of it. */
static void default_deployment(const struct rule *r, struct rule_example *x)
{
	x->auth = r->variant == VARIANT_CLAIMS ? AUTH_CLAIMS : AUTH_IWA;
	x->topology = r->variant == VARIANT_SPLIT_ROLES ? TOPOLOGY_SPLIT : TOPOLOGY_FULL;
	x->mail = r->variant == VARIANT_EMAIL_ROUTER              ? MAIL_ROUTER
		  : r->variant == VARIANT_CLIENT_SIDE_INTEGRATION ? MAIL_OUTLOOK
								  : 0;
}

static void read_with(struct pack_reader *p, struct ynode *m, struct rule_example *x)
{
	struct ynode *n;
	int k;

	if (!y_map(p->f, m, p->errs))
		return;
	n = ymap_get(m, "topology");
	if (n && y_word(p->f, n, topology_words, p->errs, &k))
		x->topology = (enum site_topology)k;
	n = ymap_get(m, "auth");
	if (n && y_word(p->f, n, auth_words, p->errs, &k))
		x->auth = (enum site_auth)k;
	n = ymap_get(m, "mail");
	if (n && y_word(p->f, n, mail_words, p->errs, &k))
		x->mail = mail_bits[k];
	n = ymap_get(m, "setup");
	if (n)
		y_bool(p->f, n, p->errs, &x->in_setup);
	ymap_unused(p->f, m, with_keys, p->errs);
}

void pack_read_example(struct pack_reader *p, const struct rule *r, struct ynode *record)
{
	struct rule_example x = {.text = ""};
	struct ynode *flow, *is, *with;
	int k;

	if (!y_map(p->f, record, p->errs))
		return;
	default_deployment(r, &x);
	flow = ymap_need(p->f, record, "flow", p->errs);
	is = ymap_need(p->f, record, "is", p->errs);
	with = ymap_get(record, "with");
	if (flow)
		read_flow(p, flow, &x);
	if (is && y_word(p->f, is, rule_verdict_words(), p->errs, &k))
		x.verdict = rule_verdict_words()[k];
	if (with)
		read_with(p, with, &x);
	ymap_unused(p->f, record, example_keys, p->errs);
	if (!vec_push(&p->examples, x))
		p->no_memory = true;
}

void rule_example_deployment(const struct rule_example *x, struct site *site)
{
	site->auth = x->auth;
	site->topology = x->topology;
	site->mail = x->mail;
}

void rule_example_ends(const struct rule_example *x, struct end *ret_client, struct end *ret_server)
{
	*ret_client = (struct end){.roles = roles_implied(ROLE_BIT(x->client_role), false, false)};
	*ret_server = (struct end){.roles = roles_implied(ROLE_BIT(x->server_role), false, false)};
}
