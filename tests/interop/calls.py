# SPDX-License-Identifier: Apache-2.0
"""`portero call`: operations with JSON in, JSON out, all on one connection."""
import json

from case import expect, expect_equal
from process import run

MAXIMUM_ALLOWED = 0x02000000
NO, USAGE, REFUSED = 1, 2, 4  # exit codes
FORMS = {"NDR": (), "NDR64": ("--ndr64",), "big-endian": ("--big-endian",)}


class Answers(list):
    """What was answered, an object for each operation; messages: what was complained of."""

    def __init__(self, result):
        kept = [line for line in result.out.splitlines() if not line.startswith("portero")]
        self.messages = [line for line in result.out.splitlines() if line.startswith("portero")]
        self.status = result.status
        rest, decoder = "\n".join(kept).strip(), json.JSONDecoder()
        documents = []
        while rest:
            document, end = decoder.raw_decode(rest)
            documents.append(document)
            rest = rest[end:].strip()
        super().__init__(d.get("answer", d) for d in documents)

    @property
    def results(self):
        return [answer.get("result") for answer in self]


def call(lab, server, interface, *steps, options=(), status=0):
    """steps: (operation, {arguments}) in turn."""
    words = []
    for number, (operation, arguments) in enumerate(steps):
        words += [f"{interface}.{operation}" if number == 0 else operation, json.dumps(arguments)]
    return Answers(run([lab.program("portero"), "call", "--json", *options, server, *words], 30,
                       env=lab.env, status=status))


def refused(lab, server, interface, *steps, status, says, options=()):
    """The call does not work: this exit code, and a message with these words."""
    answers = call(lab, server, interface, *steps, options=options, status=status)
    told = "\n".join(answers.messages)
    for words in [says] if isinstance(says, str) else says:
        expect(words in told, f"{words!r} is not in {told!r}")
    return answers


def no_ndr64(lab, server, interface, operation, arguments):
    """Samba has no NDR64: asked for it, we say so and call nothing."""
    refused(lab, server, interface, (operation, arguments), options=["--ndr64"], status=REFUSED,
            says="NDR64")


def wrong_use(lab, server, interface, operation, arguments):
    """A name that is not there, of an operation and of an argument, is told before anything is sent."""
    refused(lab, server, interface, ("NoSuchOperation", arguments), status=USAGE,
            says="NoSuchOperation")
    refused(lab, server, interface, (operation, dict(arguments, no_such_name=1)), status=USAGE,
            says=f"{interface}.{operation}: there is no \"no_such_name\" here")


def both_equal(ours, theirs, what):
    """Lists of objects, or objects; the first difference is the reason."""
    if isinstance(theirs, list) and isinstance(ours, list):
        expect_equal(len(ours), len(theirs), f"{what}: how many")
        for index, (our, their) in enumerate(zip(ours, theirs)):
            both_equal(our, their, f"{what}[{index}]")
    elif isinstance(theirs, dict) and isinstance(ours, dict):
        expect_equal(sorted(ours), sorted(theirs), f"{what}: names")
        for name, their in theirs.items():
            both_equal(ours[name], their, f"{what}.{name}")
    else:
        expect_equal(ours, theirs, what)
