"""Runs a program under what a systemd unit forbids, where no systemd runs.

As a program (`confined.py UNIT COMMAND …`) it takes the unit's SystemCallFilter,
RestrictAddressFamilies and MemoryDenyWriteExecute upon itself, as systemd does, and
becomes the command. What the unit allows as a group (@system-service) is not looked
at, only what it takes away again.
"""

import ctypes
import errno
import os
import pathlib
import re
import socket
import struct
import sys
from collections.abc import Sequence

ARCHITECTURE = "x86_64"  # which the numbers are of

# Members of systemd's groups by the number that the kernel knows them by; of
# @privileged those that anything but a tool of an administrator could want.
TABLES = {
    "@resources": """
        ioprio_set 251 mbind 237 migrate_pages 256 move_pages 279 sched_setaffinity 203
        sched_setattr 314 sched_setparam 142 sched_setscheduler 144 set_mempolicy 238
        set_mempolicy_home_node 450 setpriority 141 setrlimit 160
    """,
    "@privileged": """
        chown 92 fchown 93 lchown 94 fchownat 260 setuid 105 setreuid 113 setresuid 117
        setfsuid 122 setgroups 116 capset 126 chroot 161 pivot_root 155 acct 163 bpf 321
        quotactl 179 vhangup 153 sethostname 170 setdomainname 171 fanotify_init 300
        open_by_handle_at 304 iopl 172 ioperm 173 reboot 169 swapon 167 swapoff 168
        init_module 175 delete_module 176 adjtimex 159 settimeofday 164
        clock_settime 227
    """,
}
GROUPS = {
    group: {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", table)}
    for group, table in TABLES.items()
}
NUMBERS = {name: number for group in GROUPS.values() for name, number in group.items()}
SOCKET = 41

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # of the kernel's filter machine
FIRST_ARGUMENT = 16
ALLOWED = 0x7FFF0000
REFUSED = 0x00050000

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
PR_SET_MDWE = 65
BY_FILTER = 2


def lines(unit: str, name: str) -> list[list[str]]:
    """Gives the words of each line of the unit that sets this."""
    found = [line.partition("=") for line in unit.splitlines()]
    return [value.split() for key, _, value in found if key == name]


def denied(unit: str) -> set[int]:
    """Gives the calls that the unit takes out of what it allows."""
    numbers: set[int] = set()
    for words in lines(unit, "SystemCallFilter"):
        away = words[0].startswith("~")
        for word in (words[0].removeprefix("~"), *words[1:]):
            named = GROUPS.get(word) or {word: NUMBERS.get(word, -1)}
            change = numbers.update if away else numbers.difference_update
            change(named.values())
    return numbers - {-1}


def families(unit: str) -> set[int]:
    """Gives the kinds of sockets that the unit leaves."""
    named = lines(unit, "RestrictAddressFamilies")
    return {int(getattr(socket, name)) for words in named for name in words}


def confine(unit: str) -> None:
    """Takes on this process, for good, what the unit forbids."""
    _set(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if ["yes"] in lines(unit, "MemoryDenyWriteExecute"):
        _set(PR_SET_MDWE, 1, 0, 0, 0, unless=errno.EINVAL)  # kernels before 6.3
    code = _filter(sorted(denied(unit)), sorted(families(unit)))
    steps = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(steps))
    _set(PR_SET_SECCOMP, BY_FILTER, ctypes.create_string_buffer(head, len(head)))


def _filter(refused: Sequence[int], kinds: Sequence[int]) -> bytes:
    steps = [_step(LOAD, 0)]
    for number in refused:
        steps += [_step(EQUAL, number, no=1), _step(RETURN, REFUSED | errno.EPERM)]
    steps += [_step(EQUAL, SOCKET, no=len(kinds) + 2), _step(LOAD, FIRST_ARGUMENT)]
    for place, kind in enumerate(kinds):
        steps.append(_step(EQUAL, kind, yes=len(kinds) - place))
    steps.append(_step(RETURN, REFUSED | errno.EAFNOSUPPORT))
    return b"".join([*steps, _step(RETURN, ALLOWED)])


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _set(option: int, *values: object, unless: int = 0) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, *values) and ctypes.get_errno() != unless:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


if __name__ == "__main__":
    confine(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.execv(sys.argv[2], sys.argv[2:])
