/* SPDX-License-Identifier: BSD-2-Clause */
/* load - parts of result_load, private to it: a file per part of the document. */
#ifndef SPAN_REPORT_LOAD_H
#define SPAN_REPORT_LOAD_H

#include "report/doc.h"
#include "report/result_load.h"

struct load_name { /* an input or a rule by its name, sorted */
	const char *name, *pack;
	size_t at;
};

struct load {
	struct doc doc;
	struct loaded *to;
	struct result *r; /* &to->r */
	struct load_name *inputs, *rules;
};

/* load.c: words that several parts are made of */
roleset load_roles(struct load *l, const json_t *o, const char *name);
struct endpoint load_endpoint(struct load *l, const json_t *o, const char *name);
/* transport and port of an object; null is 0 */
uint8_t load_transport(struct load *l, const json_t *o);
uint16_t load_port(struct load *l, const json_t *o, const char *name);
struct addr load_addr(struct load *l, const char *z, const char *name);
/* A packet: members input, packet, time. */
struct evidence load_packet(struct load *l, const json_t *o);
size_t load_interfaces(struct load *l, const json_t *o, struct rpc_iface iface[CONV_IFACES]);
/* A rule by id, and pack where the document says it; NULL for id NULL. */
const struct rule *load_rule_of(struct load *l, const char *id, const char *pack);

/* load_head.c */
void load_head(struct load *l, const json_t *top);
void load_inputs(struct load *l, const json_t *top);
void load_packs(struct load *l, const json_t *top);
void load_coverage(struct load *l, const json_t *top);
void load_summary(struct load *l, const json_t *top);
void load_timeline(struct load *l, const json_t *top);
void load_rules(struct load *l, const json_t *top);
void load_waivers(struct load *l, const json_t *top);
/* load_findings.c */
void load_findings(struct load *l, const json_t *top);
/* load_tables.c */
void load_rpc(struct load *l, const json_t *top);
void load_hosts(struct load *l, const json_t *top);
void load_convs(struct load *l, const json_t *top);

#endif
