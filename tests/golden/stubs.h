/* SPDX-License-Identifier: Apache-2.0 */
/* All generated stubs of the tree, by the IDL file that they come from: made by list-stubs. */
#ifndef PORTERO_TESTS_GOLDEN_STUBS_H
#define PORTERO_TESTS_GOLDEN_STUBS_H

#include <portero/stub.h>

struct listed_stub {
  const char *file; /* "rrp" */
  const struct portero_stub *stub;
};

extern const struct listed_stub listed_stubs[]; /* the last has no file */

#endif
