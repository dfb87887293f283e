#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# The documents are right: manuals pass mandoc, each C example compiles against an installed copy and
# runs, and what ```console blocks show is what happens. In such a block a line is a command if it
# begins with "$ "; what follows is its output, where "..." stands for anything.
import glob
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

os.chdir(TREE)
ISSUER, AUDIENCE = "https://issuer.example", "https://api.example"
END = "--- the command ended ---"


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


def check_manuals():
    for page in sorted(glob.glob("docs/man/*.[1-8]")):
        result = run(["mandoc", "-Tlint", "-Wwarning", page])
        check(f"mandoc finds nothing wrong with {page}", result.returncode == 0, result.stdout)


class Installed:
    """A copy below a folder, as `make install` leaves it, and the compiler pointed at it."""

    def __init__(self, world):
        self.world, self.root = world, world.folder("installed")
        result = run(["make", "install", f"B={os.path.relpath(BUILD)}", f"DESTDIR={self.root}", "PREFIX=/usr"])
        check("make install", result.returncode == 0, result.stdout[-2000:], result.stderr[-2000:])
        self.env = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": self.root,
                    "PKG_CONFIG_PATH": f"{self.root}/usr/lib/pkgconfig",
                    "LD_LIBRARY_PATH": f"{self.root}/usr/lib"}

    def flags(self, *options):
        return run(["pkg-config", *options, "doorward"], env=self.env).stdout.split()

    def compile(self, name, source):
        """The program, or None."""
        program = os.path.join(self.world.folder("program"), "program")
        result = run(["gcc", "-Wall", "-Wextra", "-Werror", source, "-o", program,
                      *self.flags("--cflags", "--libs")], env=self.env)
        fine = check(f"{name} compiles against the installed copy", result.returncode == 0, result.stderr)
        return program if fine else None


def check_installed(installed):
    files = {os.path.relpath(os.path.join(folder, name), f"{installed.root}/usr")
             for folder, _, names in os.walk(installed.root) for name in names}
    wanted = {"bin/doorward", "lib/libdoorward.a", "lib/libdoorward.so", "lib/libdoorward.so.0",
              "include/doorward/doorward.h", "include/doorward/doorward_parts.h",
              "include/doorward/reasons.def", "lib/pkgconfig/doorward.pc",
              "lib/doorward/ngx_http_doorward_module.so", "share/man/man3/libdoorward.3"}
    same("what is installed is complete", sorted(wanted - files), [])


def check_static(installed):
    """The archive needs libcrypto alone."""
    program = os.path.join(installed.world.folder("program"), "program")
    result = run(["gcc", "examples/embed.c", *installed.flags("--cflags"),
                  f"{installed.root}/usr/lib/libdoorward.a", "-lcrypto", "-o", program])
    check("examples/embed.c links with libdoorward.a and libcrypto", result.returncode == 0, result.stderr)


def c_programs(path):
    """The whole programs a document shows."""
    with open(path) as file:
        text = file.read()
    if path.endswith(".md"):
        found = re.findall(r"^```c\n(.*?)^```", text, re.M | re.S)
    else:
        found = [block.replace("\\e", "\\").replace("\\&", "")
                 for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S)]
    return [block for block in found if "int main(" in block]


def documents():
    return ["README.md", *sorted(glob.glob("docs/**/*.md", recursive=True)),
            *sorted(glob.glob("docs/man/*.[1-8]"))]


def check_programs(world, installed):
    for path in filter(os.path.exists, documents()):
        for number, text in enumerate(c_programs(path), 1):
            name = f"{path}, C program {number},"
            program = installed.compile(name, world.write("example.c", text))
            if program:
                result = run([program], env=installed.env)
                check(f"{name} runs", result.returncode == 0, result.stdout, result.stderr)


def check_embed(world, installed):
    program = installed.compile("examples/embed.c", "examples/embed.c")
    if program is None:
        return
    key, port = Key("ES256"), free_port()
    with open(world.write("keys.json", jwks(key))) as keys:
        server = subprocess.Popen([program, str(port), ISSUER, AUDIENCE], stdin=keys, env=installed.env)
    world.stack.callback(server.wait)
    world.stack.callback(server.terminate)
    wait_for("examples/embed.c", lambda: listens(port))
    denied = get(port, "/")
    same("examples/embed.c turns a stranger away", denied.status, 401, denied)
    check("with a challenge", (denied.get("WWW-Authenticate") or "").startswith("Bearer"), denied)
    allowed = get(port, "/", token=mint(key, claims(ISSUER, AUDIENCE)))
    same("examples/embed.c lets a good token in", allowed.status, 200, allowed)


def console_blocks(path):
    """Of each console block: its commands, with the output shown for each."""
    with open(path) as file:
        blocks = re.findall(r"^```console\n(.*?)^```", file.read(), re.M | re.S)
    for block in blocks:
        commands = []
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif commands and commands[-1][0].endswith("\\"):
                commands[-1] = (commands[-1][0][:-1] + line.strip(), [])
            elif commands:
                commands[-1][1].append(line)
        yield commands


def is_shown(expected, output):
    pattern = "".join(".*?".join(map(re.escape, line.split("..."))) + "\n" for line in expected)
    return re.fullmatch(pattern, output, re.S) is not None


class Shell:
    """One bash for all commands of a document, in a folder of its own that looks like the tree."""

    def __init__(self, world, daemon):
        self.port = daemon.port
        folder = world.folder("shell")
        os.symlink(BUILD, f"{folder}/build")
        os.symlink(f"{TREE}/examples", f"{folder}/examples")
        os.symlink(f"{TREE}/tests", f"{folder}/tests")
        env = {**os.environ, "DOORWARD_DATA": daemon.data, "LC_ALL": "C",
               "PATH": f"{BUILD}:{os.environ['PATH']}"}
        self.bash = subprocess.Popen(["bash"], cwd=folder, env=env, text=True, start_new_session=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        world.stack.callback(self.stop)

    def run(self, command):
        command = command.replace("127.0.0.1:8401", f"127.0.0.1:{self.port}")
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null; printf '\\n%s\\n' '{END}'\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.rstrip("\n") == END:
                break
            lines.append(line.replace("\r", "").replace(f"127.0.0.1:{self.port}", "127.0.0.1:8401"))
        output = "".join(lines).removesuffix("\n")
        return output if output.endswith("\n") or not output else output + "\n"

    def stop(self):
        self.bash.stdin.close()
        try:
            self.bash.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.bash.pid, signal.SIGKILL)
            self.bash.wait()


def check_consoles(world):
    """What makes or installs Doorward has happened already, and is not run again."""
    with_console = [path for path in documents() if os.path.exists(path) and list(console_blocks(path))]
    daemon = world.daemon("--example") if with_console else None
    for path in with_console:
        shell = Shell(world, daemon)
        for commands in console_blocks(path):
            for command, expected in commands:
                if command.split()[0] not in ("make", "git", "apt-get", "sudo"):
                    output = shell.run(command)
                    check(f"{path}: {command}", is_shown(expected, output), "it says:", output)


with World() as world:
    check_manuals()
    installed = Installed(world)
    check_installed(installed)
    check_static(installed)
    check_programs(world, installed)
    check_embed(world, installed)
    check_consoles(world)
done()
