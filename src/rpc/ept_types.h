/* SPDX-License-Identifier: Apache-2.0 */
/* The types that the endpoint mapper's operations share: twr_t, twr_p_t[], ept_entry_t[]. [C706] appendix O */
#ifndef PORTERO_SRC_RPC_EPT_TYPES_H
#define PORTERO_SRC_RPC_EPT_TYPES_H

#include "src/rpc/epm_stub.h"

void ept_tower_pointer_write(struct portero_ndr_writer *w, struct portero_bytes tower);
/* The pointee of a tower that is there. */
void ept_tower_write(struct portero_ndr_writer *w, struct portero_bytes tower);
/*
 * NDR64: is a twr_t padded to 8 behind its octets? [MS-RPCE] 2.2.5.3.4.2 can be read both ways and
 * peers do either. We pad; a reader skips the gap when there is room for it beside the rest bytes
 * that the following parameters take.
 */
void ept_tower_gap_read(struct portero_ndr_reader *r, size_t rest);
/*
 * The pointer of a parameter of a request. It is a full pointer, whose identifier holds for a whole
 * call: one of the answer that was in the request would stand for what the request sent, and
 * nothing would follow. So requests number them from 1, as Windows and Samba do, and answers from
 * 0x00020000. [C706] 14.3.10
 */
void ept_parameter_pointer_write(struct portero_ndr_writer *w, bool present);

/* A pointer and, right behind it, its pointee: towers as parameters. */
void ept_tower_parameter_write(struct portero_ndr_writer *w, struct portero_bytes tower);
struct portero_bytes ept_tower_parameter_read(struct portero_ndr_reader *r);

/* n pointers, then their pointees; the count is the caller's. Reads check it against the limit. */
void ept_towers_write(struct portero_ndr_writer *w, const struct portero_bytes *towers, uint32_t n);
const struct portero_bytes *ept_towers_read(struct portero_ndr_reader *r, uint32_t n);
void ept_entries_write(struct portero_ndr_writer *w, const struct portero_ept_entry *entries,
                       uint32_t n);
const struct portero_ept_entry *ept_entries_read(struct portero_ndr_reader *r, uint32_t n);

/* The least that one of each takes on the wire. */
size_t ept_tower_pointer_size(const struct portero_ndr_reader *r);
size_t ept_entry_size(const struct portero_ndr_reader *r);

/* A uuid_p_t parameter: pointer and pointee. False: null. */
void ept_object_write(struct portero_ndr_writer *w, bool present,
                      const struct portero_uuid *object);
bool ept_object_read(struct portero_ndr_reader *r, struct portero_uuid *out_object);

#endif
