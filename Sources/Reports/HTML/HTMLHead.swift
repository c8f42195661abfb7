/// The beginning of a page that needs nothing else and runs no script.
///
/// The page forbids itself everything but its own style (Content Security Policy Level 3, §2.3.1).
struct HTMLHead {
    /// In HTML.
    let title: String
    let style: String

    /// Writes it, up to the start of the body.
    func write(to output: inout ReportOutput) {
        output.write(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>\(title)</title>
            <style>\(style)</style>
            </head>
            <body>

            """)
    }
}
