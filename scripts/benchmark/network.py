"""Two hosts, two gateways and the router between them, each a network namespace.

    h1 ── lan0 g1 wan0 ── r ── wan0 g2 lan0 ── h2
                  wan1 ──   ── wan1
                     …         …
"""

import contextlib
import os
import signal
import subprocess
import time

PREFIX = "fabric-bench-"
HOST = {"g1": "h1", "g2": "h2"}
SITE = {"g1": 1, "g2": 2}
DESTINATION = "10.2.0.10"


def line_network(gateway, line):
    """The first three bytes of a line's addresses: the gateway has .1, the router .254."""
    return f"198.{17 + SITE[gateway]}.{line}"


def run(*command, **options):
    """A program's output; its complaint becomes part of the error."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{' '.join(command)}: {error.stderr.strip()[-500:]}") from error


def prefixed(name, *command):
    """A command that runs in a namespace."""
    return ["ip", "netns", "exec", PREFIX + name, *command]


def inside(name, *command, **options):
    return run(*prefixed(name, *command), **options)


def ip(name, commands):
    run("ip", "-n", PREFIX + name, "-batch", "-", input="\n".join(commands) + "\n")


def forward(name):
    inside(name, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")


@contextlib.contextmanager
def namespaces(lines=1):
    """Hosts, router and bare gateways with so many lines each; everything that runs inside ends with them."""
    names = ["h1", "g1", "r", "g2", "h2"]
    remove(names)
    for name in names:
        run("ip", "netns", "add", PREFIX + name)
    try:
        for gateway, site in SITE.items():
            link(gateway, "lan0", HOST[gateway], "eth0")
            ip(HOST[gateway], [f"addr add 10.{site}.0.10/16 dev eth0", "link set eth0 up",
                               f"route add default via 10.{site}.0.1"])
            for line in range(lines):
                link(gateway, f"wan{line}", "r", f"{gateway}-{line}")
                ip("r", [f"addr add {line_network(gateway, line)}.254/24 dev {gateway}-{line}",
                         f"link set {gateway}-{line} up"])
            ip(gateway, [f"link set {name} up" for name in ["lo", "lan0", *(f"wan{line}" for line in range(lines))]])
        forward("r")
        yield
    finally:
        remove(names)


def link(one, one_interface, other, other_interface):
    run("ip", "link", "add", one_interface, "netns", PREFIX + one, "type", "veth",
        "peer", "name", other_interface, "netns", PREFIX + other)


def remove(names):
    existing = set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else set()
    for name in [PREFIX + name for name in names]:
        if name not in existing:
            continue
        for process in run("ip", "netns", "pids", name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        run("ip", "netns", "delete", name)


def address_gateways():
    """What Fabric does itself: the gateways' addresses and their way out."""
    for gateway, site in SITE.items():
        network = line_network(gateway, 0)
        ip(gateway, [f"addr add 10.{site}.0.1/16 dev lan0", f"addr add {network}.1/24 dev wan0",
                     f"route add default via {network}.254"])
        forward(gateway)


def wait_for(attempt, seconds=15):
    """Tries again until it works or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def wait_until(condition, seconds=15):
    def attempt():
        if not condition():
            raise ValueError("not in time")
    wait_for(attempt, seconds)


@contextlib.contextmanager
def running(log, *command, **options):
    """A program in the background, its output in the file `log`, ended with the block."""
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, **options)
        try:
            yield process
        finally:
            stop(process)


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
