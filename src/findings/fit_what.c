// SPDX-License-Identifier: BSD-2-Clause
/* What is in the capture, and what is not: whole packets, offload, filters, what nobody can read.
 */
#include "findings/fit_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/proto.h"

/* ------------------------------------------------------------------ snap length */

/* Conversations that carried data, and those of them whose protocol is known. */
static void recognised(const struct fit_work *w, uint64_t *ret_data, uint64_t *ret_known)
{
	*ret_data = *ret_known = 0;
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];
		bool known = false;

		if (!c->payload[0] && !c->payload[1])
			continue;
		for (unsigned k = 0; k < c->n_app; k++)
			known |= conv_app_at(c, k) != APP_NONE;
		++*ret_data;
		*ret_known += known;
	}
}

static uint32_t shortest_snap(const struct fit_work *w)
{
	uint32_t n = 0;

	for (size_t i = 0; i < w->in->n_interfaces; i++) {
		uint32_t s = w->in->interfaces[i].snaplen;

		if (s && (!n || s < n))
			n = s;
	}
	return n;
}

void fit_snap(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "snap-length", "Snap length");
	uint32_t snap = shortest_snap(w);
	uint64_t data, known;

	if (!row)
		return;
	row->figure = arena_printf(
		w->a, "%s of %s packets were cut short (%s)%s", fit_n(w, c->truncated),
		fit_n(w, c->packets), fit_share(w, c->truncated, c->packets),
		snap && c->truncated ? arena_printf(w->a, ", snap length %u bytes", snap) : "");
	if (!c->truncated)
		return;
	recognised(w, &data, &known);
	fit_detail(w, row,
		   arena_printf(w->a, "the protocol of %s of %s conversations with data is known",
				fit_n(w, known), fit_n(w, data)));
	fit_note(row,
		 known * 10 >= data * 9
			 ? "The first bytes suffice here to tell protocols; what servers say of "
			   "their dynamic ports may be cut."
			 : "The bytes that tell a protocol are cut away: conversations are judged "
			   "by port alone, and ports that servers handed out stay unexplained.",
		 "Capture whole packets: -s 0 (tcpdump, dumpcap, Wireshark), or at least -s 512.");
	if (known * 10 < data * 9)
		fit_bars(row, FIT_FOR_SEEN,
			 arena_printf(w->a,
				      "packets are cut short, so the protocol of %s of %s "
				      "conversations is unknown",
				      fit_n(w, (data - known)), fit_n(w, data)));
}

/* ------------------------------------------------------------------ offload */

void fit_offload(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "offload", "Offload");
	uint64_t sums = c->notes[NOTE_BAD_CHECKSUM], merged = c->notes[NOTE_ABOVE_MTU];

	if (!row)
		return;
	row->figure = arena_printf(w->a,
				   "%s frames larger than Ethernet carries, %s packets with a "
				   "wrong checksum",
				   fit_n(w, merged), fit_n(w, sums));
	if (!sums && !merged)
		return;
	if (!w->only) {
		fit_note(row,
			 merged > sums
				 ? "The card of the capturing computer merged segments (GRO, LRO), "
				   "or a host sent jumbo frames. Harmless: sequence numbers are "
				   "counted, not frames."
				 : "Hosts that leave checksums to their cards were captured on "
				   "themselves, or packets were damaged on the way. Harmless: no "
				   "packet is left out for its checksum.",
			 "To see frames as on the wire: ethtool -K IF gro off lro off on the "
			 "capturing card.");
		return;
	}
	fit_note(row,
		 "Frames larger than the wire carries and sums that are not yet filled in show "
		 "that the capture was taken on a host. That is harmless for what it says; but it "
		 "shows this one host alone.",
		 "For the others: capture on each of them and name all files, or mirror their "
		 "switch ports. To see frames as on the wire: ethtool -K IF gro off lro off tso "
		 "off gso off.");
	fit_bars(row, FIT_FOR_SEEN,
		 arena_printf(w->a, "it was captured on %s, which alone is in view",
			      fit_name(w, w->only)));
}

/* ------------------------------------------------------------------ content */

