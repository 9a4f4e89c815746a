// SPDX-License-Identifier: BSD-2-Clause
/* Roles of a table: the program's own words. Others are refused, with the word to write instead. */
#include <string.h>
#include <strings.h>

#include "config/yaml.h"
#include "site/import_internal.h"

enum { PHRASE = 48 }; /* bytes of the longest phrase below, and more */

/* What administrators call such hosts. It stays a hint: a "mail server" may be either of two roles,
 * and a role that was guessed makes every verdict about the host one too. */
static const struct {
	const char *phrase;
	enum role role;
} usual[] = {
	{"domain controller", ROLE_DC},
	{"active directory", ROLE_DC},
	{"ad", ROLE_DC},
	{"ad ds", ROLE_DC},
	{"adds", ROLE_DC},
	{"dc server", ROLE_DC},
	{"rodc", ROLE_DC},
	{"global catalog", ROLE_GC},
	{"global catalogue", ROLE_GC},
	{"global catalog server", ROLE_GC},
	{"name server", ROLE_DNS},
	{"nameserver", ROLE_DNS},
	{"dns server", ROLE_DNS},
	{"time server", ROLE_NTP},
	{"ntp server", ROLE_NTP},
	{"sql server", ROLE_SQL},
	{"mssql", ROLE_SQL},
	{"database", ROLE_SQL},
	{"database server", ROLE_SQL},
	{"db", ROLE_SQL},
	{"db server", ROLE_SQL},
	{"reporting services", ROLE_SSRS},
	{"sql server reporting services", ROLE_SSRS},
	{"sql reporting services", ROLE_SSRS},
	{"report server", ROLE_SSRS},
	{"reporting server", ROLE_SSRS},
	{"reporting", ROLE_SSRS},
	{"crm", ROLE_CRM_FULL},
	{"crm server", ROLE_CRM_FULL},
	{"crm full server", ROLE_CRM_FULL},
	{"full server", ROLE_CRM_FULL},
	{"dynamics crm", ROLE_CRM_FULL},
	{"dynamics 365", ROLE_CRM_FULL},
	{"front end", ROLE_CRM_WEB},
	{"frontend", ROLE_CRM_WEB},
	{"front end server", ROLE_CRM_WEB},
	{"iis", ROLE_CRM_WEB},
	{"web", ROLE_CRM_WEB},
	{"web server", ROLE_CRM_WEB},
	{"webserver", ROLE_CRM_WEB},
	{"web application server", ROLE_CRM_WEB},
	{"discovery web service", ROLE_CRM_WEB},
	{"organization web service", ROLE_CRM_ORGWS},
	{"back end", ROLE_CRM_ASYNC},
	{"backend", ROLE_CRM_ASYNC},
	{"back end server", ROLE_CRM_ASYNC},
	{"async", ROLE_CRM_ASYNC},
	{"async server", ROLE_CRM_ASYNC},
	{"asynchronous service", ROLE_CRM_ASYNC},
	{"email integration service", ROLE_CRM_EMAIL},
	{"sandbox", ROLE_CRM_SANDBOX},
	{"sandbox server", ROLE_CRM_SANDBOX},
	{"sandbox processing service", ROLE_CRM_SANDBOX},
	{"deployment server", ROLE_CRM_DEPLOY},
	{"deployment administration server", ROLE_CRM_DEPLOY},
	{"email router", ROLE_CRM_ROUTER},
	{"e mail router", ROLE_CRM_ROUTER},
	{"crm email router", ROLE_CRM_ROUTER},
	{"router", ROLE_CRM_ROUTER},
	{"exchange server", ROLE_EXCHANGE},
	{"mail server", ROLE_MAIL},
	{"mailserver", ROLE_MAIL},
	{"smtp", ROLE_MAIL},
	{"smtp server", ROLE_MAIL},
	{"pop3 server", ROLE_MAIL},
	{"ad fs", ROLE_ADFS},
	{"adfs server", ROLE_ADFS},
	{"federation server", ROLE_ADFS},
	{"federation services", ROLE_ADFS},
	{"sts", ROLE_ADFS},
	{"wap", ROLE_ADFS_PROXY},
	{"web application proxy", ROLE_ADFS_PROXY},
	{"federation server proxy", ROLE_ADFS_PROXY},
	{"load balancer", ROLE_NLB},
	{"loadbalancer", ROLE_NLB},
	{"vip", ROLE_NLB},
	{"cluster address", ROLE_NLB},
	{"client", ROLE_CRM_CLIENT},
	{"clients", ROLE_CRM_CLIENT},
	{"user", ROLE_CRM_CLIENT},
	{"users", ROLE_CRM_CLIENT},
	{"pc", ROLE_CRM_CLIENT},
	{"workstation", ROLE_CRM_CLIENT},
	{"workstations", ROLE_CRM_CLIENT},
	{"terminal server", ROLE_CRM_CLIENT},
	{"rds", ROLE_CRM_CLIENT},
	{"outlook", ROLE_CRM_CLIENT},
	{"jump host", ROLE_ADMIN},
	{"jump server", ROLE_ADMIN},
	{"administrator", ROLE_ADMIN},
	{"management", ROLE_ADMIN},
	{"management station", ROLE_ADMIN},
	{"admin workstation", ROLE_ADMIN},
	{"monitoring", ROLE_MONITOR},
	{"monitoring server", ROLE_MONITOR},
	{"scom", ROLE_MONITOR},
	{"backup server", ROLE_BACKUP},
	{"nessus", ROLE_SCANNER},
	{"vulnerability scanner", ROLE_SCANNER},
};

