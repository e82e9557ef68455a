"""The rows of the benchmark: what is measured, on which set-up, and what Fabric is to reach."""

import dataclasses
import functools
import typing

from . import measures, ways

PLAIN, FABRIC, STRONGSWAN = "unencrypted", "Fabric", "strongSwan 5.9, user-space ESP"
WIREGUARD_12, WIREGUARD_13 = "wireguard-go, Debian 12", "wireguard-go, Debian 13"


@dataclasses.dataclass(frozen=True)
class Way:
    """One way through the gateways, with the options that a set-up asks of it."""
    name: str
    take: typing.Callable
    options: tuple = ()
    release: str = ""

    def enter(self, tools):
        return self.take(tools, **dict(self.options))


@dataclasses.dataclass(frozen=True)
class Setup:
    """The ways that rows of one kind compare. What takes long to bring up is brought up once, and its rows are taken in
    turns as often as others in all rounds."""
    name: str
    ways: tuple
    lines: int = 1
    is_brought_up_once: bool = False


@dataclasses.dataclass(frozen=True)
class Row:
    """A measure. `targets` are what Fabric's value is to be, as a multiple of another way's or of another row's."""
    title: str
    unit: str
    take: typing.Callable
    setup: str
    targets: tuple = ()


@dataclasses.dataclass(frozen=True)
class Target:
    """At least (or, for times, at most) `factor` times what `way` has in the row, or Fabric in another `row`."""
    factor: float
    way: str = FABRIC
    row: str = ""
    at_most: bool = False
    # For times: what the unencrypted way takes is taken off both first, and `allowance` is what remains.
    allowance: float = 0


def wireguard(name, release):
    return Way(name, ways.wireguard, (("release", release),), release)


def fabric(**options):
    return Way(FABRIC, ways.fabric, tuple(options.items()))


def strongswan(**options):
    return Way(STRONGSWAN, ways.strongswan, tuple(options.items()))


GCM, CBC, CHACHA, PLAIN_ESP, MANY = ("AES-256-GCM in UDP", "AES-256-CBC + HMAC-SHA2-256", "ChaCha20-Poly1305",
                                     "protocol 50", "1,024 tunnels")
# Each line of one gateway has a tunnel with each of the other's.
MANY_LINES = 32

SETUPS = (
    Setup(GCM, (Way(PLAIN, ways.unencrypted), fabric(), wireguard(WIREGUARD_12, "bookworm"),
                wireguard(WIREGUARD_13, "trixie"), strongswan())),
    Setup(CBC, (fabric(suite=CBC), strongswan(suite=CBC))),
    Setup(CHACHA, (fabric(suite=CHACHA), wireguard(WIREGUARD_13, "trixie"), strongswan(suite=CHACHA))),
    Setup(PLAIN_ESP, (fabric(encapsulation="esp"), strongswan())),
    Setup(MANY, (fabric(lines=MANY_LINES),), MANY_LINES, is_brought_up_once=True),
)

# Lengths of IP packets and their shares: seven small ones for four medium ones and one that just fits the tunnel.
IMIX = ((64, 7 / 12), (576, 4 / 12), (1400, 1 / 12))
BULK = (Target(2.4, WIREGUARD_13), Target(18, STRONGSWAN), Target(0.40, PLAIN))
SUITE = (Target(3, STRONGSWAN),)

ROWS = (
    Row("one TCP flow", "Gb/s", measures.tcp, GCM, BULK),
    Row("four TCP flows", "Gb/s", lambda seconds: measures.tcp(seconds, "-P", "4"), GCM, BULK),
    Row("both directions", "Gb/s", lambda seconds: measures.tcp(seconds, "--bidir"), GCM, BULK),
    Row("UDP of 64 bytes", "k packets/s", lambda _: measures.lossless(((64, 1),)), GCM, (Target(2, WIREGUARD_13),)),
    Row("UDP of 300 bytes", "k packets/s", lambda _: measures.lossless(((300, 1),)), GCM, (Target(2, WIREGUARD_13),)),
    Row("IMIX", "k packets/s", lambda _: measures.lossless(IMIX), GCM, SUITE),
    Row("round trip, idle", "µs", measures.round_trip_time, GCM,
        (Target(0, PLAIN, at_most=True, allowance=60), Target(1, WIREGUARD_13, at_most=True))),
    Row("round trip beside one flow", "µs", measures.round_trip_time_beside_bulk, GCM,
        (Target(1, WIREGUARD_13, at_most=True),)),
    Row("AES-CBC + HMAC-SHA2, one TCP flow", "Gb/s", measures.tcp, CBC, SUITE),
    Row("ChaCha20-Poly1305, one TCP flow", "Gb/s", measures.tcp, CHACHA, SUITE),
    Row("protocol 50, one TCP flow", "Gb/s", measures.tcp, PLAIN_ESP, SUITE),
    Row("1,000 TCP flows through one tunnel of 1,024", "Gb/s",
        functools.partial(measures.tcp_spread, tunnels=1), MANY),
    Row("1,000 TCP flows through 1,000 tunnels", "Gb/s",
        functools.partial(measures.tcp_spread, tunnels=measures.FLOWS), MANY,
        (Target(0.8, row="1,000 TCP flows through one tunnel of 1,024"),)),
)
