import AuditCore

/// What became of one testcase.
enum JUnitResult {
    case pass
    case failure(type: String, message: String)
    case error(type: String, message: String)
    case skipped(message: String)

    var isFailure: Bool { if case .failure = self { true } else { false } }
    var isError: Bool { if case .error = self { true } else { false } }
    var isSkipped: Bool { if case .skipped = self { true } else { false } }

    /// Of the findings of one entry about one thing: several waivers can break one rule.
    init(of findings: [Finding], _ gate: GateReport) {
        guard let first = findings.first else { preconditionFailure("a rule that failed has a finding") }
        func text(_ findings: [Finding]) -> String {
            findings.map { $0.junitMessage(isAccepted: gate.isAccepted($0)) }.joined(separator: "\n")
        }
        let open = findings.filter(\.isOpen)
        guard !open.isEmpty else {
            let why = first.waiver.map { " by \($0.acceptance)" } ?? ""
            self = .skipped(message: "waived\(why): \(text(findings))")
            return
        }
        guard let failOn = gate.failOn, first.severity >= failOn else {
            let threshold = gate.failOn?.rawValue ?? "none"
            self = .skipped(message: "below --fail-on \(threshold) (\(first.severity.rawValue)): \(text(open))")
            return
        }
        let counting = open.filter(gate.counts)
        self =
            counting.isEmpty
            ? .skipped(message: "in the baseline: \(text(open))")
            : .failure(type: first.severity.rawValue, message: text(counting))
    }

    func write(_ attributes: [(String, String)], to xml: inout XMLWriter) {
        switch self {
        case .pass:
            xml.element("testcase", attributes)
        case .failure(let type, let message):
            xml.element("testcase", attributes) { xml in
                xml.element("failure", [("type", type), ("message", message)], text: message)
            }
        case .error(let type, let message):
            xml.element("testcase", attributes) { xml in
                xml.element("error", [("type", type), ("message", message)], text: message)
            }
        case .skipped(let message):
            xml.element("testcase", attributes) { xml in
                xml.element("skipped", [("message", message)], text: message)
            }
        }
    }
}

extension Finding {
    /// - Parameter isAccepted: whether the result says so itself.
    fileprivate func junitMessage(isAccepted: Bool) -> String {
        [
            (notes(state).filter { !isAccepted || $0 != Self.inBaseline } + [violation.message]).joined(
                separator: " · "),
            "expected: \(violation.expected.joined(separator: ", "))",
            "actual: \(actualInWords)", violation.remediation,
        ].joined(separator: "; ")
    }
}
