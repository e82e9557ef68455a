import CLinux
import Glibc

/// A routing netlink socket: requests and answers, or notifications of multicast groups.
final class NetlinkSocket {
  let descriptor: FileDescriptor
  private var sequence: UInt32 = 0

  /// Opens a socket in the thread's current network namespace, subscribed to `groups` (RTMGRP_… bits).
  init(groups: UInt32 = 0) throws(LinuxError) {
    let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(NETLINK_ROUTE))
    descriptor = FileDescriptor(owning: try checkErrno("netlink socket", number))
    descriptor.setBufferSizes(1 << 20)
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = groups
    try checkErrno(
      "bind netlink socket",
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      })
  }

  /// Has the kernel carry out a change; `call` names it in the error.
  func perform(_ request: NetlinkRequest, _ call: @autoclosure () -> String) throws(LinuxError) {
    _ = try exchange(request, call())
  }

  /// Asks for a whole table; asks again when it changed while it was being read.
  func dump(_ request: NetlinkRequest, _ call: @autoclosure () -> String) throws(LinuxError) -> [NetlinkMessage] {
    var messages: [NetlinkMessage] = []
    for _ in 0..<8 {
      messages = try exchange(request, call())
      if !messages.contains(where: { $0.flags & NLM_F_DUMP_INTR != 0 }) { break }
    }
    return messages
  }

  private func exchange(_ request: NetlinkRequest, _ call: String) throws(LinuxError) -> [NetlinkMessage] {
    sequence &+= 1
    let bytes = request.encoded(sequence: sequence)
    try checkErrno(call, Glibc.send(descriptor.rawValue, bytes, bytes.count, 0))
    var answers: [NetlinkMessage] = []
    while true {
      for message in try receive(call) where message.sequence == sequence {
        switch message.type {
        case NLMSG_DONE: return answers
        case NLMSG_ERROR:
          // An error of zero is the acknowledgement.
          let code: Int32 = message.payload.integer(at: 0) ?? -EBADMSG
          if code != 0 { throw LinuxError(call, code: -max(code, -4095)) }
          return answers
        default: answers.append(message)
        }
      }
    }
  }

  /// Waits for one datagram, unless the socket is non-blocking, and returns its messages.
  func receive(_ call: String) throws(LinuxError) -> [NetlinkMessage] {
    // The kernel's dumps use datagrams of up to 32 KiB.
    NetlinkMessage.parse(try descriptor.receiveDatagram(upTo: 1 << 16, call))
  }
}

extension FileDescriptor {
  fileprivate func receiveDatagram(upTo capacity: Int, _ call: String) throws(LinuxError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: capacity)
    var count: Int
    repeat { count = recv(rawValue, &buffer, buffer.count, 0) } while count < 0 && errno == EINTR
    return Array(buffer.prefix(try checkErrno(call, count)))
  }
}
