// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "allow/allow.h"
#include "base/cpu.h"
#include "base/proto.h"

#define X(word) extern const struct allow_format allow_##word;
#include "allow/formats.h"
#undef X

static const struct allow_format *const formats[] = {
#define X(word) &allow_##word,
#include "allow/formats.h"
#undef X
};

const struct allow_format *allow_format_at(size_t i)
{
	return i < N_ELEMENTS(formats) ? formats[i] : NULL;
}

const struct allow_format *allow_format_by_name(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const char *allow_proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_NR_TCP:
		return "tcp";
	case IPPROTO_NR_UDP:
		return "udp";
	case IPPROTO_NR_ESP:
		return "esp";
	default:
		return "ah";
	}
}