static const char *link_name(uint16_t linktype)
{
	static const struct {
		uint16_t number;
		const char *name;
	} rows[] = {
		{0, "BSD loopback"},   {1, "Ethernet"},     {9, "PPP"},
		{12, "raw IP"},        {14, "raw IP"},      {101, "raw IP"},
		{105, "Wi-Fi"},        {108, "loopback"},   {113, "Linux cooked"},
		{127, "Wi-Fi, radio"}, {192, "Wi-Fi, PPI"}, {228, "raw IPv4"},
		{229, "raw IPv6"},     {239, "NFLOG"},      {276, "Linux cooked 2"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (rows[i].number == linktype)
			return rows[i].name;
	return NULL;
}

static void links_said(struct fit_work *w, struct fit_row *row)
{
	for (size_t i = 0; i < w->in->n_interfaces; i++) {
		const struct fit_interface *f = &w->in->interfaces[i];
		const char *name = link_name(f->linktype);

		fit_detail(w, row,
			   arena_printf(
				   w->a, "%s%s%s%s%s", *f->name ? "interface " : "", f->name,
				   *f->name ? ": " : "",
				   name ? name : arena_printf(w->a, "link type %u", f->linktype),
				   decode_linktype_known(f->linktype) ? ""
								      : ", which is not decoded"));
	}
}

static int by_u16(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void vlans_and_tunnels(struct fit_work *w, struct fit_row *row)
{
	enum { SHOWN = 10 };
	uint16_t *v = arena_alloc(w->a, (w->in->n_convs + 1) * sizeof *v);
	uint64_t of[TUNNEL_N] = {0};
	size_t n = 0, k = 0;
	const char *list = "";

	if (!v) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < w->in->n_convs; i++) {
		v[n++] = w->in->convs[i].vlan;
		of[w->in->convs[i].tunnel]++;
	}
	if (n)
		qsort(v, n, sizeof *v, by_u16);
	for (size_t i = 0; i < n && list; i++) {
		if (i && v[i] == v[i - 1])
			continue;
		if (++k <= SHOWN)
			list = v[i] ? arena_printf(w->a, "%s%s%u", list, k > 1 ? ", " : "", v[i])
				    : arena_printf(w->a, "%suntagged", list);
	}
	if (list && k > SHOWN)
		list = arena_printf(w->a, "%s and %zu more", list, k - SHOWN);
	if (n && (k > 1 || v[0]))
		fit_detail(w, row, list ? arena_printf(w->a, "VLANs: %s", list) : NULL);
	for (unsigned t = 1; t < TUNNEL_N; t++)
		if (of[t])
			fit_detail(
				w, row,
				arena_printf(w->a, "%s in %s, looked into",
					     fit_counted(w, of[t], "conversation", "conversations"),
					     tunnel_name((enum tunnel)t)));
}

void fit_content(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "content", "Content");
	uint64_t bad = coverage_undecoded(c), seen = c->packets - c->skipped[SKIP_FILTERED];

	if (!row)
		return;
	row->figure = arena_printf(w->a,
				   "%s packets: %s TCP, %s UDP, %s other IP, %s no IP, %s not "
				   "understood (%s)",
				   fit_n(w, c->packets), fit_n(w, w->tcp_packets),
				   fit_n(w, w->udp_packets), fit_n(w, c->other_proto),
				   fit_n(w, c->skipped[SKIP_NOT_IP]), fit_n(w, bad),
				   fit_share(w, bad, seen));
	links_said(w, row);
	vlans_and_tunnels(w, row);
	for (unsigned i = DECODE_OK + 1; i < DECODE_N; i++)
		if (c->skipped[i] && i != SKIP_NOT_IP && i != SKIP_FILTERED)
			fit_detail(w, row,
				   arena_printf(w->a, "%s skipped, %s: %s", fit_n(w, c->skipped[i]),
						decode_skip_name(i), decode_skip_help(i)));
	if (!c->packets) {
		fit_note(row, "An empty file shows nothing, which is not that all is well.",
			 "Look whether the mirror session is up (`show monitor session`), the "
			 "capture ran on the right interface, and its filter lets anything "
			 "through.");
		fit_bars(row, FIT_NOT, "there is no packet in it");
	} else if (bad * 2 > seen) {
		fit_note(row, "Most of it is nothing that spanaudit can read.",
			 "Capture as Ethernet on the mirror's own interface; a mirror through a "
			 "tunnel needs its outer headers whole.");
		fit_bars(row, FIT_NOT,
			 arena_printf(w->a, "%s of the packets cannot be decoded",
				      fit_share(w, bad, seen)));
	} else if (c->packets < w->site->min_packets) {
		fit_note(row, "The site file asks for more packets than these.",
			 "Capture for longer, or look whether the mirror carries the servers.");
		fit_bars(row, FIT_NOT,
			 arena_printf(w->a, "%s packets are fewer than the %s of the site file",
				      fit_n(w, c->packets), fit_n(w, w->site->min_packets)));
	} else if (bad * 100 > seen) {
		fit_note(row, "More than one packet in a hundred is not understood.",
			 "See the reasons below: often a snap length, or a tunnel that the mirror "
			 "should end.");
	}
}

/* ------------------------------------------------------------------ filters */

static void told_filters(struct fit_work *w, struct fit_row *row, size_t *ret_n)
{
	for (size_t i = 0; i < w->in->n_interfaces; i++) {
		const struct fit_interface *f = &w->in->interfaces[i];

		if (!*f->filter)
			continue;
		++*ret_n;
		fit_detail(w, row,
			   arena_printf(w->a,
					"the file says it was captured with the filter%s%s: "
					"%s",
					*f->name ? " on " : "", f->name, f->filter));
	}
}

/* Connections that were tried, and not a byte in any of them. */
static bool only_headers(const struct fit_work *w)
{
	return w->c->tcp_flows >= FIT_FLOWS && w->tcp_packets && !w->tcp_payload;
}

void fit_filter(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "filter", "Filter");
	bool claim = c->decoded >= FIT_CLAIM;
	bool no_tcp = claim && !w->tcp_packets, no_udp = claim && !w->udp_packets;
	bool no_other = claim && !c->other_proto;
	size_t told = 0;

	if (!row)
		return;
	told_filters(w, row, &told);
	if (c->skipped[SKIP_FILTERED])
		fit_detail(w, row,
			   arena_printf(w->a, "%s packets were left out by -f",
					fit_n(w, c->skipped[SKIP_FILTERED])));
	if (w->only && !c->notes[NOTE_BAD_CHECKSUM] && !c->notes[NOTE_ABOVE_MTU] && claim)
		fit_detail(w, row,
			   arena_printf(w->a,
					"every packet is to or from %s: its port alone is "
					"mirrored, or a filter names it",
					fit_name(w, w->only)));
	row->figure = only_headers(w)
			      ? arena_printf(w->a,
					     "%s TCP connections, and not one byte of data in "
					     "them: a filter took it out",
					     fit_n(w, c->tcp_flows))
		      : no_tcp ? "no TCP at all: a filter, or a mirror of something else"
		      : no_udp && no_other ? "neither UDP nor ICMP: a filter let TCP through alone"
		      : no_udp             ? "no UDP at all: a filter took it out"
		      : told               ? "the file names a filter"
		      : no_other           ? "no ICMP at all"
		      : !claim             ? "too few packets to tell by what is absent"
					   : "TCP, UDP and others are there: no sign of one";
	if (row->n_details || no_other)
		fit_note(row,
			 no_other ? "Where a firewall rejects with ICMP, that cannot be seen: such "
				    "attempts look unanswered."
				  : "What a filter leaves out cannot be judged; see that it names "
				    "hosts, and not ports "
				    "or protocols.",
			 "Capture without a filter, or with one that names the servers alone "
			 "(`host A or host B`), and not ports or protocols.");
	if (no_udp) {
		row->meaning = "DNS, time, Kerberos, SQL Browser and the search for domain "
			       "controllers go over UDP. Their absence here says nothing.";
		fit_bars(row, FIT_FOR_SEEN,
			 no_other ? "neither UDP nor ICMP is in it" : "no UDP is in it");
	}
	if (no_tcp) {
		fit_note(row, "Nearly all that the papers document goes over TCP.",
			 "Capture without a filter, on the mirror of the servers' ports.");
		fit_bars(row, FIT_NOT, "no TCP is in it");
	}
	if (only_headers(w)) {
		fit_note(row,
			 "Without data no connection shows its protocol, nor a server the ports "
			 "that it hands out; where only SYNs are left, none shows an answer.",
			 "Capture without a filter on flags, whole packets (-s 0).");
		fit_bars(row, FIT_NOT, "no connection in it carries data");
	}
}

