extension Validator {
  /// The shares fit into a line, and every packet into one class.
  mutating func checkTrafficClasses() {
    var taken: Set<UInt8> = []
    var total = 0
    for trafficClass in draft.overlay?.classes ?? [] {
      checkDuplication(of: trafficClass)
      total += trafficClass.share.value
      if total > TrafficClass.largestTotal {
        report(
          trafficClass.share.position, "the classes want \(total) % of a line",
          "leave \(100 - TrafficClass.largestTotal) % for all other traffic and for the network itself")
      }
      for codePoint in trafficClass.codePoints {
        if codePoint.value >= TrafficClass.networkControl {
          report(codePoint.position, "cs6 and above belong to the network itself, which has a class of its own")
        } else if !taken.insert(codePoint.value).inserted {
          report(codePoint.position, "this DSCP is in two classes", "give each to one class")
        }
      }
    }
  }

  /// A second copy needs a second way.
  private mutating func checkDuplication(of trafficClass: TrafficClassDraft) {
    if let level = trafficClass.serviceLevel, trafficClass.duplicated?.value == true {
      report(
        level.position, "a class that is sent by two tunnels at once does not choose between them",
        "leave out `serviceLevel` or `duplicated`")
    }
    guard let duplicated = trafficClass.duplicated, duplicated.value,
      !draft.sites.contains(where: { $0.isManaged && $0.uplinks.count > 1 })
    else { return }
    report(
      duplicated.position, "no packet can be sent twice, as no site has two uplinks", "add an uplink, or leave it out")
  }
}
