import AuditCore

/// A small chart as the page's template draws it; the names are the template's.
struct TrendChart {
    struct Tick {
        let y: String
        let label: String
    }

    struct Shape {
        let className: String
        /// For where the page's style is forbidden.
        let fill: String
        var stroke = "none"
        var opacity = "1"
        let path: String
    }

    /// A row of the table that says what the charts draw.
    struct Night {
        let date: String
        let policy: String
        let complete: String
        let cells: [String]
    }

    /// A stretch of time that says its values.
    struct Moment {
        let x: String
        let width: String
        /// When it was, and what each entry of the legend counted then: the page's script reads it too.
        let text: String
    }

    /// A part of the bar that stands for a line where there is one night alone.
    struct Part {
        let className: String
        let fill: String
        let x: String
        let width: String
        let text: String
    }

    struct Key {
        let className: String
        let label: String
        let value: String
    }

    let title: String
    /// What counts now, beside the title; `nil` if the parts alone say something.
    let now: String?
    let description: String
    /// Whether there are lines: what is there of one night is a bar.
    let isDrawn: Bool
    /// Whether it is one of two in a row of the page, and not of three.
    var isWide = false
    /// Why there are no lines, where other charts have some.
    var note: String?
    var ticks: [Tick] = []
    var shapes: [Shape] = []
    var moments: [Moment] = []
    /// A path with a dot for each night that did not see everything; `nil` if all did.
    var gaps: String?
    var parts: [Part] = []
    var from = ""
    var to = ""
    let legend: [Key]
}

extension TrendChart {
    /// The charts of a report: what the policy found, the worst of it, what could be judged, which subjects are immutable,
    /// where templates come from.
    static func all(of report: AuditReport) -> (charts: [TrendChart], nights: [Night]) {
        let every = Nights(report, ofOnePolicy: false)
        let judged = Nights(report, ofOnePolicy: true)
        let severities = Severity.allCases.sorted().map { severity in
            Series(className: severity.rawValue, label: severity.rawValue) { Double($0.findings[severity] ?? 0) }
        }
        var charts = [
            TrendChart("Findings by severity", judged, isStacked: true, isSum: true, unit: .count, severities),
            // Among very many others they would be a hair's breadth. A bar of one night shows them as it is.
            judged.drawn.count > 1
                ? TrendChart(
                    "Critical and high", judged, isStacked: false, unit: .count, Array(severities.suffix(2))) : nil,
            TrendChart(
                "Coverage", every, isStacked: false, unit: .share,
                [Series(className: "coverage", label: "judged, of those in scope") { $0.coverage }]),
            TrendChart(
                "Immutable subjects", every, isStacked: false, unit: .share,
                [Series(className: "immutable", label: "of those read") { $0.immutableShare }]),
            TrendChart(
                "Where templates come from", every, isStacked: true, unit: .count,
                TemplateSource.allCases.map { source in
                    Series(className: source.rawValue, label: source.displayText) { Double($0.count(of: source)) }
                }),
        ].compactMap(\.self)
        for place in charts.indices where charts.count == 4 || place < 2 { charts[place].isWide = true }
        // Where there is one scan at all, the page says it once.
        if every.drawn.count < 2 { for place in charts.indices { charts[place].note = nil } }
        return (charts, every.drawn.reversed().map(Night.init))
    }

    // MARK: -

    /// What all organizations of a report counted together, night by night.
    fileprivate struct Nights {
        struct Point {
            let scan: ScanDifference.Side?
            let startedAt: Timestamp
            let policyName: String
            let isComplete: Bool
            /// `nil`: a gap, since no organization of it was found, or counted yet.
            let tally: OrganizationTally?
        }

        /// Oldest first, as many as a chart can show; of an organization that a scan did not ask for or did not
        /// find, what the scan before it counted. The report's own is the last, unless it was stopped: what it did not get to would look fixed.
        let drawn: [Point]
        let now: OrganizationTally?
        let policyName: String?

        /// - Parameter ofOnePolicy: whether nights of other policies are left out, since what they found can't be compared.
        init(_ report: AuditReport, ofOnePolicy: Bool) {
            policyName = ofOnePolicy ? report.policy.name : nil
            var last: [OrganizationID: OrganizationTally] = [:]
            var points: [Point] = []
            for point in report.history?.trend ?? [] where point.scan.id != report.scanID {
                guard !ofOnePolicy || point.policyName == report.policy.name else { continue }
                if let tally = point.tally { last[point.organizationID] = tally }
                // A scan of several organizations has a point of each.
                let same = points.last.flatMap { $0.scan == point.scan ? $0 : nil }
                if same != nil { points.removeLast() }
                let isFound = point.tally != nil || same?.tally != nil
                points.append(
                    Point(
                        scan: point.scan, startedAt: point.scan.startedAt, policyName: point.policyName,
                        isComplete: point.isComplete && same?.isComplete != false,
                        tally: isFound ? last.values.reduce(OrganizationTally(), +) : nil))
            }
            let own = report.tallies
            now =
                report.organizations.contains { $0.id != nil }
                ? last.merging(own) { $1 }.values.reduce(OrganizationTally(), +) : nil
            if report.stop == nil {
                points.append(
                    Point(
                        scan: nil, startedAt: report.startedAt, policyName: report.policy.name,
                        isComplete: report.isComplete, tally: now))
            }
            let count = min(points.count, momentsMax)
            drawn = count == 0 ? [] : (1...count).map { points[$0 * points.count / count - 1] }
        }
    }

