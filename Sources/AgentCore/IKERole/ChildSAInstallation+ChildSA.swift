import IKE

extension ChildSAInstallation {
  /// What the engine has negotiated, in the form that esp takes.
  init(_ pair: ChildSA, softLifetimeBytes: UInt64?) {
    self.init(
      tunnel: pair.connection, uplink: pair.uplink, inboundSPI: pair.inboundSPI, outboundSPI: pair.outboundSPI,
      suite: pair.suite, usesExtendedSequenceNumbers: pair.usesExtendedSequenceNumbers,
      inboundKeys: Keys(pair.inboundKeys), outboundKeys: Keys(pair.outboundKeys),
      localEndpoint: pair.localEndpoint, remoteEndpoint: pair.remoteEndpoint,
      isEncapsulatedInUDP: pair.encapsulation == .udp, localSelectors: pair.localSelectors,
      remoteSelectors: pair.remoteSelectors, replayWindow: pair.replayWindow, isInitiator: pair.isInitiator,
      replaces: pair.replaces, isBehindNAT: pair.isBehindNAT, softLifetimeBytes: softLifetimeBytes)
  }
}

extension ChildSAInstallation.Keys {
  init(_ keys: ChildSA.Keys) { self.init(encryption: keys.encryption, integrity: keys.integrity) }
}
