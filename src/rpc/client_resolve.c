/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the endpoint mapper of the binding's host where an interface is served. [C706] 6.2.3,
 * appendix O; [MS-RPCE] 3.3.2.2.1. The mapper is asked by a client of its own on the same loop.
 */
#include "src/rpc/client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/rpc/epm.h"

#define SYSTEM_SOCKET "/run/portero/epmapper.sock"
#define USER_SOCKET   "/portero/epmapper.sock"
#define TOWER_SIZE    512u

static bool path_set(const char *before, const char *path, char *out_path, size_t size)
{
  int n = snprintf(out_path, size, "%s%s", before, path);

  return n > 0 && (size_t)n < size;
}

/* Where users have no run-time directory; nobody else's is believed. */
static bool path_of_user(char *out_path, size_t size)
{
  char directory[64];
  struct stat found;

  (void)snprintf(directory, sizeof directory, "/tmp/portero-%u", (unsigned)geteuid());
  return lstat(directory, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
         path_set(directory, "/epmapper.sock", out_path, size);
}

/* Bindings have no relative paths. */
static bool path_named(const char *path, char *out_path, size_t size)
{
  char here[PATH_MAX];

  if (path[0] == '/')
    return path_set("", path, out_path, size);
  if (!getcwd(here, sizeof here - 1))
    return false;
  (void)strcat(here, "/");
  return path_set(here, path, out_path, size);
}

portero_status client_mapper_path(const char *wanted, char *out_path, size_t size)
{
  const char *named = getenv("PORTERO_SOCKET"), *own = getenv("XDG_RUNTIME_DIR");
  bool is_user = geteuid() != 0 && access(SYSTEM_SOCKET, F_OK) != 0;
  bool fits;

  if (wanted && *wanted)
    fits = path_named(wanted, out_path, size);
  else if (named && *named)
    fits = path_named(named, out_path, size);
  else if (is_user && own && *own)
    fits = path_set(own, USER_SOCKET, out_path, size);
  else if (is_user && path_of_user(out_path, size))
    fits = true;
  else
    fits = path_set("", SYSTEM_SOCKET, out_path, size);
  return fits ? portero_ok() : portero_local(PORTERO_LOCAL_LIMIT);
}

static void resolve_fail(struct portero_client *c, portero_status status)
{
  client_end(c, status); /* closes the one who was asked */
}

static void resolve_fail_as_told(struct portero_client *c, portero_status status)
{
  client_say(c, "%s", portero_client_error(c->asking));
  resolve_fail(c, status);
}

static void resolve_say_unknown(struct portero_client *c)
{
  char uuid[PORTERO_UUID_TEXT_SIZE];

  client_say(c,
             "the endpoint mapper at %s knows no endpoint for interface %s v%u.%u over %s: is the "
             "service running and registered? `portero ls` lists what there is",
             c->asking->where, portero_uuid_text(&c->iface.uuid, uuid), (unsigned)c->iface.major,
             (unsigned)c->iface.minor, portero_protseq_name(c->binding.protseq));
}

/* ---- answers ---- */

static void resolve_add(struct portero_client *c, struct portero_bytes octets)
{
  struct client_target *target = &c->targets[c->n_targets];
  struct portero_binding found;
  struct portero_tower tower;
  unsigned i;

  if (c->n_targets == CLIENT_TARGETS || !octets.data ||
      !portero_is_ok(portero_tower_read(octets, &tower)) || tower.protseq != c->binding.protseq ||
      !portero_uuid_equal(&tower.interface.uuid, &c->iface.uuid) ||
      !portero_binding_from_tower(&tower, c->binding.host, &found))
    return;
  for (i = 0; i < c->n_targets; i++)
    if (strcmp(c->targets[i].endpoint, found.endpoint) == 0)
      return;
  memcpy(target->endpoint, found.endpoint, sizeof target->endpoint);
  target->iface = c->options.any_syntax ? tower.interface : c->iface;
  c->n_targets++;
}

static void resolve_done(struct portero_client *c, uint32_t result)
{
  struct portero_client *asked = c->asking;
  char text[128];

  if (c->n_targets == 0) {
    if (result == 0 || result == PORTERO_EPT_NOT_REGISTERED)
      resolve_say_unknown(c);
    else
      client_say(c, "the endpoint mapper at %s failed: %s", asked->where,
                 portero_status_text(portero_status_make(PORTERO_CLASS_RESULT, result), text,
                                     sizeof text));
    resolve_fail(c, portero_local(PORTERO_LOCAL_NO_ENDPOINT));
    return;
  }
  c->asking = NULL;
  portero_client_close(asked);
  c->stage = CLIENT_CONNECTING;
  client_connect_next(c, client_connect_target(c));
}

static void resolve_on_map(struct portero_client *asking, void *user, portero_status status,
                           void *params)
{
  const struct epmapper_ept_map *answer = params;
  struct portero_client *c = user;

  (void)asking;
  if (!portero_is_ok(status)) {
    resolve_fail_as_told(c, status);
    return;
  }
  for (uint32_t i = 0; i < answer->num_towers; i++)
    resolve_add(c, epm_octets(answer->towers[i]));
  resolve_done(c, answer->status);
}

static void resolve_on_lookup(struct portero_client *asking, void *user, portero_status status,
                              void *params)
{
  const struct epmapper_ept_lookup *answer = params;
  struct portero_client *c = user;

  (void)asking;
  if (!portero_is_ok(status)) {
    resolve_fail_as_told(c, status);
    return;
  }
  for (uint32_t i = 0; i < answer->num_entries; i++)
    resolve_add(c, epm_octets(answer->entries[i].tower));
  resolve_done(c, answer->status);
}

/* ---- questions ---- */

static portero_status resolve_ask_map(struct portero_client *c)
{
  struct epmapper_ept_map *question = &c->question.map;
  struct portero_tower tower;
  struct epm_tower map_tower;
  struct portero_writer w;
  uint8_t octets[TOWER_SIZE];

  memset(question, 0, sizeof *question);
  memset(&tower, 0, sizeof tower);
  tower.interface = c->iface;
  tower.transfer = portero_syntax_ndr;
  tower.protseq = c->binding.protseq;
  portero_writer_init_fixed(&w, octets, sizeof octets);
  portero_tower_write(&w, &tower);
  map_tower = epm_tower_of(portero_writer_bytes(&w));
  question->object = c->has_object ? &c->object : NULL;
  question->map_tower = &map_tower;
  question->max_towers = CLIENT_TARGETS;
  return portero_stub_send(c->asking, &epmapper_stub, epmapper_ept_map_opnum, question,
                           resolve_on_map, c);
}

/* ept_map wants a version; a look-up does not. */
static portero_status resolve_ask_lookup(struct portero_client *c)
{
  struct epmapper_ept_lookup *question = &c->question.lookup;
  const struct ms_types_interface_id wanted = epm_interface_id(&c->iface);

  memset(question, 0, sizeof *question);
  question->inquiry_type = epm_RPC_C_EP_MATCH_BY_IF;
  question->version_option = epm_RPC_C_VERS_ALL;
  question->interface_id = &wanted;
  question->max_entries = epm_EPT_MAX_BATCH;
  return portero_stub_send(c->asking, &epmapper_stub, epmapper_ept_lookup_opnum, question,
                           resolve_on_lookup, c);
}

static void resolve_on_opened(struct portero_client *asking, void *user, portero_status status)
{
  struct portero_client *c = user;

  (void)asking;
  if (portero_is_ok(status))
    status = c->options.any_syntax ? resolve_ask_lookup(c) : resolve_ask_map(c);
  if (!portero_is_ok(status))
    resolve_fail_as_told(c, status);
}

portero_status client_resolve(struct portero_client *c)
{
  struct portero_client_options options = c->options;
  struct portero_binding mapper = c->binding;
  char text[CLIENT_BINDING_SIZE];
  portero_status status;

  options.mapper = c->mapper[0] ? c->mapper : NULL;
  options.ndr64 = false;
  options.any_syntax = false;
  options.big_endian = false;
  options.group_id = 0;
  options.login = NULL; /* what is asked there is public */
  mapper.has_object = false;
  mapper.n_options = 0;
  (void)portero_binding_text(&mapper, text, sizeof text);
  c->stage = CLIENT_RESOLVING;
  status = portero_client_start(c->loop, text, &epmapper_stub.id, &options, resolve_on_opened, c,
                                &c->asking);
  if (!portero_is_ok(status))
    client_say(c, "%s", portero_client_error(c->asking));
  return status;
}
