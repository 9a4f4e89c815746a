// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_policy - the rules, site and waivers that a live run judges by: which they are, since when,
 * and reading them again.
 *
 * The process that takes packets reads them itself: it has no rights by then, and the kernel's ring
 * lasts for longer than that takes. They are read into an audit of their own, so that a mistake in
 * one of them leaves everything as it was.
 */
#include <errno.h>
#include <inttypes.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/live_run.h"

static void add(SHA2_CTX *sha, const char *kind, const char *name, const char *digest)
{
	struct out o = {0};

	out_printf(&o, "%s ", kind);
	out_puts(&o, name);
	out_printf(&o, " %s\n", digest);
	SHA256Update(sha, (const uint8_t *)out_str(&o), o.n);
	out_done(&o);
}

/* Of the digests of all of its files: two runs with the same one judge alike. */
static void digest(const struct span_audit *a, char ret[65])
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	add(&sha, "site", "", a->site->sha256);
	for (size_t i = 0; i < matrix_n_packs(a->matrix); i++)
		add(&sha, "rules", matrix_pack(a->matrix, i)->name,
		    matrix_pack(a->matrix, i)->sha256);
	for (size_t i = 0; i < a->waivers.files.n; i++)
		add(&sha, "waivers", "", a->waivers.files.v[i].sha256);
	for (size_t i = 0; i < a->roles.n; i++)
		add(&sha, "role", a->roles.v[i], "");
	SHA256End(&sha, ret);
}

static void packs_json(const struct span_audit *a, struct out *o)
{
	out_puts(o, ",\"rules\":[");
	for (size_t i = 0; i < matrix_n_packs(a->matrix); i++) {
		const struct pack_info *p = matrix_pack(a->matrix, i);

		out_puts(o, i ? ",{\"name\":" : "{\"name\":");
		out_json_z(o, p->name);
		out_puts(o, ",\"revision\":");
		out_json_z(o, p->revision);
		out_printf(o, ",\"sha256\":\"%s\"}", p->sha256);
	}
	out_puts(o, "],\"waivers\":[");
	for (size_t i = 0; i < a->waivers.files.n; i++) {
		out_puts(o, i ? ",{\"path\":" : "{\"path\":");
		out_json_z(o, a->waivers.files.v[i].path);
		out_printf(o, ",\"sha256\":\"%s\"}", a->waivers.files.v[i].sha256);
	}
	out_char(o, ']');
}

static void reload_json(const struct live_reload *r, struct out *o)
{
	char at[TIME_TEXT];

	if (!r->at_ns) {
		out_puts(o, "null");
		return;
	}
	out_printf(o, "{\"at\":\"%s\",\"ok\":%s,\"text\":", time_rfc3339(r->at_ns, at),
		   r->ok ? "true" : "false");
	out_json_z(o, r->text);
	out_char(o, '}');
}

void live_policy_json(const struct span_audit *a, struct out *o)
{
	char hex[65], since[TIME_TEXT];

	digest(a, hex);
	out_printf(o, "{\"digest\":\"%s\",\"since\":\"%s\",\"site\":", hex,
		   time_rfc3339(a->live->policy_ns, since));
	out_json_z(o, a->site_path);
	packs_json(a, o);
	out_printf(o, ",\"replaced\":%" PRIu64 ",\"reload\":", a->live->reloads);
	reload_json(&a->live->reload, o);
	out_char(o, '}');
}

void live_policy_text(const struct span_audit *a, struct out *o)
{
	char hex[65], since[TIME_TEXT];

	digest(a, hex);
	out_printf(o, "policy %.12s, since %s: site ", hex,
		   time_rfc3339(a->live->policy_ns, since));
	if (a->site_path)
		out_text_z(o, a->site_path);
	else
		out_puts(o, "none");
	out_puts(o, "; rules");
	for (size_t i = 0; i < matrix_n_packs(a->matrix); i++) {
		out_puts(o, i ? ", " : " ");
		out_text_z(o, matrix_pack(a->matrix, i)->name);
	}
	out_printf(o, "; files of waivers: %zu\n", a->waivers.files.n);
}

/* ------------------------------------------------------------------ again */

