/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/kerberos_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "src/auth/mechanisms.h"

#define SKIPPED   77
#define MAX_TOKEN ((size_t)1 << 16)

struct kdc ends_kdc;
long ends_clock_ahead;

/* The library's clocks, in place of libc's. */
int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
  struct timespec now;

  (void)tz;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  tv->tv_sec = now.tv_sec + ends_clock_ahead;
  tv->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out_time)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += ends_clock_ahead;
  if (out_time)
    *out_time = now.tv_sec;
  return now.tv_sec;
}

int ends_setup(void **state)
{
  char path[KDC_PATH];

  (void)state;
  return kdc_start(&ends_kdc) &&
                 kdc_kinit(&ends_kdc, "alice", kdc_path(&ends_kdc, "default.ccache", path), NULL)
             ? 0
             : -1;
}

int ends_teardown(void **state)
{
  (void)state;
  kdc_stop(&ends_kdc);
  return 0;
}

int ends_main(const struct CMUnitTest *tests, size_t n_tests)
{
  const char *missing = kdc_missing();

  if (missing) {
    (void)printf("SKIP: %s is not installed (package krb5-kdc, krb5-admin-server or krb5-user)\n",
                 missing);
    return SKIPPED;
  }
  return _cmocka_run_group_tests("kerberos", tests, n_tests, ends_setup, ends_teardown);
}

struct portero_acceptor *ends_acceptor(const char *keytab, const char *principal)
{
  char path[KDC_PATH];
  struct portero_kerberos_options options = {kdc_path(&ends_kdc, keytab, path), principal};
  struct portero_acceptor *acceptor = NULL;

  assert_true(portero_is_ok(portero_acceptor_kerberos_new(&options, &acceptor)));
  assert_int_equal(acceptor->type, PORTERO_AUTH_KERBEROS);
  return acceptor;
}

struct portero_security *ends_initiator(const struct portero_credentials_options *options,
                                        const char *target, uint8_t level)
{
  struct auth_initiation i = {.target = target, .level = level};
  struct portero_security *s = NULL;

  if (options)
    assert_true(portero_is_ok(portero_credentials_new(options, &i.credentials)));
  assert_true(portero_is_ok(kerberos_initiator_new(&i, &s)));
  portero_credentials_free(i.credentials);
  assert_true(s->waits);
  assert_int_equal(s->ops->type, PORTERO_AUTH_KERBEROS);
  return s;
}

void ends_begin(struct ends *e, struct portero_security *client, struct portero_acceptor *acceptor,
                uint8_t level)
{
  e->client = client;
  assert_true(portero_is_ok(acceptor->begin(acceptor->ctx, level, &e->server)));
  for (size_t i = 0; i < ENDS_TOKENS; i++)
    portero_writer_init(&e->tokens[i], &portero_mem_malloc, MAX_TOKEN);
}

void ends_free(struct ends *e)
{
  e->client->ops->free(e->client);
  e->server->ops->free(e->server);
  for (size_t i = 0; i < ENDS_TOKENS; i++)
    portero_writer_deinit(&e->tokens[i]);
}

portero_status ends_run(struct ends *e, size_t steps)
{
  struct portero_writer last;
  portero_status status = portero_ok();
  bool done;

  portero_writer_init(&last, &portero_mem_malloc, MAX_TOKEN);
  for (size_t i = 0; i < steps && portero_is_ok(status); i++) {
    struct portero_security *s = i % 2 ? e->server : e->client;
    struct portero_bytes token =
        i > 0 ? portero_writer_bytes(&e->tokens[i - 1]) : portero_bytes_make(NULL, 0);

    done = false;
    status = s->ops->step(s, token, i < ENDS_TOKENS ? &e->tokens[i] : &last, &done);
    assert_true(!portero_is_ok(status) || done == (i >= 2));
  }
  assert_int_equal(last.size, 0);
  portero_writer_deinit(&last);
  return status;
}

void ends_meet(struct ends *e, struct portero_acceptor *acceptor, const char *target, uint8_t level)
{
  portero_status status;

  ends_begin(e, ends_initiator(NULL, target, level), acceptor, level);
  status = ends_run(e, ENDS_STEPS);
  if (!portero_is_ok(status))
    print_error("client: %s\nserver: %s\n", e->client->ops->why(e->client),
                e->server->ops->why(e->server));
  assert_true(portero_is_ok(status));
}

bool ends_feed(struct portero_security *s, struct portero_bytes token, bool *out_done)
{
  struct portero_writer w;
  portero_status status;

  portero_writer_init(&w, &portero_mem_malloc, MAX_TOKEN);
  *out_done = false;
  status = s->ops->step(s, token, &w, out_done);
  portero_writer_deinit(&w);
  return portero_is_ok(status);
}

void ends_assert_why(const struct portero_security *s, const char *words)
{
  const char *why = s->ops->why(s);

  if (!why || !strstr(why, words))
    fail_msg("not \"%s\" but: %s", words, why ? why : "nothing");
}
