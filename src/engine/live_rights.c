// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_rights - what a process that reads hostile packets can no longer do.
 *
 * In this order, since each step needs what the next one takes: the bounding set, groups and user,
 * capabilities, no_new_privs, files (Landlock, landlock(7)), threads, system calls (seccomp(2)).
 * Threads inherit what was given up before them; to make more is among what goes last. Sockets
 * and files that are open stay usable: rights are asked for when something is opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/live_calls.h"
#include "engine/live_control.h"
#include "engine/live_keep.h"
#include "engine/live_run.h"
#include "engine/live_syslog.h"
#include "matrix/matrix.h"

#include "config.h"

/* linux/landlock.h of Debian 12 knows the second version of the interface; these are of later
 * ones, and are used where the kernel has them. */
struct ruleset {
	uint64_t fs, net;
};
struct __attribute__((packed)) beneath {
	uint64_t access;
	int32_t fd;
};
enum {
	RULE_BENEATH = 1,
	RULE_PORT = 2,
	VERSION = 1, /* the flag that asks for it */
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_FILE = 1 << 5,
	MAKE_REG = 1 << 8,
	TRUNCATE = 1 << 14,
	FS_1 = (1 << 13) - 1, /* all of the first version */
	REFER = 1 << 13,
	IOCTL_DEV = 1 << 15,
	NET_BIND = 1 << 0,
	NET_CONNECT = 1 << 1,
	CAPS = 64, /* more than any kernel has */
};

static const char default_user[] = "spanaudit";

/* ------------------------------------------------------------------ who */

static const struct passwd *user_of(const char *name, bool *ret_bad)
{
	const struct passwd *pw =
		name || geteuid() == 0 ? getpwnam(name ? name : default_user) : NULL;

	*ret_bad = name && !pw;
	return pw;
}

bool span_live_user(const char *user, uid_t *ret_uid, gid_t *ret_gid, bool *ret_bad)
{
	const struct passwd *pw = user_of(user, ret_bad);

	if (!pw || geteuid() != 0)
		return false;
	*ret_uid = pw->pw_uid;
	*ret_gid = pw->pw_gid;
	return true;
}

static int refuse(struct span_audit *a, const char *doing, int err)
{
	error_hint(
		errors_add(&a->errs, false, "rights could not be given up: %s: %s", doing,
			   strerror(err)),
		"packets are read without any, or not at all\nrun it as root or with CAP_NET_RAW "
		"alone, outside of a container that forbids this");
	return SPAN_INPUT;
}

static int become(struct span_audit *a, const struct passwd *pw)
{
	if (geteuid() != 0)
		return pw->pw_uid == geteuid()
			       ? 0
			       : refuse(a, "only root can become another user", EPERM);
	if (setgroups(1, &pw->pw_gid) < 0)
		return refuse(a, "setgroups", errno);
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0)
		return refuse(a, "setresgid", errno);
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return refuse(a, "setresuid", errno);
	if (pw->pw_uid != 0 && setresuid(0, 0, 0) == 0)
		return refuse(a, "root could be had back", EPERM);
	return 0;
}

/* ------------------------------------------------------------------ capabilities */

/* Without CAP_SETPCAP it stays as it is, which then gives nobody anything: see no_new_privs. */
static bool drop_bounding_set(void)
{
	bool all = true;

	for (unsigned long cap = 0; cap < CAPS; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
			all = false;
	return all;
}

static int drop_capabilities(struct span_audit *a)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &h, none) < 0)
		return refuse(a, "capset", errno);
	if (syscall(SYS_capget, &h, none) < 0)
		return refuse(a, "capget", errno);
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		if (none[i].effective | none[i].permitted | none[i].inheritable)
			return refuse(a, "capabilities are left", EPERM);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return refuse(a, "no_new_privs", errno);
	return 0;
}

/* ------------------------------------------------------------------ files */

static uint64_t handled(int version)
{
	uint64_t fs = FS_1;

	if (version >= 2)
		fs |= REFER;
	if (version >= 3)
		fs |= TRUNCATE;
	if (version >= 5)
		fs |= IOCTL_DEV;
	return fs;
}

static int allow_folder(int ruleset, const char *path, uint64_t access)
{
	struct beneath rule = {
		.access = access,
		.fd = open(path, O_PATH | O_CLOEXEC),
	};
	int r = 0;

	/* Where the user may not even look, nothing can be written; what is open already stays. */
	if (rule.fd < 0)
		return errno == EACCES || errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_BENEATH, &rule, 0) < 0)
		r = -errno;
	close(rule.fd);
	return r;
}

/* In the folder of that file. */
static int allow_beside(int ruleset, const char *path, uint64_t access)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int r = folder ? allow_folder(ruleset, folder, access) : -ENOMEM;

	free(folder);
	return r;
}

/* Where a file of the policy is, and where it is by its real name. Editors make a new file of it,
 * so the folder counts. */
static int allow_policy(int ruleset, const char *path)
{
	char *real = realpath(path, NULL);
	int r = allow_beside(ruleset, path, READ_FILE | READ_DIR);

	if (r == 0 && real)
		r = allow_beside(ruleset, real, READ_FILE | READ_DIR);
	free(real);
	return r;
}