/* Lower case, and one space for whatever stands between words. */
static void plain(const struct import_piece *p, char buf[PHRASE])
{
	size_t n = 0;

	for (size_t i = 0; i < p->n && n < PHRASE - 1; i++) {
		char c = p->text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (strchr(" -_/\t", c))
			c = ' ';
		if (c == ' ' && (!n || buf[n - 1] == ' '))
			continue;
		buf[n++] = c;
	}
	while (n && buf[n - 1] == ' ')
		n--;
	buf[n] = '\0';
}

static enum role meant(const struct import_piece *p)
{
	char buf[PHRASE];

	if (p->n >= PHRASE)
		return ROLE_N;
	plain(p, buf);
	for (size_t i = 0; i < N_ELEMENTS(usual); i++)
		if (strcmp(usual[i].phrase, buf) == 0)
			return usual[i].role;
	return ROLE_N;
}

/* Capital letters make no other role. */
static enum role role_of(const struct import_piece *p)
{
	for (unsigned r = 0; r < ROLE_N; r++) {
		const char *name = role_name((enum role)r);

		if (strlen(name) == p->n && strncasecmp(name, p->text, p->n) == 0)
			return (enum role)r;
	}
	return ROLE_N;
}

static bool is_group(const struct import_piece *p)
{
	for (unsigned g = 0; g < GROUP_N; g++) {
		const char *name = role_group_name((enum role_group)g);

		if (strlen(name) == p->n && strncasecmp(name, p->text, p->n) == 0)
			return true;
	}
	return false;
}

static void unknown(struct import *im, const struct csv_cell *cell, const struct import_piece *p)
{
	enum role r = meant(p);
	char word[PHRASE + 1];
	size_t n = p->n < sizeof word - 1 ? p->n : sizeof word - 1;
	struct error *e;

	memcpy(word, p->text, n);
	word[n] = '\0';
	if (is_group(p)) {
		e = csv_error(im->csv, cell, p->offset, p->n, im->errs, "'%s' is a group of roles",
			      word);
		error_hint(e, "say which of them the host has");
		return;
	}

	const char *near = r != ROLE_N ? role_name(r) : did_you_mean(word, role_names());

	e = csv_error(im->csv, cell, p->offset, p->n, im->errs, "unknown role '%.*s'",
		      import_shown(p), p->text);
	if (r != ROLE_N)
		error_hint(e, "write %s (%s)", near, role_help(r));
	else if (near)
		error_hint(e, "did you mean '%s'?", near);
	else
		error_hint(e, "the words are listed by: spanaudit help roles");
}

/* A phrase that is no role: roles with spaces between them, or one that is unknown. */
static bool phrase(struct import *im, const struct csv_cell *cell, const struct import_piece *p,
		   roleset *set)
{
	const struct csv_cell within = {.text = p->text, .n = p->n};
	struct import_piece word, wrong = *p;
	size_t at = 0, known = 0, words = 0;
	roleset found = 0;

	while (import_next(&within, " \t", &at, &word)) {
		enum role r = role_of(&word);

		words++;
		if (r != ROLE_N) {
			known++;
			found |= ROLE_BIT(r);
		} else if (words - known == 1) {
			wrong = word;
			wrong.offset += p->offset;
		}
	}
	if (known == words) {
		*set |= found;
		return true;
	}
	unknown(im, cell, known && meant(p) == ROLE_N ? &wrong : p);
	return false;
}

bool import_roles(struct import *im, const struct csv_cell *cell, roleset *ret_roles)
{
	struct import_piece p;
	roleset set = 0;
	bool ok = true;

	for (size_t at = 0; import_next(cell, ",;|\r\n", &at, &p);)
		ok = phrase(im, cell, &p, &set) && ok;
	*ret_roles = set;
	return ok;
}
