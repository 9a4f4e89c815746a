/* SPDX-License-Identifier: BSD-2-Clause */
/* smb_talks - conversations over SMB 2 and SMB 1 that open pipes, and speak through them. */
#ifndef SPAN_TESTS_SMB_TALKS_H
#define SPAN_TESTS_SMB_TALKS_H

#include "smb_lab.h"

/* Conversations of SMB 2 */

static void mapper_written_and_read(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "epmapper", 0x21);
	ask_write(t, 5, 0x21, EPM_BIND);
	ask_read(t, 6, 0x21);
	begin(t, SERVER);
	t->flags = ASYNC;
	error_cmd(t, 8, 6, 0x103); /* STATUS_PENDING */
	end(t);
	data(t, 6, EPM_ACK);
	ask_write(t, 7, 0x21, EPM_MAP);
	ask_read(t, 8, 0x21);
	data(t, 8, EPM_MAPPED);
	ask_close(t, 9, 0x21);
}

static void mapper_transceived(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "\\PIPE\\EpMapper", 0x21);
	ask_ioctl(t, 5, 0x21, EPM_BIND);
	ioctled(t, 5, 0x21, EPM_ACK);
	ask_ioctl(t, 6, 0x21, EPM_MAP);
	begin(t, SERVER);
	t->flags = ASYNC;
	error_cmd(t, 11, 6, 0x103); /* STATUS_PENDING */
	end(t);
	begin(t, SERVER);
	t->flags = ASYNC;

	uint8_t b[4096];
	size_t n = bytes_of(EPM_MAPPED, b);

	ioctled_cmd(t, 6, 0x21, b, n, 0);
	end(t);
}

/* The bind was never captured: the name of the pipe says what the answers are. */
static void mapper_by_its_pipe(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "epmapper", 0x21);
	begin(t, CLIENT);
	put_bytes(t, "\xfdSMB", 4);
	put(t, 0, 150);
	end(t);
	ask_ioctl(t, 6, 0x21, EPM_MAP);
	ioctled(t, 6, 0x21, EPM_MAPPED);
}

/* An answer longer than what was asked for: the first part comes with an error, and a READ gets the
 * rest. */
static void overflow(struct talk *t)
{
	uint8_t b[4096];
	size_t n = bytes_of(EPM_MAPPED, b);

	tree(t, 5, 2);
	open_pipe(t, 4, "epmapper", 0x21);
	ask_ioctl(t, 5, 0x21, EPM_BIND);
	ioctled(t, 5, 0x21, EPM_ACK);
	ask_ioctl(t, 6, 0x21, EPM_MAP);
	begin(t, SERVER);
	ioctled_cmd(t, 6, 0x21, b, 50, 0x80000005);
	end(t);
	ask_read(t, 7, 0x21);
	begin(t, SERVER);
	data_cmd(t, 7, b + 50, 40, 0x80000005);
	end(t);
	ask_read(t, 8, 0x21);
	begin(t, SERVER);
	data_cmd(t, 8, b + 90, n - 90, 0);
	end(t);
}

static void compound(struct talk *t)
{
	uint8_t b[4096];
	size_t n = bytes_of(NL_BIND, b);

	tree(t, 5, 2);
	begin(t, CLIENT);
	create_cmd(t, 4, "netlogon");
	t->flags = RELATED;
	write_cmd(t, 5, ONES, b, n);
	t->flags = RELATED;
	read_cmd(t, 6, ONES);
	end(t);
	begin(t, SERVER);
	created_cmd(t, 4, 0x21);
	command(t, 9, 5, 0);
	put(t, 17, 2);
	put(t, 0, 14);
	n = bytes_of(EPM_ACK, b);
	data_cmd(t, 6, b, n, 0);
	end(t);
	ask_write(t, 7, 0x21, EPM_MAP);
}

/* A READ in one message with the CREATE, answered when there is something to read. */
static void read_first(struct talk *t)
{
	tree(t, 5, 2);
	begin(t, CLIENT);
	create_cmd(t, 4, "epmapper");
	t->flags = RELATED;
	read_cmd(t, 5, ONES);
	end(t);
	begin(t, SERVER);
	created_cmd(t, 4, 0x21);
	t->flags = ASYNC;
	error_cmd(t, 8, 5, 0x103);
	end(t);
	ask_write(t, 6, 0x21, EPM_MAP);
	data(t, 5, EPM_MAPPED);
}

static void disk_beside_pipe(struct talk *t)
{
	tree(t, 6, 1);
	open_pipe(t, 4, "lsarpc", 0x31); /* a file of that name */
	ask_write(t, 5, 0x31, EPM_BIND);
	tree(t, 5, 2);
	open_pipe(t, 6, "netlogon", 0x21);
	ask_ioctl(t, 7, 0x21, NL_BIND);
	ioctled(t, 7, 0x21, EPM_ACK);
}

