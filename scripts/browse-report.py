"""Opens the HTML report in headless Chromium and uses it: browse-report.py FOLDER SCREENSHOTS

FOLDER holds report.html and report.json of the same scan.
"""
import base64
import http.server
import json
import pathlib
import shutil
import sys
import threading
from urllib.parse import quote

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait



class Served:
    """A page over HTTP on loopback with a policy of the server's."""

    def __init__(self, page, policy):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(page.read_bytes())

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/"

    def __exit__(self, *_):
        self.server.shutdown()


folder, screenshots = map(pathlib.Path, sys.argv[1:])
report = json.loads((folder / "report.json").read_text())
# A file without a known name would be shown as text. The demo renames nothing, and its API is not GitHub's: the data says
# so here, which the page's policy allows, since it is no script.
page = (folder / "page.html").resolve()
former = "octo-works/a-former-name"
text = (folder / "report.html").read_text()
for mark, instead in (('"former":{}', f'"former":{{"{former}":0}}'), ('"web":null', '"web":"https://github.com/"'),
                      ('"settings":false', '"settings":true')):
    assert text.count(mark) == 1, mark
    text = text.replace(mark, instead)
page.write_text(text)

options = webdriver.ChromeOptions()
options.binary_location = shutil.which("chromium")
for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def open_page(width, height, dark=False, fragment="", scripts=True):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                      {"name": "prefers-reduced-motion", "value": "reduce"}]})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    browser.get("about:blank")
    browser.get(f"{page.as_uri()}{fragment}")


def picture(name):
    browser.save_screenshot(str(screenshots / f"{name}.png"))


def quiet():
    messages = browser.get_log("browser")
    assert not messages, messages


def shown():
    return browser.find_element(By.ID, "shown").text


def wait_for(text):
    try:
        WebDriverWait(browser, 10).until(lambda _: shown() == text)
    except TimeoutException:
        raise AssertionError(f"{shown()!r} is shown, not {text!r}") from None


def card_text():
    return browser.find_element(By.ID, "card").text


def choose(field, value):
    Select(browser.find_element(By.NAME, field)).select_by_value(value)


def address():
    return browser.execute_script("return location.hash")


def visible(selector):
    """Whether the element is on the screen, all of its height."""
    return browser.execute_script(
        "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;", selector)


# What a reader would lose: text beyond the edge of the page, or cut off within an element that does not scroll. Where a
# table scrolls, a shadow says so.
CUT = """
return [...document.querySelectorAll("header *, main *, footer *, dialog[open] *")].filter((one) => {
  if (one.closest("svg, select, .scroll, .skip") || !one.getClientRects().length) return false;
  const style = getComputedStyle(one);
  const isHidden = style.overflowX !== "visible" &&
    (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
  return (isHidden && !one.matches(".scroll, dialog, input")) || one.getBoundingClientRect().right > innerWidth + 1;
}).map((one) => one.outerHTML.slice(0, 120));
"""

# Pieces of a name that go over two lines although a line could end at one of its marks.
BROKEN_NAME = """
const pieces = [], walker = document.createTreeWalker(document.getElementById("card-name"), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const range = document.createRange();
  range.selectNodeContents(walker.currentNode);
  if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) pieces.push(walker.currentNode.data);
}
return pieces;
"""


def reset():
    browser.find_element(By.CSS_SELECTOR, "button[type=reset]").click()


repositories = report["repositories"]
count = len(repositories)
everything = f"{count} repositories"


def of(number):
    return everything if number == count else f"{number} of {everything}"


