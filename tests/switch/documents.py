"""What a switch has of every document, and the few things in which a served switch may differ from one with files.

A document is taken with `xml_locate`, a user with `find_user_xml`: both ask the service where there is one. Compared
is text that is the same for what the switch cannot tell apart. `RULES` are the exceptions, each by its name; there are
no others.
"""

import hashlib
import xml.etree.ElementTree as etree
from copy import deepcopy

import demo

# Where the order of unlike elements counts: everything in here runs from its top to its end.
ORDERED = ("dialplan", "chatplan", "languages")


def documents(switch):
    """(section, tag, name) -> element, for all that the switch has on its disk."""
    root = etree.fromstring(switch.api("xml_locate root"))
    found = {}
    for section in root.iter("section"):
        for element in section:
            if element.get("name"):
                key = (section.get("name"), element.tag, element.get("name"))
                found[key] = locate(switch, *key)
    return found


def locate(switch, section, tag, name):
    """The document, as the switch gets it now; None if it has none."""
    return parsed(switch, switch.api(f"xml_locate {section} {tag} name {name}"))


def user(switch, number):
    """One user of the domain with everything that stands in it."""
    return parsed(switch, switch.api(f"find_user_xml id {number} {demo.DOMAIN}"))


def parsed(switch, text):
    # Each switch of the suite has its folders elsewhere.
    text = text.replace(str(switch.folder), "/switch")
    return etree.fromstring(text) if text.startswith("<") else None


def canonical(element, ordered):
    """One line an element; attributes sorted, white space between elements gone. Where the order does not count, like
    elements keep theirs and lists that hold nothing are gone, too."""
    lines = []

    def write(node, depth):
        attributes = "".join(f" {name}={value!r}" for name, value in sorted(node.attrib.items()))
        text = "" if len(node) else (node.text or "").strip()
        lines.append("  " * depth + node.tag + attributes + (f" {text!r}" if text else ""))
        inside = list(node)
        if not ordered:
            inside = sorted((child for child in inside if not is_empty(child)), key=lambda child: child.tag)
        for child in inside:
            write(child, depth + 1)

    write(element, 0)
    return "\n".join(lines)


def is_empty(node):
    return not node.attrib and not (node.text or "").strip() and all(is_empty(child) for child in node)


def without(element, gone):
    """A copy without the elements of which `gone` is true, wherever they stand."""
    kept = deepcopy(element)
    for node in list(kept.iter()):
        for child in list(node):
            if gone(child):
                node.remove(child)
    return kept


def hooks_of_the_project(read, served):
    """lua.conf: the service adds the hooks that its channel events come from."""
    scripts = ("login.lua", "disconnect.lua")
    return read, without(served, lambda node: node.get("script") in scripts)


def no_empty_pin(read, served):
    """voicemail.conf: a mailbox without a PIN stays shut, whatever the file says."""
    named = lambda node: node.get("name") == "allow-empty-password-auth"
    return without(read, named), without(served, named)


def lists_without_secrets(read, served):
    """A domain says who is in which group, and nothing else of a user: each is asked for by itself."""

    def listed(domain):
        domain = deepcopy(domain)
        for entry in domain.iter("user"):
            number = entry.get("id")
            entry.clear()
            entry.set("id", number)
        return domain

    return listed(read), listed(served)


def phrases_by_name(read, served):
    """A language: the switch finds phrases by name, the first of a name in a list; the service keeps that one."""

    def first_of_each(language):
        language = deepcopy(language)
        for macros in language.iter("macros"):
            named = {}
            for macro in macros:
                named.setdefault(macro.get("name"), macro)
            macros[:] = [named[name] for name in sorted(named)]
        for phrases in language.iter("phrases"):
            phrases[:] = sorted(phrases, key=lambda macros: macros.get("name", ""))
        return language

    return first_of_each(read), first_of_each(served)


RULES = {  # (section, tag, name or None for any) -> rule
    ("configuration", "configuration", "lua.conf"): hooks_of_the_project,
    ("configuration", "configuration", "voicemail.conf"): no_empty_pin,
    ("directory", "domain", None): lists_without_secrets,
    ("languages", "language", None): phrases_by_name,
}


def pair(key, read, served):
    """Both documents as text; the rule of its kind has been applied."""
    section, tag, name = key
    rule = RULES.get(key) or RULES.get((section, tag, None))
    if rule:
        read, served = rule(read, served)
    return canonical(read, section in ORDERED), canonical(served, section in ORDERED)


# A user's secrets, and what closes a user without one: these are replaced, see `closed_and_hashed`.
CREDENTIALS = ("password", "a1-hash", "vm-password", "vm-a1-hash", "allow-empty-password", "sip-forbid-register")


def closed_and_hashed(read):
    """The params that a served user has instead of the secrets that this one has."""
    number = read.get("id")
    hashed = lambda secret: hashlib.md5(f"{number}:{demo.DOMAIN}:{secret}".encode()).hexdigest()
    secret, pin = param(read, "password"), param(read, "vm-password")
    expected = {"vm-a1-hash": hashed(pin) if pin is not None else "closed"}
    if secret is not None:
        expected["a1-hash"] = hashed(secret)
    else:
        expected.update({"allow-empty-password": "false", "sip-forbid-register": "true"})
    return expected


def param(user, name):
    found = user.find(f"params/param[@name='{name}']")
    return found.get("value") if found is not None else None


def credentials(user):
    return {name: param(user, name) for name in CREDENTIALS if param(user, name) is not None}


def without_credentials(user):
    """The user as text, but for its secrets, its own gateways (asked for apart) and how long it may be kept."""
    gone = lambda node: node.tag == "gateways" or node.tag == "param" and node.get("name") in CREDENTIALS
    user = without(user, gone)
    user.attrib.pop("cacheable", None)
    return canonical(user, ordered=False)
