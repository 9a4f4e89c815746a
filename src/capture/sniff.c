// SPDX-License-Identifier: BSD-2-Clause
#include "capture/sniff.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/rd.h"

enum {
	PCAPNG_SHB = 0x0a0d0d0a, /* reads the same in both byte orders */
	PCAPNG_ORDER = 0x1a2b3c4d,
	PCAPNG_SHB_HEAD = 12,
};

static const uint32_t pcap_magics[] = {
	0xa1b2c3d4, /* microseconds */
	0xa1b23c4d, /* nanoseconds */
	0xa1b2cd34, /* the records of an old patched libpcap */
};

static bool is_pcap(const uint8_t *p, size_t n)
{
	struct rd be = rd_over(p, n), le = be;
	uint32_t a = rd_be32(&be), b = rd_le32(&le);

	for (size_t i = 0; i < N_ELEMENTS(pcap_magics); i++)
		if (a == pcap_magics[i] || b == pcap_magics[i])
			return true;
	return false;
}

static bool is_pcapng(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);

	if (rd_be32(&r) != PCAPNG_SHB)
		return false;
	rd_skip(&r, 4);

	struct rd again = r;

	if (n < PCAPNG_SHB_HEAD)
		return true; /* too short to tell, and libpcap will say so */
	return rd_be32(&r) == PCAPNG_ORDER || rd_le32(&again) == PCAPNG_ORDER;
}

/*
 * Event Tracing for Windows: a file is made of buffers, each with a WMI_BUFFER_HEADER of 72 bytes
 * that begins with the buffer's size, and the first event in the first one is always the log file
 * header: version 1 or 2, type 1 or 2 (32 or 64 bits), flags c0.
 */
static bool is_etl(const uint8_t *p, size_t n)
{
	enum { BUFFER_HEADER = 72, SMALLEST = 1024, LARGEST = 16 << 20 };
	struct rd r = rd_over(p, n);
	uint32_t size = rd_le32(&r);

	rd_skip(&r, BUFFER_HEADER - 4);

	uint16_t version = rd_le16(&r);
	uint8_t type = rd_u8(&r), flags = rd_u8(&r);

	if (rd_short(&r) || size < SMALLEST || size > LARGEST || size % SMALLEST)
		return false;
	return (version == 1 || version == 2) && (type == 1 || type == 2) && flags == 0xc0;
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcasecmp(path + n - m, suffix) == 0;
}

static bool is_text(const uint8_t *p, size_t n)
{
	size_t odd = 0;

	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true; /* UTF-16, as Windows tools redirect it */
	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0)
			return false;
		/* A screen dump has escapes, a print-out form feeds. */
		odd += p[i] == 0x7f || (p[i] < 0x20 && !strchr("\t\n\r\f\x1b", p[i]));
	}
	/* Latin-1 and UTF-8 both pass; a damaged character or two must not hide a text. */
	return odd * 32 <= n;
}

struct magic {
	const char *bytes;
	size_t n;
	const char *what;
	const char
		*unpack; /* the command that writes it out uncompressed; NULL: editcap's business */
};

static const struct magic magics[] = {
	{"\x1f\x8b", 2, "compressed with gzip", "zcat"},
	{"\x28\xb5\x2f\xfd", 4, "compressed with zstd", "zstdcat"},
	{"\xfd"
	 "7zXZ",
	 5, "compressed with xz", "xzcat"},
	{"\x04\x22\x4d\x18", 4, "compressed with lz4", "lz4cat"},
	{"BZh", 3, "compressed with bzip2", "bzcat"},
	{"PK\x03\x04", 4, "a ZIP archive", "unzip -p"},
	{"PK\x05\x06", 4, "an empty ZIP archive", "unzip -p"},
	{"7z\xbc\xaf\x27\x1c", 6, "a 7-Zip archive", "7z x -so"},
	{"snoop\0\0\0", 8, "a Solaris snoop capture", NULL},
	{"RTSS", 4, "a Network Monitor 1 capture", NULL},
	{"GMBU", 4, "a Network Monitor 2 capture", NULL},
	{"XCP\0", 4, "a NetXRay or Windows Sniffer capture", NULL},
	{"TRSNIFF data", 12, "a DOS Sniffer capture", NULL},
};

