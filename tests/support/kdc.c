/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/kdc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CIPHERS                                                                                    \
  "aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal "                                 \
  "aes256-cts-hmac-sha384-192:normal aes128-cts-hmac-sha256-128:normal arcfour-hmac:normal"
#define ONE_CIPHER(name)                                                                           \
  "addprinc -randkey -e " name ":normal host/" name ".kdc.test\n"                                  \
  "ktadd -norandkey -k " name ".keytab host/" name ".kdc.test\n"
#define START_TRIES 500u /* of 10 ms */

static const char create[] =
    "addprinc -pw " KDC_PASSWORD " alice\n"
    "addprinc -pw " KDC_PASSWORD " bob\n"
    "addprinc -pw " KDC_PASSWORD " +needchange expired\n"
    "addprinc -pw " KDC_PASSWORD " -allow_tix locked\n"
    "addprinc -randkey host/one.kdc.test\n"
    "addprinc -randkey host/two.kdc.test\n"
    "ktadd -k stale.keytab host/one.kdc.test\n"
    "ktadd -k one.keytab host/one.kdc.test\n"
    "ktadd -k two.keytab host/two.kdc.test\n"
    "ktadd -norandkey -k alice.keytab alice\n" ONE_CIPHER("aes256-cts-hmac-sha1-96")
        ONE_CIPHER("aes128-cts-hmac-sha1-96") ONE_CIPHER("aes256-cts-hmac-sha384-192")
            ONE_CIPHER("aes128-cts-hmac-sha256-128") ONE_CIPHER("arcfour-hmac");

static const char *const programs[] = {"/usr/sbin/krb5kdc", "/usr/sbin/kadmin.local",
                                       "/usr/sbin/kdb5_util", "/usr/bin/kinit"};
enum {
  KRB5KDC,
  KADMIN,
  KDB5_UTIL,
  KINIT,
};

const char *kdc_missing(void)
{
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
    if (access(programs[i], X_OK) != 0)
      return programs[i];
  return NULL;
}

const char *kdc_path(const struct kdc *k, const char *name, char path[KDC_PATH])
{
  (void)snprintf(path, KDC_PATH, "%s/%s", k->dir, name);
  return path;
}

static bool write_file(const struct kdc *k, const char *name, const char *text)
{
  char path[KDC_PATH];
  FILE *file = fopen(kdc_path(k, name, path), "we");
  bool written;

  if (!file)
    return false;
  written = fputs(text, file) >= 0;
  return fclose(file) == 0 && written;
}

static bool write_profile(const struct kdc *k, const char *name, const char *cipher)
{
  char text[2048];

  (void)snprintf(text, sizeof text,
                 "[libdefaults]\n default_realm = " KDC_REALM "\n dns_lookup_kdc = false\n"
                 " dns_lookup_realm = false\n rdns = false\n dns_canonicalize_hostname = false\n"
                 "%s%s%s"
                 "[realms]\n " KDC_REALM " = {\n  kdc = %s:%u\n }\n"
                 " GONE.TEST = {\n  kdc = %s:1\n }\n"
                 "[domain_realm]\n .kdc.test = " KDC_REALM "\n .gone.test = GONE.TEST\n",
                 cipher ? " permitted_enctypes = " : "", cipher ? cipher : "", cipher ? "\n" : "",
                 k->address, k->port, k->address);
  return write_file(k, name, text);
}

static bool write_kdc_profile(const struct kdc *k)
{
  char text[2048];

  (void)snprintf(text, sizeof text,
                 "[libdefaults]\n allow_rc4 = true\n[kdcdefaults]\n kdc_listen = %s:%u\n "
                 "kdc_tcp_listen = %s:%u\n"
                 "[realms]\n " KDC_REALM " = {\n  database_name = %s/db\n"
                 "  key_stash_file = %s/stash\n  acl_file = %s/acl\n"
                 "  supported_enctypes = " CIPHERS "\n"
                 "  max_life = 20h\n  default_principal_flags = +preauth\n }\n"
                 "[logging]\n kdc = FILE:%s/kdc.log\n",
                 k->address, k->port, k->address, k->port, k->dir, k->dir, k->dir, k->dir);
  return write_file(k, "kdc.conf", text);
}

