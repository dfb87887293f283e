# SPDX-License-Identifier: Apache-2.0
"""flood.py PORT PATH keys|passwords RATE SECONDS: guesses so often a second, from an address of its own, each
never seen before; prints how many answers there were of which status."""

import base64
import collections
import os
import re
import socket
import sys
import time

import workload

SOURCE = "127.0.0.2"
TICK = 0.01  # seconds


def guess(kind):
    if kind == "keys":
        return "X-API-Key: " + workload.api_key(os.urandom(22))
    pair = os.urandom(6).hex() + ":" + os.urandom(12).hex()
    return "Authorization: Basic " + base64.b64encode(pair.encode()).decode()


def flood(port, path, kind, rate, seconds):
    connection = socket.create_connection(("127.0.0.1", port), source_address=(SOURCE, 0))
    connection.setblocking(False)
    begun, sent, left, answers = time.monotonic(), 0, b"", bytearray()
    while time.monotonic() < begun + seconds:
        for _ in range(int((time.monotonic() - begun) * rate) - sent):
            left += ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n" % (path, guess(kind))).encode()
            sent += 1
        try:
            left = left[connection.send(left):] if left else left
            answers += connection.recv(1 << 20)
        except BlockingIOError:
            pass
        time.sleep(TICK)
    return collections.Counter(re.findall(rb"HTTP/1\.1 (\d+) ", answers))


if __name__ == "__main__":
    statuses = flood(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
    print(" ".join("%s:%d" % (status.decode(), n) for status, n in sorted(statuses.items())))
