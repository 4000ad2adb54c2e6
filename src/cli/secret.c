/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define KEY_INTERRUPT 0x03
#define KEY_END       0x04
#define KEY_BACKSPACE 0x08
#define KEY_DELETE    0x7f

/* A character more is gone, whatever its bytes. */
static size_t without_last(const char *text, size_t size)
{
  while (size > 0 && ((unsigned char)text[size - 1] & 0xc0) == 0x80)
    size--;
  return size > 0 ? size - 1 : 0;
}

/* Up to the end of the line. Only a terminal has keys that mean something else. */
static enum secret_result read_line(int fd, bool is_terminal, char *out_secret)
{
  size_t size = 0;
  ssize_t n;
  char c;

  while ((n = read(fd, &c, 1)) == 1 && c != '\n' && !(is_terminal && c == '\r')) {
    if (is_terminal && c == KEY_INTERRUPT)
      return SECRET_CANCELLED;
    if (is_terminal && c == KEY_END)
      break;
    if (is_terminal && (c == KEY_BACKSPACE || c == KEY_DELETE))
      size = without_last(out_secret, size);
    else if (size == SECRET_SIZE - 1)
      return SECRET_TOO_LONG;
    else
      out_secret[size++] = c;
  }
  if (n < 0)
    return SECRET_FAILED;
  if (size > 0 && !is_terminal && out_secret[size - 1] == '\r')
    size--;
  out_secret[size] = 0;
  if (strlen(out_secret) == size)
    return SECRET_OK;
  errno = EILSEQ;
  return SECRET_FAILED;
}

static enum secret_result wiped(enum secret_result result, char *password)
{
  if (result != SECRET_OK)
    explicit_bzero(password, SECRET_SIZE);
  return result;
}

/* Interrupts are read as keys, so that the terminal never stays without echo. */
static enum secret_result ask(int fd, const char *prompt, char *out_secret)
{
  struct termios before, quiet;
  enum secret_result result;

  if (tcgetattr(fd, &before) < 0)
    return SECRET_NO_TERMINAL;
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
  quiet.c_cc[VMIN] = 1;
  quiet.c_cc[VTIME] = 0;
  if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0)
    return SECRET_FAILED;
  result = write(fd, prompt, strlen(prompt)) < 0 ? SECRET_FAILED : read_line(fd, true, out_secret);
  (void)!write(fd, "\n", 1);
  (void)tcsetattr(fd, TCSAFLUSH, &before);
  return result;
}

enum secret_result secret_ask(const char *prompt, char *out_secret)
{
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  enum secret_result result;

  if (fd < 0)
    return SECRET_NO_TERMINAL;
  result = ask(fd, prompt, out_secret);
  close(fd);
  return wiped(result, out_secret);
}

enum secret_result secret_from_stdin(char *out_secret)
{
  return wiped(read_line(STDIN_FILENO, false, out_secret), out_secret);
}

const char *secret_result_text(enum secret_result result)
{
  switch (result) {
  case SECRET_OK:
    return "success";
  case SECRET_CANCELLED:
    return "cancelled";
  case SECRET_NO_TERMINAL:
    return "there is no terminal to ask for the password";
  case SECRET_TOO_LONG:
    return "the password is longer than 1023 bytes";
  case SECRET_FAILED:
    break;
  }
  return strerror(errno);
}
