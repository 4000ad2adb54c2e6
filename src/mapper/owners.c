/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who registered what: an owner is an association group. Its end is learnt through the rundown of a
 * context handle that is never sent: the runtime runs it when the group's last connection closes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/mapper/service.h"
#include "src/mapper/unit.h"
#include "src/rpc/call.h"

static const char owner_kind;

static portero_status change_forget(struct portero_epm_map *map, void *ctx)
{
  (void)portero_epm_map_delete_owner(map, *(const uint64_t *)ctx);
  return portero_ok();
}

/* The upper 24 bits of a group's number are random. */
static struct owner **owners_bucket(struct mapper *m, uint64_t id)
{
  return &m->owners[(id >> 8) % OWNER_BUCKETS];
}

struct owner *owner_locked(struct mapper *m, uint64_t id)
{
  struct owner *owner = *owners_bucket(m, id);

  while (owner && owner->id != id)
    owner = owner->next;
  return owner;
}

static void owner_unlink(struct mapper *m, struct owner *owner)
{
  struct owner **link = owners_bucket(m, owner->id);

  (void)pthread_mutex_lock(&m->owners_lock);
  while (*link != owner)
    link = &(*link)->next;
  *link = owner->next;
  (void)pthread_mutex_unlock(&m->owners_lock);
}

void owner_forget(struct owner *owner)
{
  free(owner->groups);
  owner->groups = NULL;
  owner->n_groups = 0;
}

/* The association's last connection has closed. */
static void owner_rundown(void *state)
{
  struct owner *owner = state;
  struct mapper *m = owner->mapper;
  struct roll roll = {NULL, 0};
  struct portero_event e;

  if (records_wanted(m))
    roll_take(m, owner->id, 0, &roll);
  (void)store_apply(&m->store, change_forget, &owner->id);
  memset(&e, 0, sizeof e);
  record_owner(&e, owner);
  e.reason = "its last connection closed";
  records_unregistered(m, &e, &roll);
  roll_free(&roll);
  owner_unlink(m, owner);
  owner_forget(owner);
  free(owner);
}

/* Its path, where the kernel shows it; else the name it goes by. proc(5) */
static void program_of(int32_t pid, char *program, size_t size)
{
  char path[64];
  ssize_t n;
  FILE *f;

  (void)snprintf(path, sizeof path, "/proc/%d/exe", pid);
  n = readlink(path, program, size - 1);
  program[n > 0 ? n : 0] = '\0';
  if (n > 0)
    return;
  (void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
  f = fopen(path, "re");
  if (!f)
    return;
  if (!fgets(program, (int)size, f))
    program[0] = '\0';
  program[strcspn(program, "\n")] = '\0';
  (void)fclose(f);
}

struct owner *owner_find(struct mapper *m, uint64_t id)
{
  struct owner *owner;

  (void)pthread_mutex_lock(&m->owners_lock);
  owner = owner_locked(m, id);
  (void)pthread_mutex_unlock(&m->owners_lock);
  return owner;
}

void owner_of_peer(const struct portero_peer *peer, struct owner *out_owner)
{
  memset(out_owner, 0, sizeof *out_owner);
  out_owner->peer = *peer;
  if (!peer->has_credentials)
    return;
  unit_of_process(peer->pid, out_owner->unit, sizeof out_owner->unit);
  program_of(peer->pid, out_owner->program, sizeof out_owner->program);
}

void owner_look_up(const struct portero_call *call, struct owner *out_owner)
{
  owner_of_peer(portero_call_peer(call), out_owner);
  out_owner->id = portero_call_group(call);
  if (!out_owner->peer.has_credentials)
    return;
  out_owner->n_groups = rpc_call_groups(call, &out_owner->groups);
  if (rpc_call_peer_lives(call))
    return;
  out_owner->unit[0] = out_owner->program[0] = '\0'; /* who has its number now is somebody else */
}

portero_status owner_of(struct mapper *m, struct portero_call *call, struct owner **out_owner)
{
  uint64_t id = portero_call_group(call);
  struct owner *owner = owner_find(m, id), **bucket;
  struct portero_handle unsent;
  portero_status status;

  if (owner) {
    *out_owner = owner;
    return portero_ok();
  }
  owner = calloc(1, sizeof *owner);
  if (!owner)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  owner_look_up(call, owner);
  owner->mapper = m;
  status = portero_handle_new(call, &owner_kind, owner, owner_rundown, &unsent);
  if (!portero_is_ok(status)) {
    owner_forget(owner);
    free(owner);
    return status;
  }
  bucket = owners_bucket(m, id);
  (void)pthread_mutex_lock(&m->owners_lock);
  owner->next = *bucket;
  *bucket = owner;
  (void)pthread_mutex_unlock(&m->owners_lock);
  *out_owner = owner;
  return portero_ok();
}

bool owner_describe(struct mapper *m, uint64_t id, struct owner *out_owner)
{
  const struct owner *owner;

  (void)pthread_mutex_lock(&m->owners_lock);
  owner = owner_locked(m, id);
  if (owner) {
    *out_owner = *owner;
    out_owner->groups = NULL;
    out_owner->n_groups = 0;
  }
  (void)pthread_mutex_unlock(&m->owners_lock);
  return owner != NULL;
}
