// SPDX-License-Identifier: BSD-2-Clause
#include "stack.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

enum { ROOM = 70000, LAYERS = 64 };

/* Built from the innermost layer outwards: headers are put in front. */
struct front {
	uint8_t b[ROOM];
	size_t at;
	unsigned ethertype, proto; /* what a header in front of this one calls it */
	size_t transport;          /* where one begins whose checksum waits for its IP header */
	unsigned transport_proto;
	bool fragment;
};

static void die(const char *what)
{
	fprintf(stderr, "stack: %s\n", what);
	abort();
}

static uint8_t *push(struct front *f, size_t n)
{
	if (f->at < n)
		die("too long");
	f->at -= n;
	memset(f->b + f->at, 0, n);
	return f->b + f->at;
}

static void put(uint8_t *p, unsigned long v, unsigned bytes)
{
	while (bytes--)
		*p++ = (uint8_t)(v >> bytes * 8);
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static const char *value(char **arg, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < 8 && arg[i]; i++)
		if (strncmp(arg[i], key, n) == 0 && arg[i][n] == '=')
			return arg[i] + n + 1;
	return NULL;
}

static unsigned long number(const char *z, int base, unsigned long otherwise)
{
	return z ? strtoul(z, NULL, base) : otherwise;
}

static void pair(const char *z, unsigned *a, unsigned *b)
{
	if (!z || sscanf(z, "%u>%u", a, b) != 2)
		die("expected S>D");
}

static void transport_sum(struct front *f, size_t end, const struct addr *s, const struct addr *d)
{
	size_t skip = addr_is_v4(s) ? 12 : 0, n = end - f->transport;
	uint8_t *p = f->b + f->transport;
	uint32_t sum = f->transport_proto + (uint32_t)n;

	if (!f->transport_proto)
		return;
	sum = sum16(s->b + skip, 16 - skip, sum);
	sum = sum16(d->b + skip, 16 - skip, sum);
	put(p + (f->transport_proto == 6 ? 16 : 6), fold(sum16(p, n, sum)), 2);
	f->transport_proto = 0;
}

static void ip(struct front *f, char **arg)
{
	char text[256], *to;
	size_t end = ROOM, payload = ROOM - f->at;
	size_t options = number(value(arg, "opt"), 10, 0);

	snprintf(text, sizeof text, "%s", arg[1] ? arg[1] : "");
	to = strchr(text, '>');
	if (!to)
		die("expected A>B");
	*to++ = '\0';

	struct addr s = A(text), d = A(to);
	unsigned long proto = number(value(arg, "proto"), 10, f->proto);
	unsigned long off = number(value(arg, "off"), 16, 0);

	if (!off && !f->fragment)
		transport_sum(f, end, &s, &d);
	else if (f->transport_proto) /* of the whole datagram, which is not here */
		put(f->b + f->transport + (f->transport_proto == 6 ? 16 : 6), 0xbeef, 2);
	f->transport_proto = 0;
	f->fragment = false;
	if (!addr_is_v4(&s)) {
		uint8_t *p = push(f, 40);

		put(p, 6UL << 28, 4);
		put(p + 4, number(value(arg, "total"), 10, payload), 2);
		p[6] = (uint8_t)proto;
		p[7] = 64;
		memcpy(p + 8, s.b, 16);
		memcpy(p + 24, d.b, 16);
		f->ethertype = 0x86dd;
		f->proto = 41;
		return;
	}

	size_t header = 20 + options;
	uint8_t *p = push(f, header);

	memset(p + 20, 1, options); /* no-operation */
	p[0] = (uint8_t)(0x40 | header / 4);
	put(p + 2, number(value(arg, "total"), 10, header + payload), 2);
	put(p + 4, number(value(arg, "id"), 10, 1), 2);
	put(p + 6, off, 2);
	p[8] = 64;
	p[9] = (uint8_t)proto;
	memcpy(p + 12, s.b + 12, 4);
	memcpy(p + 16, d.b + 12, 4);
	put(p + 10, number(value(arg, "sum"), 16, fold(sum16(p, header, 0))), 2);
	f->ethertype = 0x0800;
	f->proto = 4;
}

static void gre(struct front *f, char **arg)
{
	unsigned long flags = number(arg[1], 16, 0);
	unsigned words =
		!!(flags & 0xc000) + !!(flags & 0x2000) + !!(flags & 0x1000) + !!(flags & 0x80);
	uint8_t *p = push(f, 4 + (size_t)words * 4);

	put(p, flags, 2);
	put(p + 2, number(arg[1] ? arg[2] : NULL, 16, f->ethertype), 2);
	f->proto = 47;
}

