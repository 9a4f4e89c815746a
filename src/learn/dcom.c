// SPDX-License-Identifier: BSD-2-Clause
/*
 * dcom - the string bindings in answers of the object resolver and of activation.
 *
 *   IObjectExporter      0 ResolveOxid, 4 ResolveOxid2, 5 ServerAlive2          MS-DCOM 3.1.2.5.1
 *   IRemoteSCMActivator  3 RemoteGetClassObject, 4 RemoteCreateInstance         MS-DCOM 3.1.2.5.2
 *   IActivation          0 RemoteActivation                                     MS-DCOM 3.1.2.5.2
 *
 * An answer is read along its layout. One that does not follow it, or whose end is missing, is
 * searched for an array of bindings whose counts agree with what they count: see scan().
 */
#include "learn/dcom.h"

#include <string.h>

#include "base/cpu.h"
#include "learn/ndr.h"

enum {
	TOWER_TCP = 7,       /* ncacn_ip_tcp: MS-DCOM 2.2.19.3 */
	TEXT_MAX = 264,      /* host of 255 characters, "[65535]", zero */
	BINDINGS_MAX = 256,  /* of one answer */
	SCAN_MAX = 16 << 10, /* octets of an answer that are searched */
	SCAN_TRIES = 16,     /* arrays that may turn out to be none */
	SCAN_BACK = 16,      /* bindings in front of the first one over TCP */
	EXTENTS_MAX = 64,    /* of an ORPCTHAT; Windows sends two */
	PROPERTIES_MAX = 10, /* MAX_ACTPROP_LIMIT: MS-DCOM 2.2.28.1 */
	OBJREF_CUSTOM = 4,   /* MS-DCOM 2.2.18 */
	TYPE_HEADER = 8,     /* MS-RPCE 2.2.6.1 */
	TYPE_LITTLE = 0x10,  /* MS-RPCE 2.2.6.1 */
};

static const uint8_t object_exporter[16] = {0x99, 0xfc, 0xfe, 0xc4, 0x52, 0x60, 0x10, 0x1b,
					    0xbb, 0xcb, 0x00, 0xaa, 0x00, 0x21, 0x34, 0x7a};
static const uint8_t scm_activator[16] = {0x00, 0x00, 0x01, 0xa0, [8] = 0xc0, [15] = 0x46};
static const uint8_t activation[16] = {0x4d, 0x9f, 0x4a, 0xb8, 0x7d, 0x1c, 0x11, 0xcf,
				       0x86, 0x1e, 0x00, 0x20, 0xaf, 0x6e, 0x7c, 0x57};
static const uint8_t properties_out[16] = {0x00, 0x00, 0x03, 0x39, [8] = 0xc0, [15] = 0x46};
static const uint8_t scm_reply_info[16] = {0x00, 0x00, 0x01, 0xb6, [8] = 0xc0, [15] = 0x46};

/* The string bindings of a DUALSTRINGARRAY. */
struct bindings {
	bool there; /* the answer has an array */
	bool little;
	struct rd list;
};

/* ---- string bindings */

static uint16_t unit_at(const uint8_t *p, size_t n, size_t at, bool little)
{
	struct rd r = rd_over(p, n);

	rd_skip(&r, at);
	return rd_u16(&r, little);
}

/* The next one; false at the end of the list, and where a text has no end. */
static bool next_binding(struct rd *list, bool little, uint16_t *ret_tower, struct rd *ret_text)
{
	uint16_t tower = rd_u16(list, little);
	struct rd text = *list;

	if (rd_short(list) || !tower)
		return false;
	while (rd_u16(list, little))
		;
	if (rd_short(list))
		return false;
	*ret_text = rd_over(text.p, (size_t)(list->p - text.p) - 2);
	*ret_tower = tower;
	return true;
}

/* The list ends with a zero, and nothing but zeros fill it up (MS-DCOM 2.2.19.2). */
static bool list_is_whole(struct rd list, bool little)
{
	struct rd text;
	uint16_t tower;

	if (!rd_left(&list))
		return true;
	while (next_binding(&list, little, &tower, &text))
		;
	if (rd_short(&list))
		return false;
	while (rd_left(&list))
		if (rd_u8(&list))
			return false;
	return true;
}

