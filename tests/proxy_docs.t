#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""docs/verify.md: its policy is one, it names every page, and every page is run by a test of that name."""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from proxies import *  # noqa: E402,F403

TESTS = {"docs/behind-nginx-auth-request.md": "tests/proxy_nginx.t",
         "docs/behind-your-own-nginx.md": "tests/nginx_docs.t"}
VERIFY = "docs/verify.md"

os.chdir(TREE)
with World() as world:
    for number, text in enumerate(blocks(VERIFY, "yaml"), 1):
        secret = world.write("verify.secret", "x" * 32)
        config = world.write(f"{number}.yaml", placed(text, ("/etc/doorward/verify.secret", secret)))
        done_with = subprocess.run([PROGRAM, "check", "-c", config], capture_output=True, text=True)
        check(f"{VERIFY}, policy {number}", done_with.returncode == 0, done_with.stderr)
    with open(VERIFY) as file:
        linked = {f"docs/{name}" for name in re.findall(r"\]\(([\w.-]+\.md)\)", file.read())}
    pages = set(glob.glob("docs/behind-*.md"))
    same("it names every page, and none that is not there", linked, pages)
    for page in sorted(pages):
        name = TESTS.get(page, page.replace("docs/behind-", "tests/proxy_").replace(".md", ".t"))
        with open(name) as test:
            check(f"{page} is run by {name}", page in test.read())
done()