static void refused_pipe(struct talk *t)
{
	tree(t, 5, 2);
	ask_create(t, 4, "svcctl");
	begin(t, SERVER);
	error_cmd(t, 5, 4, 0xc0000034);
	end(t);
	open_pipe(t, 5, "winreg", 0x21);
}

static void two_pipes(struct talk *t)
{
	tree(t, 5, 2);
	ask_create(t, 4, "netlogon");
	ask_create(t, 5, "epmapper");
	created(t, 5, 0x22);
	created(t, 4, 0x21);
	ask_ioctl(t, 6, 0x21, NL_BIND);
	ask_ioctl(t, 7, 0x22, EPM_BIND);
	ioctled(t, 7, 0x22, EPM_ACK);
	ioctled(t, 6, 0x21, EPM_ACK);
	ask_ioctl(t, 8, 0x22, EPM_MAP);
	ioctled(t, 8, 0x22, EPM_MAPPED);
}

static void tree_never_seen(struct talk *t)
{
	t->tree = 5;
	open_pipe(t, 4, "lsarpc", 0x20);
	open_pipe(t, 5, "report.docx", 0x23);
	ask_ioctl(t, 6, 0x21, NL_BIND); /* opened before */
	ioctled(t, 6, 0x21, EPM_ACK);
}

static void other_protocol(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "\\sql\\query", 0x21);
	ask_write(t, 5, 0x21, "1201003a0000010000001a000601002000010200");
	ask_write(t, 6, 0x21, EPM_BIND); /* not at the beginning, so it is something else */
}

static void same_number_again(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "netlogon", 0x21);
	ask_ioctl(t, 5, 0x21, NL_BIND);
	ask_close(t, 6, 0x21);
	open_pipe(t, 7, "epmapper", 0x21);
	ask_ioctl(t, 8, 0x21, EPM_BIND);
	ioctled(t, 8, 0x21, EPM_ACK);
	ask_ioctl(t, 9, 0x21, EPM_MAP);
	ioctled(t, 9, 0x21, EPM_MAPPED);
}

/* As above, and nobody saw it closed. */
static void same_number_unclosed(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "netlogon", 0x21);
	ask_ioctl(t, 5, 0x21, NL_BIND);
	ioctled(t, 5, 0x21, EPM_ACK);
	open_pipe(t, 7, "epmapper", 0x21);
	ask_ioctl(t, 9, 0x21, EPM_MAP);
	ioctled(t, 9, 0x21, EPM_MAPPED);
}

static void sealed_and_packed(struct talk *t)
{
	tree(t, 5, 2);
	begin(t, CLIENT);
	put_bytes(t, "\xfdSMB", 4);
	put(t, 0, 96);
	end(t);
	begin(t, SERVER);
	put_bytes(t, "\xfcSMB", 4);
	put(t, 0, 60);
	end(t);
	open_pipe(t, 7, "srvsvc", 0x21);
}

static void session_service(struct talk *t)
{
	static const uint8_t keepalive[4] = {0x85}, positive[4] = {0x82};

	t->v[t->n].side = CLIENT;
	t->v[t->n].at = t->used;
	t->v[t->n++].n = 4 + 68;
	put(t, 0x44000081, 4);
	put(t, 0x20, 68);
	t->v[t->n].side = SERVER;
	t->v[t->n].at = t->used;
	t->v[t->n++].n = 4;
	put_bytes(t, positive, 4);
	tree(t, 5, 2);
	t->v[t->n].side = CLIENT;
	t->v[t->n].at = t->used;
	t->v[t->n++].n = 4;
	put_bytes(t, keepalive, 4);
	open_pipe(t, 4, "samr", 0x21);
}

/* More opens and unanswered requests than are kept. */
static void many(struct talk *t)
{
	tree(t, 5, 2);
	for (uint64_t i = 0; i < SMB_PIPES + 4; i++)
		open_pipe(t, 10 + i, "samr", 0x100 + i);
	for (uint64_t i = 0; i < 30; i++)
		ask_create(t, 100 + i, "unanswered");
	ask_ioctl(t, 200, 0x100 + SMB_PIPES + 3, NL_BIND);
}

/* Conversations of SMB 1 */

static void mapper1(struct talk *t)
{
	tree1(t, 8, "IPC");
	create1(t, "\\EPMAPPER");
	created1(t, 0x4000, 2);
	write1(t, 0x4000, EPM_BIND, false);
	read1_hex(t, 0x4000, EPM_ACK);
	transact1(t, 0x4000, EPM_MAP, 0);
	transacted1_hex(t, EPM_MAPPED);
	close1(t, 0x4000);
}

