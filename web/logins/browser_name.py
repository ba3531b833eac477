"""A browser as people call it, by what it calls itself: `Firefox on Windows`."""

# Those that call themselves by the names of others come first.
BROWSERS = {
    **{"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Vivaldi": "Vivaldi"},
    **{"FxiOS": "Firefox", "Firefox/": "Firefox", "CriOS": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari"},
}
SYSTEMS = {
    **{"iPhone": "an iPhone", "iPad": "an iPad", "Android": "Android", "Windows": "Windows"},
    **{"Mac OS X": "a Mac", "CrOS": "ChromeOS", "Linux": "Linux"},
}


def browser_name(user_agent: str | None) -> str:
    """Browser and system; `a program` where it says neither."""
    said = user_agent or ""
    browser = next((name for mark, name in BROWSERS.items() if mark in said), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in said), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"a browser on {system}" if system else "a program")
