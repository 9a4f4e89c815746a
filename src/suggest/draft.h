/* SPDX-License-Identifier: BSD-2-Clause */
/* draft - what the files of this folder share while a site file is drafted. */
#ifndef SPAN_SUGGEST_DRAFT_H
#define SPAN_SUGGEST_DRAFT_H

#include "base/arena.h"
#include "base/vec.h"
#include "suggest/suggest.h"

enum { DRAFT_PORTS = PORT_LIST, DRAFT_V4_NET = 24, DRAFT_V6_NET = 64 };

/* Ports on which a service that can move was seen, ascending. */
struct seen_ports {
	uint16_t port[DRAFT_PORTS];
	size_t n;
	bool more;
	bool beside; /* a documented port is in use, too: which one is meant, nobody can tell */
	bool has_at;
	struct evidence at; /* the earliest on a port that is not documented */
};

struct draft_host {
	const struct infer_host *h;
	const char *name;
	roleset sure, guess; /* as they are written: without what they imply */
	roleset all;         /* sure, guess, and what they imply */
	/* Guesses of this folder: the front end, the e-mail router. */
	bool web_guess, mail_guess;
	bool alone; /* the router is no CRM server itself */
	bool serves_web, dials_sql, dials_mail, uses_front;
	struct evidence web_at, mail_at;
	struct seen_ports ports[PORT_KEY_N];
};

struct draft_net {
	struct prefix net;
	const char *name;
	bool sure;  /* the web server that it uses is */
	bool apart; /* there are hosts in the network: addresses are listed one by one */
	uint32_t n; /* clients */
	struct addr example;
	struct evidence at;
	VEC(struct addr) addr;
};

struct draft {
	const struct suggest_input *in;
	struct arena a;
	struct draft_host *host;
	size_t n_host;
	struct draft_net *net; /* ascending */
	size_t n_net;
	bool public_clients; /* the Internet used CRM's web server */
	struct evidence public_at;
	/* On hosts of their own: back end roles, the organization service, name servers. */
	bool sandbox_apart, orgws_apart, dns_apart;
	bool has_front; /* some host's traffic shows a front end, or hints at one */
	bool failed;
};

/* hosts.c, clients.c: each false without memory. */
bool draft_hosts(struct draft *d);
bool draft_clients(struct draft *d);
/* The host of this address; NULL. */
struct draft_host *draft_find(const struct draft *d, const struct addr *a);
/* Without what follows from the rest of the set. */
roleset draft_shortest(const struct draft *d, roleset set);
/* The conversation carried something, both ways. */
static inline bool draft_spoken(const struct conv *c)
{
	return (c->state == STATE_ESTABLISHED || c->state == STATE_MID_STREAM) && c->payload[1] &&
	       !c->group;
}
/* "crmweb01": a name made harmless, its first label. */
const char *draft_name(struct draft *d, const char *z);

/* deploy.c */
void draft_deployment(const struct draft *d, struct out *o, struct suggest_figures *f);

/* write.c */
void draft_comment(struct out *o, const char *indent, const char *text);
void draft_packet(const struct draft *d, struct out *o, const struct evidence *at);
void draft_write(const struct draft *d, struct out *o, struct suggest_figures *f);

#endif
