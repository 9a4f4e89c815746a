/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * allow - what the rules in force let through between the hosts of a site, as a list that a
 * firewall can be given: no more hosts and ports than the site has, and each line with the rules it
 * is from.
 *
 *   class   hosts and networks that every rule treats alike: same roles, same moved ports
 *   cell    what one class may open towards another: ports, each with its rules
 *   line    a service, from some classes to some others; what people read
 *
 * The judge is asked (judge_allowing()), so that a list and an audit cannot disagree.
 */
#ifndef SPAN_ALLOW_ALLOW_H
#define SPAN_ALLOW_ALLOW_H

#include "allow/spans.h"
#include "base/arena.h"
#include "findings/judge.h"

/* Why something that a rule allows is not on the list. */
enum allow_off {
	ALLOW_ON,
	ALLOW_SETUP,   /* only Setup does it, and nobody asked for that */
	ALLOW_OLD_RPC, /* 1025 to 5000 of Windows before Vista: every service between is in it */
};

enum { ALLOW_RULES = 64 }; /* of one service between two classes; more are not cited */

struct allow_class {
	const char *name;           /* letters, digits, '_' */
	struct end end;             /* as the judge is asked of it */
	bool internet;              /* public addresses that nobody declared */
	const struct host **member; /* none of `internet` */
	size_t n;
	size_t index;
};

struct allow_service {
	uint8_t proto; /* 6, 17; 50, 51 without a port */
	bool rpc;      /* a range for ports that the endpoint mapper hands out */
	enum allow_off off;
	enum kind verdict;
	struct port_range port;
};

/* One service of a cell. */
struct allow_entry {
	struct allow_service s;
	const struct rule *const *rule; /* in matrix order */
	size_t n_rule;
};

struct allow_cell {
	struct allow_entry *v; /* fixed ports first; by transport and port */
	size_t n, cap;
};

/* What captures showed. */
struct allow_use {
	uint64_t used, tried; /* conversations that went through; that did not */
	int64_t last_ns;      /* of those that went through; TIME_NONE */
};

/* Classes that lines name together. */
struct allow_group {
	const char *name; /* letters, digits, '_'; unique in the list */
	bool *has;        /* by class */
	size_t n;         /* how many classes */
	struct spans at;  /* their addresses */
	size_t index;
};

struct allow_line {
	const struct allow_group *from, *to;
	struct allow_service s;        /* its port is the first one */
	const struct port_range *port; /* ascending; none without ports */
	size_t n_port;
	const struct rule *const *rule; /* in matrix order */
	size_t n_rule;
	const struct rule *main_rule; /* that stands on the most pairs of it */
	struct allow_use use;
};

/* Traffic that the audit accepts and the list would stop. */
struct allow_stray {
	const struct conv *conv;
	const struct host *client, *server; /* NULL: nobody declared it */
	enum kind verdict;
};

struct allow_seen;
struct allow_list {
	struct arena arena;
	const struct site *site;
	struct matrix *matrix;
	struct allow_class *class;
	size_t n_class;
	struct allow_cell *cell; /* n_class * n_class: client times n_class plus server */
	struct allow_group *group;
	size_t n_group;
	struct allow_line *line; /* by servers, clients, transport, port; those that are off last */
	size_t n_line, n_on;
	struct port_range rpc[PORT_LIST]; /* the range for dynamic RPC: ascending, apart */
	size_t n_rpc;
	bool setup;
	const struct result *observed; /* uses are filled in; NULL: nothing was looked at */
	struct allow_seen *seen;       /* by client, server, transport, port */
	size_t n_seen;
	struct allow_stray *stray; /* as the conversations are sorted */
	size_t n_stray;
	struct spans everybody; /* all that is declared, of whatever role */
	size_t n_ignored;       /* hosts and networks of role ignore */
};

struct allow_options {
	bool setup; /* also what only Setup does */
};

/* NULL without memory. Borrows site and matrix. */
struct allow_list *allow_make(const struct site *site, struct matrix *m,
			      const struct allow_options *o);
struct allow_list *allow_free(struct allow_list *l);

/* Says of each line, and each pair, which of the conversations of a result it would have passed.
 * Borrows both. False without memory. */
bool allow_observe(struct allow_list *l, const struct result *r, const struct conv *convs,
		   size_t n);
/* What these two (NULL: the internet) showed on these ports. */
struct allow_use allow_use_of(const struct allow_list *l, const struct host *client,
			      const struct host *server, uint8_t proto, struct port_range port);

static inline const struct allow_cell *allow_cell(const struct allow_list *l, size_t client,
						  size_t server)
{
	return &l->cell[client * l->n_class + server];
}
/* The addresses that the member has for itself: of a network, without hosts and networks in it that
 * stand in the site file too. False without memory. */
bool allow_member_spans(const struct allow_list *l, const struct host *h, struct spans *ret);
bool allow_class_spans(const struct allow_list *l, const struct allow_class *c, struct spans *ret);
/* The line's ports are the site's range for dynamic RPC. */
bool allow_is_site_rpc(const struct allow_list *l, const struct allow_line *line);
const char *allow_proto_name(uint8_t proto); /* "tcp" "udp" "esp" "ah" */
/* The list lets such a packet open a conversation: as the filters that are written of it do. */
bool allow_has(const struct allow_list *l, const struct addr *client, const struct addr *server,
	       uint8_t proto, uint16_t port);

/* A format is one file and one word, see meson.build. */
struct allow_format {
	const char *name;
	const char *help; /* one line */
	void (*write)(const struct allow_list *l, struct out *o);
};
/* NULL past the last; NULL when there is no such one. */
const struct allow_format *allow_format_at(size_t i);
const struct allow_format *allow_format_by_name(const char *name);

#endif
