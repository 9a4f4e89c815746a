// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a site file, and its first line as a --role option of what came out. */
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "base/time.h"
#include "site/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_ports(const struct port_list *l)
{
	require(!l || l->n <= PORT_LIST);
	for (unsigned i = 0; l && i < l->n; i++)
		require(l->r[i].lo >= 1 && l->r[i].lo <= l->r[i].hi);
}

static void check_site(const struct site *s)
{
	for (size_t i = 0; i < inventory_count(s->inventory); i++) {
		const struct host *h = inventory_at(s->inventory, i);

		require(h->index == i && h->name && *h->name);
		require(h->is_network ? h->net && !h->n_addr : h->net == NULL);
		require((h->declared & ~h->roles) == 0);
		for (unsigned k = 0; k < PORT_KEY_N; k++)
			check_ports(site_ports(s, (enum port_key)k, h));
		for (size_t k = 0; k < h->n_addr; k++)
			require(inventory_find(s->inventory, &h->addr[k]) == h);
		if (h->is_network) {
			const struct host *found =
				inventory_network_of(s->inventory, &h->net->addr);

			/* A longer network may begin at the same address. */
			require(found && found->net->bits >= h->net->bits);
		}
	}
	for (size_t i = 0; i < s->n_setup; i++) {
		require(s->setup[i].from_ns < s->setup[i].to_ns);
		require(site_in_setup(s, s->setup[i].from_ns));
	}
	for (size_t i = 0; i < s->n_sensors; i++)
		require(s->sensors[i].max_loss >= 0 && s->sensors[i].max_loss <= 1);
	for (size_t i = 0; i < s->n_egress; i++)
		require(s->egress[i].from && s->egress[i].port);
	for (size_t i = 0; i < s->n_overrides; i++)
		require(*s->overrides[i].rule && *s->overrides[i].reason);
	check_ports(&s->rpc);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct errors errs = {0};
	struct out o = {0};
	struct site *s = site_parse("fuzz.yaml", (const char *)p, n, &errs);
	char line[200];
	size_t k = 0;

	require((s != NULL) == (errs.n_errors == 0));
	if (s)
		check_site(s);
	else
		s = site_new();
	while (k < n && k < sizeof line - 1 && p[k] != '\n' && p[k])
		k++;
	if (k)
		memcpy(line, p, k);
	line[k] = '\0';
	if (s && site_add_role(s, line, &errs) == 0)
		check_site(s);
	errors_format(&errs, "spanaudit", &o);
	out_done(&o);
	errors_done(&errs);
	site_free(s);
	return 0;
}
