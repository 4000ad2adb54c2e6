/* SPDX-License-Identifier: Apache-2.0 */
/* [RFC5425] with GnuTLS: the receiver proves its name, we ours when we have a certificate. */
#include "src/sinks/ways.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls {
  char *name, *ca_file, *cert_file, *key_file;
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t session; /* NULL: no connection */
  bool established;
};

static bool copied(const char *from, char **out_to)
{
  *out_to = from ? strdup(from) : NULL;
  return !from || *out_to;
}

static portero_status credentials_load(const struct tls *t,
                                       gnutls_certificate_credentials_t *out_credentials)
{
  gnutls_certificate_credentials_t c;
  int error;

  if (gnutls_certificate_allocate_credentials(&c) < 0)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  error = t->ca_file ? gnutls_certificate_set_x509_trust_file(c, t->ca_file, GNUTLS_X509_FMT_PEM)
                     : gnutls_certificate_set_x509_system_trust(c);
  if (error >= (t->ca_file ? 1 : 0) && t->cert_file)
    error =
        gnutls_certificate_set_x509_key_file(c, t->cert_file, t->key_file, GNUTLS_X509_FMT_PEM) < 0
            ? -1
            : 1;
  if (error < (t->ca_file ? 1 : 0)) {
    gnutls_certificate_free_credentials(c);
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  *out_credentials = c;
  return portero_ok();
}

portero_status tls_new(const struct portero_sink_syslog *syslog, struct tls **out_tls)
{
  struct tls *t = calloc(1, sizeof *t);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (!t)
    return status;
  if (copied(syslog->tls_name ? syslog->tls_name : syslog->host, &t->name) &&
      copied(syslog->ca_file, &t->ca_file) && copied(syslog->cert_file, &t->cert_file) &&
      copied(syslog->key_file ? syslog->key_file : syslog->cert_file, &t->key_file))
    status = credentials_load(t, &t->credentials);
  if (!portero_is_ok(status)) {
    tls_free(t);
    return status;
  }
  *out_tls = t;
  return status;
}

void tls_free(struct tls *t)
{
  if (!t)
    return;
  tls_end(t);
  if (t->credentials)
    gnutls_certificate_free_credentials(t->credentials);
  free(t->name);
  free(t->ca_file);
  free(t->cert_file);
  free(t->key_file);
  free(t);
}

/* What cannot be read leaves the old ones in place. */
void tls_reload(struct tls *t)
{
  gnutls_certificate_credentials_t fresh;

  tls_end(t);
  if (!portero_is_ok(credentials_load(t, &fresh)))
    return;
  gnutls_certificate_free_credentials(t->credentials);
  t->credentials = fresh;
}

static bool session_make(struct tls *t, int fd)
{
  if (gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
    t->session = NULL;
    return false;
  }
  gnutls_session_set_verify_cert(t->session, t->name, 0);
  gnutls_transport_set_int(t->session, fd);
  if (gnutls_priority_set_direct(t->session, PRIORITY, NULL) < 0 ||
      gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials) < 0)
    return false;
  return gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->name, strlen(t->name)) >= 0;
}

static bool is_past(const struct timespec *deadline)
{
  struct timespec now = clock_deadline(0);

  return now.tv_sec > deadline->tv_sec ||
         (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

portero_status tls_start(struct tls *t, const struct sink *s, int fd, unsigned milliseconds)
{
  struct timespec deadline = clock_deadline(milliseconds);
  int error;

  if (!session_make(t, fd)) {
    tls_end(t);
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  while ((error = gnutls_handshake(t->session)) != 0) {
    short events = gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
    if (gnutls_error_is_fatal(error)) {
      tls_end(t);
      return portero_local(PORTERO_LOCAL_SECURITY);
    }
    if (is_past(&deadline) ||
        (error == GNUTLS_E_AGAIN && !socket_wait(s, fd, events, milliseconds))) {
      tls_end(t);
      return portero_local(PORTERO_LOCAL_TIMEOUT);
    }
  }
  t->established = true;
  return portero_ok();
}

static ssize_t outcome(ssize_t n)
{
  if (n >= 0)
    return n;
  errno = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? EAGAIN : EPROTO;
  if (n < 0 && !gnutls_error_is_fatal((int)n))
    errno = EAGAIN;
  return -1;
}

/* After AGAIN the same bytes must come again: the caller goes on from the same record. */
ssize_t tls_send(struct tls *t, const void *data, size_t size)
{
  return outcome(gnutls_record_send(t->session, data, size));
}

ssize_t tls_receive(struct tls *t, void *data, size_t size)
{
  return outcome(gnutls_record_recv(t->session, data, size));
}

void tls_end(struct tls *t)
{
  if (!t->session)
    return;
  if (t->established)
    (void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
  gnutls_deinit(t->session);
  t->session = NULL;
  t->established = false;
}
