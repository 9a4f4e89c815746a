// SPDX-License-Identifier: BSD-2-Clause
/* Named pipes in SMB streams: conversations of both versions, in any pieces, cut, with holes,
 * out of step, and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/out.h"
#include "build.h"
#include "learn/learn.h"
#include "learn/smb.h"
#include "recognise/recognise.h"

/* The endpoint mapper: bind, bind_ack, ept_map for drsuapi, its answer: TCP 49667. */
#define EPM_BIND                                                                                   \
	"05000b03100000004800000001000000d016d0160000000001000000000001000883afe11f5dc91191a40800" \
	"2b14a0fa03000000045d888aeb1cc9119fe808002b10486002000000"
#define EPM_ACK                                                                              \
	"05000c03100000003c00000001000000d016d016341200000400313335000000010000000000000004" \
	"5d888aeb1cc9119fe808002b10486002000000"
#define EPM_MAP                                                                                  \
	"05000003100000009c00000002000000840000000000030001000000000000000000000000000000000000" \
	"00020000004b0000004b000000050013000d354251e3064bd111ab0400c04fc2dcd204000200000013000d" \
	"045d888aeb1cc9119fe808002b10486002000200000001000b020000000100070200000001000904000000" \
	"000000000000000000000000000000000000000000000004000000"
#define EPM_MAPPED                                                                               \
	"05000203100000009800000002000000800000000000000000000000000000000000000000000000000000" \
	"0001000000040000000000000001000000030000004b0000004b000000050013000d354251e3064bd111ab" \
	"0400c04fc2dcd204000200000013000d045d888aeb1cc9119fe808002b10486002000200000001000b0200" \
	"00000100070200c20301000904000a0000050000000000"
/* netlogon, {12345678-1234-abcd-ef00-01234567cffb} */
#define NL_BIND                                                                      \
	"05000b03100000004800000001000000d016d0160000000001000000000001007856341234" \
	"12cdabef0001234567cffb01000000045d888aeb1cc9119fe808002b10486002000000"

#define EPM_IFACE "e1af8308-5d1f-11c9-91a4-08002b14a0fa 3.0"
#define NL_IFACE  "12345678-1234-abcd-ef00-01234567cffb 1.0"

enum { CLIENT = 0, SERVER = 1, PIECES = 96, ROOM = 1 << 17 };

/* A conversation: messages in their order. */
struct talk {
	struct {
		unsigned side;
		size_t at, n;
	} v[PIECES];
	size_t n;
	uint8_t b[ROOM];
	size_t used;
	size_t command; /* SMB 2: where the last command of this message begins; 0 none */
	uint32_t tree;
	uint32_t flags; /* of the next command */
	uint16_t mid;   /* SMB 1 */
	bool ascii;
};

static void put(struct talk *t, uint64_t v, size_t n)
{
	assert_true(t->used + n <= ROOM);
	for (size_t i = 0; i < n; i++)
		t->b[t->used++] = (uint8_t)(i < 8 ? v >> 8 * i : 0);
}

static void put_bytes(struct talk *t, const void *p, size_t n)
{
	assert_true(t->used + n <= ROOM);
	memcpy(t->b + t->used, p, n);
	t->used += n;
}

static void patch(struct talk *t, size_t at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		t->b[at + i] = (uint8_t)(v >> 8 * i);
}

static void begin(struct talk *t, unsigned side)
{
	assert_true(t->n < PIECES);
	t->v[t->n].side = side;
	t->v[t->n].at = t->used;
	t->command = 0;
	put(t, 0, 4);
}

static void end(struct talk *t)
{
	size_t at = t->v[t->n].at, n = t->used - at - 4;

	t->b[at + 1] = (uint8_t)(n >> 16);
	t->b[at + 2] = (uint8_t)(n >> 8);
	t->b[at + 3] = (uint8_t)n;
	t->v[t->n++].n = n + 4;
}

static size_t bytes_of(const char *hex, uint8_t b[4096])
{
	return unhex(hex, b, 4096);
}

/* SMB 2 */

enum { ANSWER = 1, ASYNC = 2, RELATED = 4 };
static const uint64_t ONES = UINT64_MAX;

static void command(struct talk *t, unsigned cmd, uint64_t mid, uint32_t status)
{
	if (t->command) {
		while ((t->used - t->command) % 8)
			put(t, 0, 1);
		patch(t, t->command + 20, t->used - t->command, 4);
	}
	t->command = t->used;
	put_bytes(t, "\xfeSMB", 4);
	put(t, 64, 2);
	put(t, 1, 2);
	put(t, status, 4);
	put(t, cmd, 2);
	put(t, 1, 2);
	put(t, (t->v[t->n].side == SERVER ? ANSWER : 0) | t->flags, 4);
	put(t, 0, 4);
	put(t, mid, 8);
	put(t, t->flags & ASYNC ? 0x77 : 0xfeff, 4);
	put(t, t->flags & ASYNC ? 0 : t->flags & RELATED ? UINT32_MAX : t->tree, 4);
	put(t, t->flags & RELATED ? ONES : 0x11, 8);
	put(t, 0, 16);
	t->flags = 0;
}

