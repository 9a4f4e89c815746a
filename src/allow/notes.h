/* SPDX-License-Identifier: BSD-2-Clause */
/* notes - what scripts for firewalls say to people, behind the '#' that all of them know. */
#ifndef SPAN_ALLOW_NOTES_H
#define SPAN_ALLOW_NOTES_H

#include "allow/allow.h"

/* Foreign text for a comment or a string of a script: printable ASCII alone; what else there is
 * becomes \xNN, byte by byte. Programs differ in how they read the rest. */
void note_ascii(struct out *o, const char *z);
/* A paragraph, each line behind `indent` and "# ". The text is ours, or went through
 * note_ascii(). */
void note(struct out *o, const char *indent, const char *text);
/* Whose list it is, of which rules and captures. */
void note_head(const struct allow_list *l, struct out *o);
/* What is not on it, and why; then what the captures showed beside it. */
void note_missing(const struct allow_list *l, struct out *o);
/* What the range for dynamic RPC is, and how to narrow it. */
void note_rpc(const struct allow_list *l, const char *indent, struct out *o);
/* "any_member (crmweb01, sql01) to dc (dc01)". */
void note_ends(const struct allow_list *l, const struct allow_line *line, const char *indent,
	       struct out *o);
/* The title of the line's main rule, and what captures showed of it. */
void note_line(const struct allow_list *l, const struct allow_line *line, const char *indent,
	       struct out *o);
/* "S1-IWA-01 S2-IWA-01", not longer than `most`; true when all of them are there. */
bool note_rules(const struct allow_line *line, size_t most, struct out *o);
/* "80, 5555". */
void note_ports(const struct allow_line *line, const char *between, struct out *o);
/* Why the line is off; "" when it is not. */
const char *note_off(enum allow_off off);

#endif