static int copy_settings(struct span_audit *n, const struct span_audit *a)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n_told_dirs; i++)
		r = span_audit_rules_dir(n, a->dirs.v[i]);
	for (size_t i = a->n_told_dirs; r == 0 && i < a->dirs.n; i++)
		r = span_audit_rules_path(n, a->dirs.v[i]);
	for (size_t i = 0; r == 0 && i < a->roles.n; i++)
		r = span_audit_role(n, a->roles.v[i]);
	for (size_t i = 0; r == 0 && i < a->packs.n; i++)
		r = span_audit_rules(n, a->packs.v[i]);
	n->infer = a->infer;
	n->tz_name = r == 0 && a->tz_name ? strdup(a->tz_name) : NULL;
	return r == 0 && a->tz_name && !n->tz_name ? -ENOMEM : r;
}

/* All files are looked at, so that all that is wrong is said. */
static int read_again(struct span_audit *n, const struct span_audit *a)
{
	int worst = copy_settings(n, a);

	if (worst == 0 && a->site_path)
		worst = span_audit_site(n, a->site_path);
	for (size_t i = 0; worst >= 0 && i < a->waivers.files.n; i++) {
		int r = span_audit_waivers(n, a->waivers.files.v[i].path);

		worst = r ? r : worst;
	}
	return worst ? worst : engine_prepare(n);
}

#define SWAP(x, y)                   \
	do {                         \
		typeof(x) kept_ = x; \
		(x) = y;             \
		(y) = kept_;         \
	} while (0)

/* n is left with what was in force. */
static void go_by(struct span_audit *a, struct span_audit *n)
{
	SWAP(a->site, n->site);
	SWAP(a->matrix, n->matrix);
	SWAP(a->waivers, n->waivers);
}

/* Takes o. */
static void outcome(struct live_run *l, bool ok, struct out *o)
{
	live_tell(l, ok ? SPAN_LIVE_POLICY : SPAN_LIVE_TROUBLE, "%s", out_str(o));
	free(l->reload.text);
	l->reload =
		(struct live_reload){.at_ns = live_real_ns(), .ok = ok, .text = strdup(out_str(o))};
	out_done(o);
}

static void take_new(struct span_audit *a, struct span_audit *n, int64_t took_ns)
{
	struct live_run *l = a->live;
	char before[65], hex[65];
	struct out o = {0};

	digest(a, before);
	go_by(a, n);
	digest(a, hex);
	out_printf(&o, "rules, site and waivers were read again, in %" PRId64 " ms",
		   took_ns / (NS_PER_S / 1000));
	if (strcmp(before, hex) == 0) {
		out_puts(&o, ", and are as they were");
		outcome(l, true, &o);
		return;
	}
	l->policy_ns = live_real_ns();
	l->reloads++;
	/* What is there is judged by them at once. */
	l->judged_packets = UINT64_MAX;
	l->next_judge_ns = 0;
	out_printf(&o, ": judged by policy %.12s, before by %.12s", hex, before);
	outcome(l, true, &o);
}

static void keep_old(struct span_audit *a, const struct span_audit *n, int status)
{
	struct out o = {0};

	out_puts(&o, "rules, site or waivers cannot be read again, and those of before stay in "
		     "force\n");
	if (status == -ENOMEM)
		out_puts(&o, "there is no memory for them");
	else
		errors_format(&n->errs, "policy", &o);
	while (o.n && o.p[o.n - 1] == '\n')
		o.p[--o.n] = 0;
	outcome(a->live, false, &o);
}

/* Where logs went may have been moved away. */
static void reopen(struct live_run *l)
{
	int r = l->opt.reopen ? l->opt.reopen(l->opt.user) : 0;

	if (r < 0)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "the file of events cannot be opened again, and the old one is written "
			  "to: %s",
			  strerror(-r));
}

void live_reload(struct span_audit *a)
{
	struct live_run *l = a->live;
	struct span_audit *n = span_audit_new();
	int64_t from = live_clock_ns();
	int r = n ? read_again(n, a) : -ENOMEM;

	if (r == 0)
		take_new(a, n, live_clock_ns() - from);
	else
		keep_old(a, n, r);
	span_audit_free(n);
	reopen(l);
}