    private struct Series {
        let className: String
        let label: String
        let value: (OrganizationTally) -> Double?

        var fill: String { PageColor.of(className) }
    }

    fileprivate enum Unit {
        case count
        case share

        func words(_ value: Double?) -> String {
            guard let value else { return "unknown" }
            guard self == .share else { return "\(Int(value))" }
            // Never rounded up to a whole that is not reached; with one decimal, so that figures stand in line.
            let tenths = Int((value * 1000).rounded(.down))
            return tenths == 0 || tenths == 1000 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
        }

        /// At the axis.
        func tick(_ value: Double) -> String {
            self == .count ? "\(Int(value))" : "\((value * 100).short)%"
        }
    }

    private static let momentsMax = 120
    /// The plot within the chart, in its own units.
    private static let plot = (left: 34.0, right: 396.0, top: 8.0, bottom: 100.0)

    /// - Parameters:
    ///   - isStacked: whether each lies upon the one before.
    ///   - isSum: whether it says something how much they are together.
    private init(
        _ title: String, _ all: Nights, isStacked: Bool, isSum: Bool = false, unit: Unit, _ series: [Series],
    ) {
        self.title = title
        let nights = all.drawn
        let values = series.map { one in nights.map { $0.tally.flatMap(one.value) } }
        let latest = series.map { all.now.flatMap($0.value) }
        // The greatest last, as the areas lie; for people the other way about.
        legend = zip(series, latest).reversed().map {
            Key(className: $0.className, label: $0.label, value: unit.words($1))
        }
        let isShare = unit == .share
        now = isShare ? unit.words(latest.first ?? nil) : isSum ? "\(Int(latest.compactMap(\.self).reduce(0, +)))" : nil
        guard nights.count > 1, let first = nights.first, let last = nights.last else {
            isDrawn = false
            note = all.policyName.map { "No other scan of this scope was judged by \($0.shown)." }
            let sum = latest.compactMap(\.self).reduce(0, +)
            let whole = isShare ? 1 : max(sum, 1)
            var start = 0.0
            // The greatest first, as in the legend.
            parts = zip(series, latest).reversed().map { one, value in
                let share = (value ?? 0) / whole * 100
                defer { start += share }
                return Part(
                    className: one.className, fill: one.fill, x: start.short, width: share.short,
                    text: "\(one.label) \(unit.words(value))")
            }
            description = "\(title): \(parts.map(\.text).joined(separator: ", "))"
            return
        }
        isDrawn = true
        let span = "from \(first.startedAt.day) to \(last.startedAt.day)"
        description =
            "\(title), \(span): "
            + zip(series, values).reversed().map { series, values in
                "\(series.label) \(unit.words(values.first ?? nil)) then, \(unit.words(values.last ?? nil)) now"
            }.joined(separator: "; ")
        let isOneDay = first.startedAt.day == last.startedAt.day
        (from, to) = isOneDay ? (first.startedAt.time, last.startedAt.time) : (first.startedAt.day, last.startedAt.day)

        let sums = nights.indices.map { night in values.reduce(0) { $0 + ($1[night] ?? 0) } }
        let counted = isStacked ? sums : values.joined().compactMap(\.self)
        let (floor, top) = unit == .share ? Self.shares(counted) : (0, Self.roundedUp(counted.max() ?? 0))
        func y(_ value: Double) -> Double {
            Self.plot.bottom - (value - floor) / (top - floor) * (Self.plot.bottom - Self.plot.top)
        }
        let seconds = Double(last.startedAt.seconds(since: first.startedAt))
        let xs = nights.enumerated().map { place, night in
            // Within one second, side by side.
            let share =
                seconds > 0
                ? Double(night.startedAt.seconds(since: first.startedAt)) / seconds
                : Double(place) / Double(nights.count - 1)
            return Self.plot.left + share * (Self.plot.right - Self.plot.left)
        }
        let intervals = unit == .share || Int(top) % 2 == 0 ? 2 : Int(top) % 3 == 0 ? 3 : 1
        ticks = (0...intervals).map { place in
            let value = floor + (top - floor) * Double(place) / Double(intervals)
            return Tick(y: y(value).short, label: unit.tick(value))
        }
        let dots = zip(nights, xs).filter { !$0.0.isComplete }.map { "M\($0.1.short) 104h0" }
        gaps = dots.isEmpty ? nil : dots.joined()
        if isStacked {
            // A night on which nothing was counted parts the areas.
            let runs = nights.indices.split { nights[$0].tally == nil }
            var floor = [Double](repeating: 0, count: nights.count)
            for (one, values) in zip(series, values) {
                let ceiling = zip(floor, values).map { $0 + ($1 ?? 0) }
                for run in runs where ceiling[run] != floor[run] {
                    let outline =
                        zip(xs[run], ceiling[run].map(y)).map { "\($0.short) \($1.short)" }
                        + zip(xs[run], floor[run].map(y)).reversed().map { "\($0.short) \($1.short)" }
                    shapes.append(
                        Shape(
                            className: one.className, fill: one.fill, path: "M" + outline.joined(separator: "L") + "Z"))
                }
                floor = ceiling
            }
        } else {
            for (one, values) in zip(series, values) {
                // A night of which it is unknown parts the line.
                let runs = zip(xs, values).map { x, value in value.map { (x, y($0)) } }.split { $0 == nil }
                for run in runs {
                    let points = run.compactMap(\.self)
                    guard let start = points.first, let end = points.last else { continue }
                    let line = points.map { "\($0.0.short) \($0.1.short)" }.joined(separator: "L")
                    // An area says how much it is only where it stands on nothing.
                    if floor == 0 {
                        let under = "M\(line)L\(end.0.short) \(y(0).short)L\(start.0.short) \(y(0).short)Z"
                        shapes.append(
                            Shape(className: "\(one.className) under", fill: one.fill, opacity: "0.14", path: under))
                    }
                    shapes.append(
                        Shape(className: "\(one.className) line", fill: "none", stroke: one.fill, path: "M\(line)"))
                }
            }
        }
        moments = nights.indices.map { night in
            // From half-way to the neighbour on one side to half-way to that on the other.
            let start = night == 0 ? xs[0] : (xs[night - 1] + xs[night]) / 2
            let end = night == xs.count - 1 ? xs[night] : (xs[night] + xs[night + 1]) / 2
            let cells = zip(series, values).reversed().map { ($0.label, unit.words($1[night])) }
            let moment = nights[night].startedAt.minute + (nights[night].isComplete ? "" : " (incomplete)")
            return Moment(
                x: start.short, width: (end - start).short,
                text: "\(moment): \(cells.map { "\($0.0) \($0.1)" }.joined(separator: ", "))")
        }
    }

