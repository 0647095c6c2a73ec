"""E-mail addresses: their domain, their kind, and the one form in which two of them can be compared.

Own small rules: a shape test, not a standard; nothing is looked up. The lists are short and ours; the longer lists that
circulate change weekly and would change a trained feature under the model's feet.
"""

from __future__ import annotations

import re

from lead_ml.clean.text import clean, words

_SHAPE = re.compile(r"[^@\s,;<>()\"]{1,64}@((?:[^@\s.,;<>()\"_]{1,63}\.)+[^@\s.,;<>()\"_0-9]{2,24})")
_ADDRESS_IN_BRACKETS = re.compile(r".*<([^<>]+)>")

FREE_DOMAINS = words(
    """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr
    ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de t-online.de mail.ru yandex.ru yandex.com
    proton.me protonmail.com zoho.com fastmail.com orange.fr free.fr laposte.net libero.it naver.com daum.net
    qq.com foxmail.com vip.qq.com 163.com vip.163.com 126.com yeah.net 188.com sina.com sina.cn sohu.com tom.com 21cn.com
    139.com 189.cn wo.cn aliyun.com"""
)
DISPOSABLE_DOMAINS = words(
    """10minutemail.com 10minutemail.net 20minutemail.com 33mail.com burnermail.io discard.email discardmail.com
    dispostable.com emailondeck.com fakeinbox.com fakemail.net getairmail.com getnada.com grr.la guerrillamail.com
    guerrillamail.net guerrillamailblock.com inboxkitten.com linshiyouxiang.net mailcatch.com maildrop.cc mailinator.com
    mailnesia.com mailnull.com mailsac.com mintemail.com mohmal.com moakt.com mytemp.email nada.email sharklasers.com
    spam4.me spamgourmet.com temp-mail.io temp-mail.org tempail.com tempmail.dev tempmail.net tempmailo.com
    tempr.email throwawaymail.com trashmail.com trashmail.de yopmail.com yopmail.fr yopmail.net"""
)
ROLES = words(
    """admin administrator billing careers contact customerservice enquiries enquiry finance hello help hr info
    inquiries inquiry jobs mail marketing no-reply noreply office orders postmaster press purchasing reception sales
    service support team webmaster 客服 联系 市场 人事 销售 信息 采购"""
)


def address(text: str) -> tuple[str, str] | None:
    """Split an e-mail address into mailbox and domain, lower-case; None if it has not the shape of one.

    >>> address("Li Wei <Li.Wei@Acme.COM>")
    ('li.wei', 'acme.com')
    >>> address("li.wei at acme") is None
    True
    """
    folded = clean(text).lower().removeprefix("mailto:")
    bracketed = _ADDRESS_IN_BRACKETS.fullmatch(folded)
    match = _SHAPE.fullmatch(bracketed[1] if bracketed else folded)
    return (match[0].rpartition("@")[0], match[1]) if match else None


def valid_email(text: str) -> str:
    """Tell whether the text has the shape of an e-mail address; no mailbox is asked.

    >>> valid_email("a@b.co"), valid_email("a@b"), valid_email("a@@b.co")
    ('true', 'false', 'false')
    """
    return _word(address(text) is not None)


def domain(text: str) -> str | None:
    """Return the domain of an e-mail address, lower-case, internationalised names as they are written.

    >>> domain("Sales@ACME.com"), domain("王伟@例子.公司"), domain("acme.com")
    ('acme.com', '例子.公司', None)
    """
    parts = address(text)
    return parts[1] if parts else None


def company_domain(text: str) -> str | None:
    """Return the domain unless many unrelated people share it (free or disposable mail).

    >>> company_domain("a@acme.com"), company_domain("a@gmail.com"), company_domain("a@x.yopmail.com")
    ('acme.com', None, None)
    """
    found = domain(text)
    if found is None or found in FREE_DOMAINS or is_under(found, DISPOSABLE_DOMAINS):
        return None
    return found


def free_mail(text: str) -> str | None:
    """Tell whether an address belongs to a free mail provider; a disposable one is not called free.

    >>> free_mail("a@QQ.com"), free_mail("a@acme.com"), free_mail("acme")
    ('true', 'false', None)
    """
    found = domain(text)
    return None if found is None else _word(found in FREE_DOMAINS)


def disposable(text: str) -> str | None:
    """Tell whether an address is of a throw-away provider, sub-domains included.

    >>> disposable("x@mail.mailinator.com"), disposable("x@notmailinator.com")
    ('true', 'false')
    """
    found = domain(text)
    return None if found is None else _word(is_under(found, DISPOSABLE_DOMAINS))


def role_mailbox(text: str) -> str | None:
    """Tell whether an address is that of a function, not of a person.

    >>> role_mailbox("info@acme.com"), role_mailbox("销售@acme.cn"), role_mailbox("li.wei@acme.cn")
    ('true', 'true', 'false')
    """
    parts = address(text)
    return None if parts is None else _word(parts[0].partition("+")[0] in ROLES)


def normal_email(text: str) -> str | None:
    """Return the form in which two addresses are compared; None if it is no address.

    Lower-case; for Gmail without dots and without the ``+tag``, as Google delivers it; other providers keep both,
    since there they may name different people.

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


def is_under(host: str, domains: frozenset[str]) -> bool:
    """Tell whether a host is one of the domains or lies below one.

    >>> is_under("a.b.com", frozenset({"b.com"})), is_under("ab.com", frozenset({"b.com"}))
    (True, False)
    """
    parts = host.split(".")
    return any(".".join(parts[start:]) in domains for start in range(len(parts)))


def _word(truth: bool) -> str:
    return "true" if truth else "false"
