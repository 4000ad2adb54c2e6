/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One octet at a time: what a buffer would hold beyond the line is not ours. */
static bool read_line(int fd, char *line)
{
  size_t n = 0;
  char octet;

  for (;;) {
    ssize_t got = read(fd, &octet, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0 || octet == '\n')
      break;
    if (n + 1 == SECRET_SIZE)
      return false;
    line[n++] = octet;
  }
  line[n] = 0;
  return n > 0;
}

static bool say(int fd, const char *text)
{
  size_t size = strlen(text);

  return write(fd, text, size) == (ssize_t)size;
}

bool secret_ask(const char *prompt, char *secret)
{
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  struct termios before, quiet;
  bool done;

  if (fd < 0 || tcgetattr(fd, &before) != 0) {
    if (fd >= 0)
      close(fd);
    return false;
  }
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
  done = tcsetattr(fd, TCSAFLUSH, &quiet) == 0 && say(fd, prompt) && read_line(fd, secret);
  (void)tcsetattr(fd, TCSAFLUSH, &before);
  (void)say(fd, "\n");
  close(fd);
  return done;
}
