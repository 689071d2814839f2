"""Tokens of the drill `garbage-tokens`, each 16 KiB long if its kind can be, made from a valid one."""

import base64
import json
import secrets

from .cluster import payload

MAX_LEN = 16 * 1024
# Of RSA-2048.
SIGNATURE_LEN = 256


def bad_tokens(valid, expired):
    """Each kind by name, with the tokens that are sent in turn."""
    header, claims = payload(valid, 0), payload(valid)
    kinds = {
        "random bytes without a dot": lambda: encoded(secrets.token_bytes(MAX_LEN))[:MAX_LEN],
        "nothing but dots": lambda: "." * MAX_LEN,
        "random bytes in three parts": lambda: random_parts(),
        "longer than allowed": lambda: signed(header, claims, MAX_LEN + 100),
        "known key, bad signature": lambda: signed(header, claims, 0),
        "known key, huge payload, bad signature": lambda: signed(header, claims, MAX_LEN),
        "known key, payload that is not JSON": lambda: filled(encoded(json.dumps(header).encode()), b"\xff"),
        "unknown key": lambda: signed(header | {"kid": secrets.token_urlsafe(32)}, claims, MAX_LEN),
        "alg none": lambda: signed(header | {"alg": "none"}, claims, MAX_LEN),
        "alg HS256": lambda: signed(header | {"alg": "HS256"}, claims, MAX_LEN),
        "deep JSON in the header": lambda: with_header('{"a":' + "[" * 5900 + "]" * 5900 + "}"),
        "deep objects in the header": lambda: with_header('{"a":' * 1970 + "1" + "}" * 1970),
        "many members in the header": lambda: with_header("{" + ",".join(f'"{n:x}":{n % 10}' for n in range(1400)) + "}"),
        "many objects in the header": lambda: with_header('{"a":[' + ",".join(["{}"] * 3900) + "]}"),
        "long numbers in the header": lambda: with_header('{"a":[' + ",".join(["0.12345678901234567"] * 580) + "]}"),
        "escapes in the header": lambda: with_header('{"a":"' + "\\u00e9" * 1950 + '"}'),
        "many objects in the payload": lambda: with_payload(header, '{"a":[' + ",".join(["{}"] * 3700) + "]}"),
        "the same, unknown key": lambda: with_payload(
            header | {"kid": secrets.token_urlsafe(32)}, json.dumps(claims | {"a": [{}] * 2600}, separators=(",", ":"))
        ),
        "expired, but signed": lambda: expired,
    }
    return {name: [make() for _ in range(20)] for name, make in kinds.items()}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def random_parts():
    part = encoded(secrets.token_bytes(MAX_LEN // 4 - 3))
    return f"{part}.{part}.{part}"


def signed(header, claims, length):
    """A token of this length, or the length that it has, with a random signature."""
    signature = encoded(secrets.token_bytes(SIGNATURE_LEN))
    first = encoded(json.dumps(header).encode())
    text = json.dumps(claims).encode()
    room = (length - len(first) - len(signature) - 2) * 3 // 4 - len(text) - len(', "x": ""')
    if room > 0:
        text = json.dumps(claims | {"x": "x" * room}).encode()
    return f"{first}.{encoded(text)}.{signature}"


def filled(first, byte):
    signature = encoded(secrets.token_bytes(SIGNATURE_LEN))
    room = (MAX_LEN - len(first) - len(signature) - 2) * 3 // 4
    return f"{first}.{encoded(byte * room)}.{signature}"


def with_header(text):
    """A token with this header, which is that of an access token but for one member more."""
    whole = '{"typ":"at+jwt","alg":"RS256","kid":"' + "k" * 43 + '",' + text[1:]
    return f"{encoded(whole.encode())}.e30.{encoded(secrets.token_bytes(SIGNATURE_LEN))}"


def with_payload(header, text):
    parts = (json.dumps(header).encode(), text.encode(), secrets.token_bytes(SIGNATURE_LEN))
    return ".".join(map(encoded, parts))
