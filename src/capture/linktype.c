// SPDX-License-Identifier: BSD-2-Clause
#include "capture/linktype.h"

#include <pcap/pcap.h>
#include <stddef.h>

#include "base/cpu.h"
#include "capture/keep.h"

/* LINKTYPE_ and DLT_ are the same number, but where systems had given one number to several DLT_
 * values before files needed their own. These are Linux's; old files have them too. */
static const struct {
	int dlt;
	uint16_t linktype;
} differ[] = {
	{DLT_ATM_RFC1483, 100}, {DLT_RAW, 101}, {DLT_SLIP_BSDOS, 102}, {DLT_PPP_BSDOS, 103},
	{DLT_ATM_CLIP, 106},    {DLT_ENC, 109}, {DLT_LOOP, 108},
};

uint16_t linktype_of(uint32_t number)
{
	for (size_t i = 0; i < N_ELEMENTS(differ); i++)
		if ((uint32_t)differ[i].dlt == number)
			return differ[i].linktype;
	return (uint16_t)number;
}

int linktype_to_dlt(uint16_t linktype)
{
	for (size_t i = 0; i < N_ELEMENTS(differ); i++)
		if (differ[i].linktype == linktype)
			return differ[i].dlt;
	return linktype;
}

uint32_t linktype_max(uint16_t linktype)
{
	enum { DBUS = 231, USBPCAP = 249, EBHSCR = 279, MIB = 1 << 20 };

	switch (linktype) {
	case DBUS:
		return 128 * MIB; /* D-Bus Specification, "Message Format" */
	case EBHSCR:
		return 8 * MIB;
	case USBPCAP:
		return MIB;
	default:
		return FRAME_MAX;
	}
}
