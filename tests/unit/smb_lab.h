/* SPDX-License-Identifier: BSD-2-Clause */
/* smb_lab - messages of SMB 2 and SMB 1, built by name. */
#ifndef SPAN_TESTS_SMB_LAB_H
#define SPAN_TESTS_SMB_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"
#include "learn/smb.h"

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

#endif