/* Child: input on stdin, said in log. */
static void become(const struct kdc *k, const char *const *argv, int input)
{
  char path[KDC_PATH];
  int log = open(kdc_path(k, "said.log", path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)setenv("KRB5_KDC_PROFILE", kdc_path(k, "kdc.conf", path), 1);
  (void)unsetenv("LD_PRELOAD");
  if (input < 0 || log < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
      dup2(log, STDERR_FILENO) < 0 || chdir(k->dir) != 0)
    _exit(126);
  (void)execv(argv[0], (char *const *)(uintptr_t)argv);
  _exit(127);
}

static bool run(const struct kdc *k, const char *const *argv, const char *input)
{
  FILE *file = tmpfile();
  int status = -1;
  pid_t pid;

  if (!file || fputs(input, file) < 0 || fflush(file) != 0 || lseek(fileno(file), 0, SEEK_SET) != 0)
    return false;
  pid = fork();
  if (pid == 0)
    become(k, argv, fileno(file));
  (void)fclose(file);
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

bool kdc_admin(const struct kdc *k, const char *commands)
{
  const char *const argv[] = {programs[KADMIN], "-r", KDC_REALM, NULL};

  return run(k, argv, commands);
}

bool kdc_kinit(const struct kdc *k, const char *user, const char *cache, const char *lifetime)
{
  const char *const argv[] = {
      programs[KINIT], "-c", cache, "-l", lifetime ? lifetime : "10h", user, NULL};

  return run(k, argv, KDC_PASSWORD "\n");
}

static bool bound(const struct kdc *k, int type, unsigned *port)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
  socklen_t size = sizeof a;
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  bool fine = fd >= 0 && inet_pton(AF_INET, k->address, &a.sin_addr) == 1 &&
              bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &size) == 0;

  *port = ntohs(a.sin_port);
  (void)close(fd);
  return fine;
}

/* An address of our own by the process id, so that runs at the same time do not meet. */
static bool find_place(struct kdc *k)
{
  (void)snprintf(k->address, sizeof k->address, "127.0.73.%d", 1 + getpid() % 254);
  for (unsigned i = 0; i < 20; i++) {
    k->port = 0;
    if (bound(k, SOCK_STREAM, &k->port) && bound(k, SOCK_DGRAM, &k->port))
      return true;
  }
  return false;
}

static bool answers(const struct kdc *k)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)k->port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool fine = fd >= 0 && inet_pton(AF_INET, k->address, &a.sin_addr) == 1 &&
              connect(fd, (struct sockaddr *)&a, sizeof a) == 0;

  (void)close(fd);
  return fine;
}

static bool serve(struct kdc *k)
{
  const char *const argv[] = {programs[KRB5KDC], "-n", "-r", KDC_REALM, NULL};
  int none = open("/dev/null", O_RDONLY | O_CLOEXEC);

  k->pid = fork();
  if (k->pid == 0)
    become(k, argv, none);
  (void)close(none);
  for (unsigned i = 0; k->pid > 0 && i < START_TRIES; i++) {
    if (answers(k))
      return true;
    if (waitpid(k->pid, NULL, WNOHANG) != 0) {
      k->pid = 0;
      return false;
    }
    (void)usleep(10000);
  }
  return false;
}

static void show_log(const struct kdc *k, const char *name)
{
  char path[KDC_PATH], line[512];
  FILE *file = fopen(kdc_path(k, name, path), "re");

  while (file && fgets(line, sizeof line, file))
    (void)fputs(line, stderr);
  if (file)
    (void)fclose(file);
}

void kdc_only_cipher(const struct kdc *k, const char *cipher)
{
  char path[KDC_PATH], name[128];

  (void)snprintf(name, sizeof name, "krb5-%s.conf", cipher ? cipher : "any");
  if (write_profile(k, name, cipher))
    (void)setenv("KRB5_CONFIG", kdc_path(k, name, path), 1);
}

static void name_defaults(const struct kdc *k)
{
  char path[KDC_PATH];

  kdc_only_cipher(k, NULL);
  (void)setenv("KRB5CCNAME", kdc_path(k, "default.ccache", path), 1);
  (void)setenv("KRB5_KTNAME", kdc_path(k, "default.keytab", path), 1);
}

bool kdc_start(struct kdc *k)
{
  const char *const argv[] = {programs[KDB5_UTIL], "create", "-s", "-P", "master", "-r",
                              KDC_REALM,           NULL};

  memset(k, 0, sizeof *k);
  (void)snprintf(k->dir, sizeof k->dir, "/tmp/portero-kdc-%d", (int)getpid());
  if (mkdir(k->dir, 0700) != 0 || !find_place(k))
    return false;
  name_defaults(k);
  if (write_kdc_profile(k) && run(k, argv, "") && kdc_admin(k, create) && serve(k))
    return true;
  show_log(k, "said.log");
  show_log(k, "kdc.log");
  kdc_stop(k);
  return false;
}

void kdc_stop(struct kdc *k)
{
  const char *const argv[] = {"/bin/rm", "-rf", k->dir, NULL};

  if (k->pid > 0) {
    (void)kill(k->pid, SIGTERM);
    (void)waitpid(k->pid, NULL, 0);
  }
  if (k->dir[0])
    (void)run(k, argv, "");
  memset(k, 0, sizeof *k);
}
