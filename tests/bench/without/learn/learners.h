/* SPDX-License-Identifier: BSD-2-Clause */
/* No learner at all: what bench_learners compares with. */
