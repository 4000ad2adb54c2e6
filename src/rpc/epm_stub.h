/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stubs of the endpoint mapper's interface, both sides, in NDR and NDR64. [C706] appendix O,
 * [MS-RPCE] 2.2.1.2. Here beside the runtime because its clients resolve endpoints with it.
 *
 * Requests and responses are plain structs. What a read gives lives in the reader's arena or, for
 * tower octets, in the stub; towers are octets here, see portero_tower_read(). Reads return
 * portero_ndr_reader_finish() and leave the output alone on failure. Writes fail in the writer.
 */
#ifndef PORTERO_SRC_RPC_EPM_STUB_H
#define PORTERO_SRC_RPC_EPM_STUB_H

#include <portero/ndr.h>

/* e1af8308-5d1f-11c9-91a4-08002b14a0fa version 3.0 */
extern const struct portero_syntax portero_ept_interface;

enum portero_ept_opnum {
  PORTERO_EPT_INSERT = 0,
  PORTERO_EPT_DELETE = 1,
  PORTERO_EPT_LOOKUP = 2,
  PORTERO_EPT_MAP = 3,
  PORTERO_EPT_LOOKUP_HANDLE_FREE = 4,
  PORTERO_EPT_INQ_OBJECT = 5,
  PORTERO_EPT_MGMT_DELETE = 6,
  PORTERO_EPT_OPNUMS = 7,
};

#define PORTERO_EPT_ANNOTATION_SIZE 64u /* with the terminator */
#define PORTERO_EPT_MAX_BATCH                                                                      \
  500u /* of max_ents and max_towers: range(0,500). [MS-RPCE] 2.2.1.2.4, 2.2.1.2.5 */
#define PORTERO_EPT_MAX_ENTRIES                                                                    \
  4096u /* entries that a read takes in one stub; LOCAL_LIMIT beyond */

struct portero_ept_entry {
  struct portero_uuid object;
  struct portero_bytes tower; /* data NULL: a null pointer */
  const char *annotation;     /* NULL is written as empty */
};

/* ept_insert and ept_delete; delete has no replace. */
struct portero_ept_insert_request {
  const struct portero_ept_entry *entries;
  uint32_t n_entries;
  bool replace;
};
void portero_ept_insert_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_insert_request *m);
PORTERO_MUST_USE portero_status portero_ept_insert_request_read(
    struct portero_ndr_reader *r, struct portero_ept_insert_request *out_m);
void portero_ept_delete_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_insert_request *m);
PORTERO_MUST_USE portero_status portero_ept_delete_request_read(
    struct portero_ndr_reader *r, struct portero_ept_insert_request *out_m);

/* The response of ept_insert, ept_delete and ept_mgmt_delete. */
void portero_ept_status_write(struct portero_ndr_writer *w, uint32_t status);
PORTERO_MUST_USE portero_status portero_ept_status_read(struct portero_ndr_reader *r,
                                                        uint32_t *out_status);

struct portero_ept_lookup_request {
  uint32_t inquiry;
  bool has_object;
  bool has_interface;
  struct portero_uuid object;
  struct portero_syntax interface;
  uint32_t version_option;
  struct portero_handle handle; /* all zero: begin */
  uint32_t max_entries;         /* over PORTERO_EPT_MAX_BATCH is malformed */
};
void portero_ept_lookup_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_lookup_request *m);
PORTERO_MUST_USE portero_status portero_ept_lookup_request_read(
    struct portero_ndr_reader *r, struct portero_ept_lookup_request *out_m);

struct portero_ept_lookup_response {
  struct portero_handle handle;
  const struct portero_ept_entry *entries;
  uint32_t n_entries;
  uint32_t max_entries; /* of the request */
  uint32_t status;
};
void portero_ept_lookup_response_write(struct portero_ndr_writer *w,
                                       const struct portero_ept_lookup_response *m);
PORTERO_MUST_USE portero_status portero_ept_lookup_response_read(
    struct portero_ndr_reader *r, struct portero_ept_lookup_response *out_m);

struct portero_ept_map_request {
  bool has_object;
  struct portero_uuid object;
  struct portero_bytes tower; /* data NULL: a null pointer */
  struct portero_handle handle;
  uint32_t max_towers; /* over PORTERO_EPT_MAX_BATCH is malformed */
};
void portero_ept_map_request_write(struct portero_ndr_writer *w,
                                   const struct portero_ept_map_request *m);
PORTERO_MUST_USE portero_status portero_ept_map_request_read(struct portero_ndr_reader *r,
                                                             struct portero_ept_map_request *out_m);

struct portero_ept_map_response {
  struct portero_handle handle;
  const struct portero_bytes *towers; /* data NULL: a null pointer */
  uint32_t n_towers;
  uint32_t max_towers; /* of the request */
  uint32_t status;
};
void portero_ept_map_response_write(struct portero_ndr_writer *w,
                                    const struct portero_ept_map_response *m);
PORTERO_MUST_USE portero_status
portero_ept_map_response_read(struct portero_ndr_reader *r, struct portero_ept_map_response *out_m);

void portero_ept_lookup_handle_free_request_write(struct portero_ndr_writer *w,
                                                  const struct portero_handle *handle);
PORTERO_MUST_USE portero_status portero_ept_lookup_handle_free_request_read(
    struct portero_ndr_reader *r, struct portero_handle *out_handle);
struct portero_ept_handle_response {
  struct portero_handle handle; /* all zero: it is gone */
  uint32_t status;
};
void portero_ept_lookup_handle_free_response_write(struct portero_ndr_writer *w,
                                                   const struct portero_ept_handle_response *m);
PORTERO_MUST_USE portero_status portero_ept_lookup_handle_free_response_read(
    struct portero_ndr_reader *r, struct portero_ept_handle_response *out_m);

/* The request of ept_inq_object is empty. */
struct portero_ept_inq_object_response {
  struct portero_uuid object;
  uint32_t status;
};
void portero_ept_inq_object_response_write(struct portero_ndr_writer *w,
                                           const struct portero_ept_inq_object_response *m);
PORTERO_MUST_USE portero_status portero_ept_inq_object_response_read(
    struct portero_ndr_reader *r, struct portero_ept_inq_object_response *out_m);

struct portero_ept_mgmt_delete_request {
  bool object_speced;
  bool has_object;
  struct portero_uuid object;
  struct portero_bytes tower; /* data NULL: a null pointer */
};
void portero_ept_mgmt_delete_request_write(struct portero_ndr_writer *w,
                                           const struct portero_ept_mgmt_delete_request *m);
PORTERO_MUST_USE portero_status portero_ept_mgmt_delete_request_read(
    struct portero_ndr_reader *r, struct portero_ept_mgmt_delete_request *out_m);

#endif
