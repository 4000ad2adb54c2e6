/* SPDX-License-Identifier: Apache-2.0 */
/* Writes again what was read: unit tests and fuzz targets compare the two. */
#ifndef PORTERO_TESTS_UNIT_REWRITE_H
#define PORTERO_TESTS_UNIT_REWRITE_H

#include <portero/pdu.h>

/*
 * Appends pdu, whose type must be a known one, and its trailer. Reserved fields, padding and bytes
 * behind the last field are not kept; a fault gets its reserved word. Not for two threads at once.
 */
void rewrite_pdu(struct portero_writer *w, const struct portero_pdu *pdu);

#endif
