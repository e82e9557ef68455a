"""What is measured from host to host. Each measure takes its seconds and gives one number."""

import contextlib
import json
import re
import statistics
import subprocess
import time

from .network import DESTINATION, HOST, SITE, inside, ip, prefixed, run, stop, wait_for, wait_until
from .ways import SCRIPTS

PORT = 5201


@contextlib.contextmanager
def listening(*ports):
    """iperf3 servers at the far host, for one run each."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = [subprocess.Popen(prefixed("h2", "iperf3", "-s", "-1", "-p", str(port)), **quiet) for port in ports]
    try:
        for port in ports:
            wait_until(lambda: inside("h2", "ss", "-Hltn", f"sport = {port}").strip(), seconds=5)
        yield
    finally:
        for server in servers:
            stop(server)


def client(port, seconds, *options):
    return prefixed("h1", "iperf3", "-c", DESTINATION, "-p", str(port), "-t", str(seconds), "-J", *options)


def iperf(seconds, *options):
    """One run of iperf3 from host to host; its report."""
    with listening(PORT):
        return json.loads(run(*client(PORT, seconds, *options), timeout=seconds + 20))["end"]


def tcp(seconds, *options):
    """TCP in Gb/s as received, both directions together. The first second does not count."""
    end = iperf(seconds, "-O", "1", *options)
    sums = [end[key] for key in ["sum_received", "sum_received_bidir_reverse"] if key in end]
    return sum(each["bits_per_second"] for each in sums) / 1e9


def lossless(flows):
    """The highest rate of UDP packets that all arrive, in thousands a second, by bisection in runs of a second.

    All: but one in two hundred, which is what the machine's own hiccups cost. `flows` are lengths of IP packets and their
    shares of the rate. The result is exact to one part in thirteen.
    """
    low, high = 4.0, 512.0
    for _ in range(6):
        rate = (low * high) ** 0.5
        sent, lost = udp_run(flows, rate * 1000)
        if lost <= sent / 200 and sent > rate * 950:
            low = rate
        else:
            high = rate
    return low


def udp_run(flows, rate):
    """Packets sent and lost in one second."""
    script = str(SCRIPTS / "udp-packets")
    receiver = subprocess.Popen(prefixed("h2", script, "receive", str(PORT), str(len(flows))))
    try:
        wait_until(lambda: len(inside("h2", "ss", "-Hlun").splitlines()) == len(flows), seconds=5)
        before = arrived()
        sent = int(inside("h1", script, "send", DESTINATION, str(PORT), "1",
                          *(f"{length}:{int(rate * share)}" for length, share in flows), timeout=20))
        time.sleep(0.1)  # What is still in a queue has not been lost.
        return sent, max(0, sent - (arrived() - before))
    finally:
        stop(receiver)


def arrived():
    """UDP packets that have reached the far host. No program reads them: how fast one can is not in question, and it would
    take the gateways' cores."""
    names, values = [line.split() for line in inside("h2", "cat", "/proc/net/snmp").splitlines() if line[:4] == "Udp:"]
    counters = dict(zip(names, values))
    return int(counters["InDatagrams"]) + int(counters["RcvbufErrors"])


def round_trip_time(_, count=400):
    """The median of the times of pings from host to host, in microseconds."""
    text = inside("h1", "ping", "-n", "-c", str(count), "-i", "0.005", DESTINATION)
    return statistics.median(float(time) for time in re.findall(r"time=([0-9.]+) ms", text)) * 1000


def round_trip_time_beside_bulk(seconds):
    with listening(PORT):
        flow = subprocess.Popen(client(PORT, seconds + 1), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            return round_trip_time(seconds, count=(seconds - 1) * 150)
        finally:
            stop(flow)


# Flows through a thousand tunnels.

FLOWS = 1000


def tcp_spread(seconds, tunnels):
    """Gb/s of a thousand TCP flows, each through a tunnel of its own, or all through one."""
    for gateway, site in SITE.items():
        devices = re.findall(r"^\d+: (vti\d+)[:@]", inside(gateway, "ip", "-o", "link"), re.MULTILINE)[:tunnels]
        peer = 3 - site
        # Behind one address of the LAN: a table of neighbours has no room for so many.
        ip(HOST[gateway], ["link set lo up", *(f"addr replace {flow_address(site, number)}/32 dev lo"
                                               for number in range(FLOWS))])
        ip(gateway, [f"route replace 10.{site}.4.0/22 via 10.{site}.0.10 dev lan0",
                     *(f"route replace {flow_address(peer, number)}/32 dev {devices[number % len(devices)]}"
                       for number in range(FLOWS))])
    script = str(SCRIPTS / "many-flows")
    receiver = subprocess.Popen(prefixed("h2", script, "receive", str(PORT)), stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: inside("h2", "ss", "-Hltn", f"sport = {PORT}").strip(), seconds=5)
        inside("h1", script, "send", str(PORT), str(seconds), flow_address(1, 0), flow_address(2, 0), str(FLOWS),
               timeout=seconds + 60)
        return float(receiver.communicate(timeout=30)[0]) / 1e9
    finally:
        stop(receiver)


def flow_address(site, number):
    return f"10.{site}.{4 + number // 256}.{number % 256}"


def wait_for_connection(seconds=30):
    wait_for(lambda: inside("h1", "ping", "-n", "-q", "-c", "1", "-W", "1", DESTINATION), seconds)
