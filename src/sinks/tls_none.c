/* SPDX-License-Identifier: Apache-2.0 */
/* A build without GnuTLS: no sink over TLS can be made. */
#include "src/sinks/ways.h"

#include <errno.h>

portero_status tls_new(const struct portero_sink_syslog *syslog, struct tls **out_tls)
{
  (void)syslog;
  (void)out_tls;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

void tls_free(struct tls *t)
{
  (void)t;
}

void tls_reload(struct tls *t)
{
  (void)t;
}

portero_status tls_start(struct tls *t, const struct sink *s, int fd, unsigned milliseconds)
{
  (void)t;
  (void)s;
  (void)fd;
  (void)milliseconds;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

ssize_t tls_send(struct tls *t, const void *data, size_t size)
{
  (void)t;
  (void)data;
  (void)size;
  errno = EPROTO;
  return -1;
}

ssize_t tls_receive(struct tls *t, void *data, size_t size)
{
  (void)t;
  (void)data;
  (void)size;
  errno = EPROTO;
  return -1;
}

void tls_end(struct tls *t)
{
  (void)t;
}
