"""E-mail addresses: their domain, their type, and a normal form for comparing them.

The rules test the shape of an address and look nothing up. Free mail providers are a short list of lead-ml. Disposable ones
come from the package disposable-email-domains, which changes weekly: a bundle keeps the list that its model was trained on.
"""

from __future__ import annotations

import re
from functools import cache

from lead_ml.clean.text import clean, truth
from lead_ml.clean.word_lists import word_list

_SHAPE = re.compile(r"[^@\s,;<>()\"]{1,64}@((?:[^@\s.,;<>()\"_]{1,63}\.)+[^@\s.,;<>()\"_0-9]{2,24})")
_LONGEST = 254  # characters of an address, by RFC 5321


def address(text: str) -> tuple[str, str] | None:
    """Split an e-mail address into mailbox and domain, lower-case; None if it does not look like an address or is too long for one.

    >>> address("Li Wei <Li.Wei@Acme.COM>")
    ('li.wei', 'acme.com')
    >>> address("li.wei at acme") is None
    True
    """
    folded = clean(text).lower().removeprefix("mailto:")
    if folded.endswith(">"):
        folded = folded[folded.rfind("<") + 1 : -1]
    match = _SHAPE.fullmatch(folded) if len(folded) <= _LONGEST else None
    return (match[0].rpartition("@")[0], match[1]) if match else None


def valid_email(text: str) -> str:
    """Return whether the text looks like an e-mail address; the mailbox is not contacted.

    >>> valid_email("a@b.co"), valid_email("a@b"), valid_email("a@@b.co")
    ('true', 'false', 'false')
    """
    return truth(address(text) is not None)


def domain(text: str) -> str | None:
    """Return the domain of an e-mail address, lower-case, internationalized names as written.

    >>> domain("Sales@ACME.com"), domain("王伟@例子.公司"), domain("acme.com")
    ('acme.com', '例子.公司', None)
    """
    parts = address(text)
    return parts[1] if parts else None


def company_domain(text: str, listed: frozenset[str] | None = None) -> str | None:
    """Return the domain unless unrelated people share it (free or disposable mail); see :func:`disposable`.

    >>> company_domain("a@acme.com"), company_domain("a@gmail.com"), company_domain("a@x.yopmail.com")
    ('acme.com', None, None)
    """
    found = domain(text)
    shared = found is None or found in word_list("free_domains") or _is_disposable(found, listed)
    return None if shared else found


def free_mail(text: str) -> str | None:
    """Return whether an address belongs to a free mail provider; a disposable address does not.

    >>> free_mail("a@QQ.com"), free_mail("a@acme.com"), free_mail("acme")
    ('true', 'false', None)
    """
    found = domain(text)
    return None if found is None else truth(found in word_list("free_domains"))


def disposable(text: str, listed: frozenset[str] | None = None) -> str | None:
    """Return whether an address belongs to a disposable mail provider, subdomains included.

    `listed` are the domains of a bundle in place of :func:`disposable_domains`.

    >>> disposable("x@mail.mailinator.com"), disposable("x@mailinator.example")
    ('true', 'false')
    """
    found = domain(text)
    return None if found is None else truth(_is_disposable(found, listed))


def role_mailbox(text: str) -> str | None:
    """Return whether an address belongs to a department and not to a person.

    >>> role_mailbox("info@acme.com"), role_mailbox("销售@acme.cn"), role_mailbox("li.wei@acme.cn")
    ('true', 'true', 'false')
    """
    parts = address(text)
    return None if parts is None else truth(parts[0].partition("+")[0] in word_list("role_mailboxes"))


def normal_email(text: str) -> str | None:
    """Return the normal form for comparing addresses; None if it is not an address.

    Lower-case; for Gmail without dots and without the ``+tag``, as Google delivers it; other providers keep both,
    because they may belong to different people there.

    >>> normal_email("Li.Wei+news@GoogleMail.com"), normal_email("li.wei@acme.com")
    ('liwei@gmail.com', 'li.wei@acme.com')
    """
    parts = address(text)
    if parts is None:
        return None
    mailbox, host = parts
    if host not in ("gmail.com", "googlemail.com"):
        return f"{mailbox}@{host}"
    bare = mailbox.partition("+")[0].replace(".", "")
    return f"{bare}@gmail.com" if bare else None


@cache
def disposable_domains() -> frozenset[str]:
    """Return the disposable domains as installed; a provider that many people use for good is not among them.

    >>> {"mailinator.com", "33mail.com"} <= disposable_domains(), "21cn.com" in disposable_domains()
    (True, False)
    """
    from disposable_email_domains import blocklist

    return (frozenset(blocklist) | word_list("disposable_domains")) - word_list("free_domains")


def _is_disposable(host: str, listed: frozenset[str] | None) -> bool:
    """Return whether a host is one of the disposable domains or a subdomain of one."""
    known, parts = disposable_domains() if listed is None else listed, host.split(".")
    return any(".".join(parts[k:]) in known for k in range(len(parts)))
