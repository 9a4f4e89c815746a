// SPDX-License-Identifier: BSD-2-Clause
#include "capture/bpf.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "capture/keep.h"
#include "capture/linktype.h"

enum {
	ETHERNET = 1,
	BPF_MOST = 256, /* link types of one input; a file of more was not made to be read */
};

static struct bpf *bpf_new(uint16_t linktype)
{
	struct bpf *b = calloc(1, sizeof *b);

	if (b)
		b->linktype = linktype;
	return b;
}

static void bpf_free(struct bpf *b)
{
	if (b && b->program) {
		pcap_freecode(b->program);
		free(b->program);
	}
	free(b);
}

/* The snap length of the handle is only what a program returns for "all of it", never 0. */
static bool compile(struct bpf *b, const char *text, char reason[PCAP_ERRBUF_SIZE])
{
	pcap_t *dead = pcap_open_dead(linktype_to_dlt(b->linktype), FRAME_MAX);
	bool good = false;

	snprintf(reason, PCAP_ERRBUF_SIZE, "%s", strerror(ENOMEM));
	b->program = calloc(1, sizeof *b->program);
	if (dead && b->program) {
		good = pcap_compile(dead, b->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
		if (!good)
			snprintf(reason, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(dead));
	}
	if (!good) {
		free(b->program);
		b->program = NULL;
	}
	if (dead)
		pcap_close(dead);
	return good;
}

static struct bpf *find(const struct bpf_set *set, uint16_t linktype)
{
	for (size_t i = 0; i < set->compiled.n; i++)
		if (set->compiled.v[i]->linktype == linktype)
			return set->compiled.v[i];
	return NULL;
}

bool bpf_init(struct bpf_set *set, const char *text)
{
	*set = (struct bpf_set){.text = text ? strdup(text) : NULL};
	return set->text || !text;
}

bool bpf_first(struct bpf_set *set, int linktype, struct errors *errs, bool *ret_usage)
{
	char reason[PCAP_ERRBUF_SIZE] = "out of memory";
	struct bpf *b;

	if (!set->text)
		return true;
	b = bpf_new(linktype < 0 ? ETHERNET : (uint16_t)linktype);
	if (b && compile(b, set->text, reason) && vec_push(&set->compiled, b))
		return true;
	bpf_free(b);

	struct error *e =
		errors_add(errs, false, "the filter \"%s\" cannot be used: %s", set->text, reason);

	error_hint(e,
		   "a word of it is wrong, or asks for what this file's link type (%s) does not "
		   "have\npcap-filter(7) explains the language, and tcpdump -d 'FILTER' tries it "
		   "out. In a shell, put the filter in quotes",
		   linktype < 0 ? "Ethernet"
				: pcap_datalink_val_to_description_or_dlt(
					  linktype_to_dlt((uint16_t)linktype)));
	*ret_usage = true;
	return false;
}

const struct bpf *bpf_of(struct bpf_set *set, uint16_t linktype, struct source *s)
{
	static const struct bpf nothing;
	char reason[PCAP_ERRBUF_SIZE];
	struct bpf *b = find(set, linktype);

	if (b)
		return b;
	if (set->compiled.n >= BPF_MOST)
		return &nothing;
	b = bpf_new(linktype);
	if (!b)
		return NULL;
	if (!compile(b, set->text, reason) && !s->note[0])
		snprintf(s->note, sizeof s->note,
			 "the filter cannot be used for link type %u, of which all packets are "
			 "left out",
			 linktype);
	if (vec_push(&set->compiled, b))
		return b;
	bpf_free(b);
	return NULL;
}

bool bpf_passes(const struct bpf *b, const uint8_t *p, uint32_t len, uint32_t wire_len)
{
	const struct pcap_pkthdr h = {.caplen = len, .len = wire_len};

	return b->program && pcap_offline_filter(b->program, &h, p);
}

void bpf_done(struct bpf_set *set)
{
	for (size_t i = 0; i < set->compiled.n; i++)
		bpf_free(set->compiled.v[i]);
	vec_done(&set->compiled);
	free(set->text);
	set->text = NULL;
}
