/* SPDX-License-Identifier: Apache-2.0 */
/* The server of door_ends.h with a book that is read back. */
#ifndef PORTERO_TESTS_SYSTEM_DOOR_LINES_H
#define PORTERO_TESTS_SYSTEM_DOOR_LINES_H

#include "tests/system/book_lines.h"
#include "tests/system/door_ends.h"

int door_lines_setup(void **state);
int door_lines_teardown(void **state);
/* The server ends first, so that all is told; then its book is read. */
void door_lines_end(void);

#endif