static void put_name(struct talk *t, const char *name)
{
	for (; *name; name++)
		put(t, (uint8_t)*name, t->ascii ? 1 : 2);
}

static void put_id(struct talk *t, uint64_t id)
{
	put(t, id, 8);
	put(t, id, 8);
}

static void create_cmd(struct talk *t, uint64_t mid, const char *name)
{
	command(t, 5, mid, 0);
	put(t, 57, 2);
	put(t, 0, 42);
	put(t, 120, 2);
	put(t, 2 * strlen(name), 2);
	put(t, 0, 8);
	put_name(t, name);
}

static void created_cmd(struct talk *t, uint64_t mid, uint64_t id)
{
	command(t, 5, mid, 0);
	put(t, 89, 2);
	put(t, 0, 62);
	put_id(t, id);
	put(t, 0, 9);
}

static void error_cmd(struct talk *t, unsigned cmd, uint64_t mid, uint32_t status)
{
	command(t, cmd, mid, status);
	put(t, 9, 2);
	put(t, 0, 7);
}

static void write_cmd(struct talk *t, uint64_t mid, uint64_t id, const void *p, size_t n)
{
	command(t, 9, mid, 0);
	put(t, 49, 2);
	put(t, 112, 2);
	put(t, n, 4);
	put(t, 0, 8);
	put_id(t, id);
	put(t, 0, 16);
	put_bytes(t, p, n);
}

static void read_cmd(struct talk *t, uint64_t mid, uint64_t id)
{
	command(t, 8, mid, 0);
	put(t, 49, 2);
	put(t, 0x50, 2);
	put(t, 4096, 4);
	put(t, 0, 8);
	put_id(t, id);
	put(t, 0, 16);
	put(t, 0, 1);
}

static void data_cmd(struct talk *t, uint64_t mid, const void *p, size_t n, uint32_t status)
{
	command(t, 8, mid, status);
	put(t, 17, 2);
	put(t, 80, 2);
	put(t, n, 4);
	put(t, 0, 8);
	put_bytes(t, p, n);
}

static void ioctl_cmd(struct talk *t, uint64_t mid, uint64_t id, const void *p, size_t n)
{
	command(t, 11, mid, 0);
	put(t, 57, 4);
	put(t, 0x0011c017, 4);
	put_id(t, id);
	put(t, 120, 4);
	put(t, n, 4);
	put(t, 0, 4);
	put(t, 0, 8);
	put(t, 1024, 4);
	put(t, 1, 8);
	put_bytes(t, p, n);
}

static void ioctled_cmd(struct talk *t, uint64_t mid, uint64_t id, const void *p, size_t n,
			uint32_t status)
{
	command(t, 11, mid, status);
	put(t, 49, 4);
	put(t, 0x0011c017, 4);
	put_id(t, id);
	put(t, 112, 4);
	put(t, 0, 4);
	put(t, 112, 4);
	put(t, n, 4);
	put(t, 0, 8);
	put_bytes(t, p, n);
}

static void tree(struct talk *t, uint32_t id, unsigned type)
{
	t->tree = id;
	begin(t, SERVER);
	command(t, 3, 1, 0);
	put(t, 16, 2);
	put(t, type, 2);
	put(t, 0, 12);
	end(t);
}

static void ask_create(struct talk *t, uint64_t mid, const char *name)
{
	begin(t, CLIENT);
	create_cmd(t, mid, name);
	end(t);
}

static void created(struct talk *t, uint64_t mid, uint64_t id)
{
	begin(t, SERVER);
	created_cmd(t, mid, id);
	end(t);
}

static void ask_write(struct talk *t, uint64_t mid, uint64_t id, const char *hex)
{
	uint8_t b[4096];

	begin(t, CLIENT);
	write_cmd(t, mid, id, b, bytes_of(hex, b));
	end(t);
}

static void ask_read(struct talk *t, uint64_t mid, uint64_t id)
{
	begin(t, CLIENT);
	read_cmd(t, mid, id);
	end(t);
}

static void data(struct talk *t, uint64_t mid, const char *hex)
{
	uint8_t b[4096];

	begin(t, SERVER);
	data_cmd(t, mid, b, bytes_of(hex, b), 0);
	end(t);
}

static void ask_ioctl(struct talk *t, uint64_t mid, uint64_t id, const char *hex)
{
	uint8_t b[4096];

	begin(t, CLIENT);
	ioctl_cmd(t, mid, id, b, bytes_of(hex, b));
	end(t);
}

