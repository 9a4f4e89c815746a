/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the strict YAML reader share. */
#ifndef SPAN_CONFIG_YAML_INTERNAL_H
#define SPAN_CONFIG_YAML_INTERNAL_H

#include <yaml.h>

#include "config/yaml.h"

/* An error at bytes of the source; n counts from `offset`, and ends with the line. */
struct error *yaml_error_at(const struct yfile *f, size_t offset, size_t n, struct errors *errs,
			    const char *fmt, ...) PRINTF(5, 6);
/* Line and column, both from 1, of an offset. */
void yaml_place(const char *src, size_t n, size_t offset, unsigned *ret_line, unsigned *ret_column);

/* Source text: UTF-8 without characters that a reader cannot see. False after an error. */
bool yaml_text_check(const struct yfile *f, struct errors *errs);
/* The length in bytes of the character at p, 0 when it is no well-formed UTF-8. */
size_t utf8_char(const char *p, size_t n, uint32_t *ret_code);
/* What a forbidden character is called; NULL for an allowed one. */
const char *forbidden_char(uint32_t code);

/* The parser stopped: says so in our words, with what to do. Marks are given as byte offsets. */
void yaml_syntax_error(const struct yfile *f, const yaml_parser_t *p, size_t problem,
		       size_t context, struct errors *errs);

#endif
