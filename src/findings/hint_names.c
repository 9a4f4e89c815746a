// SPDX-License-Identifier: BSD-2-Clause
/* Hints about names, time and tickets: DNS, NTP, Kerberos. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"

enum { DNS_SRV = 33 }; /* RFC 2782 */

/* RFC 4120 7.5.9 */
enum { KDC_NO_SPN = 7, KDC_NO_ETYPE = 14, KRB_SKEWED = 37, KRB_MODIFIED = 41, KRB_TOO_BIG = 52 };

static bool has_prefix(const char *z, const char *prefix)
{
	return strncasecmp(z, prefix, strlen(prefix)) == 0;
}

struct given {
	const struct addr *to;
	const char *name;
};

static int given_order(const void *key, const void *row)
{
	const struct given *k = key;
	const struct sighting *s = row;
	int d = (int)SIGHT_DNS_ADDRESS - (int)s->kind;

	d = d ? d : addr_compare(k->to, &s->about);
	return d ? d : strcmp(k->name, s->name);
}

/* A name server gave this address to the name; rows are sorted by kind, address and name. */
static bool named(const struct work *w, const struct addr *a, const char *name)
{
	const struct given k = {a, name};

	return w->in->n_sightings && bsearch(&k, w->in->sightings, w->in->n_sightings,
					     sizeof *w->in->sightings, given_order);
}

static bool name_of_nlb(const struct work *w, const char *name)
{
	for (size_t i = 0; *name && i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!roles_has(h->roles, ROLE_NLB))
			continue;
		for (size_t k = 0; k < h->n_addr; k++)
			if (named(w, &h->addr[k], name))
				return true;
	}
	return false;
}

static bool refusal_is(const struct sighting *s, uint16_t code)
{
	return s->kind == SIGHT_KRB_ERROR && s->code == code;
}

static bool no_spn(struct work *w, const struct sighting *s)
{
	return refusal_is(s, KDC_NO_SPN) &&
	       (has_prefix(s->text, "http/") || has_prefix(s->text, "mssqlsvc/")) &&
	       !name_of_nlb(w, s->name);
}

static bool no_spn_nlb(struct work *w, const struct sighting *s)
{
	return (refusal_is(s, KDC_NO_SPN) || refusal_is(s, KRB_MODIFIED)) &&
	       has_prefix(s->text, "http/") && name_of_nlb(w, s->name);
}

static bool modified(struct work *w, const struct sighting *s)
{
	return refusal_is(s, KRB_MODIFIED) && !no_spn_nlb(w, s);
}

static bool no_etype(struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KDC_NO_ETYPE);
}

static bool skewed(struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KRB_SKEWED);
}

static bool no_locator(struct work *w, const struct sighting *s)
{
	(void)w;
	return s->kind == SIGHT_DNS_ERROR && s->port == DNS_SRV && strstr(s->text, "_msdcs.");
}

/* The client used Kerberos over TCP with this host. */
static bool followed(const struct work *w, const struct sighting *s, const struct host *h)
{
	for (size_t k = 0; k < h->n_addr; k++)
		if (conv_there(w, &s->about, &h->addr[k], IPPROTO_NR_TCP, 88))
			return true;
	return false;
}

/* Nobody followed over TCP, neither in vain, nor to another domain controller. What the capture
 * ends with may still have been followed. */
static bool too_big(struct work *w, const struct sighting *s)
{
	if (!refusal_is(s, KRB_TOO_BIG) || w->r->to_ns - s->last_ns < LONE_TRY_NS)
		return false;
	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (h->roles & (ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_GC)) && followed(w, s, h))
			return false;
	}
	return !conv_there(w, &s->about, &s->by, IPPROTO_NR_TCP, 88);
}

static bool refused_size(struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KRB_TOO_BIG);
}

static const char *udp_too_big(struct work *w, const struct finding *f)
{
	uint64_t fails = 0, tries = 0;

	if (!hint_failed(f) || f->port != 88)
		return NULL;
	if (f->proto == IPPROTO_NR_TCP)
		return hint_of_client(w, f, refused_size)
			       ? "Kerberos over UDP was refused as too big (error 52), and the way "
				 "over TCP failed"
			       : NULL;
	for (const struct behind *b = f->behind; b; b = b->next) {
		if (!b->conv) /* tried once */
			continue;
		fails += conv_fail(b->conv)->n;
		tries += conv_fail(b->conv)->tries;
	}
	return tries > fails ? "Kerberos requests over UDP were repeated and never answered" : NULL;
}

static const char *time_symmetric(struct work *w, const struct finding *f)
{
	struct conv_app room;

	(void)w;
	if (!hint_failed(f) || !hint_at_port(f, IPPROTO_NR_UDP, 123))
		return NULL;
	for (const struct behind *b = f->behind; b; b = b->next)
		for (unsigned i = 0; b->conv && i < b->conv->n_app; i++)
			if (conv_app(b->conv, i, &room)->notes & APP_NOTE_NTP_SYMMETRIC)
				return "the requests are symmetric (NTP mode 1), and nothing "
				       "answered them";
	return NULL;
}