static void ioctled(struct talk *t, uint64_t mid, uint64_t id, const char *hex)
{
	uint8_t b[4096];

	begin(t, SERVER);
	ioctled_cmd(t, mid, id, b, bytes_of(hex, b), 0);
	end(t);
}

static void ask_close(struct talk *t, uint64_t mid, uint64_t id)
{
	begin(t, CLIENT);
	command(t, 6, mid, 0);
	put(t, 24, 2);
	put(t, 0, 6);
	put_id(t, id);
	end(t);
	begin(t, SERVER);
	command(t, 6, mid, 0);
	put(t, 60, 2);
	put(t, 0, 58);
	end(t);
}

static void open_pipe(struct talk *t, uint64_t mid, const char *name, uint64_t id)
{
	ask_create(t, mid, name);
	created(t, mid, id);
}

/* Conversations of SMB 2 */

static void mapper_written_and_read(struct talk *t)
{
	tree(t, 5, 2);
	open_pipe(t, 4, "epmapper", 0x21);
	ask_write(t, 5, 0x21, EPM_BIND);
	ask_read(t, 6, 0x21);
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

/* SMB 1 */

static void header1(struct talk *t, unsigned cmd, uint32_t status)
{
	put_bytes(t, "\xffSMB", 4);
	put(t, cmd, 1);
	put(t, status, 4);
	put(t, t->v[t->n].side == SERVER ? 0x98 : 0x18, 1);
	put(t, t->ascii ? 0x4001 : 0xc001, 2);
	put(t, 0, 2 + 8 + 2);
	put(t, t->tree, 2);
	put(t, 0x1234, 2);
	put(t, 0x800, 2);
	put(t, t->mid, 2);
}

static void andx(struct talk *t)
{
	put(t, 0xff, 2);
	put(t, 0, 2);
}

static size_t here(const struct talk *t) /* from the header */
{
	return t->used - t->v[t->n].at - 4;
}

static void bytes1(struct talk *t, size_t n, const char *name)
{
	put(t, n, 2);
	if (!t->ascii && here(t) % 2)
		put(t, 0, 1);
	put_name(t, name);
	put(t, 0, t->ascii ? 1 : 2);
}

static void tree1(struct talk *t, uint16_t id, const char *service)
{
	t->tree = id;
	begin(t, SERVER);
	header1(t, 0x75, 0);
	put(t, 3, 1);
	andx(t);
	put(t, 0, 2);
	put(t, strlen(service) + 1 + 1, 2);
	put_bytes(t, service, strlen(service) + 1);
	put(t, 0, 1);
	end(t);
}

static void create1(struct talk *t, const char *name)
{
	size_t n = strlen(name) * (t->ascii ? 1 : 2);

	t->mid++;
	begin(t, CLIENT);
	header1(t, 0xa2, 0);
	put(t, 24, 1);
	andx(t);
	put(t, 0, 1);
	put(t, n, 2);
	put(t, 0, 41);
	bytes1(t, n + (t->ascii ? 1 : 3), name);
	end(t);
}

static void created1(struct talk *t, uint16_t fid, unsigned type)
{
	begin(t, SERVER);
	header1(t, 0xa2, 0);
	put(t, 34, 1);
	andx(t);
	put(t, 0, 1);
	put(t, fid, 2);
	put(t, 0, 4 + 32 + 4 + 16);
	put(t, type, 2);
	put(t, 0, 3);
	put(t, 0, 2);
	end(t);
}

static void write1(struct talk *t, uint16_t fid, const char *hex, bool raw)
{
	uint8_t b[4096];
	size_t n = bytes_of(hex, b);

	t->mid++;
	begin(t, CLIENT);
	header1(t, 0x2f, 0);
	put(t, 14, 1);
	andx(t);
	put(t, fid, 2);
	put(t, 0, 8);
	put(t, raw ? 0x000c : 0x0008, 2);
	put(t, 0, 4);
	put(t, n + (raw ? 2 : 0), 2);
	put(t, 64, 2);
	put(t, 0, 4);
	put(t, n + 1 + (raw ? 2 : 0), 2);
	put(t, 0xee, 1);
	assert_true(here(t) == 64);
	if (raw)
		put(t, n, 2);
	put_bytes(t, b, n);
	end(t);
	begin(t, SERVER);
	header1(t, 0x2f, 0);
	put(t, 6, 1);
	andx(t);
	put(t, n, 2);
	put(t, 0, 6);
	put(t, 0, 2);
	end(t);
}

static void read1(struct talk *t, uint16_t fid, const uint8_t *p, size_t n, uint32_t status)
{
	t->mid++;
	begin(t, CLIENT);
	header1(t, 0x2e, 0);
	put(t, 12, 1);
	andx(t);
	put(t, fid, 2);
	put(t, 0, 18);
	put(t, 0, 2);
	end(t);
	begin(t, SERVER);
	header1(t, 0x2e, status);
	put(t, 12, 1);
	andx(t);
	put(t, 0, 6);
	put(t, n, 2);
	put(t, 60, 2);
	put(t, 0, 10);
	put(t, n + 1, 2);
	put(t, 0, 1);
	assert_true(here(t) == 60);
	put_bytes(t, p, n);
	end(t);
}

static void read1_hex(struct talk *t, uint16_t fid, const char *hex)
{
	uint8_t b[4096];
	size_t n = bytes_of(hex, b);

	read1(t, fid, b, n, 0);
}

/* `first` bytes of what is sent come in the request, the rest in a second one. */
static void transact1(struct talk *t, uint16_t fid, const char *hex, size_t first)
{
	uint8_t b[4096];
	size_t n = bytes_of(hex, b), part = first && first < n ? first : n;

	t->mid++;
	begin(t, CLIENT);
	header1(t, 0x25, 0);
	put(t, 16, 1);
	put(t, 0, 2);
	put(t, n, 2);
	put(t, 0, 2);
	put(t, 1024, 2);
	put(t, 0, 2 + 2 + 4 + 2);
	put(t, 0, 2);
	put(t, 84, 2);
	put(t, part, 2);
	put(t, 84, 2);
	put(t, 2, 2);
	put(t, 0x26, 2);
	put(t, fid, 2);
	put(t, part + 17, 2);
	put_bytes(t, "\0\\\0P\0I\0P\0E\0\\\0\0\0\0", 17);
	assert_true(here(t) == 84);
	put_bytes(t, b, part);
	end(t);
	if (part == n)
		return;
	begin(t, SERVER); /* go on */
	header1(t, 0x25, 0);
	put(t, 0, 3);
	end(t);
	begin(t, CLIENT);
	header1(t, 0x26, 0);
	put(t, 8, 1);
	put(t, 0, 2);
	put(t, n, 2);
	put(t, 0, 6);
	put(t, n - part, 2);
	put(t, 51, 2);
	put(t, part, 2);
	put(t, n - part, 2);
	assert_true(here(t) == 51);
	put_bytes(t, b + part, n - part);
	end(t);
}

static void transacted1(struct talk *t, const uint8_t *p, size_t n, size_t before, size_t total,
			uint32_t status)
{
	begin(t, SERVER);
	header1(t, 0x25, status);
	put(t, 10, 1);
	put(t, 0, 2);
	put(t, total, 2);
	put(t, 0, 2);
	put(t, 0, 2);
	put(t, 56, 2);
	put(t, 0, 2);
	put(t, n, 2);
	put(t, 56, 2);
	put(t, before, 2);
	put(t, 0, 2);
	put(t, n + 1, 2);
	put(t, 0, 1);
	assert_true(here(t) == 56);
	put_bytes(t, p, n);
	end(t);
}

static void transacted1_hex(struct talk *t, const char *hex)
{
	uint8_t b[4096];
	size_t n = bytes_of(hex, b);

	transacted1(t, b, n, 0, n, 0);
}

static void close1(struct talk *t, uint16_t fid)
{
	t->mid++;
	begin(t, CLIENT);
	header1(t, 0x04, 0);
	put(t, 3, 1);
	put(t, fid, 2);
	put(t, 0, 6);
	end(t);
	begin(t, SERVER);
	header1(t, 0x04, 0);
	put(t, 0, 3);
	end(t);
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
	put(t, 32 + 1 + 8 + 2 + 9, 2);
	put(t, 0, 2);
	put(t, 1, 2);
	put(t, 9, 2);
	put(t, 0, 9);
	put(t, 24, 1);
	andx(t);
	put(t, 0, 1);
	put(t, 16, 2);
	put(t, 0, 41);
	bytes1(t, 19, "\\spoolss");
	end(t);
	created1(t, 0x4000, 2);
}

enum {
	IN_STEP = 1, /* needs its messages in the order of the whole */
	FILES = 2,   /* files that pass for pipes when their tree is lost */
};

static const struct {
	const char *name;
	void (*make)(struct talk *t);
	const char *want;
	unsigned flags;
} rows[] = {
	{"mapper written and read", mapper_written_and_read,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"mapper transceived", mapper_transceived,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"overflow", overflow, "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667",
	 IN_STEP},
	{"mapper by its pipe", mapper_by_its_pipe, "client 0 pipe epmapper grant tcp/49667"},
	{"compound", compound, "client 0 pipe netlogon iface " NL_IFACE},
	{"disk beside pipe", disk_beside_pipe, "client 0 pipe netlogon iface " NL_IFACE,
	 IN_STEP | FILES},
	{"refused pipe", refused_pipe, "client 0 pipe winreg"},
	{"two pipes", two_pipes,
	 "client 0 pipe epmapper pipe netlogon iface " NL_IFACE " iface " EPM_IFACE
	 " grant tcp/49667"},
	{"tree never seen", tree_never_seen, "client 0 pipe lsarpc iface " NL_IFACE},
	{"other protocol", other_protocol, "client 0 pipe sql\\query", IN_STEP},
	{"same number again", same_number_again,
	 "client 0 pipe netlogon pipe epmapper iface " NL_IFACE " iface " EPM_IFACE
	 " grant tcp/49667",
	 IN_STEP},
	{"sealed and packed", sealed_and_packed, "client 0 pipe srvsvc"},
	{"session service", session_service, "client 0 pipe samr"},
	{"many", many, "client 0 pipe samr iface " NL_IFACE, IN_STEP},
	{"SMB 1 mapper", mapper1, "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 mapper, ASCII", mapper1_ascii,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 mapper, raw and in parts", mapper1_raw_and_parts,
	 "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667", IN_STEP},
	{"SMB 1 number again", number1_again, "client 0 pipe netlogon pipe srvsvc iface " NL_IFACE,
	 IN_STEP},
	{"SMB 1 file", file1, "client 0", IN_STEP | FILES},
	{"SMB 1 opened before", opened_before1, "client 0 iface " EPM_IFACE " grant tcp/49667"},
	{"SMB 1 chain", chain1, "client 0 pipe spoolss"},
};

/* What was heard */

static const struct evidence AT = {.ts_ns = 5, .number = 7};

struct ear {
	struct learn *l;
	struct learn_flow *f;
	size_t base; /* memory of an audit without flows */
};

static struct ear listen_to(const char *app, uint16_t port)
{
	static const struct hash_key key = {1, 2};
	struct ear e = {.l = learn_new(&(struct learn_options){.key = &key})};
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {A("10.0.0.9"), A("10.0.0.5")},
			      .port = {50000, port},
			      .app = app_by_name(app)};

	assert_non_null(e.l);
	e.base = learn_stats(e.l)->memory;
	e.f = learn_open(e.l, &q);
	assert_non_null(e.f);
	return e;
}

