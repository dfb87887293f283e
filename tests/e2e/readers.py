# SPDX-License-Identifier: Apache-2.0
"""Who holds a reader's slot in an LMDB environment: `mdb_stat -r` without the program."""

import ctypes

RDONLY, NOTLS = 0x20000, 0x200000
MAP_SIZE = 1 << 30

TAKE_LINE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


def readers(folder):
    """The processes in the table of readers, a slot each."""
    lmdb = ctypes.CDLL("liblmdb.so.0")
    env, lines = ctypes.c_void_p(), []

    def must(code):
        if code != 0:
            raise OSError(f"{folder}: LMDB says {code}")

    @TAKE_LINE
    def take(line, _):
        lines.append(line.decode())
        return 0

    must(lmdb.mdb_env_create(ctypes.byref(env)))
    lmdb.mdb_env_set_mapsize(env, ctypes.c_size_t(MAP_SIZE))
    must(lmdb.mdb_env_open(env, folder.encode(), RDONLY | NOTLS, 0o640))
    lmdb.mdb_reader_list(env, take, None)
    lmdb.mdb_env_close(env)
    return [int(line.split()[0]) for line in lines if line.split() and line.split()[0].isdigit()]
