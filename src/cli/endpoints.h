/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an endpoint mapper, any vendor's, with a client that is bound to it. [C706] appendix O */
#ifndef PORTERO_CLI_ENDPOINTS_H
#define PORTERO_CLI_ENDPOINTS_H

#include <portero/client.h>

/* One entry of a map, ready to be shown. */
struct endpoint {
  struct portero_syntax interface;
  struct portero_syntax transfer;
  struct portero_uuid object; /* nil: none */
  enum portero_protseq protseq;
  char endpoint[PORTERO_ENDPOINT_SIZE];
  char binding[PORTERO_HOST_SIZE + PORTERO_ENDPOINT_SIZE + 32]; /* "": a tower of an unknown kind */
  char annotation[64];
};

struct endpoints {
  struct endpoint *items;
  size_t count, capacity;
  size_t unreadable; /* towers that are none */
};

/* Which entries: nothing set gives all of them. */
struct endpoints_query {
  bool has_interface, has_object, any_version;
  struct portero_syntax interface;
  struct portero_uuid object;
};

/* ept_lookup until the end. host: what bindings name. */
PORTERO_MUST_USE portero_status endpoints_lookup(struct portero_client *c, const char *host,
                                                 const struct endpoints_query *query,
                                                 struct endpoints *out_endpoints);
/* ept_map for one protocol sequence; appends. */
PORTERO_MUST_USE portero_status endpoints_map(struct portero_client *c, const char *host,
                                              const struct endpoints_query *query,
                                              enum portero_protseq protseq,
                                              struct endpoints *endpoints);
void endpoints_free(struct endpoints *e);

#endif