static void iface_text(struct out *o, const struct learn_iface *i)
{
	const uint8_t *u = i->uuid;

	out_printf(o, " iface ");
	for (unsigned k = 0; k < 16; k++)
		out_printf(o, "%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", u[k]);
	out_printf(o, " %u.%u", i->major, i->minor);
}

/* Ends it, and writes what it said. Everything that was taken is given back. */
static void heard(struct ear *e, struct out *o)
{
	struct learn_facts k;
	const struct grant *g;
	size_t n;

	learn_close(e->f, &k);
	out_printf(o, "client %d", k.client_side);
	for (unsigned i = 0; i < k.n_pipe; i++)
		out_printf(o, " pipe %s", k.pipe[i]);
	for (unsigned i = 0; i < k.n_iface; i++)
		iface_text(o, &k.iface[i]);
	if (k.has_bind) {
		assert_int_equal(k.bind.number, AT.number);
		assert_true(k.n_iface);
	}
	assert_int_equal(learn_grants(e->l, &g, &n), 0);
	for (size_t i = 0; i < n; i++)
		out_printf(o, " grant %s/%u", g[i].g.proto == GRANTED_TCP ? "tcp" : "?",
			   g[i].g.port);
	assert_int_equal(learn_stats(e->l)->memory, e->base);
	learn_free(e->l);
}

