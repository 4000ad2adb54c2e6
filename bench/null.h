/* SPDX-License-Identifier: Apache-2.0 */
/* An interface whose one operation does nothing: what a call costs. */
#ifndef PORTERO_BENCH_NULL_H
#define PORTERO_BENCH_NULL_H

#include <portero/server.h>

extern const struct portero_interface bench_null_interface;

#endif