/* What span_live_reload() reads. */
static int allow_policies(int ruleset, const struct span_audit *a)
{
	int r = a->site_path ? allow_policy(ruleset, a->site_path) : 0;

	for (size_t i = 0; r == 0 && i < a->waivers.files.n; i++)
		r = allow_policy(ruleset, a->waivers.files.v[i].path);
	for (size_t i = 0; r == 0 && i < matrix_n_packs(a->matrix); i++)
		r = allow_policy(ruleset, matrix_pack(a->matrix, i)->path);
	for (size_t i = 0; r == 0 && i < a->dirs.n; i++)
		r = allow_folder(ruleset, a->dirs.v[i], READ_FILE | READ_DIR);
	return r ? r : allow_folder(ruleset, SPAN_RULES_DIR, READ_FILE | READ_DIR);
}

/* Of a log server that is connected to again. */
static int allow_port(int ruleset, uint16_t port)
{
	const struct {
		uint64_t access, port;
	} rule = {NET_CONNECT, port};

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) < 0 ? -errno : 0;
}

/* The version of Landlock that holds now, 0: none; or a negative errno. */
static int confine_files(const struct span_audit *a, const struct span_live_rights *r)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
	struct ruleset set = {0};
	size_t size = version >= 4 ? sizeof set : sizeof set.fs;
	const uint64_t reports =
		WRITE_FILE | READ_FILE | READ_DIR | REMOVE_FILE | MAKE_REG | TRUNCATE;
	const char *zones = getenv("TZDIR");
	int fd, err = 0;

	if (version < 1)
		return 0;
	set.fs = handled((int)version);
	set.net = NET_BIND | NET_CONNECT;
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; err == 0 && i < r->n_folders; i++)
		err = allow_folder(fd, r->folders[i], reports & set.fs);
	if (err == 0 && a->live && a->live->control &&
	    control_path(a->live->control)) /* it is taken away at the end */
		err = allow_beside(fd, control_path(a->live->control), REMOVE_FILE);
	if (err == 0 && a->live)
		err = allow_policies(fd, a);
	if (err == 0 && version >= 4 && a->live && a->live->syslog && syslog_port(a->live->syslog))
		err = allow_port(fd, syslog_port(a->live->syslog));
	/* Reports have local times, and some formats read the zone anew. */
	if (err == 0)
		err = allow_folder(fd, zones && *zones ? zones : "/usr/share/zoneinfo",
				   READ_FILE | READ_DIR);
	if (err == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err ? err : (int)version;
}

/* ------------------------------------------------------------------ all of it */

static char *in_words(const struct passwd *pw, bool bounds, int landlock, int calls)
{
	struct out o = {0};
	char *z;

	if (pw && pw->pw_uid)
		out_printf(&o, "goes on as %s (uid %u)", pw->pw_name, (unsigned)pw->pw_uid);
	else
		out_printf(&o, "stays uid %u", (unsigned)geteuid());
	if (!geteuid())
		out_printf(&o, " (there is no user '%s': name one with --user)", default_user);
	out_printf(&o, ", without capabilities%s; ",
		   bounds ? "" : " (the bounding set needs CAP_SETPCAP and stays)");
	if (landlock)
		out_printf(&o, "files closed by Landlock %d; ", landlock);
	else
		out_puts(&o, "this kernel has no Landlock, so files stay as open as their modes; ");
	out_puts(&o, calls == 0 ? "system calls filtered"
				: "no filter of system calls (kernel or build lack seccomp)");
	z = out_failed(&o) ? NULL : strdup(out_str(&o));
	out_done(&o);
	return z;
}

/* What was made so far is to be that user's. */
static void give_all(const struct live_run *l, const struct passwd *pw)
{
	if (l->control)
		control_give(l->control, pw->pw_uid, pw->pw_gid);
	if (l->keep)
		live_keep_give(l->keep, pw->pw_uid, pw->pw_gid);
}

int span_live_confine(struct span_audit *a, const struct span_live_rights *r, char **ret)
{
	bool bad, bounds;
	const struct passwd *pw = user_of(r->user, &bad);
	int err, landlock, calls;

	if (bad) {
		error_hint(
			errors_add(&a->errs, false, "there is no user '%.64s'", r->user),
			"packets would be read with the rights of root\nmake it (systemd-sysusers, "
			"adduser --system), or name another one: --user nobody");
		return SPAN_USAGE;
	}
	bounds = drop_bounding_set();
	if (pw && geteuid() == 0 && a->live)
		give_all(a->live, pw);
	err = pw ? become(a, pw) : 0;
	err = err ? err : live_keep_check(a);
	err = err ? err : drop_capabilities(a);
	if (err)
		return err;
	/* The JSON library would look for chance in /dev/urandom when a report is made. */
	json_object_seed(0);
	landlock = confine_files(a, r);
	if (landlock < 0)
		return refuse(a, "Landlock", -landlock);
	if (a->live)
		live_threads_start(a);
	calls = live_calls_confine(a->live && a->live->syslog && syslog_port(a->live->syslog),
				   a->live && a->live->scrape);
	if (calls < 0 && calls != -ENOSYS)
		return refuse(a, "seccomp", -calls);
	if (a->live) {
		free(a->live->confined);
		a->live->confined = in_words(pw, bounds, landlock, calls);
	}
	if (ret)
		*ret = in_words(pw, bounds, landlock, calls);
	return 0;
}