static struct talk *made(void (*make)(struct talk *t))
{
	struct talk *t = calloc(1, sizeof *t);

	assert_non_null(t);
	make(t);
	return t;
}

/* Bytes in a place of exactly their size: one too many read is found. */
static void give(struct ear *e, unsigned side, const uint8_t *p, size_t n, bool start)
{
	uint8_t *exact = malloc(n ? n : 1);

	assert_non_null(exact);
	memcpy(exact, p, n);
	learn_bytes(e->f, side, exact, n, start, &AT);
	free(exact);
}

static void give_message(struct ear *e, const struct talk *t, size_t i, size_t piece,
			 bool started[2])
{
	unsigned side = t->v[i].side;

	for (size_t at = 0; at < t->v[i].n;) {
		size_t n = t->v[i].n - at < piece ? t->v[i].n - at : piece;

		give(e, side, t->b + t->v[i].at + at, n, !started[side]);
		started[side] = true;
		at += n;
	}
}

static void expect(const char *name, const char *way, struct ear *e, const char *want)
{
	struct out o = {0};

	heard(e, &o);
	if (strcmp(out_str(&o), want))
		print_error("%s (%s):\n  %s\nwanted\n  %s\n", name, way, out_str(&o), want);
	assert_string_equal(out_str(&o), want);
	out_done(&o);
}

