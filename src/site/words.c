// SPDX-License-Identifier: BSD-2-Clause
#include "site/words.h"

#include "site/site.h"

static const char *const severities[] = {
	[SEV_INFO] = "info", [SEV_LOW] = "low",           [SEV_MEDIUM] = "medium",
	[SEV_HIGH] = "high", [SEV_CRITICAL] = "critical", [SEV_N] = NULL,
};

static const char *const needs[] = {
	"required", "recommended", "optional",  "conditional", "setup-only",
	"legacy",   "tolerated",   "forbidden", NULL,
};

static const char *const missing[] = {
	"report",           "report-to-dc", "report-any-of", "report-if-configured",
	"report-if-mapped", "advise",       "never",         NULL,
};

static const char *const kinds[] = {
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
	"missing",
	"blocked",
	"rpc-blocked",
	"scan",
	"contradiction",
	"visibility",
	NULL,
};

const char *severity_name(enum severity s)
{
	return (unsigned)s < SEV_N ? severities[s] : "none";
}

const char *const *site_severity_words(void)
{
	return severities;
}

const char *const *site_need_words(void)
{
	return needs;
}

const char *const *site_missing_words(void)
{
	return missing;
}

const char *const *site_kind_words(void)
{
	return kinds;
}
