"""What the scripts that fail parts of the lab have in common: a probe of what hosts notice, and a look at its processes."""

import ctypes
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

PREFIX = "fabric-lab-"
RATE = 1000
# ip(7); Python has no name for it.
IP_RECVTTL = 12


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def inside(namespace, action):
    """Runs an action on a thread of its own in a network namespace; sockets stay where they were made."""
    result = []

    def enter():
        with open(f"/run/netns/{PREFIX}{namespace}") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        result.append(action())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return result[0]


class Probe:
    """UDP packets with a number each way, and a TCP connection that says a word ten times a second."""

    def __init__(self, near, far, address, traffic_class=0):
        self.sent, self.there, self.back = {}, {}, {}
        self.resets = self.duplicates = 0
        # What is left of the packets' time to live: it differs where they have taken more hops than they need.
        self.times_to_live = set()
        self.running = True
        self.far = inside(far, lambda: self.bound(socket.SOCK_DGRAM, address))
        self.near = inside(near, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.near.connect((address, 7007))
        for end in (self.near, self.far):
            end.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, traffic_class)
            end.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            # What waits while a busy machine does not let this process run is not lost: SO_RCVBUFFORCE.
            end.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
        listener = inside(far, lambda: self.bound(socket.SOCK_STREAM, address))
        listener.listen(1)
        self.client = inside(near, lambda: socket.create_connection((address, 7007), timeout=30))
        self.server, _ = listener.accept()
        for work in (self.send, self.echo, self.receive, self.talk):
            threading.Thread(target=work, daemon=True).start()

    @staticmethod
    def bound(kind, address):
        opened = socket.socket(socket.AF_INET, kind)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, 7007))
        return opened

    def send(self):
        number, due = 0, time.monotonic()
        while self.running:
            self.sent[number] = time.monotonic()
            try:
                self.near.send(number.to_bytes(8, "big"))
            except OSError:
                pass  # an ICMP error of before; the packet is lost
            number += 1
            # No burst makes up for the time that this process did not run.
            due = max(due + 1 / RATE, time.monotonic())
            time.sleep(max(0, due - time.monotonic()))

    def echo(self):
        while self.running:
            packet, source = self.arrived(self.far, self.there)
            try:
                self.far.sendto(packet, source)
            except OSError:
                pass

    def receive(self):
        while self.running:
            try:
                self.arrived(self.near, self.back)
            except OSError:
                pass

    def arrived(self, end, arrivals):
        packet, details, _, source = end.recvmsg(64, 64)
        self.times_to_live.update(int.from_bytes(value, sys.byteorder) for _, _, value in details)
        number = int.from_bytes(packet, "big")
        self.duplicates += number in arrivals
        arrivals[number] = time.monotonic()
        return packet, source

    def talk(self):
        while self.running:
            try:
                self.client.sendall(b"word")
                self.server.recv(64)
            except OSError:
                self.resets += 1
                return
            time.sleep(0.1)

    def gap(self, start, end):
        """The longest silence at either host in seconds, beyond the interval of the packets."""
        gaps = []
        for arrivals in (self.there, self.back):
            times = sorted(at for at in list(arrivals.values()) if start - 0.1 <= at <= end)
            gaps += [later - earlier for earlier, later in zip(times, times[1:])] or [end - start]
        return max(0, max(gaps) - 1 / RATE)

    def missing(self, start, end):
        """When the packets were sent that did not come back."""
        return [at for number, at in list(self.sent.items()) if start <= at <= end and number not in self.back]

    def lost(self, start, end):
        return len(self.missing(start, end))

    def move(self, start, end):
        """How long after a fault the last packet was lost."""
        return max(self.missing(start, end), default=start) - start


def processes(site, name):
    """The ids of a site's processes whose command line holds a word."""
    found = []
    for process in run("ip", "netns", "pids", PREFIX + site).split():
        try:
            line = pathlib.Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if name in line:
            found.append(int(process))
    return found


def host_address(site):
    """The address of a site's host."""
    text = run("ip", "-n", f"{PREFIX}{site}-host", "-j", "-4", "address", "show")
    return next(
        address["local"] for link in json.loads(text) for address in link["addr_info"]
        if address["scope"] == "global")


def settle(fabric, probe, timeout=60):
    """Waits until the network has converged and two seconds have passed without a loss."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        time.sleep(1.5)
        now = time.monotonic()
        status = json.loads(run(fabric, "lab", "status", "-o", "json", check=False) or "{}")
        sites = ((status.get("network") or {}).get("sites")) or []
        whole = sites and all(site.get("isConnected", True) for site in sites)
        routed = all(
            tunnel.get("reached") == "endToEnd"
            for site in sites for tunnel in (site.get("status") or {}).get("tunnels", []))
        # After a fault traffic may stay on the other line for a while, by intention.
        preferred = not any(
            ".lte" in tunnel for site in sites
            for tunnels in (site.get("status") or {}).get("activeTunnels", {}).values() for tunnel in tunnels)
        if whole and routed and preferred and probe.lost(now - 1.5, now - 0.2) == 0:
            return True
    return False


def write_between(path, name, text):
    """Replaces what stands in a file between the comments NAME and `end`."""
    before, rest = pathlib.Path(path).read_text().split(f"<!-- {name} -->\n")
    after = rest.split("<!-- end -->", 1)[1]
    stamp = f"{os.cpu_count()} cores, {time.strftime('%-d %B %Y')}\n\n"
    pathlib.Path(path).write_text(f"{before}<!-- {name} -->\n{stamp}{text}\n<!-- end -->{after}")
