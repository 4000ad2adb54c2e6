/* SPDX-License-Identifier: Apache-2.0 */
/* What portero policy and each of its subcommands say of themselves: each fits a screen. */
#include <string.h>

#include "src/cli/policy.h"

/* clang-format off */
#define HELP_CALL                                                                                  \
  "  --interface NAME        UUID or known name, with :MAJOR behind it\n"                          \
  "  --operation NAME        number or known name (default: a bind)\n"                             \
  "  --source ADDRESS        the caller's (default: local)\n"                                      \
  "  --destination ADDRESS   the address that is called\n"                                         \
  "  --object UUID           object of the call\n"                                                 \
  "  --protseq NAME          protocol sequence (default: ncacn_ip_tcp)\n"                          \
  "  --user NAME             name, DOMAIN\\name or name@REALM (default: nobody)\n"                 \
  "  --sid SID               of the caller or a group; again for more\n"                           \
  "  --mechanism NAME        none, ntlm, kerberos or netlogon\n"                                   \
  "  --level LEVEL           none, connect, packet, integrity or privacy\n"                        \
  "                          (default: privacy for a user, none for nobody)\n"                     \
  "  --time HH:MM            of the local day (default: now)\n"                                    \
  "  --weekday DAY           mon to sun (default: today)\n"                                        \
  "  --times N               so often at once, for rules with a rate (default: 1)\n"               \
  "  --missing               the interface, or the operation, is not offered\n"
#define HELP_ALL                                                                                   \
  "  --json                  for machines\n"                                                       \
  "  --help                  this text\n"
/* clang-format on */

static const char general[] =
    "usage: portero policy SUBCOMMAND [OPTION]... [FILE]...\n"
    "\n"
    "Works with policies, the files that say who may register and who may call:\n"
    "\n"
    "  check     is a file right, and what does it hardly mean?\n"
    "  explain   which rule decides a call or a registration, and why not the others\n"
    "  diff      what changes from one policy to another\n"
    "  import    a policy from the rules of RPC Firewall\n"
    "  export    rules of a packet filter: the addresses that may call at all\n"
    "  reload    the endpoint mapper of this host reads its policy again\n"
    "\n" HELP_ALL "\n"
    "portero policy SUBCOMMAND --help tells its options.\n"
    "Exit status: 0 done, the call is allowed, nothing differs; 1 the call is denied,\n"
    "something differs, lines were refused, the mapper keeps its old policy; 2 wrong\n"
    "usage, or a file with a mistake; 3 no mapper answers; 4 it does not let this\n"
    "user ask; 5 failure on this host.\n";

static const struct {
  const char *name, *text;
} helps[] = {
    {"check", "usage: portero policy check [OPTION]... FILE\n"
              "\n"
              "Says what is wrong with a policy by line and key, or how many rules it has; and\n"
              "what was hardly meant, such as a rule that no call comes to.\n"
              "\n" HELP_ALL "\n"
              "Exit status: 0 the file is fine, 2 it has a mistake, or wrong usage.\n"},
    {"explain", "usage: portero policy explain FILE --interface NAME [OPTION]...\n"
                "\n"
                "Tells which rule decides a call, and why not the others. The call:\n" HELP_CALL
                "Or a registration:\n"
                "  --register              --interface, --protseq, --user are of one; --user is\n"
                "                          an account of this host (default: a remote caller)\n"
                "  --endpoint TEXT         port, pipe or path\n"
                "  --unit UNIT             systemd unit that registers\n"
                "\n" HELP_ALL "\n"
                "Exit status: 0 allowed, 1 denied, 2 wrong usage or a file with a mistake.\n"},
    {"diff", "usage: portero policy diff OLD NEW [OPTION]...\n"
             "\n"
             "Tells which rules came, went, changed or moved; and with a call, or a file of\n"
             "calls, which end otherwise. The call:\n" HELP_CALL "Or calls:\n"
             "  --calls FILE            one a line, as in source=10.0.0.9 interface=drsuapi\n"
             "                          operation=3 (missing=yes where --missing is meant)\n"
             "\n" HELP_ALL "\n"
             "Exit status: 0 nothing differs, 1 something does, 2 wrong usage or a file with a\n"
             "mistake.\n"},
    {"import", "usage: portero policy import [OPTION]... RPCFW.CONF\n"
               "\n"
               "Turns the rules of RPC Firewall into a policy on standard output.\n"
               "\n" HELP_ALL "\n"
               "Exit status: 0 done, 1 lines were refused, 2 wrong usage or no such file.\n"},
    {"export", "usage: portero policy export FILE --format FORMAT [OPTION]...\n"
               "\n"
               "Writes the addresses that may call at all as rules of a packet filter.\n"
               "\n"
               "  --format FORMAT         nftables, iptables, ip6tables, ufw or windows\n"
               "  --port PORTS            TCP port, or LOW-HIGH, again for more\n"
               "                          (default: 135 and 49152-65535)\n" HELP_ALL "\n"
               "Exit status: 0 done, 2 wrong usage or a file with a mistake.\n"},
    {"reload", "usage: portero policy reload [OPTION]...\n"
               "\n"
               "Makes the endpoint mapper of this host read its policy again and open its book\n"
               "anew. A policy with a mistake does not replace the one in use.\n"
               "\n"
               "  --socket PATH           the mapper's local socket (default:\n"
               "                          $PORTERO_SOCKET, then /run/portero/epmapper.sock)\n"
               "  --timeout SECONDS       for the answer (default: 10)\n" HELP_ALL "\n"
               "Exit status: 0 done, 1 the mapper keeps its old policy, 3 no mapper answers, 4\n"
               "it does not let this user ask.\n"},
};

const char *policy_help(int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    for (size_t k = 0; k < sizeof helps / sizeof helps[0]; k++)
      if (strcmp(argv[i], helps[k].name) == 0)
        return helps[k].text;
  return general;
}