/* UTF-16 as printable ASCII. False when it does not fit or is empty. */
static bool ascii(struct rd text, bool little, char ret[TEXT_MAX])
{
	size_t n = 0;

	while (rd_left(&text)) {
		uint16_t c = rd_u16(&text, little);

		if (n == TEXT_MAX - 1)
			return false;
		ret[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret[n] = 0;
	return n > 0;
}

/* `host`, `host[]` and `host[49670]`: cuts the port off. False when the port is none. */
static bool split(char *text, uint16_t *ret_port)
{
	size_t n = strlen(text);
	char *open = strrchr(text, '[');
	uint32_t port = 0;

	*ret_port = 0;
	if (!open || text[n - 1] != ']')
		return true;

	size_t digits = strspn(open + 1, "0123456789");

	if (open[1 + digits] != ']' || &open[1 + digits] != &text[n - 1])
		return true; /* an IPv6 address in brackets, and no port */
	if (digits > 5)
		return false;
	for (const char *d = open + 1; *d != ']'; d++)
		port = port * 10 + (uint32_t)(*d - '0');
	if (port > UINT16_MAX || (digits && !port))
		return false;
	*open = 0;
	*ret_port = (uint16_t)port;
	return true;
}

/* An address in any of the forms `10.0.0.5`, `fe80::1`, `[fe80::1]`, `fe80::1%4`, or a name. */
static void set_host(struct granted *g, char *host)
{
	size_t n = strlen(host);
	struct addr a;

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[--n] = 0;
		host++;
	}

	char *zone = strchr(host, '%');

	if (zone && strchr(host, ':'))
		*zone = 0;
	if (addr_parse(host, &a)) {
		g->has_alias = !addr_is_unspecified(&a);
		if (g->has_alias)
			g->alias = a;
		return;
	}
	n = strnlen(host, sizeof g->name - 1);
	memcpy(g->name, host, n);
	g->name[n] = 0;
}

/* What a binding says. False when it is not TCP or says nothing. */
static bool binding_of(uint16_t tower, struct rd text, bool little, struct granted *ret)
{
	char host[TEXT_MAX];
	uint16_t port;

	*ret = (struct granted){0};
	if (tower != TOWER_TCP || !ascii(text, little, host) || !split(host, &port))
		return false;
	ret->proto = port ? GRANTED_TCP : GRANTED_NONE;
	ret->port = port;
	set_host(ret, host);
	return port || ret->has_alias || ret->name[0];
}

/* True when any was told. */
static bool tell(const struct bindings *b, enum grant_how how, bool ports, granted_fn sink,
		 void *user)
{
	struct rd list = b->list, text;
	uint16_t tower;
	size_t n = 0;

	while (n < BINDINGS_MAX && next_binding(&list, b->little, &tower, &text)) {
		struct granted g;

		if (!binding_of(tower, text, b->little, &g))
			continue;
		if (ports && !g.port)
			continue;
		if (!ports) {
			/* No endpoints there (MS-DCOM 3.1.2.5.1.6), so what looks like one is no
			 * promise. */
			g.proto = GRANTED_NONE;
			g.port = 0;
			if (!g.has_alias && !g.name[0])
				continue;
		}
		g.how = how;
		sink(user, &g);
		n++;
	}
	return n > 0;
}

/* ---- the layout of answers */

static void skip(struct ndr *c, size_t to, size_t n)
{
	ndr_align(c, to);
	rd_skip(&c->rd, n);
}

/* Marks the reader. */
static bool fail(struct ndr *c)
{
	c->rd.p = c->rd.end;
	c->rd.short_ = true;
	return false;
}

/* DUALSTRINGARRAY as NDR has it: a conformant structure (MS-DCOM 2.2.19.1). */
static bool array(struct ndr *c, struct bindings *ret)
{
	uint64_t max = ndr_count(c);
	uint16_t n = ndr_u16(c), security = ndr_u16(c);

	if (ndr_short(c) || max != n || security > n || ndr_left(c) < (size_t)n * 2)
		return fail(c);

	struct rd all = rd_sub(&c->rd, (size_t)n * 2);
	struct rd list = rd_sub(&all, (size_t)security * 2);

	if (!list_is_whole(list, c->little))
		return fail(c);
	*ret = (struct bindings){.there = true, .little = c->little, .list = list};
	return true;
}

static bool resolve_oxid(struct ndr *c, struct bindings *ret)
{
	if (ndr_ref(c) && !array(c, ret))
		return false;
	skip(c, 4, 16); /* IPID of IRemUnknown */
	ndr_u32(c);     /* authentication hint */
	ndr_u32(c);     /* status */
	return true;
}

static bool resolve_oxid2(struct ndr *c, struct bindings *ret)
{
	if (ndr_ref(c) && !array(c, ret))
		return false;
	skip(c, 4, 16);
	ndr_u32(c);
	ndr_u16(c); /* COMVERSION */
	ndr_u16(c);
	ndr_u32(c);
	return true;
}

static bool server_alive2(struct ndr *c, struct bindings *ret)
{
	ndr_u16(c); /* COMVERSION */
	ndr_u16(c);
	if (ndr_ref(c) && !array(c, ret))
		return false;
	ndr_u32(c); /* reserved */
	ndr_u32(c);
	return true;
}

/* MS-DCOM 2.2.13.4, with the extensions of 2.2.21 gone over. */
static bool orpcthat(struct ndr *c)
{
	ndr_u32(c); /* flags */
	if (!ndr_ref(c))
		return true;
	ndr_u32(c); /* how many extents; the array is padded to an even number */
	ndr_u32(c); /* reserved */
	if (!ndr_ref(c))
		return true;

	uint64_t n = ndr_count(c), there = 0;

	if (n > EXTENTS_MAX)
		return fail(c);
	for (uint64_t i = 0; i < n; i++)
		there += ndr_ref(c) != 0;
	for (uint64_t i = 0; i < there && !ndr_short(c); i++) {
		uint64_t len = ndr_count(c);

		skip(c, 4, 16); /* id */
		ndr_u32(c);     /* octets in use */
		if (len > ndr_left(c))
			return fail(c);
		rd_skip(&c->rd, (size_t)len);
	}
	return true;
}

/* MInterfacePointer (MS-DCOM 2.2.14): the octets of an OBJREF. */
static bool interface_pointer(struct ndr *c, struct rd *ret)
{
	uint64_t max = ndr_count(c);
	uint32_t n = ndr_u32(c);

	if (max != n || n > ndr_left(c))
		return fail(c);
	*ret = rd_sub(&c->rd, n);
	return true;
}

static bool remote_activation(struct ndr *c, struct bindings *ret)
{
	if (!orpcthat(c))
		return false;
	skip(c, 8, 8); /* OXID */
	if (ndr_ref(c) && !array(c, ret))
		return false;
	skip(c, 4, 16);
	ndr_u32(c); /* authentication hint */
	ndr_u16(c); /* COMVERSION */
	ndr_u16(c);
	ndr_u32(c); /* HRESULT of the activation */

	uint64_t n = ndr_count(c), there = 0; /* the interfaces asked for */

	for (uint64_t i = 0; i < n && !ndr_short(c); i++)
		there += ndr_ref(c) != 0;
	for (uint64_t i = 0; i < there; i++) {
		struct rd objref;

		if (!interface_pointer(c, &objref))
			return false;
	}
	if (ndr_count(c) != n)
		return fail(c);
	for (uint64_t i = 0; i < n && !ndr_short(c); i++)
		ndr_u32(c); /* HRESULT of each */
	ndr_u32(c);
	return true;
}

/* The header of serialised types, version 1 (MS-RPCE 2.2.6.1, 2.2.6.2). *ret is over what it
 * announces. */
static bool type_header(struct rd *r, struct ndr *ret)
{
	uint8_t version = rd_u8(r), order = rd_u8(r);
	bool little = order == TYPE_LITTLE;
	uint16_t len = rd_u16(r, little);

	rd_skip(r, 4 + 8); /* filler; length of the object, filler */
	if (rd_short(r) || version != 1 || (order && !little) || len != TYPE_HEADER)
		return false;
	*ret = (struct ndr){.rd = *r, .base = r->p, .little = little};
	return true;
}

/* ScmReplyInfoData (MS-DCOM 2.2.22.2.8.2): where the object exporter listens. */
static bool scm_reply(struct rd property, struct bindings *ret)
{
	struct ndr c;

	if (!type_header(&property, &c))
		return false;

	bool reserved = ndr_ref(&c), reply = ndr_ref(&c);

	if (reserved)
		ndr_u32(&c);
	if (!reply)
		return !ndr_short(&c);
	skip(&c, 8, 8); /* OXID */

	bool there = ndr_ref(&c);

	skip(&c, 4, 16); /* IPID of IRemUnknown */
	ndr_u32(&c);     /* authentication hint */
	ndr_u16(&c);     /* COMVERSION */
	ndr_u16(&c);
	return !ndr_short(&c) && (!there || array(&c, ret));
}

/* The activation properties in the BLOB of an OBJREF_CUSTOM (MS-DCOM 2.2.22): a header with the
 * classes and sizes of the properties that follow it. */
static bool properties(struct rd blob, struct bindings *ret)
{
	struct {
		uint8_t class[16];
		uint32_t size;
	} p[PROPERTIES_MAX];
	struct ndr c;

	rd_skip(&blob, 8); /* size, reserved */

	struct rd header = blob;

	if (!type_header(&header, &c))
		return false;
	ndr_u32(&c); /* size of all */

	uint32_t header_size = ndr_u32(&c);

	ndr_u32(&c); /* reserved */
	ndr_u32(&c); /* context of the destination */

	uint32_t n = ndr_u32(&c);

	skip(&c, 4, 16); /* class info */

	bool classes = ndr_ref(&c), sizes = ndr_ref(&c);

	ndr_ref(&c); /* reserved */
	if (ndr_short(&c) || !n || n > PROPERTIES_MAX || !classes || !sizes)
		return false;
	if (ndr_count(&c) != n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		ndr_uuid(&c, p[i].class);
	if (ndr_count(&c) != n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		p[i].size = ndr_u32(&c);
	rd_skip(&blob, header_size); /* counted from the header's own beginning */
	if (ndr_short(&c))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct rd one = rd_sub(&blob, p[i].size);

		if (rd_short(&one))
			return false;
		if (!memcmp(p[i].class, scm_reply_info, sizeof scm_reply_info))
			return scm_reply(one, ret);
	}
	return true;
}

/* OBJREF is little-endian whatever the call is (MS-DCOM 2.2.18). */
static bool objref(struct rd r, struct bindings *ret)
{
	struct ndr c = {.base = r.p, .little = true};
	uint8_t class[16];

	if (!rd_is(&r, "MEOW", 4) || rd_le32(&r) != OBJREF_CUSTOM)
		return false;
	rd_skip(&r, 16); /* IID */
	c.rd = r;
	ndr_uuid(&c, class);
	rd_skip(&c.rd, 8); /* extension, reserved: of no meaning when received */
	return !ndr_short(&c) && !memcmp(class, properties_out, sizeof class) &&
	       properties(c.rd, ret);
}

static bool scm_activation(struct ndr *c, struct bindings *ret)
{
	struct rd data;

	if (!orpcthat(c))
		return false;
	if (ndr_ref(c) && (!interface_pointer(c, &data) || !objref(data, ret)))
		return false;
	ndr_u32(c); /* HRESULT */
	return true;
}

/* ---- the search */

/* Goes back from a binding to the counts in front of the list that it is in: what precedes a
 * binding is the zero of another one, or the two counts. 0: there are none. */
static size_t list_start(const uint8_t *p, size_t n, size_t at, bool little)
{
	for (int i = 0; i <= SCAN_BACK; i++) {
		if (at < 4)
			return 0;
		if (unit_at(p, n, at - 2, little))
			return at;

		size_t text = at - 2;

		while (text >= 2 && at - text < (size_t)2 * TEXT_MAX &&
		       unit_at(p, n, text - 2, little) >= 0x20)
			text -= 2;
		if (text < 2 || !unit_at(p, n, text - 2, little))
			return 0;
		at = text - 2;
	}
	return 0;
}

/* The list at `start`, when its counts hold what they count. */
static bool list_at(const struct stub *s, size_t start, bool little, struct bindings *ret)
{
	uint16_t count = unit_at(s->p, s->n, start - 4, little);
	uint16_t security = unit_at(s->p, s->n, start - 2, little);
	size_t left = s->n - start;

	if (security > count || security > SCAN_MAX / 2 || (!s->cut && left < (size_t)count * 2))
		return false;

	bool whole = left >= (size_t)security * 2;
	struct rd list = rd_over(s->p + start, whole ? (size_t)security * 2 : left & ~(size_t)1);

	if (whole && !list_is_whole(list, little))
		return false;
	*ret = (struct bindings){.there = true, .little = little, .list = list};
	return true;
}

/* Looks for `host[port]` over TCP at even offsets, and takes the list that it is in. */
static bool scan(const struct stub *s, bool little, enum grant_how how, granted_fn sink, void *user)
{
	size_t n = s->n < SCAN_MAX ? s->n : SCAN_MAX;
	int tries = 0;

	for (size_t at = 4; at < n && tries < SCAN_TRIES;) {
		struct rd r = rd_over(s->p + at, n - at), text;
		struct bindings b;
		struct granted g;
		uint16_t tower;

		if (unit_at(s->p, n, at, little) != TOWER_TCP ||
		    !next_binding(&r, little, &tower, &text) ||
		    !binding_of(tower, text, little, &g) || !g.port ||
		    !(g.has_alias || g.name[0])) {
			at += 2;
			continue;
		}

		size_t start = list_start(s->p, n, at, little);

		if (start && list_at(s, start, little, &b) && rd_left(&b.list) > at - start)
			return tell(&b, how, true, sink, user);
		tries++;
		at += 2;
	}
	return false;
}

/* ---- answers */

struct operation {
	const uint8_t *uuid;
	uint16_t opnum;
	bool ports; /* ServerAlive2 has none */
	bool blob;  /* the bindings are in an OBJREF, which has a byte order of its own */
	enum grant_how how;
	bool (*read)(struct ndr *c, struct bindings *ret);
};

static const struct operation operations[] = {
	{object_exporter, 0, true, false, GRANT_OXID, resolve_oxid},
	{object_exporter, 4, true, false, GRANT_OXID, resolve_oxid2},
	{object_exporter, 5, false, false, GRANT_OXID, server_alive2},
	{scm_activator, 3, true, true, GRANT_ACTIVATION, scm_activation},
	{scm_activator, 4, true, true, GRANT_ACTIVATION, scm_activation},
	{activation, 0, true, false, GRANT_ACTIVATION, remote_activation},
};

static const struct operation *operation_of(const uint8_t uuid[16], uint16_t opnum)
{
	for (size_t i = 0; i < N_ELEMENTS(operations); i++)
		if (operations[i].opnum == opnum && !memcmp(operations[i].uuid, uuid, 16))
			return &operations[i];
	return NULL;
}

bool dcom_answers(const uint8_t uuid[16], uint16_t opnum)
{
	return operation_of(uuid, opnum) != NULL;
}

bool dcom_activates(const uint8_t uuid[16], uint16_t opnum)
{
	const struct operation *o = operation_of(uuid, opnum);

	return o && o->how == GRANT_ACTIVATION;
}

bool dcom_read(const struct stub *s, granted_fn sink, void *user)
{
	const struct operation *o = operation_of(s->uuid, s->opnum);
	struct ndr c = ndr_over(s);
	struct bindings b = {0};

	if (!o || !s->p)
		return false;

	/* "No" ends where it is said; more behind it is another layout. */
	bool fits = o->read(&c, &b) && !ndr_short(&c) && (b.there || !ndr_left(&c));

	/* Without a bind, an answer that names nothing or leaves something over proves nothing. */
	if (s->assumed && (!fits || s->cut || ndr_left(&c) || !b.there))
		return false;
	if (!fits)
		return o->ports && scan(s, o->blob || s->little, o->how, sink, user);
	if (b.there)
		tell(&b, o->how, o->ports, sink, user);
	return true;
}

bool dcom_opnum(uint16_t opnum)
{
	for (size_t i = 0; i < N_ELEMENTS(operations); i++)
		if (operations[i].opnum == opnum)
			return true;
	return false;
}

bool dcom_guess(const struct stub *s, const uint8_t *uuid, int opnum, granted_fn sink, void *user)
{
	struct stub one = *s;

	one.assumed = true;
	for (size_t i = 0; i < N_ELEMENTS(operations); i++) {
		const struct operation *o = &operations[i];

		if ((uuid && memcmp(o->uuid, uuid, 16) != 0) || (opnum >= 0 && o->opnum != opnum))
			continue;
		memcpy(one.uuid, o->uuid, sizeof one.uuid);
		one.opnum = o->opnum;
		if (dcom_read(&one, sink, user))
			return true;
	}
	return false;
}
