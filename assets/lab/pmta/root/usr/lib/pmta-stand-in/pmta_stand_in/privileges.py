"""From root to the user pmta, keeping only the right to bind low ports (a reload may open a listener on port 25)."""

import ctypes
import os
import pwd
import struct

CAP_NET_BIND_SERVICE = 10
LINUX_CAPABILITY_VERSION_3 = 0x20080522
PR_SET_KEEPCAPS = 8


def account(name='pmta'):
    """The passwd entry; raises RuntimeError where the user does not exist."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise RuntimeError(f'the user {name} does not exist') from None


def drop(user):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    header = struct.pack('Ii', LINUX_CAPABILITY_VERSION_3, 0)
    bit = 1 << CAP_NET_BIND_SERVICE
    # effective, permitted, inheritable; twice, for capabilities 0-31 and 32-63
    sets = struct.pack('6I', bit, bit, 0, 0, 0, 0)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), 'capset')
