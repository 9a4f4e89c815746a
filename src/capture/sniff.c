// SPDX-License-Identifier: BSD-2-Clause
#include "capture/sniff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/rd.h"
#include "capture/codec.h"

enum {
	PCAPNG_SHB = 0x0a0d0d0a, /* reads the same in both byte orders */
	PCAPNG_ORDER = 0x1a2b3c4d,
	PCAPNG_SHB_HEAD = 12,
};

static const uint32_t pcap_magics[] = {
	0xa1b2c3d4, /* microseconds */
	0xa1b23c4d, /* nanoseconds */
	0xa1b2cd34, /* the records of an old patched libpcap */
	0x1c0001ac, /* IXIA, nanoseconds */
	0x1c0001ab, /* IXIA, microseconds */
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
		return true; /* too short to tell, and its reader will say so */
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

/* What the user gave, for the words about it. */
struct subject {
	const char *path, *name;
	const struct codec_ops *outer; /* unpacked to get here; NULL: it is the file itself */
	bool pipe;
};

/* In a hint: %s stands for the file. */
#define WIRESHARK                                                              \
	"spanaudit reads pcap and pcapng\nconvert it with Wireshark's tools: " \
	"`editcap -F pcapng %s OUT.pcapng`"

struct magic {
	unsigned at;
	const char *bytes;
	size_t n;
	const char *what;
	const char *unpack; /* the command that writes it out; NULL: hint */
	const char *hint;   /* NULL: what Wireshark's tools convert */
};

static const struct magic magics[] = {
	{0, "BZh", 3, "compressed with bzip2", "bzcat"},
	{0, "\x1f\x9d", 2, "compressed with compress (.Z)", "zcat"},
	{0, "\x02\x21\x4c\x18", 4, "compressed with lz4's legacy format", "lz4cat"},
	{0, "PK\x03\x04", 4, "a ZIP archive", "unzip -p"},
	{0, "PK\x05\x06", 4, "an empty ZIP archive", "unzip -p"},
	{0, "7z\xbc\xaf\x27\x1c", 6, "a 7-Zip archive", "7z x -so"},
	{257, "ustar", 5, "a tar archive", NULL,
	 "it holds files, and a capture is a file by itself\nunpack it with `tar -xf %s` and give "
	 "the captures in it"},
	{0, "MSCF", 4, "a Windows cabinet (.cab)", NULL,
	 "`netsh trace stop` writes one beside the trace, about the computer\ngive the .etl file "
	 "next to it, converted: `etl2pcapng FILE.etl FILE.pcapng`"},
	{0, "ElfFile\0", 8, "a Windows event log (.evtx)", NULL,
	 "it holds events and no packets\nrecord packets on Windows with `pktmon start --capture "
	 "--pkt-size 0`, then `pktmon etl2pcap`"},
	{0, "snoop\0\0\0", 8, "a Solaris snoop capture"},
	{0, "RTSS", 4, "a Network Monitor 1 capture"},
	{0, "GMBU", 4, "a Network Monitor 2 or Message Analyzer capture"},
	{0, "XCP\0", 4, "a NetXRay or Windows Sniffer capture"},
	{0, "VL\0\0", 4, "a NetXRay 1 capture"},
	{0, "TRSNIFF data", 12, "a DOS Sniffer capture"},
	{0, "iptrace 1.0", 11, "an AIX iptrace capture"},
	{0, "iptrace 2.0", 11, "an AIX iptrace 2 capture"},
	{0, "TR\0\x64\0", 5, "an HP-UX nettl trace"},
	{0, "\0\0\0\1\0\0\0\0\0\7\xd0\0", 12, "an HP-UX 9 nettl trace"},
	{0, "\x7fver", 4, "an OmniPeek or AiroPeek capture"},
	{0, "cpse", 4, "a Capsa capture"},
	{0, "\5VNF", 4, "a Visual Networks capture"},
	{0, "ObserverPktBuffer", 17, "an Observer capture"},
	{0, "\xaa\xaa\xaa\xaa", 4, "an InfoVista 5View capture"},
	{0, "\1\x10\x4c\0\1\5Trace Disp", 16, "a LANalyzer capture"},
	{0, "\0\0\2\0\x12\5\0\x10", 8, "a Tektronix K12 capture (.rf5)"},
	{0, "EyeSDN", 6, "an EyeSDN trace"},
	{0, "+---------+---------------+", 27, "a K12 text trace"},
};

/* Words of a tool's own that stand somewhere near the beginning. */
static const struct mark {
	const char *text;
	size_t n, within;
	const char *what, *hint;
} marks[] = {
#define MARK(text) (text), sizeof(text) - 1
	/* Behind the header of the signature record, whose size depends on the version. */
	{MARK("Scaler Performance Data"), 64, "a NetScaler trace (nstrace), version 1.0", NULL},
	{MARK("caler V20 Performance Data"), 64, "a NetScaler trace (nstrace), version 2.0", NULL},
	{MARK("caler V30 Performance Data"), 64, "a NetScaler trace (nstrace), version 3.0", NULL},
	{MARK("caler V35 Performance Data"), 64, "a NetScaler trace (nstrace), version 3.5", NULL},
	{MARK("caler V"), 64, "a NetScaler trace (nstrace)", NULL},
	{MARK("COMMUNICATIONS TRACE"), 270, "a communications trace of IBM i (iSeries)", NULL},
	{MARK("C\0O\0M\0M\0U\0N\0I\0C\0A\0T\0I\0O\0N\0S\0 \0T\0R\0A\0C\0E"), 270,
	 "a communications trace of IBM i (iSeries) in Unicode", NULL},
	{MARK("PktMon"), 512, "what pktmon printed as text, not a capture file",
	 "text has no packets to decode\non the machine that recorded it: `pktmon etl2pcap "
	 "PktMon.etl --out FILE.pcapng`"},
	{MARK("PktGroupId"), 512, "what pktmon printed as text, not a capture file",
	 "text has no packets to decode\non the machine that recorded it: `pktmon etl2pcap "
	 "PktMon.etl --out FILE.pcapng`"},
	{MARK("<pdml"), 512, "an XML print-out of Wireshark (PDML), not a capture file",
	 "it holds what was decoded, not the packets\ngive the capture that it was printed "
	 "from"},
	{MARK("\"schema\": \"spanaudit-result/"), 64, "the result of an audit, not a capture file",
	 "it holds what was found, not the packets\ngive the captures that it names under "
	 "`files`; `spanaudit report` and `spanaudit diff` read results"},
#undef MARK
};

/* Formats without a mark, by the name that their program gives files. */
static const struct named {
	const char *suffix, *what, *hint;
} named[] = {
	{".matp", "a Message Analyzer file (.matp)",
	 "no other program reads it\nopen it in Message Analyzer and export it as .cap, then: "
	 "`editcap -F pcapng FILE.cap OUT.pcapng`"},
	{".matu", "a Message Analyzer file (.matu)",
	 "no other program reads it\nopen it in Message Analyzer and export it as .cap, then: "
	 "`editcap -F pcapng FILE.cap OUT.pcapng`"},
	{".ncf", "a CommView capture (.ncf)", NULL},
	{".ncfx", "a CommView capture (.ncfx)", NULL},
	{".erf", "an Endace ERF capture (.erf)", NULL},
};

static const char *file_of(const struct subject *s, const char *pipe)
{
	return s->pipe ? pipe : s->path;
}

static struct error *add(struct errors *errs, const struct subject *s, const char *what)
{
	struct error *e = s->outer ? errors_add(errs, false, "inside the %s compression: %s",
						s->outer->name, what)
				   : errors_add(errs, false, "%s", what);

	error_place(e, s->name, 0, 0, 1);
	return e;
}

static void say_empty(const struct subject *s, struct errors *errs)
{
	if (s->outer)
		error_hint(add(errs, s, "there is nothing (0 bytes)"),
			   "the capture was probably never started, or an empty file was "
			   "compressed\nrecord it again");
	else if (s->pipe)
		error_hint(add(errs, s, "nothing came in: it ended before the first byte"),
			   "the command before the pipe probably failed, or wrote to a file "
			   "instead\nrun it alone and look at what it says (tcpdump writes to the "
			   "pipe with `-w -`)");
	else
		error_hint(add(errs, s, "the file is empty (0 bytes)"),
			   "the capture was probably never started, or the disk was full\nrecord "
			   "it again");
}

/* How to get at what is compressed with something that is not unpacked here. */
static void say_packed(const struct subject *s, const char *what, const char *unpack,
		       struct errors *errs)
{
	char line[160];

	snprintf(line, sizeof line, "this is %s, not a plain capture file", what);

	struct error *e = add(errs, s, line);

	if (s->outer && s->pipe)
		error_hint(e,
			   "one layer is unpacked, not two\nput the commands before it: "
			   "`... | %s | %s | spanaudit audit -`",
			   s->outer->unpack, unpack);
	else if (s->outer)
		error_hint(e,
			   "one layer is unpacked, not two\ntry: "
			   "`%s %s | %s | spanaudit audit -`",
			   s->outer->unpack, s->path, unpack);
	else if (s->pipe)
		error_hint(e,
			   "this kind is not unpacked here\nput the command before it: "
			   "`... | %s | spanaudit audit -`",
			   unpack);
	else
		error_hint(e, "this kind is not unpacked here\ntry: `%s %s | spanaudit audit -`",
			   unpack, s->path);
}

static void say_known(const struct subject *s, const char *what, const char *hint,
		      struct errors *errs)
{
	char line[160];

	snprintf(line, sizeof line, "this is %s%s", what,
		 strstr(what, "not a capture") ? "" : ", not a plain capture file");

	struct error *e = add(errs, s, line);

	if (!hint)
		error_hint(e, WIRESHARK, file_of(s, "IN"));
	else if (strstr(hint, "%s"))
		error_hint(e, "%.*s%s%s", (int)(strstr(hint, "%s") - hint), hint,
			   file_of(s, "FILE"), strstr(hint, "%s") + 2);
	else
		error_hint(e, "%s", hint);
}

static void say_etl(const struct subject *s, struct errors *errs)
{
	const char *in = s->pipe || s->outer ? "FILE.etl" : s->path;

	error_hint(
		add(errs, s, "this is a Windows event trace (.etl), not a capture file"),
		"`pktmon` and `netsh trace` write this format\nconvert it first, a pktmon trace on "
		"Windows with `pktmon etl2pcap %s --out FILE.pcapng`, a netsh trace with "
		"`etl2pcapng %s FILE.pcapng`",
		in, in);
}

static void say_text(const struct subject *s, struct errors *errs)
{
	error_hint(add(errs, s, "this is a text file, not a capture file"),
		   "it may be what tcpdump or tshark printed, or a list exported from "
		   "Wireshark\ngive the file that `tcpdump -w FILE` wrote, or save as pcapng (a "
		   "site file goes after --site)");
}

static void say_unknown(const uint8_t *p, size_t n, const struct subject *s, struct errors *errs)
{
	char line[160];

	if (n < 4)
		snprintf(line, sizeof line, "not a capture file: it has only %zu byte%s", n,
			 n == 1 ? "" : "s");
	else
		snprintf(line, sizeof line,
			 "not a capture file: it begins with %02x %02x %02x %02x, and no pcap or "
			 "pcapng file does",
			 p[0], p[1], p[2], p[3]);

	const char *file = file_of(s, "FILE");

	error_hint(add(errs, s, line),
		   "it has another format, or its beginning is damaged\n`capinfos %s` names the "
		   "formats that Wireshark knows, and `editcap -F pcapng %s OUT.pcapng` converts "
		   "them",
		   file, file);
}

/* Every kind that has bytes of its own. */
static bool say_marked(const uint8_t *p, size_t n, const struct subject *s, struct errors *errs)
{
	const struct codec_ops *codec = codec_of(p, n);
	char what[40];

	if (codec) {
		snprintf(what, sizeof what, "compressed with %s", codec->name);
		say_packed(s, what, codec->unpack, errs);
		return true;
	}
	for (size_t i = 0; i < N_ELEMENTS(magics); i++) {
		const struct magic *m = &magics[i];

		if (n < m->at + m->n || memcmp(p + m->at, m->bytes, m->n) != 0)
			continue;
		if (m->unpack)
			say_packed(s, m->what, m->unpack, errs);
		else
			say_known(s, m->what, m->hint, errs);
		return true;
	}
	for (size_t i = 0; i < N_ELEMENTS(marks); i++) {
		const struct mark *m = &marks[i];

		if (memmem(p, n < m->within ? n : m->within, m->text, m->n)) {
			say_known(s, m->what, m->hint, errs);
			return true;
		}
	}
	return false;
}

const char *sniff(const uint8_t *p, size_t n, const char *path, const char *name,
		  const struct codec_ops *outer, struct errors *errs)
{
	const struct subject s = {path, name, outer, strcmp(path, "-") == 0};

	if (is_pcap(p, n))
		return "pcap";
	if (is_pcapng(p, n))
		return "pcapng";

	if (n == 0) {
		say_empty(&s, errs);
		return NULL;
	}
	if (say_marked(p, n, &s, errs))
		return NULL;

	bool text = is_text(p, n);

	if (is_etl(p, n) || (has_suffix(path, ".etl") && !text)) {
		say_etl(&s, errs);
		return NULL;
	}
	for (size_t i = 0; i < N_ELEMENTS(named) && !text; i++)
		if (has_suffix(path, named[i].suffix)) {
			say_known(&s, named[i].what, named[i].hint, errs);
			return NULL;
		}
	if (text)
		say_text(&s, errs);
	else
		say_unknown(p, n, &s, errs);
	return NULL;
}