static void conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);
		struct ear e = listen_to("smb2", 445);
		bool started[2] = {false, false};

		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, SIZE_MAX, started);
		expect(rows[i].name, "whole", &e, rows[i].want);
		free(t);
	}
}

/* Segments end anywhere, and hold several messages. */
static void any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);

		for (size_t piece = 1; piece < 200; piece += piece < 20 ? 1 : 13) {
			struct ear e = listen_to("", 139);
			bool started[2] = {false, false};
			char way[32];

			snprintf(way, sizeof way, "pieces of %zu", piece);
			for (size_t k = 0; k < t->n; k++)
				give_message(&e, t, k, piece, started);
			expect(rows[i].name, way, &e, rows[i].want);
		}
		/* Messages of one side that follow each other, joined, then cut with a stagger. */
		for (size_t piece = 1; piece < 400; piece += 37) {
			struct ear e = listen_to("smb1", 4450);
			bool started[2] = {false, false};

			for (size_t k = 0; k < t->n;) {
				size_t last = k, n, at = t->v[k].at;
				unsigned side = t->v[k].side;

				while (last + 1 < t->n && t->v[last + 1].side == side)
					last++;
				n = t->v[last].at + t->v[last].n - at;
				for (size_t first = n % piece; n;) {
					size_t m = first ? first : piece < n ? piece : n;

					give(&e, side, t->b + at, m, !started[side]);
					started[side] = true;
					at += m;
					n -= m;
					first = 0;
				}
				k = last + 1;
			}
			expect(rows[i].name, "joined", &e, rows[i].want);
		}
		free(t);
	}
}

/* The same words, in an order that may differ. */
static void same_words(const char *name, const char *way, const char *got, const char *want)
{
	size_t n;

	for (const char *w = want; *w; w += n + (w[n] == ' ')) {
		char word[128];

		n = strcspn(w, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, w);
		if (!strstr(got, word)) {
			print_error("%s (%s):\n  %s\nwanted\n  %s\n", name, way, got, want);
			fail();
		}
	}
	assert_int_equal(strlen(got), strlen(want));
}

/* The directions reach the capture out of step: the answers first, or the requests. */
static void out_of_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t;

		if (rows[i].flags & IN_STEP)
			continue;
		t = made(rows[i].make);
		for (unsigned first = 0; first < 2; first++) {
			struct ear e = listen_to("smb2", 445);
			bool started[2] = {false, false};

			/* One side whole, then the other. */
			for (unsigned side = 0; side < 2; side++)
				for (size_t k = 0; k < t->n; k++)
					if (t->v[k].side == (side ^ first))
						give_message(&e, t, k, 100, started);

			struct out o = {0};

			heard(&e, &o);
			same_words(rows[i].name, first ? "server first" : "client first",
				   out_str(&o), rows[i].want);
			out_done(&o);
		}
		free(t);
	}
}

/* Cut at every byte: what was said so far, and everything given back. */
static void every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);
		size_t longest = 0;

		for (size_t cut = 0; cut <= t->used; cut += rows[i].flags & IN_STEP ? 3 : 1) {
			struct ear e = listen_to("smb2", 445);
			bool started[2] = {false, false};
			struct out o = {0};

			for (size_t k = 0; k < t->n && t->v[k].at < cut; k++) {
				size_t n = cut - t->v[k].at;
				unsigned side = t->v[k].side;

				give(&e, side, t->b + t->v[k].at, n < t->v[k].n ? n : t->v[k].n,
				     !started[side]);
				started[side] = true;
			}
			heard(&e, &o);
			/* Nothing that was known is unlearned by more. */
			assert_true(out_str(&o)[0] == 'c' && o.n + 32 >= longest);
			longest = o.n > longest ? o.n : longest;
			out_done(&o);
		}
		free(t);
	}
}

/* Whatever is missing, and however much of it: nothing is found that was not said, and
 * everything is given back. */
static void holes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t;

		if (rows[i].flags & FILES)
			continue;
		t = made(rows[i].make);
		for (size_t lost = 0; lost < 2 * t->n; lost++) {
			for (size_t at = 0; at < t->v[lost / 2].n; at += 11) {
				struct ear e = listen_to("smb2", 445);
				bool started[2] = {false, false};
				struct out o = {0};

				for (size_t k = 0; k < t->n; k++) {
					size_t n = t->v[k].n;
					unsigned side = t->v[k].side;

					if (k != lost / 2) {
						give_message(&e, t, k, 90, started);
						continue;
					}
					if (at)
						give(&e, side, t->b + t->v[k].at, at,
						     !started[side]);
					started[side] = true;
					/* of the whole rest, or of some; or nobody knows */
					learn_gap(e.f, side, lost & 1 ? n - at : at % 2 ? 0 : 5);
					if (!(lost & 1) && at % 2 == 0 && n > at + 5)
						give(&e, side, t->b + t->v[k].at + at + 5,
						     n - at - 5, false);
				}
				heard(&e, &o);
				for (const char *w = out_str(&o); (w = strstr(w, " pipe ")); w++) {
					char word[64];

					snprintf(word, sizeof word, "%.*s",
						 6 + (int)strcspn(w + 6, " "), w);
					if (!strstr(rows[i].want, word))
						print_error("%s: %s\n", rows[i].name, out_str(&o));
					assert_non_null(strstr(rows[i].want, word));
				}
				out_done(&o);
			}
		}
		free(t);
	}
}

