/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/null.h"

#include "bench/names.h"

static portero_status run_null(struct portero_call *call)
{
  (void)call;
  return portero_ok();
}

static const struct portero_operation operations[] = {{"Null", run_null, 0}};

const struct portero_interface bench_null_interface = {
    .id = BENCH_NULL_INTERFACE,
    .name = "null",
    .operations = operations,
    .n_operations = 1,
    .min_level = PORTERO_LEVEL_NONE,
};
