"""Opens the HTML report in headless Chromium and uses it: browse-report.py FOLDER SCREENSHOTS

FOLDER holds report.html and report.json of the same scan.
"""
import json
import pathlib
import shutil
import sys

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

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

    # Each column sorts both ways.
    for header in browser.find_elements(By.CSS_SELECTOR, "th[data-sort]"):
        button = header.find_element(By.TAG_NAME, "button")
        directions = set()
        for _ in range(2):
            button.click()
            directions.add(header.get_attribute("aria-sort"))
        assert directions == {"ascending", "descending"}, (header.text, directions)

    # A deep link opens its repository, Escape closes it, and a link in the table opens it again.
    open_page(1280, 900, fragment=f"#{wanted}")
    card = browser.find_element(By.ID, "card")
    WebDriverWait(browser, 10).until(lambda _: card.is_displayed())
    assert browser.find_element(By.ID, "card-name").text == wanted
    finding = next(one for one in about if one["repository"] == wanted)
    assert finding["message"] in card.text and finding["remedy"] in card.text
    subject = next(one for one in repositories if one["full_name"] == wanted)["effective"]["subject"]
    assert subject in card.text
    picture("card")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(browser, 10).until(lambda _: not card.is_displayed())
    browser.find_element(By.LINK_TEXT, wanted).click()
    WebDriverWait(browser, 10).until(lambda _: card.is_displayed())
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
finally:
    browser.quit()
