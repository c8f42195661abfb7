import AuditCore
import Testing

@Suite struct FilePathTests {
    @Test(arguments: [
        ("a", ".", "a", "", "a"), ("a/", ".", "a", "", "a/"), ("/a", "/", "a", "", "/a"),
        ("//a//", "/", "a", "", "//a//"),
        ("/", "/", "", "", "/"), ("", ".", "", "", ""), (".", ".", ".", "", "."), ("a/b", "a", "b", "", "a/b"),
        ("/x//b.c", "/x", "b.c", "c", "/x//b"), ("b.c/d", "b.c", "d", "", "b.c/d"), (".c", ".", ".c", "", ".c"),
        ("ö/é.tar.gz", "ö", "é.tar.gz", "gz", "ö/é.tar"), ("a.", ".", "a.", "", "a."),
    ])
    func aPathIsTakenApart(path: String, folder: String, name: String, ending: String, stem: String) {
        #expect(path.parentFolder == folder)
        #expect(path.fileName == name)
        #expect(path.fileExtension == ending)
        #expect(path.withoutFileExtension == stem)
    }
}
