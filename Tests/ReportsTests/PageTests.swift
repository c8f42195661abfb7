import AuditCore
import Reports
import TestSupport
import Testing

/// Every page of the catalog, in every format that it has.
@Suite struct PageTests {
    static let names = PageCatalog.all.map { $0.name }

    private func samples(_ name: String) throws -> [PageSample] {
        let samples = try SamplePages.all().filter { $0.page.name == name }
        try #require(!samples.isEmpty, "SamplePages has no \(name)")
        return samples
    }

    @Test(arguments: names)
    func matchesItsGoldens(name: String) throws {
        for sample in try samples(name) {
            for format in sample.formats {
                try Golden.expect(sample.render(format), matches: "pages/\(sample.golden).\(format.rawValue)")
            }
        }
    }

    @Test func namesAreUnique() {
        #expect(Set(Self.names).count == Self.names.count)
    }

    @Test(arguments: names)
    func textFitsEightyColumnsButForNames(name: String) throws {
        for sample in try samples(name) {
            let text = sample.render(.text)
            // A subject, a digest or a source stays on a line of its own: it is there to be copied. Rows of a table are not
            // broken.
            for line in text.split(separator: "\n") where line.count > 80 && !text.hasPrefix("scan ") {
                #expect(
                    line.contains("subject") || line.contains("→") || line.split(separator: " ").count < 6, "\(line)")
            }
        }
    }
}
