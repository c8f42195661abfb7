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
        let text: String
    }

    struct Key {
        let className: String
        let label: String
        let value: String
    }

    let title: String
    /// What counts now, beside the title; `nil` where the parts alone say something.
    let now: String?
    let description: String
    let isDrawn: Bool
    var ticks: [Tick] = []
    var shapes: [Shape] = []
    var moments: [Moment] = []
    var from = ""
    var to = ""
    let legend: [Key]
}

extension TrendChart {
    /// The charts of a report: what the policy found, what could be judged, which subjects are immutable, where templates
    /// come from.
    static func all(of report: AuditReport) -> (charts: [TrendChart], nights: [Night]) {
        let every = Nights(report, ofOnePolicy: false)
        let charts = [
            TrendChart(
                "Findings by severity", Nights(report, ofOnePolicy: true), isStacked: true, isSum: true, unit: .count,
                Severity.allCases.reversed().map { severity in
                    Series(className: severity.rawValue, label: severity.rawValue) {
                        Double($0.findings[severity] ?? 0)
                    }
                }),
            TrendChart(
                "Coverage", every, isStacked: false, unit: .share,
                [Series(className: "coverage", label: "judged, of those in scope") { $0.coverage }]),
            TrendChart(
                "Immutable subjects", every, isStacked: false, unit: .share,
                [Series(className: "immutable", label: "of repositories that were read") { $0.immutableShare }]),
            TrendChart(
                "Where templates come from", every, isStacked: true, unit: .count,
                TemplateSource.allCases.map { source in
                    Series(className: source.rawValue, label: source.words) { Double($0.sources[source] ?? 0) }
                }),
        ]
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
            let tally: OrganizationTally
        }

        /// Oldest first, as many as a chart can show; of an organization that a scan did not ask for, what the scan before
        /// it counted. The report's own is the last, unless it was stopped: what it did not get to would look mended.
        let drawn: [Point]
        let now: OrganizationTally
        let policyName: String?

        /// - Parameter ofOnePolicy: whether nights of other policies are left out, since what they found can't be compared.
        init(_ report: AuditReport, ofOnePolicy: Bool) {
            now = report.tallies.values.reduce(OrganizationTally(), +)
            policyName = ofOnePolicy ? report.policy.name : nil
            var last: [OrganizationID: OrganizationTally] = [:]
            var points: [Point] = []
            for point in report.history?.trend ?? [] where point.scan.id != report.scanID {
                guard !ofOnePolicy || point.policyName == report.policy.name else { continue }
                last[point.organizationID] = point.tally
                if points.last?.scan == point.scan { points.removeLast() }
                points.append(
                    Point(
                        scan: point.scan, startedAt: point.scan.startedAt, policyName: point.policyName,
                        isComplete: point.isComplete, tally: last.values.reduce(OrganizationTally(), +)))
            }
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
            // Never rounded up to a whole that is not reached.
            return self == .count ? "\(Int(value))" : "\(((value * 1000).rounded(.down) / 10).short)%"
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
        let values = series.map { one in nights.map { one.value($0.tally) } }
        let latest = series.map { $0.value(all.now) }
        // The greatest last, as the areas lie; for people the other way about.
        legend = zip(series, latest).reversed().map {
            Key(className: $0.className, label: $0.label, value: unit.words($1))
        }
        now =
            !isStacked
            ? unit.words(latest.first ?? nil) : isSum ? "\(Int(latest.compactMap(\.self).reduce(0, +)))" : nil
        guard nights.count > 1, let first = nights.first, let last = nights.last else {
            isDrawn = false
            description =
                all.policyName.map { "No other scan of this scope was judged by \($0.shown): a line needs two." }
                ?? "One scan of this scope so far: a line needs two."
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
        let top =
            unit == .share
            ? 1 : Self.roundedUp(isStacked ? sums.max() ?? 0 : values.joined().compactMap(\.self).max() ?? 0)
        func y(_ value: Double) -> Double { Self.plot.bottom - value / top * (Self.plot.bottom - Self.plot.top) }
        let seconds = Double(last.startedAt.seconds(since: first.startedAt))
        let xs = nights.enumerated().map { place, night in
            // Within one second, side by side.
            let share =
                seconds > 0
                ? Double(night.startedAt.seconds(since: first.startedAt)) / seconds
                : Double(place) / Double(nights.count - 1)
            return Self.plot.left + share * (Self.plot.right - Self.plot.left)
        }
        let steps = unit == .count && Int(top) % 2 == 1 ? [0, top] : [0, top / 2, top]
        ticks = steps.map { Tick(y: y($0).short, label: unit.words($0)) }
        if isStacked {
            var floor = [Double](repeating: 0, count: nights.count)
            for (one, values) in zip(series, values) {
                let ceiling = zip(floor, values).map { $0 + ($1 ?? 0) }
                if ceiling != floor {
                    let outline =
                        zip(xs, ceiling.map(y)).map { "\($0.short) \($1.short)" }
                        + zip(xs, floor.map(y)).reversed().map { "\($0.short) \($1.short)" }
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
                    let under = "M\(line)L\(end.0.short) \(y(0).short)L\(start.0.short) \(y(0).short)Z"
                    shapes.append(
                        Shape(className: "\(one.className) under", fill: one.fill, opacity: "0.14", path: under))
                    shapes.append(
                        Shape(className: "\(one.className) line", fill: "none", stroke: one.fill, path: "M\(line)"))
                }
            }
        }
        // A night that could not read everything, so that what falls there is not taken for a change.
        for (x, night) in zip(xs, nights) where !night.isComplete {
            shapes.append(
                Shape(
                    className: "incomplete", fill: PageColor.of("incomplete"),
                    path: "M\((x - 1.5).short) \(Self.plot.bottom.short)h3v4h-3Z"))
        }
        moments = nights.indices.map { night in
            // From half-way to the neighbour on one side to half-way to that on the other.
            let start = night == 0 ? xs[0] : (xs[night - 1] + xs[night]) / 2
            let end = night == xs.count - 1 ? xs[night] : (xs[night] + xs[night + 1]) / 2
            let texts = zip(series, values).reversed().map { "\($0.label) \(unit.words($1[night]))" }
            return Moment(
                x: start.short, width: (end - start).short,
                text: "\(nights[night].startedAt): \(texts.joined(separator: ", "))"
                    + (nights[night].isComplete ? "" : ": not complete"))
        }
    }

    /// The next of 1, 2 and 5 times a power of ten, so that ticks have short labels.
    private static func roundedUp(_ value: Double) -> Double {
        var power = 1.0
        while power * 10 < value { power *= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value } ?? value
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
        cells =
            Severity.allCases.map { "\(tally.findings[$0] ?? 0)" }
            + [TrendChart.Unit.share.words(tally.coverage), TrendChart.Unit.share.words(tally.immutableShare)]
            + TemplateSource.allCases.map { "\(tally.sources[$0] ?? 0)" }
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
        case "unreadable", "incomplete": "#8a5a00"
        case "waived": "#6b4fa0"
        case "organization", "coverage", "immutable": "#0b6bcb"
        case "organization_or_copy": "#6ba5e0"
        case "repository": "#b45309"
        case "github_default": "#8792a0"
        default: "#c3c9d1"
        }
    }
}
