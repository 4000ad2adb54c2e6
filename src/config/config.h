/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: one table says which keys exist (schema.c); the reader, its error
 * messages and portero.conf(5) all come from it. A file that has one mistake is refused whole, with
 * file, line and key.
 */
#ifndef PORTERO_CONFIG_CONFIG_H
#define PORTERO_CONFIG_CONFIG_H

#include <stdio.h>

#include <portero/arena.h>
#include <portero/server.h>
#include <portero/sink.h>
#include <portero/status.h>
#include <portero/uuid.h>

#define CONFIG_LIST_MAX     64u /* values of one list key */
#define CONFIG_ENDPOINT_MAX 4096u
#define CONFIG_SINK_MAX     16u

struct config_list {
  const char *values[CONFIG_LIST_MAX];
  uint32_t count;
};

struct config_range {
  uint16_t low, high;
};

/* A service that announces itself through the file: endpoints: in portero.conf(5). */
struct config_endpoint {
  const char *interface;
  const char *binding;
  const char *annotation;
  const char *object;
  uint32_t line;
};

struct config_uuids {
  struct portero_uuid values[CONFIG_LIST_MAX];
  uint32_t count;
};

struct config_networks {
  struct portero_sink_network values[CONFIG_LIST_MAX];
  uint32_t count;
};

/* Where the book goes: book: in portero.conf(5). Exactly one of file, output, syslog, journal is there. */
struct config_sink {
  const char *file;
  uint32_t output;     /* enum config_output */
  uint32_t syslog;     /* enum config_syslog */
  const char *journal; /* "default", or the path of its socket */
  uint32_t form;       /* enum portero_form + 1; 0: not written, JSON */
  uint64_t rotate_size, rotate_age;
  uint32_t keep;
  bool dated;
  const char *path, *host;
  uint32_t port; /* 0: not written */
  const char *ca_file;
  uint32_t facility;
  uint64_t memory;
  uint32_t kinds, outcomes; /* as in struct portero_sink_filter */
  uint32_t severity;
  struct config_uuids interfaces;
  struct config_networks sources;
  uint32_t line;
};

enum config_output {
  CONFIG_OUTPUT_NONE,
  CONFIG_OUTPUT_STDOUT,
  CONFIG_OUTPUT_STDERR,
};

enum config_syslog {
  CONFIG_SYSLOG_NONE,
  CONFIG_SYSLOG_LOCAL,
  CONFIG_SYSLOG_UDP,
  CONFIG_SYSLOG_TCP,
  CONFIG_SYSLOG_TLS,
};

#define CONFIG_KEY_MAX 128u /* keys in the schema, at most */

struct config {
  struct config_list addresses;
  uint32_t port;
  const char *socket;
  uint32_t threads;
  struct config_range port_range;
  const char *user;
  struct config_list register_users;
  struct config_list register_groups;
  uint32_t max_entries;
  uint32_t max_entries_per_owner;
  bool allow_remote_insert;
  uint32_t max_frag;
  uint32_t max_request;
  uint32_t max_output;
  uint32_t max_contexts;
  uint32_t max_calls;
  uint32_t first_pdu_timeout;
  uint32_t bind_timeout;
  uint32_t partial_timeout;
  uint32_t idle_timeout;
  uint32_t drain_timeout;
  struct portero_server_limits source_limits, total_limits;
  const char *accounts;
  bool winbind;
  const char *keytab;
  const char *policy_file;
  struct config_sink *sinks;
  uint32_t n_sinks;
  const char *metrics_address;
  uint32_t metrics_port; /* 0: none */
  struct config_endpoint *endpoints;
  uint32_t n_endpoints;
  uint32_t lines[CONFIG_KEY_MAX]; /* of each key of the schema in the file; 0: not from there */
  struct portero_arena arena; /* owns every text */
};

/* All keys at their defaults. Free with config_deinit(), which may be called twice. */
void config_init(struct config *c);
void config_deinit(struct config *c);
/*
 * Reads path over what c holds. On failure *message (size bytes) tells file, line, key and what was
 * expected; c may hold part of the file then and is good for config_deinit() alone.
 */
PORTERO_MUST_USE portero_status config_read(struct config *c, const char *path, char *message,
                                            size_t size);
/* A sink more, at its defaults; NULL: there are CONFIG_SINK_MAX of them, or memory is out. */
struct config_sink *config_sink_add(struct config *c);

/* Prints the keys with type, range, default and meaning, one a line: what portero.conf(5) is held against. */
void config_print_reference(FILE *out);
/* Prints a file that names every key, each as a comment: packaging/portero.conf. */
void config_print_example(FILE *out);

#endif
