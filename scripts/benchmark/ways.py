"""What stands between the hosts: nothing, Fabric, wireguard-go or strongSwan. Each way is a context manager that has it up
while its block runs; `suite` and `encapsulation` are those of `SUITES` and of topology files."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile

from .network import (PREFIX, SITE, address_gateways, inside, ip, line_network, prefixed, run, running, wait_for)

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
PEER = {"g1": "g2", "g2": "g1"}

# Each by Fabric's transform set and strongSwan's proposal.
SUITES = {
    "AES-256-GCM": ("encryption: [aes256gcm16]", "aes256gcm16"),
    "AES-256-CBC + HMAC-SHA2-256": ("encryption: [aes256], integrity: [sha256]", "aes256-sha256"),
    "ChaCha20-Poly1305": ("encryption: [chacha20poly1305]", "chacha20poly1305"),
}


@contextlib.contextmanager
def unencrypted(_):
    address_gateways()
    ip("r", [f"route add 10.{site}.0.0/16 via {line_network(gateway, 0)}.1" for gateway, site in SITE.items()])
    yield


# Fabric.


@contextlib.contextmanager
def fabric(tools, suite="AES-256-GCM", encapsulation="udp", lines=1):
    with tempfile.TemporaryDirectory(prefix=PREFIX) as directory, contextlib.ExitStack() as stack:
        api = f"{directory}/controller.sock"
        endpoint = f"ipc://{directory}/agents"
        stack.enter_context(running(
            f"{directory}/controller.log", f"{tools.binaries}/fabric-controller", "run",
            "--state", f"{directory}/controller", "--socket", api, "--listen", endpoint))
        for gateway in SITE:
            enrol(tools.binaries, directory, api, endpoint, gateway)
            stack.enter_context(running(
                f"{directory}/{gateway}.log", *prefixed(gateway, f"{tools.binaries}/fabric-agent", "run",
                                                        "--identity", f"{directory}/{gateway}.json",
                                                        "--state", f"{directory}/{gateway}",
                                                        "--name", PREFIX + gateway)))
        topology = pathlib.Path(directory, "topology.yaml")
        topology.write_text(fabric_topology(suite, encapsulation, lines))
        run(f"{tools.binaries}/fabric", "apply", str(topology), "--yes", "--timeout", f"{60 + lines * lines // 4}s",
            "--controller", api)
        yield
    for parent in ["/etc/frr", "/run/frr"]:
        for gateway in SITE:
            shutil.rmtree(f"{parent}/{PREFIX}{gateway}", ignore_errors=True)


def fabric_topology(suite, encapsulation, lines):
    sites = []
    for gateway, site in SITE.items():
        uplinks = [f"      - {{ name: line{line}, interface: wan{line}, address: {line_network(gateway, line)}.1/24, "
                   f"gateway: {line_network(gateway, line)}.254 }}" for line in range(lines)]
        sites += [f"  {gateway}:", f"    loopback: 10.255.0.{site}",
                  f"    lans: [{{ interface: lan0, address: 10.{site}.0.1/16 }}]", "    uplinks:", *uplinks]
    return "\n".join([
        "apiVersion: fabric/v1", "kind: Topology", "metadata: { name: bench }", "profiles:",
        "  ike:",
        "    fast: { encryption: [aes256gcm16], prf: [sha256], dhGroups: [ecp256], lifetime: 86400s, "
        "dpd: { interval: 10s } }",
        "  ipsec:",
        f"    fast: {{ transformSet: {{ {SUITES[suite][0]}, mode: tunnel, esn: true }}, lifetime: {{ time: 3600s }} }}",
        f"defaults: {{ ike: fast, ipsec: fast, authentication: psk, encapsulation: {encapsulation} }}",
        "sites:", *sites, "overlay:", "  shape: full-mesh", "  routing: { protocol: static }", ""])


def enrol(binaries, directory, api, endpoint, gateway):
    """Makes an agent's keys and tells the controller, whose own key the agent must know first."""
    controller_key = json.loads(wait_for(lambda: pathlib.Path(directory, "controller/controller.key").read_text()))
    key = run(f"{binaries}/fabric-agent", "keygen", "--site", gateway, "--controller", endpoint,
              f"--controller-key={controller_key['publicKey']}", "--output", f"{directory}/{gateway}.json").strip()
    wait_for(lambda: run(f"{binaries}/fabric", "enrol", gateway, "--controller", api, "--", key))


# Those that Fabric is held against.


@contextlib.contextmanager
def wireguard(tools, release):
    """wireguard-go on both gateways; its control socket bears the interface's name, so the names differ."""
    address_gateways()
    program = str(tools.wireguard(release))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as directory, contextlib.ExitStack() as stack:
        keys = {}
        for gateway in SITE:
            keys[gateway] = run("wg", "genkey").strip()
            pathlib.Path(directory, gateway).write_text(keys[gateway])
            stack.enter_context(running(f"{directory}/{gateway}.log",
                                        *prefixed(gateway, program, "-f", f"bench-{gateway}")))
        for gateway, peer in PEER.items():
            device = f"bench-{gateway}"
            public_key = run("wg", "pubkey", input=keys[peer]).strip()
            wait_for(lambda: inside(gateway, "wg", "set", device, "private-key", f"{directory}/{gateway}",
                                    "listen-port", "51820", "peer", public_key, "allowed-ips", "0.0.0.0/0",
                                    "endpoint", f"{line_network(peer, 0)}.1:51820"))
            ip(gateway, [f"link set {device} mtu 1420 up", f"route add 10.{SITE[peer]}.0.0/16 dev {device}"])
        yield


@contextlib.contextmanager
def strongswan(_, suite="AES-256-GCM"):
    address_gateways()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as directory, contextlib.ExitStack() as stack:
        for gateway in ["g2", "g1"]:
            own = pathlib.Path(directory, gateway)
            own.mkdir()
            (own / "strongswan.conf").write_text(
                "charon { load = random nonce aes sha1 sha2 hmac kdf gcm chapoly openssl kernel-libipsec "
                "kernel-netlink socket-default vici\n }\n")
            (own / "swanctl.conf").write_text(swanctl_configuration(gateway, SUITES[suite][1]))
            stack.enter_context(running(
                f"{directory}/{gateway}.log",
                *prefixed(gateway, str(SCRIPTS / "with-private-run"), str(own), "/usr/lib/ipsec/charon"),
                env={**os.environ, "STRONGSWAN_CONF": "/run/strongswan.conf"}))
            load = ["swanctl", "--load-all", "--file", str(own / "swanctl.conf"), "--uri", f"unix://{own}/charon.vici"]
            wait_for(lambda: run(*load, timeout=10))
        yield


def swanctl_configuration(gateway, proposal):
    peer = PEER[gateway]
    return f"""
connections {{ bench {{
  version = 2
  local_addrs = {line_network(gateway, 0)}.1
  remote_addrs = {line_network(peer, 0)}.1
  proposals = aes256gcm16-prfsha256-ecp256
  encap = yes
  local {{ auth = psk }}
  remote {{ auth = psk }}
  children {{ lan {{
    local_ts = 10.{SITE[gateway]}.0.0/16
    remote_ts = 10.{SITE[peer]}.0.0/16
    esp_proposals = {proposal}
    start_action = {"start" if gateway == "g1" else "none"}
  }} }}
}} }}
secrets {{ ike-bench {{ secret = 0x9f1c7be3a54d02688b7e41d3c06fa95d37e2b8140cd96af17453e8b02c9d6e01 }} }}
"""
