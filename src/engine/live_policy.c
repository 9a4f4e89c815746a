// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_policy - the rules, site and waivers that a live run judges by: which they are, and since
 * when.
 */
#include <sha256.h>
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

void live_policy_json(const struct span_audit *a, struct out *o)
{
	char hex[65], since[TIME_TEXT];

	digest(a, hex);
	out_printf(o, "{\"digest\":\"%s\",\"since\":\"%s\",\"site\":", hex,
		   time_rfc3339(a->live->policy_ns, since));
	out_json_z(o, a->site_path);
	packs_json(a, o);
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