static struct error *add(struct errors *errs, const char *name, const char *what)
{
	struct error *e = errors_add(errs, false, "%s", what);

	error_place(e, name, 0, 0, 1);
	return e;
}

static void say_empty(const char *path, const char *name, struct errors *errs)
{
	if (strcmp(path, "-") == 0)
		error_hint(
			add(errs, name, "nothing came in: it ended before the first byte"),
			"the command before the pipe probably failed, or wrote to a file "
			"instead\nrun it "
			"alone and look at what it says (tcpdump writes to the pipe with `-w -`)");
	else
		error_hint(add(errs, name, "the file is empty (0 bytes)"),
			   "the capture was probably never started, or the disk was full\nrecord "
			   "it again");
}

static void say_magic(const struct magic *m, const char *path, const char *name,
		      struct errors *errs)
{
	bool pipe = strcmp(path, "-") == 0;
	struct error *e = errors_add(errs, false, "this is %s, not a plain capture file", m->what);

	error_place(e, name, 0, 0, 1);
	if (!m->unpack)
		error_hint(e,
			   "libpcap reads pcap and pcapng only\nconvert it with Wireshark's tools: "
			   "`editcap -F pcapng %s OUT.pcapng`",
			   pipe ? "IN" : path);
	else if (pipe)
		error_hint(e,
			   "libpcap does not unpack\nput the command before it: "
			   "`... | %s | spanaudit audit -`",
			   m->unpack);
	else
		error_hint(e, "libpcap does not unpack\ntry: `%s %s | spanaudit audit -`",
			   m->unpack, path);
}

static void say_etl(const char *path, const char *name, struct errors *errs)
{
	const char *in = strcmp(path, "-") == 0 ? "FILE.etl" : path;

	error_hint(
		add(errs, name, "this is a Windows event trace (.etl), not a capture file"),
		"`pktmon` and `netsh trace` write this format\nconvert it first, a pktmon trace on "
		"Windows with `pktmon etl2pcap %s --out FILE.pcapng`, a netsh trace with "
		"`etl2pcapng %s FILE.pcapng`",
		in, in);
}

static void say_unknown(const uint8_t *p, size_t n, const char *path, const char *name,
			struct errors *errs)
{
	bool pipe = strcmp(path, "-") == 0;
	struct error *e;

	if (n < 4)
		e = errors_add(errs, false, "not a capture file: it has only %zu byte%s", n,
			       n == 1 ? "" : "s");
	else
		e = errors_add(
			errs, false,
			"not a capture file: it begins with %02x %02x %02x %02x, and no pcap or "
			"pcapng file does",
			p[0], p[1], p[2], p[3]);
	error_place(e, name, 0, 0, 1);
	error_hint(e,
		   "it has another format, or its beginning is damaged\n`capinfos %s` names the "
		   "formats "
		   "that Wireshark knows, and `editcap -F pcapng %s OUT.pcapng` converts them",
		   pipe ? "FILE" : path, pipe ? "FILE" : path);
}

const char *sniff(const uint8_t *p, size_t n, const char *path, const char *name,
		  struct errors *errs)
{
	if (is_pcap(p, n))
		return "pcap";
	if (is_pcapng(p, n))
		return "pcapng";

	if (n == 0) {
		say_empty(path, name, errs);
		return NULL;
	}
	for (size_t i = 0; i < N_ELEMENTS(magics); i++)
		if (n >= magics[i].n && memcmp(p, magics[i].bytes, magics[i].n) == 0) {
			say_magic(&magics[i], path, name, errs);
			return NULL;
		}

	bool text = is_text(p, n);

	if (is_etl(p, n) || (has_suffix(path, ".etl") && !text))
		say_etl(path, name, errs);
	else if (text)
		error_hint(add(errs, name, "this is a text file, not a capture file"),
			   "it may be what tcpdump or tshark printed, or a list exported from "
			   "Wireshark\ngive the file that `tcpdump -w FILE` wrote, or save as "
			   "pcapng (a site "
			   "file "
			   "goes after --site)");
	else
		say_unknown(p, n, path, name, errs);
	return NULL;
}
