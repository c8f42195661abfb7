"""Opens the HTML report in headless Chromium and uses it: browse-report.py FOLDER SCREENSHOTS

FOLDER holds report.html and report.json of the same scan.
"""
import http.server
import json
import pathlib
import shutil
import sys
import threading

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
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
# A file without a known name would be shown as text.
page = (folder / "page.html").resolve()
shutil.copy(folder / "report.html", page)

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


def reset():
    browser.find_element(By.CSS_SELECTOR, "button[type=reset]").click()


repositories = report["repositories"]
count = len(repositories)
everything = f"{count} repositories"


def of(number):
    return everything if number == count else f"{number} of {everything}"


try:
    for name, width, height in (("desktop", 1280, 900), ("phone", 390, 844)):
        for dark in (False, True):
            open_page(width, height, dark)
            wait_for(everything)
            theme = "dark" if dark else "light"
            picture(f"{name}-{theme}")
            overflow = browser.execute_script("return document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name}: {overflow} pixels wider than the screen"
            browser.execute_script("document.getElementById('repositories').scrollIntoView({behavior: 'instant'})")
            picture(f"{name}-{theme}-repositories")
            quiet()

    open_page(1280, 900)
    for status in ("compliant", "violating", "waived", "unreadable", "skipped"):
        choose("status", status)
        wait_for(of(sum(one["status"] == status for one in repositories)))
    reset()
    wait_for(everything)
    about = [one for one in report["findings"] if one["repository"]]
    for severity in ("critical", "high", "medium", "low"):
        choose("severity", severity)
        found = {one["repository"] for one in about if one["severity"] == severity and one["state"] != "waived"}
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
    assert finding["message"] in card.text and finding["remedy"] in card.text
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
    assert "is kept" not in card_text() and unread["reason"] in card_text()
    open_page(1280, 900, fragment="#nobody/nothing")
    assert "is not in this report" in shown()
    open_page(390, 844, dark=True, fragment=f"#{wanted}")
    picture("card-phone-dark")
    waived = next((one["repository"] for one in about if one["state"] == "waived"), None)
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