/* A file of n bytes, read in one answer. */
static size_t file_answer(struct talk *t, uint64_t mid, size_t n)
{
	size_t at = t->n;

	begin(t, SERVER);
	command(t, 8, mid, 0);
	put(t, 17, 2);
	put(t, 80, 2);
	put(t, n, 4);
	put(t, 0, 8);
	for (size_t i = 0; i < n; i++)
		put(t, i * 7 + (i >> 8), 1);
	end(t);
	return at;
}

/* A hole in a file does not hide the pipe behind it. */
static void hole_in_a_file(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	size_t file;

	(void)state;
	assert_non_null(t);
	tree(t, 6, 1);
	ask_read(t, 3, 0x99);
	file = file_answer(t, 3, 60000);
	mapper_transceived(t);
	for (size_t k = 0; k < t->n; k++) {
		if (k != file) {
			give_message(&e, t, k, 1460, started);
			continue;
		}
		give(&e, SERVER, t->b + t->v[k].at, 20000, false);
		learn_gap(e.f, SERVER, 30000);
		give(&e, SERVER, t->b + t->v[k].at + 50000, t->v[k].n - 50000, false);
	}
	expect("hole in a file", "", &e,
	       "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667");
	free(t);
}

/* The capture began in the middle of a file: the next message is found, in any pieces. */
static void middle(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		struct talk *t = calloc(1, sizeof *t);
		struct ear e = listen_to("", 445);
		bool started[2] = {true, true};
		size_t file;

		assert_non_null(t);
		file = file_answer(t, 3, 3000);
		t->v[file].at += 1000;
		t->v[file].n -= 1000;
		mapper_written_and_read(t);
		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, piece, started);
		expect("middle", "", &e,
		       "client 0 pipe epmapper iface " EPM_IFACE " grant tcp/49667");
		free(t);
	}
}

/* What a transfer of files takes: no memory beyond that of an idle flow. */
static void bulk_takes_nothing(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	size_t idle = learn_stats(e.l)->memory - e.base;
	struct out o = {0};

	(void)state;
	assert_non_null(t);
	assert_true(idle < 2048);
	tree(t, 6, 1);
	file_answer(t, 3, 100000);
	for (size_t k = 0; k < t->n; k++)
		give_message(&e, t, k, 1460, started);
	assert_true(learn_stats(e.l)->memory - e.base <= idle + sizeof(struct smb_tree));
	assert_true(learn_stats(e.l)->memory_max - e.base <= idle + 256);
	heard(&e, &o);
	out_done(&o);
	free(t);
}

/* Opens without end, none of which is ever closed or answered. */
static void hostile_opens(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};
	struct out o = {0};

	(void)state;
	assert_non_null(t);
	tree(t, 5, 2);
	give_message(&e, t, 0, SIZE_MAX, started);
	for (uint64_t i = 0; i < 20000; i++) {
		t->n = t->used = 0;
		switch (i % 5) {
		case 0:
			tree(t, (uint32_t)i + 100, i & 1 ? 1 : 2);
			t->tree = 5;
			break;
		case 1:
			open_pipe(t, i, "netlogon", i);
			break;
		case 2:
			ask_create(t, i, "lsarpc");
			break;
		case 3:
			ask_ioctl(t, i, i, NL_BIND);
			break;
		default:
			ioctled(t, i, i + 1000000, EPM_MAPPED);
			data(t, i + 7, EPM_MAPPED);
			break;
		}
		for (size_t k = 0; k < t->n; k++)
			give_message(&e, t, k, SIZE_MAX, started);
	}
	print_message("memory of a hostile stream: %zu bytes at most\n",
		      learn_stats(e.l)->memory_max - e.base);
	assert_true(learn_stats(e.l)->memory_max - e.base < 512 << 10);
	heard(&e, &o);
	out_done(&o);
	free(t);
}