/* ------------------------------------------------------------------ what nobody can read */

static uint64_t tls_bytes(const struct fit_work *w)
{
	uint16_t tls = app_by_name("tls");
	uint64_t n = 0;
	struct conv_app room;

	for (size_t i = 0; i < w->in->n_convs; i++)
		for (unsigned k = 0; k < w->in->convs[i].n_app; k++) {
			const struct conv_app *a = conv_app(&w->in->convs[i], k, &room);

			if (a->app != APP_NONE && app_is(a->app, tls))
				n += a->payload[0] + a->payload[1];
		}
	return n;
}

void fit_blind(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "encrypted", "Encrypted");
	size_t pairs = w->in->blind ? w->in->blind->pairs.n : 0;
	char a[ADDR_TEXT], b[ADDR_TEXT];

	if (!row)
		return;
	row->figure = arena_printf(
		w->a,
		"IPsec %s packets between %s, sealed RPC answers %s of %s, TLS %s of TCP "
		"data",
		fit_n(w, c->notes[NOTE_ESP]),
		fit_counted(w, pairs, "pair of hosts", "pairs of hosts"),
		fit_n(w, c->answers_sealed), fit_n(w, c->answers),
		fit_share(w, tls_bytes(w), w->tcp_payload));
	row->meaning = "Of TLS port, names and who talks to whom are judged, which is all that "
		       "the papers ask.";
	for (size_t i = 0; i < pairs; i++)
		fit_detail(w, row,
			   arena_printf(w->a, "IPsec between %s and %s",
					addr_format(&w->in->blind->pairs.v[i].a, a),
					addr_format(&w->in->blind->pairs.v[i].b, b)));
	if (c->answers_sealed)
		fit_note(row,
			 "Ports that sealed answers hand out are known only where a bind names "
			 "them; the others stand as rpc-unexplained, low.",
			 NULL);
	if (pairs || c->notes[NOTE_ESP]) {
		fit_note(row,
			 "What goes through IPsec makes no conversation: between these hosts "
			 "nothing is called missing, and nothing unexpected is seen.",
			 "Capture where it is in the clear (on the hosts themselves, with pktmon "
			 "or netsh trace), or use AH instead of ESP for the time of the audit.");
		fit_bars(row, FIT_FOR_SEEN,
			 arena_printf(w->a, "IPsec hides what %s say",
				      fit_counted(w, pairs, "pair of hosts", "pairs of hosts")));
	}
}
