/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_name - domain names with compression, of DNS and of what borrows them. Private to this
 * folder. */
#ifndef SPAN_LEARN_DNS_NAME_H
#define SPAN_LEARN_DNS_NAME_H

#include "learn/sightings.h"

/* The name that begins `at` bytes into the n bytes at p, from where pointers count (RFC
 * 1035 4.1.4), in lower case and without its last dot; *ret_end (may be NULL) is behind it. What a
 * pointer points to lies at or behind `first`, and before the run of labels that it ends: so each
 * step goes back, and a loop cannot be. False when it is cut or no name. */
bool dns_name(const uint8_t *p, size_t n, size_t first, size_t at, char ret[SIGHTING_NAME],
	      size_t *ret_end);

#endif
