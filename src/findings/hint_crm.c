// SPDX-License-Identifier: BSD-2-Clause
/* Hints about the sandbox, mail and claims. */
#include <string.h>
#include <strings.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"

enum { DNS_A = 1, DNS_AAAA = 28 }; /* RFC 1035 3.2.2, RFC 3596 2.1 */

static const char *sandbox_blocked(struct work *w, const struct finding *f)
{
	return hint_failed(f) && hint_of_key(f, PORT_SANDBOX) &&
			       !roles_has(f->client.roles, ROLE_SSRS)
		       ? hint_failed_to(w, f)
		       : NULL;
}

static const char *sandbox_moved(struct work *w, const struct finding *f)
{
	return f->kind == KIND_MOVED_SERVICE && hint_of_key(f, PORT_SANDBOX)
		       ? arena_printf(w->a, "%s answers as the sandbox service does on %u/tcp",
				      text_endpoint(w, &f->server), f->port)
		       : NULL;
}

static bool refused_framing(const struct work *w, const struct item *it)
{
	const struct conv *c = it->conv;
	struct conv_app room;
	uint16_t nmf;

	(void)w;
	if (!it->signs || !it->scope || !it->r.rule || it->r.rule->moves_with != PORT_SANDBOX)
		return false;
	nmf = app_by_name("mc-nmf");
	for (unsigned i = 0; i < c->n_app; i++)
		if (conv_app_at(c, i) == nmf && conv_app(c, i, &room)->notes & APP_NOTE_ERROR)
			return true;
	return false;
}

static const char *router_mail(struct work *w, const struct finding *f)
{
	if (!hint_failed(f) || !roles_has(f->client.roles, ROLE_CRM_ROUTER))
		return NULL;
	if (f->server.roles & (ROLE_BIT(ROLE_MAIL) | ROLE_BIT(ROLE_EXCHANGE)))
		return arena_printf(w->a, "the mail side: %s", hint_failed_to(w, f));
	if (f->server.roles & (ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_NLB)))
		return arena_printf(w->a, "the CRM side: %s", hint_failed_to(w, f));
	return NULL;
}

static const char *sync_exchange(struct work *w, const struct finding *f)
{
	return hint_failed(f) && hint_at_port(f, IPPROTO_NR_TCP, 443) &&
			       f->client.roles &
				       (ROLE_BIT(ROLE_CRM_EMAIL) | ROLE_BIT(ROLE_CRM_ASYNC)) &&
			       roles_has(f->server.roles, ROLE_EXCHANGE)
		       ? hint_failed_to(w, f)
		       : NULL;
}

static const char *adfs_metadata(struct work *w, const struct finding *f)
{
	roleset a = f->client.roles, b = f->server.roles;

	return hint_failed(f) && f->proto == IPPROTO_NR_TCP &&
			       (hint_of_key(f, PORT_ADFS_HTTPS) ||
				hint_of_key(f, PORT_CRM_HTTPS)) &&
			       ((roles_has(a, ROLE_CRM_WEB) && roles_has(b, ROLE_ADFS)) ||
				(roles_has(a, ROLE_ADFS) && roles_has(b, ROLE_CRM_WEB)))
		       ? hint_failed_to(w, f)
		       : NULL;
}

static const char *adfs_444(struct work *w, const struct finding *f)
{
	return hint_at_port(f, IPPROTO_NR_TCP, 444) && roles_has(f->server.roles, ROLE_ADFS) &&
			       roles_has(f->server.roles, ROLE_CRM_WEB)
		       ? arena_printf(w->a,
				      "%s is AD FS and CRM web server in one, and is used on "
				      "444/tcp",
				      text_endpoint(w, &f->server))
		       : NULL;
}

static const char *deployment_web(struct work *w, const struct finding *f)
{
	const roleset tools = ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_CRM_DEPLOY);
	const bool web = f->port == 80 || f->port == 443 || f->port == 5555 ||
			 hint_of_key(f, PORT_CRM_HTTP) || hint_of_key(f, PORT_CRM_HTTPS);

	return f->behind && f->has_state && f->state > STATE_HALF_OPEN &&
			       f->proto == IPPROTO_NR_TCP && web && f->client.roles & tools &&
			       roles_has(f->server.roles, ROLE_CRM_DEPLOY)
		       ? hint_failed_to(w, f)
		       : NULL;
}

/* The first label of both is the same. */
static bool same_label(const char *x, const char *y)
{
	const size_t n = strcspn(x, ".");

	return n && n == strcspn(y, ".") && strncasecmp(x, y, n) == 0;
}