    /// A round number that is hardly more, so that the chart is filled and ticks have short labels.
    private static func roundedUp(_ value: Double) -> Double {
        var power = 1.0
        while power * 10 < value { power *= 10 }
        return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10].map { $0 * power }
            .first { $0 >= value && $0 == $0.rounded() } ?? value
    }

    /// Between which shares an axis goes: from nothing where they are small, and to the whole where they are large.
    private static func shares(_ values: [Double]) -> (floor: Double, top: Double) {
        guard let least = values.min(), let most = values.max() else { return (0, 1) }
        if most <= 0.5 { return (0, max(5, roundedUp(most * 100)) / 100) }
        return least < 0.5 || least == 1 ? (0, 1) : ((least * 10 - 0.01).rounded(.down) / 10, 1)
    }
}

extension Timestamp {
    /// Hours, minutes and seconds in UTC.
    fileprivate var time: String { String(description.dropFirst(11)) }
}

extension TrendChart.Night {
    fileprivate init(_ point: TrendChart.Nights.Point) {
        date = point.startedAt.description
        policy = point.policyName.shown
        complete = point.isComplete ? "complete" : "incomplete"
        let tally = point.tally
        let (count, share) = (TrendChart.Unit.count, TrendChart.Unit.share)
        cells =
            Severity.allCases.map { severity in count.words(tally.map { Double($0.findings[severity] ?? 0) }) }
            + [share.words(tally?.coverage), share.words(tally?.immutableShare)]
            + TemplateSource.allCases.map { source in count.words(tally.map { Double($0.count(of: source)) }) }
    }
}

/// Colours of the page for where its style is forbidden: those of the style's light theme.
enum PageColor {
    static func of(_ className: String) -> String {
        switch className {
        case "critical": "#a3123f"
        case "high": "#c2410c"
        case "medium": "#8a6400"
        case "low": "#3d6a99"
        case "compliant": "#1a7f45"
        case "violating": "#b3123b"
        case "unreadable": "#8a5a00"
        case "waived": "#6b4fa0"
        case "organization", "coverage", "immutable": "#0b6bcb"
        case "organization_or_copy": "#6ba5e0"
        case "repository": "#b45309"
        case "github_default": "#8792a0"
        default: "#c3c9d1"
        }
    }
}
