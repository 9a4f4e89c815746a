// SPDX-License-Identifier: BSD-2-Clause
/*
 * By libseccomp: what is not on the list fails with EPERM, which a tool that is asked for nothing
 * new never sees. New sockets, programs, other processes' memory, mounts, modules, namespaces, keys
 * and io_uring are not on it. Files can be opened: which ones is Landlock's.
 */
#include "engine/live_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/cpu.h"

static const int allowed[] = {
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	/* what is open, and the report's files */
	SCMP_SYS(access),
	SCMP_SYS(chmod),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(dup2), /* of a log that is opened again */
	SCMP_SYS(dup3),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fallocate),
	SCMP_SYS(fchmod),
	SCMP_SYS(fcntl),
	SCMP_SYS(fdatasync),
	SCMP_SYS(flock),
	SCMP_SYS(fstat),
	SCMP_SYS(fsync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(umask),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* waiting, and sockets that are open */
	SCMP_SYS(accept4), /* of the control socket */
	SCMP_SYS(bind),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(getsockopt),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	/* time, signals, this process and the one that judges */
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),
	SCMP_SYS(kill),
	SCMP_SYS(nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(setpriority),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill),
	SCMP_SYS(time),
	SCMP_SYS(uname),
	SCMP_SYS(wait4),
};

/* Of these, some uses. */
static int add_partly(scmp_filter_ctx c)
{
	static const unsigned long ioctls[] = {TCGETS,       TIOCGWINSZ, FIONREAD,     SIOCGIFFLAGS,
					       SIOCGIFINDEX, SIOCGIFMTU, SIOCGIFHWADDR};
	static const int options[] = {PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_GET_SECCOMP,
				      PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ};
	/* fork(), and no thread or namespace. */
	static const unsigned long threads = CLONE_VM | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID |
					     CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
					     CLONE_NEWCGROUP | CLONE_PTRACE;
	int r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				 SCMP_A0(SCMP_CMP_MASKED_EQ, threads, 0));

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(ioctls); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(options); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)options[i]));
	/* Joining the promiscuous group again, of a device that came back; no filter is changed. */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
				     SCMP_A1(SCMP_CMP_EQ, SOL_PACKET));
	return r;
}

/* A call that this architecture never had is no error. */
static int add_all(scmp_filter_ctx c)
{
	for (size_t i = 0; i < N_ELEMENTS(allowed); i++) {
		int r = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);

		if (r < 0 && r != -EDOM && r != -EFAULT)
			return r;
	}
	/* The C library falls back to clone(2), which tells its flags in a register. */
	if (seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) < 0)
		return -EINVAL;
	return add_partly(c);
}

/* Of connections that were taken in: how their bytes are sent, and their end. */
static int add_serving(scmp_filter_ctx c)
{
	int r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
				 SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP));

	return r ? r : seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 0);
}

int live_calls_confine(bool connects, bool serves)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = c ? 0 : -ENOMEM;

	if (r == 0)
		r = add_all(c);
	if (r == 0 && connects)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	if (r == 0 && serves)
		r = add_serving(c);
	/* For all threads, which are there already: none can be made behind it. */
	if (r == 0)
		r = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_load(c);
	if (c)
		seccomp_release(c);
	/* libseccomp hides why the kernel said no. */
	return r == -ECANCELED || r == -EINVAL ? -ENOSYS : r;
}