static const char *clock_and_tickets(struct work *w, const struct finding *f)
{
	return hint_failed(f) && hint_at_port(f, IPPROTO_NR_UDP, 123) &&
			       hint_of_client(w, f, skewed)
		       ? "the same host was refused a ticket because its clock is wrong (error 37)"
		       : NULL;
}

static const char *locator_and_dc(struct work *w, const struct finding *f)
{
	const struct sighting *s;

	if (!hint_failed(f) || (f->port != 88 && f->port != 389 && f->port != 3268))
		return NULL;
	s = hint_of_client(w, f, no_locator);
	return s ? arena_printf(w->a, "the same host asked DNS for %s in vain", s->text) : NULL;
}

static bool ntlm_refused(const struct work *w, const struct item *it)
{
	const struct conv *c = it->conv;
	struct conv_app room;

	(void)w;
	if (!it->signs || !it->scope || !it->r.rule)
		return false;
	for (unsigned i = 0; i < c->n_app; i++) {
		uint32_t s = conv_app(c, i, &room)->signs;

		if (s & SIGN_NTLM && s & SIGN_LOGIN_REFUSED && !(s & SIGN_KERBEROS))
			return true;
	}
	return false;
}

static const struct hint_rule rules[] = {
	{
		.row = {"KRB-UDP-FRAG",
			"Kerberos over UDP is repeated without answer or refused as too big (52), "
			"and TCP does not come through",
			"Large tickets do not fit into a datagram, and fragments get lost on the "
			"way. Let TCP 88 through, or make clients use TCP only (MaxPacketSize 1, "
			"KB244474)."},
		.explains = udp_too_big,
		.refusal = too_big,
		.what = "Kerberos over UDP for @ was refused as too big (error 52) @, to @, and "
			"nobody came back over TCP.",
	},
	{
		.row = {"KRB-SPN-MISSING", "Kerberos error 7 for an HTTP or MSSQLSvc service",
			"Often a service principal name is missing, or stands twice: look for the "
			"name as it is shown here, with and without port (setspn -Q), on the "
			"account that the service runs under. It is no matter of ports."},
		.refusal = no_spn,
		.what = "The domain controller knows no service @ (Kerberos error 7), @, asked by "
			"@. Ports are right; who may not use a ticket falls back to NTLM.",
	},
	{
		.row = {"KRB-SPN-WRONG", "Kerberos error 41 (modified)",
			"Often the service principal name stands on another account than the one "
			"that the service runs under, or on two of them (setspn -X)."},
		.refusal = modified,
		.what = "@ could not read its ticket (Kerberos error 41, modified), @, from @.",
	},
	{
		.row = {"KRB-NTLM", "clients offer NTLM only, and are refused with 401",
			"Often Kerberos was not possible, because the service principal name of "
			"the site is missing or the name is not in the intranet zone, and NTLM is "
			"not allowed or fails by its loop-back check. It is no matter of ports."},
		.item = ntlm_refused,
		.what = "Clients of @ offered NTLM and never Kerberos, and were refused (401), "
			"among @.",
	},
	{
		.row = {"NLB-KERBEROS",
			"Kerberos errors 7 or 41 for HTTP at a name of the load balancer",
			"Behind a load balancer all servers must run the site under one domain "
			"account, which has the service principal name of the shared name (in IIS: "
			"useAppPoolCredentials)."},
		.refusal = no_spn_nlb,
		.what = "Tickets for @, a name of the load balancer, were refused @, to @.",
	},
	{
		.row = {"KRB-SKEW", "Kerberos error 37",
			"Clocks differ by more than five minutes; often after a virtual machine "
			"was restored, or where NTP does not come through. See what the rules of "
			"NTP say of this host."},
		.explains = clock_and_tickets,
		.refusal = skewed,
		.what = "Tickets for @ were refused because clocks differ (Kerberos error 37), @, "
			"to @.",
	},
	{
		.row = {"KRB-ETYPE", "Kerberos error 14",
			"Often encryption types were hardened on one side only: compare "
			"msDS-SupportedEncryptionTypes of the account with what the client and the "
			"domain controllers allow."},
		.refusal = no_etype,
		.what = "For @ no common encryption type was found (Kerberos error 14), @, for @.",
	},
	{
		.row = {"DNS-DC-LOCATOR", "DNS refuses an SRV name below _msdcs",
			"Often the host asks a name server that does not know the domain, or the "
			"domain controllers have not registered their names: they cannot be found, "
			"whatever is open."},
		.explains = locator_and_dc,
		.refusal = no_locator,
		.what = "DNS knows no @, by which domain controllers are found: @, asked by @.",
	},
	{
		.row = {"TIME-SYM", "NTP requests of mode 1 without answer",
			"The time service asks as a peer, which many servers ignore: give manual "
			"peers the client flag (w32tm /config /manualpeerlist:\"server,0x8\")."},
		.explains = time_symmetric,
	},
};

const struct hint_family hint_family_names = {rules, N_ELEMENTS(rules)};