try:
    for name, width, height in (
            ("desktop", 1280, 900), ("wide", 1920, 1080), ("tablet", 768, 1024), ("phone", 390, 844)):
        for dark in (False, True):
            open_page(width, height, dark)
            wait_for(everything)
            theme = "dark" if dark else "light"
            picture(f"{name}-{theme}")
            overflow = browser.execute_script("return document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name}: {overflow} pixels wider than the screen"
            cut = browser.execute_script(CUT)
            assert not cut, (name, cut)
            browser.execute_script("document.getElementById('repositories').scrollIntoView({behavior: 'instant'})")
            picture(f"{name}-{theme}-repositories")
            quiet()

    # The first screen: what is new before all else, the critical repositories, and what could not be read.
    open_page(1280, 900)
    assert visible(".list.critical li")
    titles = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "main h2")]
    assert titles[0].startswith("New since #"), titles
    critical = {one["repository"] for one in report["findings"] if one["severity"] == "critical" and one["waiver"] is None}
    listed = {one.text for one in browser.find_elements(By.CSS_SELECTOR, ".critical .name")}
    assert listed and listed <= critical and len(listed) == min(5, len(critical)), (listed, critical)
    # A chart's legend holds the values at the pointer, and those of now without it.
    legend = ".charts figure .legend"
    latest = browser.find_element(By.CSS_SELECTOR, legend).text
    moments = browser.find_elements(By.CSS_SELECTOR, ".charts figure:first-of-type .moments rect")
    assert len(moments) == 2
    ActionChains(browser).move_to_element(moments[0]).perform()
    assert browser.find_element(By.CSS_SELECTOR, ".charts .when").text.endswith("(incomplete)")
    assert browser.find_element(By.CSS_SELECTOR, legend).text != latest
    picture("pointer")
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert browser.find_element(By.CSS_SELECTOR, legend).text == latest

    open_page(1280, 900)
    for status in ("compliant", "violating", "waived", "unreadable", "skipped"):
        choose("status", status)
        wait_for(of(sum(one["status"] == status for one in repositories)))
    reset()
    wait_for(everything)
    about = [one for one in report["findings"] if one["repository"]]
    for severity in ("critical", "high", "medium", "low"):
        choose("severity", severity)
        found = {one["repository"] for one in about if one["severity"] == severity and one["waiver"] is None}
        wait_for(of(len(found)))
    reset()
    wait_for(everything)
    # What a waiver accepts, and what nothing accepts.
    for choice, is_waived in (("yes", True), ("no", False)):
        choose("accepted", choice)
        found = {one["repository"] for one in about if (one["waiver"] is not None) == is_waived}
        found |= {one["full_name"] for one in repositories
                  if one["status"] == "unreadable" and (one["accepted_unread"] is not None) == is_waived}
        wait_for(of(len(found)))
    reset()
    wait_for(everything)
    for rule in {one["rule"] for one in about}:
        choose("rule", rule)
        wait_for(of(len({one["repository"] for one in about if one["rule"] == rule})))
    reset()
    wait_for(everything)
    choose("source", "repository")
    wait_for(of(sum((one["effective"] or {}).get("source") == "repository" for one in repositories)))
    reset()
    wait_for(everything)

    # Found by name alone; and by keyboard: / leads to the search.
    wanted = next(one for one in repositories if one["status"] == "violating")["full_name"]
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys(wanted)
    wait_for(of(sum(wanted in one["full_name"] for one in repositories)))
    picture("search")
    reset()
    wait_for(everything)

    # A view is in the address: it can be sent, and Back leads to the one before.
    rule = about[0]["rule"]
    hits = of(len({one["repository"] for one in about if one["rule"] == rule}))
    open_page(1280, 900)
    choose("rule", rule)
    wait_for(hits)
    assert address() == f"#repositories?rule={rule}", address()
    choose("status", "compliant")
    wait_for(of(0))
    assert address() == f"#repositories?status=compliant&rule={rule}", address()
    browser.back()
    wait_for(hits)
    browser.back()
    wait_for(everything)
    browser.forward()
    wait_for(hits)
    search = browser.find_element(By.NAME, "words")
    for letter in wanted:
        search.send_keys(letter)
    WebDriverWait(browser, 10).until(lambda _: "words=" in address() and address().endswith(f"rule={rule}"))
    WebDriverWait(browser, 10).until(lambda _: quote(wanted, safe="") in address())
    # All letters of a search are one step.
    browser.back()
    wait_for(hits)
    open_page(1280, 900, fragment="#repositories?status=violating&sort=-name")
    wait_for(of(sum(one["status"] == "violating" for one in repositories)))
    ordered = [one["full_name"] for one in repositories if one["status"] == "violating"]
    assert [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#table tbody th")] == ordered[::-1]
    assert visible("#shown")
    picture("view")
    # A repository that is looked at does not end the view.
    browser.find_element(By.LINK_TEXT, ordered[-1]).click()
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(browser, 10).until(lambda _: address() == "#repositories?status=violating&sort=-name")
    open_page(1280, 900, fragment="#repositories?rule=no-such-rule")
    assert "The rule no-such-rule is not in this report." == browser.find_element(By.ID, "notice").text
    wait_for(everything)
    reset()

    # Each column sorts both ways; by name it is known what comes first and last.
    def names():
        return [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#table tbody th")]

    for header in browser.find_elements(By.CSS_SELECTOR, "th[data-sort]"):
        button = header.find_element(By.TAG_NAME, "button")
        orders = {}
        for _ in range(2):
            button.click()
            orders[header.get_attribute("aria-sort")] = names()
        assert set(orders) == {"ascending", "descending"}, (header.text, orders.keys())
        if header.get_attribute("data-sort") == "name":
            assert orders["ascending"] == [one["full_name"] for one in repositories]
            assert orders["descending"] == orders["ascending"][::-1]

    # A deep link opens its repository, Escape closes it, and a link in the table opens it again.
    open_page(1280, 900, fragment=f"#{wanted}")
    card = browser.find_element(By.ID, "card")
    WebDriverWait(browser, 10).until(lambda _: card.is_displayed())
    assert browser.find_element(By.ID, "card-name").text == wanted
    finding = next(one for one in about if one["repository"] == wanted)
    assert finding["message"] in card.text and finding["remediation"] in card.text
    subject = next(one for one in repositories if one["full_name"] == wanted)["effective"]["subject"]
    assert subject in card.text
    assert "null" not in card.text.split() and "undefined" not in card.text
    picture("card")
    # From one to the next with the keyboard, which keeps its place.
    browser.find_element(By.CSS_SELECTOR, "[aria-label='next repository']").send_keys(Keys.ENTER)
    second = browser.find_element(By.ID, "card-name").text
    assert second != wanted
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    third = browser.find_element(By.ID, "card-name").text
    assert third not in (wanted, second), (wanted, second, third)
    assert third in browser.execute_script("return decodeURIComponent(location.hash)")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(browser, 10).until(lambda _: not card.is_displayed())
    browser.find_element(By.LINK_TEXT, wanted).click()
    WebDriverWait(browser, 10).until(lambda _: card.is_displayed())
    # What could not be decided is not said to be kept.
    unread = next(one for one in repositories if one["status"] == "unreadable")
    open_page(1280, 900, fragment=f"#{unread['full_name']}")
    assert "It passes every rule" not in card_text() and unread["reason"] in card_text()
    for nothing in ("nobody/nothing", "nothing"):
        open_page(1280, 900, fragment=f"#{nothing}")
        assert browser.find_element(By.ID, "notice").text == f"{nothing} is not in this report."
        assert visible("#notice")
    # A former name leads to what the repository is called now.
    first = repositories[0]["full_name"]
    open_page(1280, 900, fragment=f"#{former.upper()}")
    assert browser.find_element(By.ID, "card-name").text == first
    assert f"is called {first} now" in card_text()
    assert address() == f"#{first}", address()
    links = [one.get_attribute("href") for one in browser.find_elements(By.CSS_SELECTOR, "#card .links a")]
    assert links == [
        f"https://github.com/{first}", f"https://github.com/{first}/settings/actions/oidc-configuration",
        f"https://github.com/organizations/{first.split('/')[0]}/settings/actions/oidc-configuration"], links
    # What is copied is the subject, all of it.
    open_page(1280, 900, fragment=f"#{wanted}")
    copy = browser.find_element(By.CSS_SELECTOR, "#card .copy")
    copy.click()
    WebDriverWait(browser, 10).until(lambda _: copy.text == "Copied")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    field = browser.find_element(By.NAME, "words")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_attribute("value") == subject, field.get_attribute("value")
    open_page(390, 844, dark=True, fragment=f"#{wanted}")
    picture("card-phone-dark")
    cut = browser.execute_script(CUT)
    assert not cut, cut
    for one in repositories[:12]:
        open_page(390, 844, fragment=f"#{one['full_name']}")
        assert not browser.execute_script(BROKEN_NAME), one["full_name"]
    # On a phone the subjects are whole, and the page is a few screens long.
    open_page(390, 844)
    cells = browser.find_elements(By.CSS_SELECTOR, "#table tbody tr")
    assert len(cells) == 20
    for cell in cells:
        one = next(one for one in repositories if one["full_name"] == cell.find_element(By.TAG_NAME, "th").text)
        expected = (one["effective"] or {}).get("subject")
        assert not expected or expected in cell.text, cell.text
    assert browser.execute_script("return document.documentElement.scrollHeight") < 12 * 844

    # Printed, it is a document: what is broken is open, and each finding is there with its detail.
    open_page(1280, 900)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False})
    paper = browser.find_element(By.ID, "paper").text
    for one in about:
        assert one["message"] in paper and one["remediation"] in paper, one
    assert browser.find_elements(By.CSS_SELECTOR, "details.broken")
    assert not browser.find_elements(By.CSS_SELECTOR, "details.broken:not([open])")
    widths = [one.size["width"] for one in browser.find_elements(By.CSS_SELECTOR, "figure svg")]
    assert max(widths) < 400, widths
    # Rows, not cards.
    assert browser.find_element(By.CSS_SELECTOR, "#table thead").is_displayed()
    cut = browser.execute_script(CUT)
    assert not cut, cut
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not browser.find_elements(By.CSS_SELECTOR, "#paper *, details.broken[open]")
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    (screenshots / "printed.pdf").write_bytes(base64.b64decode(printed["data"]))
    waived = next((one["repository"] for one in about if one["waiver"]), None)
    if waived:
        open_page(1280, 900, fragment=f"#{waived}")
        assert "Waived until" in browser.find_element(By.ID, "card").text
    quiet()

    # Without its script the page still says what matters.
    open_page(1280, 900, scripts=False)
    assert wanted in browser.find_element(By.ID, "table").text
    picture("without-script")
    quiet()

    # Nor where a server forbids style and script, as some CI servers do.
    with Served(page, "sandbox; default-src 'none'; img-src 'self'; style-src 'self'") as address:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        browser.get(address)
        assert wanted in browser.find_element(By.ID, "table").text
        picture("without-style")
finally:
    browser.quit()
