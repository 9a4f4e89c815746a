/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x509 - the hosts that a certificate is for (RFC 5280 4.1, 4.2.1.6), read without checking
 * anything of it: who shows it says so of himself.
 */
#ifndef SPAN_LEARN_X509_H
#define SPAN_LEARN_X509_H

#include "learn/sightings.h"

enum { X509_NAMES = 8 }; /* names of one certificate that are told, the first */

/* DER of one certificate. Its dNSNames; without any, the last common name of its subject, if it
 * could be a host's. In lower case, `*` allowed. Returns how many. */
unsigned x509_names(struct rd cert, char ret[X509_NAMES][SIGHTING_NAME]);

#endif
