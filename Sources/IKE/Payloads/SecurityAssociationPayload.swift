import WireFormat

/// SA: proposals for an SA, or the one that was chosen (RFC 7296 section 3.3).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                          <Proposals>                          ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct SecurityAssociationPayload: Hashable {
  let proposals: [Proposal]

  init(_ proposals: [Proposal]) { self.proposals = proposals }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    var proposals: [Proposal] = []
    var isLast = false
    while !isLast {
      isLast = try readSubstructureMark(&reader, more: 2)
      let length = Int(try reader.readUInt16())
      guard length >= Proposal.headerLength else { throw .invalid(field: "proposal length") }
      var body = try reader.subreader(length - 4)
      proposals.append(try Proposal(&body))
    }
    self.proposals = proposals
  }

  func write(to writer: inout ByteWriter) {
    for (index, proposal) in proposals.enumerated() {
      proposal.write(to: &writer, isLast: index == proposals.count - 1)
    }
  }
}
