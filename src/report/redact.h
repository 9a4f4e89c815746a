/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redact - a result document with pseudonyms for addresses and names, to leave the house.
 *
 * Under one secret the same name is the same pseudonym everywhere, in any case of letters, and
 * label by label, so that a host and its full name still belong together; of several labels the
 * last stays ("local", "com"). Addresses keep the prefixes that they share, so that networks stay
 * networks, and their kind: IPv4 keeps its first byte (two where a private range is longer), IPv6
 * its first two. Ids of findings change with them, since they are made of both. What people wrote
 * (waivers) and commands that would repeat the run are left out.
 *
 * Text is made of names that the document knows, of `more`, and of what looks like an address, a
 * network card or a domain name. A name of one word that stands nowhere else is not known for one.
 */
#ifndef SPAN_REPORT_REDACT_H
#define SPAN_REPORT_REDACT_H

#include "base/siphash.h"
#include "report/result_load.h"

/* Replaces everything in place. `more`: names beside those of the document, NULL-terminated, or
 * NULL. 0 or -ENOMEM, and then the document must not be shown. */
int result_redact(struct loaded *l, const struct hash_key *secret, const char *const *more);

#endif
