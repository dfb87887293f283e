# SPDX-License-Identifier: Apache-2.0
"""What a verification takes OpenSSL alone, found out while nginx verifies on the same core: from one second to
the next the machine's speed differs by more than what Doorward adds."""

import os
import statistics
import subprocess

import peers
from load import Pair, verdict

# The keys `openssl speed` has, and how the lines about them begin that -mr prints.
SPEEDS = {"RS256": ("rsa2048", "+F2:"), "ES256": ("ecdsap256", "+F4:"), "EdDSA": ("ed25519", "+F6:")}
LAP = 2  # seconds: in the first it signs, in the second it verifies
MOST = 1.25  # times a verification, on top of nginx alone
HMAC_MOST = 1.9  # times nginx alone


class VerifyingPair(Pair):
    def __init__(self, alg, case, reference, twin):
        super().__init__(case, reference, twin)
        self.alg, self.verify = alg, []  # microseconds, one for each round

    def start_openssl(self, _):
        return subprocess.Popen(
            ["openssl", "speed", "-mr", "-seconds", "1", SPEEDS[self.alg][0]], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {peers.SERVER_CORE}))

    def read(self, printed):
        """Releases differ: operations a second, or seconds an operation."""
        line = next(line for line in printed.splitlines() if line.startswith(SPEEDS[self.alg][1]))
        rate = float(line.rpartition(":")[2])
        return 1e6 / rate if rate > 1 else rate * 1e6

    def measure(self, seconds):
        if self.alg not in SPEEDS:
            super().measure(seconds)
            return
        case, reference, printed = self.race(LAP, self.start_openssl)
        self.note(case, reference)
        self.verify.append(self.read(printed))

    def limits(self):
        plain = self.reference.costs
        if self.alg not in SPEEDS:
            return [HMAC_MOST * cost for cost in plain]
        return [cost + MOST * time for cost, time in zip(plain, self.verify)]

    def show(self):
        limits = self.limits()
        value = statistics.median(cost / limit for cost, limit in zip(self.case.costs, limits))
        shown = "%.2f" % statistics.median(self.verify) if self.verify else "-"
        print("%-30s %9.2f %14.2f %8s %9.2f   %s (%.2f of it)" % (
            self.alg, self.case.cost(), self.reference.cost(), shown, statistics.median(limits), verdict(value, 1),
            value))
