/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/assoc.h>

/* Sizes as Windows has them on TCP: [MS-RPCE] 3.3.3.5.4 for the 4 MiB. */
const struct portero_assoc_limits portero_assoc_limits_default = {
    .max_frag = 5840,
    .max_stub = 4u << 20,
    .max_output = 32u << 10,
    .max_contexts = 1024,
    .max_calls = 256,
    .max_security = 64,
    .max_token = 32u << 10,
    .first_pdu_timeout = 10000,
    .bind_timeout = 30000,
    .auth_timeout = 30000,
    .partial_timeout = 60000,
    .idle_timeout = 0,
};
