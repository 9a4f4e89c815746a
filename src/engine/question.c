// SPDX-License-Identifier: BSD-2-Clause
#include "engine/question.h"

#include <stdlib.h>
#include <string.h>

static const struct host *host_by_name(const struct inventory *inv, const char *name)
{
	for (size_t i = 0; i < inventory_count(inv); i++)
		if (!strcmp(inventory_at(inv, i)->name, name))
			return inventory_at(inv, i);
	return NULL;
}

/* What the audit made of an address; NULL: nothing, or there was no capture. */
static const struct role_row *row_of(const struct span_audit *a, const struct addr *x)
{
	size_t lo = 0, hi = a->result ? a->result->n_roles : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = addr_compare(&a->result->roles[mid].address, x);

		if (!d)
			return &a->result->roles[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The roles that the audit went by. *ret_guess (may be NULL): how it came to them; NULL: they are
 * declared, or there are none. */
static roleset roles_of(const struct span_audit *a, const struct host *h, const struct addr *x,
			const char **ret_guess)
{
	const struct role_row *row;

	if (ret_guess)
		*ret_guess = NULL;
	if (h && h->roles)
		return h->roles;
	row = row_of(a, x);
	if (row && row->roles && ret_guess)
		*ret_guess = row->known_by;
	return row ? row->roles : 0;
}

/* An address, a host or network of the site file, or a role. */
static bool parse_end(const struct span_audit *a, const char *text, struct question *q, int i)
{
	const struct inventory *inv = a->site->inventory;
	enum role role;

	snprintf(q->text[i], sizeof q->text[i], "%s", text);
	if (addr_parse(text, &q->addr[i])) {
		q->has_addr[i] = true;
		q->end[i].host = inventory_find(inv, &q->addr[i]);
	} else {
		q->end[i].host = host_by_name(inv, text);
		if (q->end[i].host && q->end[i].host->n_addr) {
			q->addr[i] = q->end[i].host->addr[0];
			q->has_addr[i] = true;
		}
	}
	if (q->has_addr[i]) {
		q->end[i].roles = roles_of(a, q->end[i].host, &q->addr[i], &q->guess[i]);
		return true;
	}
	if (q->end[i].host) {
		q->end[i].roles = q->end[i].host->roles;
		return true;
	}
	role = role_by_name(text);
	if (role == ROLE_N)
		return false;
	q->end[i].roles = roles_implied(ROLE_BIT(role), false, false);
	return true;
}

static char *trim(char *z)
{
	size_t n;

	while (*z == ' ')
		z++;
	n = strlen(z);
	while (n && z[n - 1] == ' ')
		z[--n] = '\0';
	return z;
}

/* "A -> B:1433/tcp"; B may be an IPv6 address in brackets or without. */
const char *question_parse(const struct span_audit *a, const char *text, struct question *q)
{
	static const char form[] =
		"write 'CLIENT -> SERVER:PORT/tcp', for example "
		"'crm-web -> sql:1433/tcp'; each end is an address, a host of the "
		"site file or a role";
	char buf[256];
	char *arrow, *colon, *slash, *server, *end;

	if (strlen(text) >= sizeof buf)
		return form;
	snprintf(buf, sizeof buf, "%s", text);
	arrow = strstr(buf, "->");
	if (!arrow)
		return form;
	*arrow = '\0';
	server = trim(arrow + 2);
	colon = strrchr(server, ':');
	slash = colon ? strchr(colon, '/') : NULL;
	if (!slash)
		return form;
	*colon = *slash = '\0';

	unsigned long port = strtoul(colon + 1, &end, 10);

	if (end == colon + 1 || *end || port > 65535)
		return form;
	q->port = (uint16_t)port;
	q->proto = !strcmp(slash + 1, "tcp")   ? IPPROTO_NR_TCP
		   : !strcmp(slash + 1, "udp") ? IPPROTO_NR_UDP
					       : 0;
	if (!q->proto)
		return form;
	if (*server == '[' && server[strlen(server) - 1] == ']') {
		server[strlen(server) - 1] = '\0';
		server++;
	}
	if (!parse_end(a, trim(buf), q, 0))
		return "the client is neither an address, nor a host of the site file, nor a role; "
		       "`spanaudit help roles` lists the roles";
	if (!parse_end(a, server, q, 1))
		return "the server is neither an address, nor a host of the site file, nor a role; "
		       "`spanaudit help roles` lists the roles";
	return NULL;
}

bool question_matches(const struct question *q, const struct span_audit *a, const struct conv *c)
{
	const struct addr *ends[2] = {&c->client, &c->server};

	if (c->proto != q->proto || c->port != q->port)
		return false;
	for (int i = 0; i < 2; i++) {
		const struct host *h = inventory_find(a->site->inventory, ends[i]);

		if (q->end[i].host   ? h != q->end[i].host
		    : q->has_addr[i] ? !addr_equal(ends[i], &q->addr[i])
				     : !(roles_of(a, h, ends[i], NULL) & q->end[i].roles))
			return false;
	}
	return true;
}

const struct finding *question_finding(const struct result *r, const char *id, size_t *ret_n)
{
	const struct finding *found = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < r->n_findings; i++) {
		if (strncmp(r->findings[i].id, id, strlen(id)) != 0)
			continue;
		found = &r->findings[i];
		++*ret_n;
	}
	return found;
}