/* A host of the web application, or what stands before it, has this name in the site file. */
static bool names_crm(const struct work *w, const char *name)
{
	const roleset web = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) | ROLE_BIT(ROLE_NLB);

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!h->is_network && h->roles & web && same_label(h->name, name))
			return true;
	}
	return false;
}

/* Some name server gave an address for it, with whatever domain behind: the refusals are those of a
 * list of domains to try. */
static bool resolves(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->in->n_sightings; i++)
		if (w->in->sightings[i].kind == SIGHT_DNS_ADDRESS &&
		    same_label(w->in->sightings[i].name, name))
			return true;
	return false;
}

/* The router reached the web application by the name that it was given, and was then told another
 * one, which DNS does not know. */
static bool router_lost(struct work *w, const struct sighting *s)
{
	const struct party *p;
	bool works = false;

	if (s->kind != SIGHT_DNS_ERROR || (s->port != DNS_A && s->port != DNS_AAAA))
		return false;
	p = party_of(w, &s->about);
	if (!p || !roles_has(p->roles, ROLE_CRM_ROUTER) || !names_crm(w, s->text) ||
	    !hint_look(w, w->in->n_convs + w->in->n_attempts + w->in->n_sightings) ||
	    resolves(w, s->text))
		return false;
	for (size_t i = 0; i < w->n && !works; i++) {
		const struct item *it = &w->item[i];

		works = it->outcome == OUTCOME_GOOD &&
			addr_equal(&w->party[it->client].addr, &s->about) &&
			w->party[it->server].roles & (ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_NLB));
	}
	return works;
}

static const struct hint_rule rules[] = {
	{
		.row = {"SBX-808-BLOCKED", "the sandbox port was tried and failed",
			"Plug-ins in isolation need this port from the web and asynchronous "
			"servers to the sandbox host, and from the sandbox host to the web server: "
			"open both directions."},
		.explains = sandbox_blocked,
	},
	{
		.row = {"SBX-808-PORTSHARE",
			"the sandbox port answers with a fault of .NET message framing",
			"The port is open, but no endpoint is registered for the name, or another "
			"program (AD FS among them) has the port: look at Net.Tcp Port Sharing and "
			"the accounts that may use it."},
		.item = refused_framing,
		.what = "@ took a connection on the sandbox port and answered it with a fault of "
			".NET message framing, among @.",
	},
	{
		.row = {"SBX-CUSTOM", "the sandbox service answers on another port",
			"The port was probably changed on purpose (TcpPort in the registry): say "
			"so in the site file, key sandbox under ports."},
		.explains = sandbox_moved,
	},
	{
		.row = {"ROUTER-MAIL", "the e-mail router failed towards mail or towards CRM",
			"Mails stay pending when either side fails; this is the side. Check the "
			"protocol that is set up in the router against what is open."},
		.explains = router_mail,
	},
	{
		.row = {"ROUTER-CRM",
			"the e-mail router reaches CRM, and DNS does not know the name of a CRM "
			"host that it asks for",
			"The router is told by the discovery service under which names the "
			"organisation is reached: often that of one server or of the load "
			"balancer, which only the inside knows. Make that name resolvable for the "
			"router, or set the web addresses of the deployment (Deployment Manager) "
			"to one that is."},
		.refusal = router_lost,
		.what = "The e-mail router reached CRM, and then asked DNS for @ in vain: @, from "
			"@.",
	},
	{
		.row = {"DEPLOY-WS",
			"a host that administers CRM tried HTTP or HTTPS of the deployment server "
			"and failed",
			"Deployment Manager and its tools call the deployment web service "
			"(/XRMDeployment/2011) at the address that the deployment has for it: "
			"check which host and port that is, and that the site is bound to it."},
		.explains = deployment_web,
	},
	{
		.row = {"SSS-EXCH", "server-side synchronisation to Exchange failed",
			"Mailboxes are synchronised by HTTPS (EWS) from the CRM servers, which "
			"stands in no table of the papers; without it they are disabled."},
		.explains = sync_exchange,
	},
	{
		.row = {"ADFS-META", "CRM web server and AD FS do not reach one another by HTTPS",
			"Both fetch the other's federation metadata, again after a certificate was "
			"changed; sign-in breaks when they cannot."},
		.explains = adfs_metadata,
	},
	{
		.row = {"ADFS-444", "AD FS on a CRM web server, on TCP 444",
			"Both want 443, and 444 is the usual way out: say so in the site file, key "
			"adfs-https under ports of that host."},
		.explains = adfs_444,
	},
};

const struct hint_family hint_family_crm = {rules, N_ELEMENTS(rules)};
