/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stubs of the management interface that every endpoint offers, both sides, in NDR and NDR64.
 * [C706] appendix Q, [MS-RPCE] 2.2.1.3. Conventions as in epm_stub.h. The requests of inq_if_ids,
 * is_server_listening and stop_server_listening are empty.
 */
#ifndef PORTERO_SRC_RPC_MGMT_STUB_H
#define PORTERO_SRC_RPC_MGMT_STUB_H

#include <portero/ndr.h>

/* afa8bd80-7d8a-11c9-bef4-08002b102989 version 1.0 */
extern const struct portero_syntax portero_mgmt_interface;

enum portero_mgmt_opnum {
  PORTERO_MGMT_INQ_IF_IDS = 0,
  PORTERO_MGMT_INQ_STATS = 1,
  PORTERO_MGMT_IS_SERVER_LISTENING = 2,
  PORTERO_MGMT_STOP_SERVER_LISTENING = 3,
  PORTERO_MGMT_INQ_PRINC_NAME = 4,
  PORTERO_MGMT_OPNUMS = 5,
};

#define PORTERO_MGMT_STATS          4u    /* calls in, calls out, packets in, packets out */
#define PORTERO_MGMT_MAX_PRINC_NAME 4096u /* range(0,4096). [MS-RPCE] 2.2.1.3.4 */

struct portero_mgmt_if_ids_response {
  bool has_vector;
  const struct portero_syntax *ids; /* null pointers among them are left out when read */
  uint32_t n_ids;
  uint32_t status;
};
void portero_mgmt_if_ids_response_write(struct portero_ndr_writer *w,
                                        const struct portero_mgmt_if_ids_response *m);
PORTERO_MUST_USE portero_status portero_mgmt_if_ids_response_read(
    struct portero_ndr_reader *r, struct portero_mgmt_if_ids_response *out_m);

/* count: how many the client takes. */
void portero_mgmt_stats_request_write(struct portero_ndr_writer *w, uint32_t count);
PORTERO_MUST_USE portero_status portero_mgmt_stats_request_read(struct portero_ndr_reader *r,
                                                                uint32_t *out_count);
struct portero_mgmt_stats_response {
  const uint32_t *values;
  uint32_t n_values;
  uint32_t status;
};
void portero_mgmt_stats_response_write(struct portero_ndr_writer *w,
                                       const struct portero_mgmt_stats_response *m);
PORTERO_MUST_USE portero_status portero_mgmt_stats_response_read(
    struct portero_ndr_reader *r, struct portero_mgmt_stats_response *out_m);

struct portero_mgmt_listening_response {
  uint32_t status;
  bool listening;
};
void portero_mgmt_listening_response_write(struct portero_ndr_writer *w,
                                           const struct portero_mgmt_listening_response *m);
PORTERO_MUST_USE portero_status portero_mgmt_listening_response_read(
    struct portero_ndr_reader *r, struct portero_mgmt_listening_response *out_m);

void portero_mgmt_stop_response_write(struct portero_ndr_writer *w, uint32_t status);
PORTERO_MUST_USE portero_status portero_mgmt_stop_response_read(struct portero_ndr_reader *r,
                                                                uint32_t *out_status);

struct portero_mgmt_princ_name_request {
  uint32_t authn_protocol;
  uint32_t
      size; /* characters with terminator that the client takes; over PORTERO_MGMT_MAX_PRINC_NAME is malformed */
};
void portero_mgmt_princ_name_request_write(struct portero_ndr_writer *w,
                                           const struct portero_mgmt_princ_name_request *m);
PORTERO_MUST_USE portero_status portero_mgmt_princ_name_request_read(
    struct portero_ndr_reader *r, struct portero_mgmt_princ_name_request *out_m);
struct portero_mgmt_princ_name_response {
  const char *name;
  uint32_t size; /* of the request; a longer name is cut */
  uint32_t status;
};
void portero_mgmt_princ_name_response_write(struct portero_ndr_writer *w,
                                            const struct portero_mgmt_princ_name_response *m);
PORTERO_MUST_USE portero_status portero_mgmt_princ_name_response_read(
    struct portero_ndr_reader *r, struct portero_mgmt_princ_name_response *out_m);

#endif
