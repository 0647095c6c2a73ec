"""Traces of a form submission: the message, the browser and the network address."""

from __future__ import annotations

import ipaddress
import re

from lead_ml.clean.text import clean, truth
from lead_ml.clean.word_lists import pattern, word_list

_URL = re.compile(
    r"https?://|www\.|(?<=[a-z0-9-])\.(?:com|cn|net|org|io|ru|top|xyz|shop|info)\b(?!@)", re.IGNORECASE
)
_LONGEST_ADDRESS = 64  # characters; an address of IPv6 with its zone has fewer
_LONGEST_AGENT = 512  # characters of a user agent that are looked at
_SHORTENED = re.compile(r"(?:https?://)?(?:www\.)?(?P<host>[a-z0-9.-]{0,40})")
_DEVICES = {
    "bot": re.compile(
        r"bot|crawl|spider|headless|curl|wget|python|httpclient|okhttp|phantom|selenium|scrapy"
    ),
    "mobile": re.compile(r"mobile|android|iphone|ipad|harmony|micromessenger"),
    "desktop": re.compile(r"windows nt|macintosh|x11|cros"),
}


def length_bucket(text: str) -> str:
    """Return the length of a message as ``under_20``, ``20_99``, ``100_399`` or ``400_up``.

    Measured in letters; a Chinese character carries about as much as two Latin letters and counts as two.

    >>> [length_bucket(text) for text in ("Hi", "请报价，谢谢，我们需要五十个席位", "a" * 100, "a" * 400)]
    ['under_20', '20_99', '100_399', '400_up']
    """
    cleaned = clean(text)
    length = len(cleaned) + sum("\u4e00" <= letter <= "\u9fff" for letter in cleaned)
    buckets = (("under_20", 20), ("20_99", 100), ("100_399", 400))
    return next((bucket for bucket, end in buckets if length < end), "400_up")


def has_url(text: str) -> str:
    """Return whether a text contains a web address; an e-mail address does not count.

    >>> has_url("see www.acme.com"), has_url("cheap links: best-seo.xyz"), has_url("mail li@acme.com")
    ('true', 'true', 'false')
    """
    return truth(any(_URL.search(word) for word in clean(text).split() if "@" not in word[1:-1]))


def buying_words(text: str) -> str:
    """Return whether a message mentions buying: a quote, a budget, a demo.

    >>> buying_words("Please send a quote for 40 seats"), buying_words("想了解一下"), buying_words("需要报价")
    ('true', 'false', 'true')
    """
    return truth(pattern("buying").search(clean(text).casefold()))


def promotion_words(text: str) -> str:
    """Return whether a message advertises something: links, loans, casinos.

    >>> promotion_words("We improve your SEO ranking"), promotion_words("Need pricing")
    ('true', 'false')
    """
    return truth(pattern("promotion").search(clean(text).casefold()))


def device(text: str) -> str:
    """Return the device that a user agent reports: ``bot``, ``mobile``, ``desktop`` or ``other``.

    >>> device("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0"), device("python-requests/2.32")
    ('desktop', 'bot')
    >>> device("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile/15E148 MicroMessenger/8.0")
    'mobile'
    """
    folded = text.casefold()
    return next((name for name, known in _DEVICES.items() if known.search(folded)), "other")


def link_spam(text: str) -> str:
    """Return whether a message is built around links: three or more, a shortened one, or one beside an advertisement.

    >>> link_spam("see www.acme.com"), link_spam("Cheap loans: www.x.top"), link_spam("hi bit.ly/3xYz"), link_spam("需要报价")
    ('false', 'true', 'true', 'false')
    """
    words = [word for word in clean(text).casefold().split() if "@" not in word[1:-1]]
    links = sum(_URL.search(word) is not None for word in words)
    shortened = any(
        (found := _SHORTENED.match(word)) and found["host"] in word_list("short_links") for word in words
    )
    return truth(links >= 3 or shortened or (links > 0 and promotion_words(text) == "true"))


def robot_agent(text: str) -> str:
    """Return whether a user agent is one of a robot or of a library for programs; a Cubot is a phone.

    >>> [robot_agent(text) for text in ("python-requests/2.32", "Mozilla/5.0 (compatible; Googlebot/2.1)", "HeadlessChrome/126.0")]
    ['true', 'true', 'true']
    >>> robot_agent("Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/126.0 Mobile"), robot_agent("okhttp/4.12 MyShop/3.1")
    ('false', 'false')
    """
    folded = text[:_LONGEST_AGENT].casefold()
    return truth(any(agent in folded for agent in word_list("robot_agents")))


def ip_network(text: str) -> str | None:
    """Return the network of an address (/24 of IPv4, /48 of IPv6), None if it is not an address.

    >>> ip_network("203.0.113.77"), ip_network("2001:db8:1:2::5"), ip_network("localhost")
    ('203.0.113.0/24', '2001:db8:1::/48', None)
    """
    try:
        found = ipaddress.ip_address(clean(text)[:_LONGEST_ADDRESS])
    except ValueError:
        return None
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
