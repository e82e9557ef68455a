"""ESP by Scapy, an implementation that is not ours, for byte-for-byte comparison.

Reads a JSON array of requests from standard input, writes a JSON array of hexadecimal packets to standard output, one
for each request, null where Scapy refuses. A request:

    operation       "seal": inner IP packet -> ESP packet; "open": ESP packet -> inner IP packet
    encryption      "AES-GCM", "CHACHA20-POLY1305" or "AES-CBC", with encryptionKey (hexadecimal, the salt behind the key)
    integrity       Scapy's name of the integrity algorithm, or null, with integrityKey
    spi, sequence   sequence of 64 bits: the upper half is used only if extended
    extended        extended sequence numbers
    udp             ESP in UDP port 4500: the ESP packet is the UDP payload
    iv              hexadecimal, for "seal"; null for one of Scapy's choice
    packet          hexadecimal
"""

import json
import sys

from scapy.config import conf
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP, IPSecIntegrityError, SecurityAssociation
from scapy.packet import raw

conf.verb = 0
OUTER = IP(src="192.0.2.1", dst="192.0.2.2")


def unhex(text):
    return None if text is None else bytes.fromhex(text)


def association(request):
    return SecurityAssociation(
        ESP,
        spi=request["spi"],
        crypt_algo=request["encryption"],
        crypt_key=unhex(request["encryptionKey"]),
        auth_algo=request["integrity"],
        auth_key=unhex(request["integrityKey"]),
        tunnel_header=OUTER,
        nat_t_header=UDP(sport=4500, dport=4500) if request["udp"] else None,
        esn_en=request["extended"],
        esn=request["sequence"] >> 32,
    )


def seal(request):
    inner = unhex(request["packet"])
    inner = (IP if inner[0] >> 4 == 4 else IPv6)(inner)
    outer = association(request).encrypt(inner, seq_num=request["sequence"] & 0xFFFFFFFF, iv=unhex(request["iv"]))
    return raw(outer[UDP].payload if request["udp"] else outer[IP].payload)


def open_packet(request):
    payload = unhex(request["packet"])
    carrier = OUTER / UDP(sport=4500, dport=4500) if request["udp"] else IP(src=OUTER.src, dst=OUTER.dst, proto=50)
    # To bytes and back, so that Scapy itself must find ESP behind port 4500 or protocol 50.
    outer = IP(raw(carrier / payload))
    try:
        return raw(association(request).decrypt(outer))
    except IPSecIntegrityError:
        return None


OPERATIONS = {"seal": seal, "open": open_packet}
results = [OPERATIONS[request["operation"]](request) for request in json.load(sys.stdin)]
json.dump([None if result is None else result.hex() for result in results], sys.stdout)