static void layer(struct front *f, char **arg)
{
	const char *name = arg[0];
	unsigned s, d;
	uint8_t *p;

	if (strcmp(name, "eth") == 0) {
		p = push(f, 14);
		put(p, 0x020000000002, 6);
		put(p + 6, 0x020000000001, 6);
		put(p + 12, number(arg[1], 16, f->ethertype), 2);
		f->ethertype = 0x6558;
	} else if (strcmp(name, "vlan") == 0) {
		p = push(f, 4);
		put(p, number(arg[1], 10, 0), 2);
		put(p + 2, f->ethertype, 2);
		f->ethertype = (unsigned)number(arg[2], 16, 0x8100);
	} else if (strcmp(name, "x") == 0) {
		uint8_t raw[256];
		size_t n = unhex(arg[1], raw, sizeof raw);

		memcpy(push(f, n), raw, n);
	} else if (strcmp(name, "ip") == 0) {
		ip(f, arg);
	} else if (strcmp(name, "ext") == 0) {
		size_t units = number(arg[2], 10, 0);

		p = push(f, 8 + units * 8);
		p[0] = (uint8_t)f->proto;
		p[1] = (uint8_t)units;
		f->proto = (unsigned)number(arg[1], 10, 0);
	} else if (strcmp(name, "frag") == 0) {
		p = push(f, 8);
		p[0] = (uint8_t)f->proto;
		put(p + 2, number(arg[1], 16, 0), 2);
		put(p + 4, number(arg[2], 10, 1), 4);
		f->fragment = number(arg[1], 16, 0) != 0;
		f->proto = 44;
	} else if (strcmp(name, "ah") == 0) {
		p = push(f, 24);
		p[0] = (uint8_t)f->proto;
		p[1] = 4;
		f->proto = 51;
	} else if (strcmp(name, "gre") == 0) {
		gre(f, arg);
	} else if (strcmp(name, "vxlan") == 0) {
		put(push(f, 8), 0x08000000, 4);
	} else if (strcmp(name, "geneve") == 0) {
		size_t words = number(arg[1], 10, 0);

		p = push(f, 8 + words * 4);
		p[0] = (uint8_t)words;
		put(p + 2, f->ethertype, 2);
	} else if (strcmp(name, "mpls") == 0 || strcmp(name, "mplsend") == 0) {
		put(push(f, 4), number(arg[1], 10, 16) << 12 | (name[4] ? 0x100 : 0) | 64, 4);
		f->ethertype = 0x8847;
		f->proto = 137;
	} else if (strcmp(name, "pppoe") == 0) {
		size_t n = ROOM - f->at;

		p = push(f, 8);
		put(p, 0x11000001, 4);
		put(p + 4, n + 2, 2);
		put(p + 6, f->ethertype == 0x86dd ? 0x57 : 0x21, 2);
		f->ethertype = 0x8864;
	} else if (strcmp(name, "tcp") == 0) {
		pair(arg[1], &s, &d);
		p = push(f, 20);
		put(p, s, 2), put(p + 2, d, 2), put(p + 4, 1000, 4), put(p + 8, 2000, 4);
		p[12] = 0x50;
		p[13] = (uint8_t)number(arg[2], 16, TCP_ACK);
		f->transport = f->at, f->transport_proto = f->proto = 6;
	} else if (strcmp(name, "udp") == 0) {
		size_t n = ROOM - f->at + 8;

		pair(arg[1], &s, &d);
		p = push(f, 8);
		put(p, s, 2), put(p + 2, d, 2), put(p + 4, number(arg[2], 10, n), 2);
		f->transport = f->at, f->transport_proto = f->proto = 17;
	} else if (strncmp(name, "icmp", 4) == 0) {
		p = push(f, 8);
		p[0] = (uint8_t)number(arg[1], 10, 0);
		p[1] = (uint8_t)number(arg[2], 10, 0);
		f->proto = name[4] ? 58 : 1;
	} else if (strcmp(name, "data") == 0) {
		size_t n = number(arg[1], 10, 0);

		memset(push(f, n), 'a', n);
	} else {
		die(name);
	}
}

size_t stack(const char *layers, uint8_t *buf, size_t cap)
{
	char text[2048], *name[LAYERS], *save;
	struct front *f = calloc(1, sizeof *f);
	size_t n = 0, pad = 0;

	if (!f || strlen(layers) >= sizeof text)
		die("too long");
	f->at = ROOM;
	snprintf(text, sizeof text, "%s", layers);
	for (char *t = strtok_r(text, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
		if (n == LAYERS)
			die("too many layers");
		name[n++] = t;
	}
	while (n--) {
		char *arg[9] = {0}, *more;
		size_t i = 0;

		for (char *t = strtok_r(name[n], ",", &more); t && i < 8;
		     t = strtok_r(NULL, ",", &more))
			arg[i++] = t;
		if (strcmp(arg[0], "pad") == 0)
			pad = number(arg[1], 10, 0);
		else
			layer(f, arg);
	}

	size_t len = ROOM - f->at;

	if (len + pad > cap)
		die("the buffer is too small");
	memcpy(buf, f->b + f->at, len);
	memset(buf + len, 0, pad);
	free(f);
	return len + pad;
}