/* One field of a message set to each of many values: nothing breaks, nothing is kept. */
static void hostile_fields(void **state)
{
	static const uint64_t values[] = {
		0,      1,      3,       63,       64,        65,         119,        120,
		0x7fff, 0xffff, 0x10000, 0xffffff, INT32_MAX, 0x80000000, 0xfffffff8, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct talk *t = made(rows[i].make);

		for (size_t m = 0; m < t->n && m < 8; m++) {
			for (size_t at = 1; at + 4 < t->v[m].n && at < 140; at++) {
				uint8_t *p = t->b + t->v[m].at + at, was[4];
				uint64_t v = values[(at * 5 + m) % N_ELEMENTS(values)];
				size_t n = at % 3 ? 2 : 4;
				struct ear e = listen_to("smb2", 445);
				bool started[2] = {false, false};
				struct out o = {0};

				memcpy(was, p, 4);
				for (size_t k = 0; k < n; k++)
					p[k] = (uint8_t)(v >> 8 * k);
				for (size_t k = 0; k < t->n; k++)
					give_message(&e, t, k, at & 1 ? SIZE_MAX : 17, started);
				heard(&e, &o);
				out_done(&o);
				memcpy(p, was, 4);
			}
		}
		free(t);
	}
}

/* A compound whose commands lead nowhere, and blocks that lead back. */
static void loops(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct ear e = listen_to("smb2", 445);
	bool started[2] = {false, false};

	(void)state;
	assert_non_null(t);
	tree(t, 5, 2);
	for (size_t i = 0; i < 6; i++) { /* each is its own message */
		static const uint32_t next[] = {0, 1, 63, 0xfffffff8, 64, 120};

		begin(t, CLIENT);
		create_cmd(t, 10 + i, i == 4 ? "nowhere" : "srvsvc");
		patch(t, t->command + 20, next[i], 4);
		end(t);
		created(t, 10 + i, 0x40 + i);
	}
	t->ascii = true;
	for (uint32_t to = 0; to < 90; to++) {
		create1(t, "\\winreg");
		patch(t, t->v[t->n - 1].at + 4 + 33, 0x2e | to << 16, 4);
		give_message(&e, t, t->n - 1, SIZE_MAX, (bool[2]){true, true});
		t->used = t->v[--t->n].at;
	}
	for (size_t k = 0; k < t->n; k++)
		give_message(&e, t, k, SIZE_MAX, started);
	expect("loops", "", &e, "client 0 pipe srvsvc");
	free(t);
}

static void names(void **state)
{
	static const struct {
		const char *text, *want;
		bool unicode;
	} v[] = {
		{"\\PIPE\\LsaRpc", "lsarpc", false},
		{"\\\\netlogon", "netlogon", false},
		{"pipe\\pipe\\x", "x", false},
		{"MSSQL$CRM\\sql\\query", "mssql$crm\\sql\\query", false},
		{"a\x01"
		 "b\xff",
		 "a?b?", false},
		{"", "", false},
		{"PIPE\\", "", false},
		{"0123456789012345678901234567890123456789", "0123456789012345678901234567890",
		 false},
		{"S\0A\0\x00\x01M\0", "sa?m", true},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(v); i++) {
		char name[LEARN_PIPE_NAME];
		size_t n = v[i].unicode ? 8 : strlen(v[i].text);

		smb_name(rd_over((const uint8_t *)v[i].text, n), v[i].unicode, name);
		assert_string_equal(name, v[i].want);
	}
}

static void wanted(void **state)
{
	static const struct {
		const char *app;
		uint16_t a, b;
		uint8_t proto;
		bool want;
	} v[] = {
		{"", 50000, 445, PROTO_TCP, true},      {"", 139, 50000, PROTO_TCP, true},
		{"", 445, 445, PROTO_UDP, false},       {"smb2", 50000, 4450, PROTO_TCP, true},
		{"smb1", 1, 2, PROTO_TCP, true},        {"nbss", 1, 2, PROTO_TCP, true},
		{"http", 50000, 445, PROTO_TCP, false}, {"", 50000, 80, PROTO_TCP, false},
	};
	static const struct hash_key key = {1, 2};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < N_ELEMENTS(v); i++) {
		struct learn_ask q = {.proto = v[i].proto,
				      .addr = {A("10.0.0.9"), A("10.0.0.5")},
				      .port = {v[i].a, v[i].b},
				      .app = app_by_name(v[i].app)};
		struct learn_flow *f = learn_open(l, &q);
		struct learn_facts k;

		assert_int_equal(f != NULL, v[i].want);
		if (f)
			learn_close(f, &k);
	}
	learn_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations), cmocka_unit_test(any_pieces),
		cmocka_unit_test(out_of_step),   cmocka_unit_test(every_truncation),
		cmocka_unit_test(holes),         cmocka_unit_test(hole_in_a_file),
		cmocka_unit_test(middle),        cmocka_unit_test(bulk_takes_nothing),
		cmocka_unit_test(hostile_opens), cmocka_unit_test(hostile_fields),
		cmocka_unit_test(loops),         cmocka_unit_test(names),
		cmocka_unit_test(wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