static void mapper1_ascii(struct talk *t)
{
	t->ascii = true;
	mapper1(t);
}

static void mapper1_raw_and_parts(struct talk *t)
{
	uint8_t b[4096];
	size_t n = bytes_of(EPM_MAPPED, b);

	create1(t, "\\PIPE\\epmapper");
	created1(t, 0x4000, 2);
	write1(t, 0x4000, EPM_BIND, true);
	read1_hex(t, 0x4000, EPM_ACK);
	transact1(t, 0x4000, EPM_MAP, 60);
	transacted1(t, b, 40, 0, 90, 0x80000005);
	transacted1(t, b + 40, 50, 40, 90, 0x80000005);
	read1(t, 0x4000, b + 90, n - 90, 0);
}

static void number1_again(struct talk *t)
{
	tree1(t, 8, "IPC");
	for (int i = 0; i < 3; i++) {
		create1(t, i == 1 ? "\\srvsvc" : "\\netlogon");
		created1(t, 0x4000, 2);
		transact1(t, 0x4000, NL_BIND, 0);
		transacted1_hex(t, EPM_ACK);
		close1(t, 0x4000);
	}
}

static void file1(struct talk *t)
{
	tree1(t, 9, "A:");
	create1(t, "\\browser");
	created1(t, 0x4001, 0);
	write1(t, 0x4001, EPM_BIND, false);
	t->tree = 10; /* a tree that nobody saw: what was opened says it is a file */
	create1(t, "\\browser");
	created1(t, 0x4002, 0);
}

static void opened_before1(struct talk *t)
{
	t->tree = 8;
	write1(t, 0x4007, EPM_BIND, false);
	read1_hex(t, 0x4007, EPM_ACK);
	transact1(t, 0x4007, EPM_MAP, 0);
	transacted1_hex(t, EPM_MAPPED);
}

/* SESSION_SETUP_ANDX and TREE_CONNECT_ANDX in one answer, and a NT_CREATE_ANDX behind a
 * TREE_CONNECT_ANDX in one request. */
static void chain1(struct talk *t)
{
	t->tree = 8;
	begin(t, SERVER);
	header1(t, 0x73, 0);
	put(t, 3, 1);
	put(t, 0x75, 2);
	put(t, 32 + 1 + 6 + 2 + 4, 2);
	put(t, 0, 2);
	put(t, 4, 2);
	put(t, 0, 4);
	put(t, 2, 1);
	andx(t);
	put(t, 5, 2);
	put_bytes(t, "IPC\0\0", 5);
	end(t);
	t->mid++;
	begin(t, CLIENT);
	header1(t, 0x75, 0);
	put(t, 4, 1);
	put(t, 0xa2, 2);
	put(t, 32 + 1 + 8 + 2 + 10, 2);
	put(t, 0, 2);
	put(t, 1, 2);
	put(t, 10, 2);
	put(t, 0, 10);
	put(t, 24, 1);
	andx(t);
	put(t, 0, 1);
	put(t, 16, 2);
	put(t, 0, 41);
	bytes1(t, 18, "\\spoolss");
	end(t);
	created1(t, 0x4000, 2);
}

/* More blocks than anybody sends: the open behind them is not looked for. */
static void long_chain1(struct talk *t)
{
	t->tree = 8;
	t->ascii = true;
	begin(t, CLIENT);
	header1(t, 0x73, 0);
	for (unsigned i = 0; i <= SMB_CHAIN; i++) {
		put(t, 2, 1);
		put(t, i < SMB_CHAIN ? 0x74 : 0xa2, 2);
		put(t, here(t) + 4, 2);
		put(t, 0, 2);
	}
	put(t, 24, 1);
	andx(t);
	put(t, 0, 1);
	put(t, 6, 2);
	put(t, 0, 41);
	bytes1(t, 7, "samr\\x");
	end(t);
	created1(t, 0x4000, 2);
	create1(t, "\\winreg");
	created1(t, 0x4001, 2);
}

/* A write whose next block would begin within its data: they are all written. */
static void block_in_data1(struct talk *t)
{
	tree1(t, 8, "IPC");
	create1(t, "\\epmapper");
	created1(t, 0x4000, 2);
	write1(t, 0x4000, EPM_BIND, false);
	patch(t, t->v[t->n - 2].at + 4 + 33, 0x2e | (64 + 20) << 16, 4);
	read1_hex(t, 0x4000, EPM_ACK);
	transact1(t, 0x4000, EPM_MAP, 0);
	transacted1_hex(t, EPM_MAPPED);
}

#endif
