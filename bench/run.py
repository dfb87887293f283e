#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What Doorward costs in nginx, and what its peers cost.

The figure is the server's CPU time per request: user and system time of all its processes, divided
by the requests answered. The server has one core, wrk the other; the cases take turns, round after
round, and medians over the rounds are shown. Ratios are taken within a round, then their median. nginx
with Doorward is loaded at the same moment as nginx without it: they share the core.
"""

import argparse
import os
import shutil
import sys
import tempfile

import accounts
import passwords
import peers
import workload
from load import Case, Pair, bearer, keep_awake, ratio, show_row
from verify import VerifyingPair

ALGS = ["RS256", "ES256", "EdDSA", "HS256"]
KINDS = ["good", "bad signature", "expired", "missing"]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.servers, self.own, self.peers, self.passwords = [], {}, {}, {}
        self.site, self.known, self.few, self.flooded = None, {}, {}, None
        self.pairs, self.verifying = [], []
        self.keys = {alg: workload.make_key(alg) for alg in ALGS}
        good = workload.make_token(self.keys["RS256"])
        self.tokens = {"good": good, "bad signature": workload.with_bad_signature(good),
                       "expired": workload.make_token(self.keys["RS256"], life=-3600), "missing": None}

    def write_files(self):
        rs256 = self.keys["RS256"]
        write = lambda name, text: peers.write(self.folder + "/" + name, text)
        write("keys.json", workload.as_json({"keys": [key.jwk() for key in self.keys.values()]}))
        write("rs256.json", workload.as_json({"keys": [rs256.jwk()]}))
        write("rs256.pem", rs256.pem().decode())
        write("rs256.crt", workload.certificate_pem(rs256))
        write("body", peers.BODY)
        os.mkdir(self.folder + "/www")
        write("www/plain", peers.BODY)
        write("www/guarded", peers.BODY)
        os.chmod(self.folder, 0o755)

    def start(self, starter, *arguments):
        server = starter(*arguments)
        self.servers.append(server)
        return server

    def add_guard(self, server, path="/guarded"):
        return {kind: Case(server, path, 200 if kind == "good" else 401, bearer(self.tokens[kind]))
                for kind in KINDS}

    def prepare_own(self):
        nginx = self.start(peers.start_nginx, self.options.build, self.folder)
        self.own = {
            "plain": Case(nginx, "/plain", 200, bearer(self.tokens["good"])),
            "return 401": Case(nginx, "/denied", 401),
            "plain file": Case(nginx, "/plain-file", 200, bearer(self.tokens["good"])),
            "guarded file": Case(nginx, "/guarded-file", 200, bearer(self.tokens["good"])),
            **self.add_guard(nginx),
        }
        for alg in ALGS:
            path = "%s/tokens-%s" % (self.folder, alg)
            workload.write_tokens(self.keys[alg], self.options.tokens, path)
            self.own["plain " + alg] = Case(nginx, "/plain", 200, file=path)
            self.own["guarded " + alg] = Case(nginx, "/guarded", 200, file=path)
        twin = self.start(peers.start_nginx, self.options.build, self.folder, "twin")
        names = [("good", "plain"), ("guarded file", "plain file"), ("missing", "return 401")]
        self.pairs += [Pair(self.own[case], self.own[reference], twin) for case, reference in names]
        self.verifying = [VerifyingPair(alg, self.own["guarded " + alg], self.own["plain " + alg], twin)
                          for alg in ALGS]
        self.pairs += self.verifying

    def prepare_site(self):
        options = self.options
        small, self.site = (
            accounts.Site(options.build, self.folder + "/" + name, self.folder + "/keys.json", keys, options.used,
                          self.start) for name, keys in (("few", options.used), ("many", options.keys)))
        self.known, self.few = self.site.cases(self.tokens["good"]), small.rotation()
        for site, cases in ((self.site, self.known), (small, self.few)):
            site.warm(cases)
            self.pairs += site.pairs(cases)

    def prepare_peers(self):
        folder, npm = self.folder, self.options.npm
        claims = [workload.ISSUER, workload.AUDIENCE]
        jwk = workload.as_json(self.keys["RS256"].jwk())
        pem = folder + "/rs256.pem"
        haproxy = self.start(peers.start_haproxy, folder)
        started = {
            "Apache mod_oauth2": self.start(peers.start_mod_oauth2, folder, jwk),
            "Apache mod_auth_openidc": self.start(peers.start_mod_auth_openidc, folder),
            "HAProxy jwt_verify": haproxy,
            "express-oauth2-jwt-bearer": self.start(
                peers.start_node, "express", npm, "express.js",
                "http://127.0.0.1:%d/keys.json" % haproxy.port, *claims),
            "@fastify/jwt": self.start(
                peers.start_node, "fastify", npm, "fastify.js", pem, *claims, "nocache"),
            "@fastify/jwt, cache": self.start(
                peers.start_node, "fastify cache", npm, "fastify.js", pem, *claims, "cache"),
        }
        for name, server in started.items():
            self.peers[name] = {"plain": Case(server, "/plain", 200, bearer(self.tokens["good"])),
                                **self.add_guard(server)}

    def prepare_passwords(self):
        self.passwords = passwords.prepare(self.folder, self.start)

    def run(self):
        cases = list(self.own.values())
        for peer in [*self.peers.values(), *self.passwords.values()]:
            cases += peer.values()
        paired = {id(case) for pair in self.pairs for case in (pair.case, pair.reference)}
        alone = [case for case in cases if id(case) not in paired]
        for case in alone:
            case.check()
            case.load(1)
        for pair in self.pairs:
            pair.warm()
        for number in range(self.options.rounds):
            print("round %d of %d" % (number + 1, self.options.rounds), file=sys.stderr)
            for case in [*alone, *self.pairs]:
                case.measure(self.options.seconds)
        if self.site:
            self.flooded = self.site.flood(self.known["key"], self.options.rounds, self.options.seconds)

    def stop(self):
        for server in self.servers:
            server.stop()


def show_own(own, verifying):
    """Doorward against the same nginx without it, beside the targets."""
    print("\nnginx with Doorward                 CPU us    nginx alone    ratio    at most")
    show_row("one valid token, repeated", own["good"], own["plain"], 1.25)
    show_row("the same, serving a file", own["guarded file"], own["plain file"], 1.25)
    show_row("no token", own["missing"], own["return 401"], 1.20)

    print("\na different token each time       CPU us    nginx alone   verify   at most")
    for pair in verifying:
        pair.show()


def show_peers(own, peers):
    """Everybody's CPU time per request; how many times Doorward's it is."""
    rows = dict(peers)
    if own:
        rows = {"nginx with Doorward": {kind: own[kind] for kind in ["plain", *KINDS]}, **rows}
    print("\nCPU us per request, RS256, one token repeated (in brackets: Doorward's = 1)")
    print("%-26s" % "" + "".join("%16s" % kind for kind in ["unguarded", *KINDS]))
    wrong = False
    for name, cases in rows.items():
        cells = ""
        for kind in ["plain", *KINDS]:
            times = " (%.1f)" % ratio(cases[kind], own[kind]) if own else ""
            mark = "!" if cases[kind].wrong else ""
            wrong = wrong or cases[kind].wrong
            cells += "%16s" % ("%s%.1f%s" % (mark, cases[kind].cost(), times))
        print("%-26s%s" % (name, cells))
    if wrong:
        print("! lets in what it should not, or turns away what it should let in")


def show(bench):
    if bench.own:
        show_own(bench.own, bench.verifying)
    if bench.site:
        accounts.show(bench.site, bench.known, bench.few, bench.flooded)
        passwords.show(bench.known, bench.passwords)
    if bench.peers:
        show_peers(bench.own, bench.peers)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build", help="where the nginx module was built")
    parser.add_argument("--npm", default="build/npm-bench", help="where npm's packages are")
    parser.add_argument("--only", choices=["own", "site", "peers"], help="measure one part")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, default=None, help="of load for each case and round")
    parser.add_argument("--tokens", type=int, help="how many different ones")
    parser.add_argument("--keys", type=int, help="API keys in the records")
    parser.add_argument("--used", type=int, help="how many of them are used")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 7)
    options.seconds = options.seconds or 1
    options.tokens = options.tokens or (8192 if options.quick else 32768)
    options.keys = options.keys or (100000 if options.quick else 1000000)
    options.used = options.used or (5000 if options.quick else 50000)
    return options


def main():
    options = read_options()
    if os.cpu_count() < 2:
        sys.exit("bench: two processors are needed, one for the server and one for wrk")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    folder = tempfile.mkdtemp(prefix="doorward-bench-")
    bench = Bench(options, folder)
    neighbour = keep_awake()
    try:
        bench.write_files()
        if options.only in (None, "own"):
            bench.prepare_own()
        if options.only in (None, "site"):
            bench.prepare_site()
            bench.prepare_passwords()
        if options.only in (None, "peers"):
            bench.prepare_peers()
        bench.run()
        show(bench)
    finally:
        neighbour.kill()
        bench.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
