// SPDX-License-Identifier: BSD-2-Clause
/* settings - what a run is told before it begins. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/engine.h"

#define ADD(vec, text)                                 \
	do {                                           \
		char *copy_ = strdup(text);            \
		if (!copy_ || !vec_push(vec, copy_)) { \
			free(copy_);                   \
			return -ENOMEM;                \
		}                                      \
	} while (0)

int span_audit_site(struct span_audit *a, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	free(a->site_path);
	a->site_path = copy;
	/* Rules are loaded for one site, and so are the roles of options. */
	a->matrix = matrix_free(a->matrix);
	a->roles_known = false;
	a->site = site_free(a->site);
	a->site = site_load(path, &a->errs);
	return a->site ? SPAN_OK : SPAN_USAGE;
}

int span_audit_waivers(struct span_audit *a, const char *path)
{
	const char *kinds[WAIVER_KINDS];

	engine_waiver_kinds(kinds);
	a->has_waivers = true;
	return waivers_load(&a->waivers, path, kinds, &a->errs) ? SPAN_USAGE : SPAN_OK;
}

int span_audit_now(struct span_audit *a, const char *time)
{
	a->has_now = time_parse(time, &a->now_ns);
	if (a->has_now)
		return SPAN_OK;
	error_hint(errors_add(&a->errs, false, "--now: '%.60s' is not a time with a zone", time),
		   "write date, time and offset: 2024-05-01T06:00:00+02:00");
	return SPAN_USAGE;
}

int span_audit_role(struct span_audit *a, const char *text)
{
	ADD(&a->roles, text);
	return SPAN_OK;
}

int span_audit_rules(struct span_audit *a, const char *pack)
{
	ADD(&a->packs, pack);
	return SPAN_OK;
}

int span_audit_rules_dir(struct span_audit *a, const char *dir)
{
	char *copy = strdup(dir);

	if (!copy || !vec_push(&a->dirs, copy)) {
		free(copy);
		return -ENOMEM;
	}
	/* Before the folders of a path, whenever that was given. */
	for (size_t i = a->dirs.n - 1; i > a->n_told_dirs; i--)
		a->dirs.v[i] = a->dirs.v[i - 1];
	a->dirs.v[a->n_told_dirs++] = copy;
	return SPAN_OK;
}

int span_audit_rules_path(struct span_audit *a, const char *path)
{
	while (path && *path) {
		size_t n = strcspn(path, ":");
		char *dir = n ? strndup(path, n) : NULL;

		if (n && (!dir || !vec_push(&a->dirs, dir))) {
			free(dir);
			return -ENOMEM;
		}
		path += n + (path[n] == ':');
	}
	return SPAN_OK;
}

int span_audit_file(struct span_audit *a, const char *path)
{
	ADD(&a->files, path);
	return SPAN_OK;
}

int span_audit_filter(struct span_audit *a, const char *bpf)
{
	char *copy = strdup(bpf);

	if (!copy)
		return -ENOMEM;
	free(a->filter);
	a->filter = copy;
	return SPAN_OK;
}

int span_audit_store(struct span_audit *a, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	free(a->store_path);
	a->store_path = copy;
	return SPAN_OK;
}

int span_audit_reader(struct span_audit *a, const char *reader)
{
	if (strcmp(reader, "auto") != 0 && strcmp(reader, "libpcap") != 0)
		return SPAN_USAGE;
	a->reader = *reader == 'l' ? READER_LIBPCAP : READER_AUTO;
	return SPAN_OK;
}

int span_audit_vlan_key(struct span_audit *a, bool on)
{
	a->vlan_key = on;
	return SPAN_OK;
}

int span_audit_infer(struct span_audit *a, const char *mode)
{
	static const char *const words[] = {
		[INFER_AUTO] = "auto", [INFER_OFF] = "off", [INFER_ONLY] = "only"};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (!strcmp(words[i], mode)) {
			a->infer = i;
			return SPAN_OK;
		}
	return SPAN_USAGE;
}

int span_audit_follow(struct span_audit *a, bool on)
{
	if (on && a->stop_fd < 0)
		a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (on && a->stop_fd < 0)
		return -errno;
	a->follow = on;
	return SPAN_OK;
}

void span_audit_stop(struct span_audit *a)
{
	uint64_t one = 1;
	int saved = errno;

	atomic_store(&a->stop, true);
	/* A counter that is full says it too. */
	if (a->stop_fd >= 0 && write(a->stop_fd, &one, sizeof one) < 0)
		errno = saved;
}

int span_audit_max_memory(struct span_audit *a, uint64_t bytes)
{
	a->max_memory = bytes;
	return SPAN_OK;
}

int span_audit_threads(struct span_audit *a, unsigned n)
{
	a->threads = n;
	return n <= SPAN_THREADS_MAX ? SPAN_OK : SPAN_USAGE;
}

int span_audit_strict_input(struct span_audit *a, bool on)
{
	a->strict_input = on;
	return SPAN_OK;
}

int span_audit_reports_only(struct span_audit *a, bool on)
{
	a->apart = on;
	return SPAN_OK;
}

int span_audit_digest_all(struct span_audit *a, bool on)
{
	a->digest_all = on;
	return SPAN_OK;
}

int span_audit_hash_key(struct span_audit *a, uint64_t k0, uint64_t k1)
{
	a->key = (struct hash_key){k0, k1};
	a->has_key = true;
	return SPAN_OK;
}

int span_audit_progress(struct span_audit *a, span_progress_fn fn, void *user)
{
	a->progress = fn;
	a->progress_user = user;
	return SPAN_OK;
}
