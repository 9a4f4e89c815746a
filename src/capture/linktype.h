/* SPDX-License-Identifier: BSD-2-Clause */
/* linktype - the numbers of link types: LINKTYPE_ of files, DLT_ of libpcap. */
#ifndef SPAN_CAPTURE_LINKTYPE_H
#define SPAN_CAPTURE_LINKTYPE_H

#include <stdint.h>

/* The LINKTYPE_ value of a number that a file holds or libpcap uses. */
uint16_t linktype_of(uint32_t number);
/* What libpcap of this system calls it. */
int linktype_to_dlt(uint16_t linktype);
/* The longest record that makes sense. */
uint32_t linktype_max(uint16_t linktype);

#endif
