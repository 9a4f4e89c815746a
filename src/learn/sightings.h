/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sightings - what is said about hosts beside the conversations themselves: names of addresses,
 * services that names stand for, and refusals that point at a cause.
 *
 * A sighting is one fact however often it is told: what is told again adds to `n` and moves
 * `last_ns`. Rows merge by minimum, maximum and sum, so neither order nor a split of the input can
 * be seen in them. What a row proves is for others to decide; here is who said it, and where.
 */
#ifndef SPAN_LEARN_SIGHTINGS_H
#define SPAN_LEARN_SIGHTINGS_H

#include "base/addr.h"
#include "base/evidence.h"
#include "base/rd.h"
#include "base/siphash.h"

enum sighting_kind {
	/* Names of `about`. */
	SIGHT_DNS_ADDRESS, /* A or AAAA in an answer: `name` has the address `about`; `by` said so
			    */
	SIGHT_DNS_POINTER, /* PTR in an answer: the same, the other way round */
	SIGHT_NBNS_NAME,   /* `about` has the NetBIOS name `name`; code: its suffix, RFC 1001 and
			    * MS-NBTE 1.8; text: "group" when it shares the name with others */
	SIGHT_NTLM_NAME,   /* `about` called itself `name` in an NTLM challenge (MS-NLMP 2.2.2.1,
			    * MsvAvDnsComputerName, else MsvAvNbComputerName); text: its DNS domain */
	SIGHT_CERTIFICATE, /* `about` showed a certificate for `name`; port: where */
	SIGHT_NETLOGON,    /* `about` answered a domain controller ping as `name` (MS-ADTS 6.3.5);
			    * text: the domain; code: the lower 16 bits of its flags */
	/* What names stand for. */
	SIGHT_DNS_ALIAS,   /* CNAME: `name` stands for `text` */
	SIGHT_DNS_SERVICE, /* SRV: the service `text` ("_ldap._tcp.dc._msdcs.corp.example") is at
			    * the host `name`, port */
	SIGHT_KRB_TICKET,  /* RFC 4120 5.4.2: a ticket for `text` ("MSSQLSvc/sql01.corp:1433") was
			    * given to `about` by `by`. name, port: host and port in it, 0 none */
	/* Refusals: `about` asked, `by` refused. */
	SIGHT_KRB_ERROR, /* RFC 4120 5.9.1: code is the error; text the service asked for, name
			  * and port taken from it. 25 and 91 (more proof wanted) are no refusals;
			  * 52 (too big for a datagram) is one only where TCP does not follow */
	SIGHT_DNS_ERROR, /* RFC 1035 4.1.1: code is the RCODE; text the name asked for; port the
			  * type asked for (33 is SRV) */
	SIGHT_RPC_UNREGISTERED, /* C706 E, O: ept_s_not_registered; text is the interface asked
				 * for, as a UUID; code its major version */
	SIGHT_DCOM_DENIED, /* MS-DCOM 3.1.2.5.2: an activation was answered by a fault; code is its
			    * status, port the auth_level that the client bound with (MS-RPCE
			    * 2.2.1.1.8) */
	SIGHT_KIND_N,
};
const char *sighting_kind_name(enum sighting_kind k);

enum { SIGHTING_NAME = 128 };

/* Text is printable ASCII; DNS and host names are in lower case without the last dot; what is
 * longer is cut. */
struct sighting {
	enum sighting_kind kind;
	struct addr about, by; /* zero when the kind has none */
	uint16_t port, code;
	char name[SIGHTING_NAME], text[SIGHTING_NAME];
	struct evidence first; /* the earliest packet that said so */
	int64_t last_ns;       /* the latest */
	uint64_t n;
};

enum {
	SIGHTINGS_MAX = 1 << 17, /* rows of one audit */
	/* rows of one kind that one host causes: `by`, or `about` where that is zero or the one
	 * who asked in vain */
	SIGHTINGS_OF_HOST_MAX = 1 << 12,
};

/* For who makes one. The bytes behind the first `at` of the text, what is not printable as '?';
 * returns how long it is now. Then, for names of hosts: lower case, no last dot. */
size_t sighting_text(char ret[SIGHTING_NAME], size_t at, struct rd r);
void sighting_lower(char name[SIGHTING_NAME]);

struct sightings;
/* Bytes beyond max_memory are not taken. */
struct sightings *sightings_new(const struct hash_key *key, size_t max_memory);
struct sightings *sightings_free(struct sightings *t);
/* Adds s (its first, last_ns and n are taken from `at` and 1). False when there was no room. */
bool sightings_add(struct sightings *t, const struct sighting *s, const struct evidence *at);
/* A row of another table, as sightings_sorted() lends it. False when there was no room. */
bool sightings_put(struct sightings *t, const struct sighting *row);
size_t sightings_memory(const struct sightings *t);
/* Bytes of rows: what they take of what they may take, and what that is from now on. */
size_t sightings_taken(const struct sightings *t, size_t *ret_most);
void sightings_limit(struct sightings *t, size_t max_memory);
/* By kind, about, name, text, port, code, by; valid until the next sightings_add(). 0 or -ENOMEM.
 */
int sightings_sorted(struct sightings *t, const struct sighting **ret_rows, size_t *ret_n);

#endif
