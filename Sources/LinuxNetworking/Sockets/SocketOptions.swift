import CLinux
import Glibc

extension FileDescriptor {
  /// Sets an integer socket option; `name` is for the error.
  func setOption(_ level: Int32, _ option: Int32, _ value: Int32, name: String) throws(LinuxError) {
    var value = value
    try checkErrno(name, setsockopt(rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
  }

  /// Binds the socket to one interface.
  func bindToDevice(_ interface: String) throws(LinuxError) {
    let name = Array(interface.utf8)
    try checkErrno(
      "SO_BINDTODEVICE \(interface)",
      setsockopt(rawValue, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)))
  }

  /// Asks for large socket buffers: beyond the system's limit where the process may, else up to it.
  func setBufferSizes(_ bytes: Int32) {
    setBufferSize(bytes, forced: SO_RCVBUFFORCE, polite: SO_RCVBUF)
    setBufferSize(bytes, forced: SO_SNDBUFFORCE, polite: SO_SNDBUF)
  }

  /// Sets the size of one of a socket's buffers, beyond the system's limit if the process may; a smaller one serves too.
  func setBufferSize(_ bytes: Int32, forced: Int32, polite: Int32) {
    if (try? setOption(SOL_SOCKET, forced, bytes, name: "")) == nil {
      try? setOption(SOL_SOCKET, polite, bytes, name: "")
    }
  }
}
