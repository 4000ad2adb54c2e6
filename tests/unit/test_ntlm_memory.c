/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTLM when memory runs out, at each allocation in turn, and what it allocates for each PDU: nothing.
 * The linker sends every allocation of ours through this file.
 */
#include <stdint.h>
#include <stdlib.h>

#include <portero/auth.h>

#include "src/auth/accounts.h"
#include "tests/unit/ntlm_ends.h"

static struct ntlm_lab lab;
static size_t n_taken, n_given, fail_at = SIZE_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *block);

/* From number fail_at on there is nothing to be had. */
static bool is_out(void)
{
  return n_taken >= fail_at;
}

static void *counted(void *block)
{
  n_taken += block != NULL;
  return block;
}

void *__wrap_malloc(size_t size)
{
  return is_out() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
  return is_out() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
  if (is_out())
    return NULL;
  n_given += block != NULL;
  return counted(__real_realloc(block, size));
}

char *__wrap_strdup(const char *text)
{
  return is_out() ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size)
{
  return is_out() ? NULL : counted(__real_strndup(text, size));
}

void __wrap_free(void *block)
{
  n_given += block != NULL;
  __real_free(block);
}

/* ---- one dialogue, by hand: each part may fail ---- */

struct part {
  struct portero_acceptor *acceptor;
  struct portero_credentials *credentials;
  struct portero_security *client, *server;
  struct portero_writer tokens[2];
};

static portero_status begin(struct part *p)
{
  const struct portero_ntlm_options options = {
      .accounts = lab.path, .computer = "HOST", .dns_domain = "lab.test"};
  const struct portero_credentials_options who = {.user = "HOST\\alice", .password = "secret"};
  struct auth_initiation i = {.target = "host/server", .level = PORTERO_LEVEL_PRIVACY};
  portero_status status = portero_acceptor_ntlm_new(&options, &p->acceptor);

  if (portero_is_ok(status))
    status = portero_credentials_new(&who, &p->credentials);
  if (!portero_is_ok(status))
    return status;
  i.credentials = p->credentials;
  status = ntlm_initiator_new(&i, &p->client);
  if (portero_is_ok(status))
    status = p->acceptor->begin(p->acceptor->ctx, PORTERO_LEVEL_PRIVACY, &p->server);
  return status;
}

static portero_status talk(struct part *p)
{
  struct portero_bytes token = portero_bytes_make(NULL, 0);
  portero_status status = portero_ok();
  bool done;

  for (unsigned leg = 0; leg < 4 && portero_is_ok(status); leg++) {
    struct portero_security *s = leg % 2 ? p->server : p->client;
    struct portero_writer *w = &p->tokens[leg % 2];
    portero_writer_reset(w);
    status = s->ops->step(s, token, w, &done);
    token = portero_writer_bytes(w);
  }
  return status;
}

static portero_status whole(void)
{
  struct part p;
  portero_status status;

  memset(&p, 0, sizeof p);
  portero_writer_init(&p.tokens[0], &portero_mem_malloc, 65536);
  portero_writer_init(&p.tokens[1], &portero_mem_malloc, 65536);
  status = begin(&p);
  if (portero_is_ok(status))
    status = talk(&p);
  if (p.client)
    p.client->ops->free(p.client);
  if (p.server)
    p.server->ops->free(p.server);
  portero_writer_deinit(&p.tokens[0]);
  portero_writer_deinit(&p.tokens[1]);
  portero_credentials_free(p.credentials);
  portero_acceptor_free(p.acceptor);
  return status;
}

/* NO_MEMORY, LIMIT of a writer, or the refusal of who could not look the account up: never let in. */
static void test_out_of_memory(void **state)
{
  size_t enough, before;

  (void)state;
  before = n_taken;
  assert_true(portero_is_ok(whole()));
  enough = n_taken - before;
  assert_true(enough > 10);
  assert_int_equal(n_taken, n_given);
  for (size_t i = 0; i < enough; i++) {
    portero_status status;
    n_taken = n_given = 0;
    fail_at = i;
    status = whole();
    fail_at = SIZE_MAX;
    assert_false(portero_is_ok(status));
    assert_int_equal(n_taken, n_given);
  }
}

static void test_nothing_for_each_pdu(void **state)
{
  struct ntlm_dialogue d = {.acceptor = ntlm_lab_acceptor(&lab, 0),
                            .who = {.user = "alice", .password = "secret"}};
  struct ntlm_ends e;
  size_t before;

  (void)state;
  assert_true(ntlm_ends_run(&e, &d));
  before = n_taken;
  for (unsigned i = 0; i < 100; i++)
    assert_true(ntlm_ends_talk(&e));
  assert_int_equal(n_taken, before);
  ntlm_ends_end(&e);
  portero_acceptor_free((struct portero_acceptor *)(uintptr_t)d.acceptor);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_nothing_for_each_pdu),
  };
  int failed;

  ntlm_lab_begin(&lab);
  n_taken = n_given = 0;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  ntlm_lab_end(&lab);
  return failed;
}
