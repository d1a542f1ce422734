"""Extraction of translatable strings, and the files of ``po/``.

``python -m luci.po`` rewrites the template and merges it into the translations: new
strings are empty, obsolete ones are removed.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent / "luci-proto-pywg"
TEMPLATE = PACKAGE / "po" / "templates" / "pywg.pot"

_CALL = re.compile(r"(?<![\w$.)])(_|N_)\(")
_LITERAL = re.compile(r"""\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")\s*""")
_COUNT = re.compile(r"\s*[^,()]*,")
# LuCI replaces white space by single spaces before a lookup.
_ESCAPES = {"n": " ", "t": " "}
_TITLE = re.compile(r'"(?:title|description)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_KEYWORD = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) "(.*)"$')
_HEADER = '"Content-Type: text/plain; charset=UTF-8'


class Message(NamedTuple):
    """A translatable string, with its plural and its context, which may be empty."""

    text: str
    plural: str = ""
    context: str = ""


def _unescape(literal: str) -> str:
    text = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), literal)
    return re.sub(" {2,}", " ", text).strip(" ")


def _string(source: str, at: int) -> tuple[str, int]:
    """Return a literal, or several joined by +, and its end; "" without a literal."""
    parts = []
    while found := _LITERAL.match(source, at):
        parts.append(found[1] if found[1] is not None else found[2])
        at = found.end()
        if source[at : at + 1] != "+":
            break
        at += 1
    return _unescape("".join(parts)), at


def _arguments(source: str, at: int) -> Iterator[str]:
    while True:
        text, at = _string(source, at)
        yield text
        if source[at : at + 1] != ",":
            return
        at += 1


def in_script(source: str) -> Iterator[tuple[int, Message]]:
    """Yield the line and the message of each string of a module.

    Raises ``ValueError`` if the argument of a call is not a literal.
    """
    for call in _CALL.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        count = _COUNT.match(source, call.end()) if call[1] == "N_" else None
        texts = list(_arguments(source, count.end() if count else call.end()))
        text, second, third = [*texts, "", ""][:3]
        if not text:
            raise ValueError(f"line {line}: the argument is not a string literal")
        if call[1] == "N_":
            yield line, Message(text, second, third)
        else:
            yield line, Message(text, context=second)


def in_json(source: str) -> Iterator[tuple[int, Message]]:
    """Yield the line and the message of each title and description in a JSON file."""
    for found in _TITLE.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        yield line, Message(_unescape(found[1]))


def extract() -> dict[Message, list[str]]:
    """Return all messages of the package, with the places of each."""
    found: dict[Message, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix == ".js":
            messages = in_script(path.read_text())
        elif path.suffix == ".json" and path.parent.name in ("menu.d", "acl.d"):
            messages = in_json(path.read_text())
        else:
            continue
        place = path.relative_to(PACKAGE.parent)
        for line, message in messages:
            found.setdefault(message, []).append(f"{place}:{line}")
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(text: str) -> dict[Message, tuple[str, ...]]:
    """Return the translations of a file: a tuple of plural forms for each message."""
    found = {}
    for block in text.split("\n\n"):
        values = {"msgctxt": "", "msgid": "", "msgid_plural": ""}
        forms = []
        for line in block.splitlines():
            keyword = _KEYWORD.match(line)
            if keyword and keyword[1].startswith("msgstr"):
                forms.append(_unescape(keyword[2]))
            elif keyword:
                values[keyword[1]] = _unescape(keyword[2])
        message = Message(values["msgid"], values["msgid_plural"], values["msgctxt"])
        if message.text:
            found[message] = tuple(forms)
    return found


def _entry(message: Message, places: list[str], forms: tuple[str, ...]) -> str:
    lines = [f"#: {place}" for place in places]
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.text)}")
    if message.plural:
        lines.append(f"msgid_plural {_quoted(message.plural)}")
        for at, form in enumerate(forms or ("", "")):
            lines.append(f"msgstr[{at}] {_quoted(form)}")
    else:
        lines.append(f"msgstr {_quoted(forms[0] if forms else '')}")
    return "\n".join(lines) + "\n"


def _written(head: str, translations: dict[Message, tuple[str, ...]]) -> str:
    entries = [
        _entry(message, places, translations.get(message, ()))
        for message, places in extract().items()
    ]
    return "\n".join([head, *entries])


def translations() -> dict[str, Path]:
    """Return the paths of the translations by language."""
    paths = PACKAGE.glob("po/*/pywg.po")
    return {path.parent.name: path for path in sorted(paths)}


def main() -> None:
    """Rewrite the template and the translations."""
    TEMPLATE.write_text(_written(f'msgid ""\nmsgstr {_HEADER}"\n', {}))
    for language, path in translations().items():
        plural = "n > 1" if language == "fr" else "n != 1"
        head = (
            f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n{_HEADER}\\n"\n'
            f'"Plural-Forms: nplurals=2; plural=({plural});\\n"\n'
        )
        path.write_text(_written(head, parse(path.read_text())))


if __name__ == "__main__":
    main()
