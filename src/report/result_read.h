/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result_read - the result document read back: what `audit --format json` wrote, as far as others
 * need it.
 *
 * A document may have been edited by anybody. Size, depth and the number of values are bounded
 * before memory is spent on them; a member that stands twice, a wrong type or an unknown word is an
 * error and no default. Text is foreign and raw here, as in result.h: whoever prints it escapes it.
 */
#ifndef SPAN_REPORT_RESULT_READ_H
#define SPAN_REPORT_RESULT_READ_H

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "findings/result.h"

enum {
	RESULT_READ_BYTES = 256 << 20, /* of a document: a hundred thousand rows are 70 MB */
	RESULT_READ_DEPTH = 32,        /* the format needs 7 */
	RESULT_READ_VALUES = 10 << 20, /* bounds memory to about 1 GB, whatever the bytes are */
	RESULT_READ_ROWS = 1 << 19,    /* of one list */
	RESULT_READ_TEXT = 16 << 10,   /* of one text */
	/* outcomes */
	RESULT_READ_OTHER_SCHEMA = 1, /* a result, but of another version of the schema */
	RESULT_READ_UNREADABLE = 2,   /* a file that cannot be opened or read */
};

struct read_end {
	const char *address, *network, *host, *name; /* NULL */
	const char *token; /* host, else network, else address, else roles by commas; never NULL */
	bool is_host;      /* token is a host or a single address */
};

struct read_finding {
	const char *id; /* "F-" and 12 hex digits */
	enum kind kind;
	enum severity severity;
	const char *rule, *group; /* NULL */
	struct read_end client, server;
	const char *transport; /* NULL */
	uint16_t port;         /* 0: none */
	const char *interface; /* NULL */
	bool has_state;
	enum flow_state state;
	const char *why, *advice, *waiver; /* NULL */
};

struct read_rule {
	const char *pack, *id;
	enum rule_result result;
	const char *reason; /* NULL */
};

struct read_pack {
	const char *name, *revision, *sha256; /* the last two may be NULL */
};

struct read_input {
	const char *path, *sha256, *caveat; /* the last two may be NULL */
	uint64_t packets;
	bool failed;
};

/* A listed conversation, or those of one network that are folded into a row. */
struct read_conv {
	struct read_end client, server;
	roleset roles[2]; /* of client and server */
	uint8_t proto;
	uint16_t port;
	enum kind verdict;
	enum flow_state state;
	const char *rule, *protocol; /* NULL */
	uint64_t confidence;         /* of the direction, per cent */
	int64_t first_ns;
	uint64_t folded; /* 0, or how many it stands for */
};

struct read_result {
	struct arena arena; /* owns everything below */
	const char *only;   /* findings of this kind only; NULL all */
	const char *site;   /* name; NULL none */
	const char *timezone;
	enum result_verdict verdict;
	int64_t from_ns, to_ns; /* TIME_NONE */
	uint64_t observed_s;
	uint64_t packets, decoded, kernel_drops, interface_drops, evicted;
	uint32_t gap_ppm, one_way_ppm; /* parts per million */
	bool inconclusive;
	const char *inconclusive_why; /* NULL */
	const char **caveats;
	size_t n_caveats;
	struct read_input *inputs;
	size_t n_inputs;
	struct read_pack *packs; /* by name */
	size_t n_packs;
	struct read_rule *rules; /* by pack and id, each once */
	size_t n_rules;
	struct read_finding *findings; /* by id, each once */
	size_t n_findings;
	const char **seen; /* tokens of the ends of all listed conversations, sorted, each once */
	size_t n_seen;
	struct read_conv *convs; /* in their order; of read_result_convs() alone */
	size_t n_convs;
	uint64_t n_unlisted; /* folded into rows, or out of scope; the same */
};

/* Reads a document of n bytes. `name` is what errors call it. 0; RESULT_READ_OTHER_SCHEMA and
 * -EINVAL with an error kept; -ENOMEM. *ret is valid after 0 only, free it with read_result_done().
 */
int read_result_parse(const char *name, const char *p, size_t n, struct errors *errs,
		      struct read_result *ret);
/* The same of a file or pipe. What cannot be opened or read is -EINVAL too. */
int read_result_file(const char *path, struct errors *errs, struct read_result *ret);
/* The same, with its conversations. */
int read_result_parse_convs(const char *name, const char *p, size_t n, struct errors *errs,
			    struct read_result *ret);
int read_result_convs(const char *path, struct errors *errs, struct read_result *ret);
void read_result_done(struct read_result *r);

/* NULL when `id` is none of its findings; when it has no such rule. */
const struct read_finding *read_result_finding(const struct read_result *r, const char *id);
bool read_result_seen(const struct read_result *r, const char *token);

#endif
