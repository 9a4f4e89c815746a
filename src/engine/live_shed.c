// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_shed.h"

#include <inttypes.h>

#include "base/time.h"
#include "engine/live_run.h"

/* A ring of 64 MiB lasts for a second or two at the rate that one processor can follow at all, so
 * looks are frequent. A level is left slower than it was entered: else a load that needs it would
 * come back at once. A judgement's fork makes less than the first level. */
const int64_t shed_every_ns = 20 * (NS_PER_S / 1000);
static const int64_t CALM = NS_PER_S / 2, EPISODE = 10 * NS_PER_S;

static const unsigned begins[SHED_MOST + 1] = {0, 200, 400, 550, 700, 850};

static bool is_calm(const struct shed *s)
{
	return s->level && s->fill < begins[s->level] / 2;
}

static bool raise_level(struct shed *s)
{
	s->calm_ns = 0;
	if (s->level == SHED_MOST || s->fill < begins[s->level + 1])
		return false;
	s->level++;
	return true;
}

bool shed_look(struct shed *s, unsigned fill, int64_t now_ns)
{
	s->fill = fill;
	if (!is_calm(s))
		return raise_level(s);
	if (!s->calm_ns)
		s->calm_ns = now_ns;
	if (now_ns - s->calm_ns < CALM)
		return false;
	s->level--;
	s->calm_ns = now_ns;
	return true;
}

struct flow_spare shed_flows(unsigned level)
{
	return (struct flow_spare){.heads = level > 0, .shift = level > 1 ? level - 1 : 0};
}

bool shed_names(unsigned level)
{
	return level > 0;
}

void shed_words(unsigned level, struct out *o)
{
	if (!level) {
		out_puts(o, "nothing is left out");
		return;
	}
	out_puts(o, "first bytes of flows are not kept and names not read");
	if (level > 1)
		out_printf(o, ", and of new flows one of %u is followed",
			   1u << shed_flows(level).shift);
}

/* ------------------------------------------------------------------ what is told */

static struct live_left_out left_out(const struct span_audit *a)
{
	struct coverage c;

	hot_coverage(a->hot, &c);
	return (struct live_left_out){c.shed_packets, c.shed_heads, c.shed_streams};
}

static void tell_begun(struct live_run *l, const char *how)
{
	struct out o = {0};

	shed_words(l->shed.level, &o);
	live_tell(l, SPAN_LIVE_LOST,
		  "the processor %s keep up with the packets, whose buffer is %u %% full: %s", how,
		  l->shed.fill / 10, out_str(&o));
	out_done(&o);
}

static void tell_over(struct span_audit *a)
{
	struct live_run *l = a->live;
	struct live_left_out now = left_out(a);
	char took[TIME_TEXT];

	live_tell(l, SPAN_LIVE_LOST,
		  "%s. In %s %" PRIu64 " packets were not followed, of %" PRIu64
		  " flows first bytes were not kept, and %" PRIu64
		  " streams were not read for names",
		  l->shed.level ? "the run ends before the processor kept up again"
				: "the processor keeps up again, and nothing is left out any more",
		  duration_human(l->shed_last_ns - l->shed_began_ns, took),
		  now.packets - l->shed_before.packets, now.heads - l->shed_before.heads,
		  now.streams - l->shed_before.streams);
}

/* From the first thing that is left out until nothing has been for a while: a load that comes and
 * goes is one, and no flood in a log. */
static void episode(struct span_audit *a, unsigned before, int64_t now_ns)
{
	struct live_run *l = a->live;
	unsigned level = l->shed.level;

	if (level)
		l->shed_last_ns = now_ns;
	if (level && !l->shed_began_ns) {
		l->shed_began_ns = now_ns;
		l->shed_before = left_out(a);
		tell_begun(l, "does not");
	} else if (level > 1 && before == 1 && !l->shed_samples) {
		tell_begun(l, "still does not");
	}
	l->shed_samples |= level > 1;
	if (!level && l->shed_began_ns && now_ns - l->shed_last_ns >= EPISODE)
		live_shed_end(a);
}

void live_shed_end(struct span_audit *a)
{
	struct live_run *l = a->live;

	if (l->shed_began_ns)
		tell_over(a);
	l->shed_began_ns = 0;
	l->shed_samples = false;
}

/* ------------------------------------------------------------------ in the loop */

void live_shed_turn(struct span_audit *a, int64_t now_ns)
{
	struct live_run *l = a->live;
	unsigned before = l->shed.level;
	struct flow_spare spare;

	if (l->opt.shed_never || now_ns < l->next_shed_ns)
		return;
	if (before)
		l->shed_ns += now_ns - (l->next_shed_ns - shed_every_ns);
	l->next_shed_ns = now_ns + shed_every_ns;
	if (shed_look(&l->shed, live_fill(l->source), now_ns)) {
		spare = shed_flows(l->shed.level);
		hot_spare(a->hot, &spare, shed_names(l->shed.level));
	}
	episode(a, before, now_ns);
}

void live_shed_json(const struct span_audit *a, struct out *o)
{
	const struct live_run *l = a->live;
	struct live_left_out x = left_out(a);

	out_printf(o,
		   "{\"mode\":\"%s\",\"level\":%u,\"one_flow_in\":%u,\"buffer_filled\":%u.%03u,"
		   "\"seconds\":%" PRId64 ",\"packets\":%" PRIu64 ",\"heads\":%" PRIu64
		   ",\"streams\":%" PRIu64 "}",
		   l->opt.shed_never ? "never" : "auto", l->shed.level,
		   1u << shed_flows(l->shed.level).shift, l->shed.fill / SHED_FULL,
		   l->shed.fill % SHED_FULL, l->shed_ns / NS_PER_S, x.packets, x.heads, x.streams);
}
