/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/net/listener.h"

#define BACKLOG 4096

static portero_status local_errno(void)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

static bool local_address(const char *path, struct sockaddr_un *out_address)
{
  memset(out_address, 0, sizeof *out_address);
  out_address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof out_address->sun_path)
    return false;
  memcpy(out_address->sun_path, path, strlen(path));
  return true;
}

/* Is there a socket file that no process listens on any more? */
static bool local_is_stale(const struct sockaddr_un *address)
{
  struct stat found;
  bool stale;
  int fd;

  /* To what is no socket the connection is refused as well: unix(7). */
  if (lstat(address->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
    return false;
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return false;
  stale =
      connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
  (void)close(fd);
  return stale;
}

static void local_make_directory(const char *path)
{
  char directory[sizeof((struct sockaddr_un *)0)->sun_path];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;

  if (length == 0 || length >= sizeof directory)
    return;
  memcpy(directory, path, length);
  directory[length] = '\0';
  (void)mkdir(directory, 0755); /* bind() tells when it does not help */
}

static int local_bind(int fd, const struct sockaddr_un *address)
{
  const struct sockaddr *plain = (const struct sockaddr *)address;

  if (bind(fd, plain, sizeof *address) == 0)
    return 0;
  if (errno == ENOENT) {
    local_make_directory(address->sun_path);
    return bind(fd, plain, sizeof *address);
  }
  if (errno != EADDRINUSE)
    return -1;
  if (local_is_stale(address) && unlink(address->sun_path) == 0)
    return bind(fd, plain, sizeof *address);
  errno = EADDRINUSE;
  return -1;
}

portero_status net_local_listen(const char *path, mode_t mode, int *out_fd,
                                struct net_socket_file *out_file)
{
  struct sockaddr_un address;
  portero_status status;
  struct stat made;
  int fd;

  if (!local_address(path, &address))
    return portero_local(PORTERO_LOCAL_LIMIT);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return local_errno();
  if (local_bind(fd, &address) != 0) {
    status = local_errno();
    (void)close(fd);
    return status;
  }
  if (chmod(path, mode) != 0 || stat(path, &made) != 0 || listen(fd, BACKLOG) != 0) {
    status = local_errno();
    (void)close(fd);
    (void)unlink(path);
    return status;
  }
  memcpy(out_file->path, address.sun_path, sizeof out_file->path);
  out_file->device = made.st_dev;
  out_file->inode = made.st_ino;
  *out_fd = fd;
  return portero_ok();
}

void net_local_remove(const struct net_socket_file *file)
{
  struct stat now;

  if (file->path[0] && stat(file->path, &now) == 0 && now.st_dev == file->device &&
      now.st_ino == file->inode)
    (void)unlink(file->path);
}
