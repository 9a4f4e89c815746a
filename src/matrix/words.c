// SPDX-License-Identifier: BSD-2-Clause
/* The words of the rule language, each list in the order of its enum, and small facts of a rule. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "matrix/matrix.h"
#include "recognise/recognise.h"

static const char *const basis[] = {
	[BASIS_STATED] = "stated",
	[BASIS_INFERRED] = "inferred",
	[BASIS_UNSTATED] = "unstated",
	[BASIS_RECOVERED] = "recovered",
	NULL,
};

static const char *const need[] = {
	[NEED_REQUIRED] = "required",
	[NEED_RECOMMENDED] = "recommended",
	[NEED_OPTIONAL] = "optional",
	[NEED_CONDITIONAL] = "conditional",
	[NEED_SETUP_ONLY] = "setup-only",
	[NEED_LEGACY] = "legacy",
	[NEED_TOLERATED] = "tolerated",
	[NEED_FORBIDDEN] = "forbidden",
	NULL,
};

static const char *const missing[] = {
	[MISSING_REPORT] = "report",
	[MISSING_REPORT_TO_DC] = "report-to-dc",
	[MISSING_REPORT_ANY_OF] = "report-any-of",
	[MISSING_REPORT_IF_CONFIGURED] = "report-if-configured",
	[MISSING_REPORT_IF_MAPPED] = "report-if-mapped",
	[MISSING_ADVISE] = "advise",
	[MISSING_NEVER] = "never",
	NULL,
};

static const char *const port_kind[] = {
	[PORT_DEFAULT] = "default",
	[PORT_CONFIGURABLE] = "configurable",
	[PORT_DEFAULT_OR_CONFIGURABLE] = "default-or-configurable",
	[PORT_RANGE] = "range",
	[PORT_REF] = "ref",
	NULL,
};

static const char *const provenance[] = {
	[PROV_STATED] = "stated",
	[PROV_DERIVED] = "derived",
	[PROV_BY_REFERENCE] = "by-reference",
	[PROV_OUTSIDE] = "outside",
	NULL,
};

static const char *const variant[] = {
	[VARIANT_ANY] = "any",
	[VARIANT_FULL_SERVER] = "full server",
	[VARIANT_SPLIT_ROLES] = "split roles",
	[VARIANT_SQL_REPORTING] = "SQL + reporting server",
	[VARIANT_IWA] = "IWA",
	[VARIANT_IWA_DC_TO_DC] = "IWA, DC to DC",
	[VARIANT_IWA_DC_TO_DC_IPSEC] = "IWA, DC to DC over IPsec",
	[VARIANT_DC_TO_DC] = "DC to DC",
	[VARIANT_CLAIMS] = "claims",
	[VARIANT_EMAIL_ROUTER] = "e-mail router",
	[VARIANT_CLIENT_SIDE_INTEGRATION] = "client-side integration",
	[VARIANT_ANY_DURING_SETUP] = "any, during Setup",
	NULL,
};

/* The findings know these too, but stand above this folder; a test holds the two lists together. */
static const char *const verdict[] = {
	"out-of-scope",
	"documented",
	"documented-dynamic",
	"tolerated",
	"advice",
	"setup-only",
	"rpc-unexplained",
	"rpc-out-of-range",
	"moved-service",
	"unexpected-direction",
	"unexpected-pair",
	"unexpected-port",
	"unexpected-endpoint",
	"unexpected-protocol",
	NULL,
};

const char *const *rule_basis_words(void)
{
	return basis;
}

const char *const *rule_need_words(void)
{
	return need;
}

const char *const *rule_missing_words(void)
{
	return missing;
}

const char *const *rule_port_kind_words(void)
{
	return port_kind;
}

const char *const *rule_provenance_words(void)
{
	return provenance;
}

const char *const *rule_variant_words(void)
{
	return variant;
}

const char *const *rule_verdict_words(void)
{
	return verdict;
}

const char *port_list_format(const struct port_list *l, char buf[RULE_PORTS_TEXT])
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < l->n && n < RULE_PORTS_TEXT; i++) {
		const struct port_range *r = &l->r[i];
		int k = snprintf(buf + n, RULE_PORTS_TEXT - n, r->lo == r->hi ? "%s%u" : "%s%u-%u",
				 i ? "," : "", r->lo, r->hi);

		if (k < 0)
			break;
		n += (size_t)k;
	}
	return buf;
}

bool rule_refers_to(const struct rule *r, const struct rule *other)
{
	return r->ref && !other->ref && fnmatch(r->ref, other->id, 0) == 0;
}

bool rule_expects(const struct rule *r, uint16_t app)
{
	if (r->app_any || app == APP_NONE)
		return true;
	for (unsigned i = 0; i < r->n_app; i++)
		if (r->app[i] == RULE_NONE_KNOWN ||
		    (r->app[i] < RULE_IP_AH && app_is(app, r->app[i])))
			return true;
	return false;
}
