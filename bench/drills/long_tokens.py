"""Good tokens of any length, signed with a key of the drill's own: auth-service issues none of 16 KiB."""

import hashlib
import json
import re
import subprocess
import uuid

from .bad_tokens import encoded
from .cluster import tool

ISSUER = "http://localhost:7199"
# The DigestInfo of SHA-256 (RFC 8017, section 9.2).
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Signer:
    """An RSA key pair."""

    def __init__(self, folder):
        key = folder / "long_tokens.pem"
        openssl = tool("openssl", "openssl")
        new = ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key]
        subprocess.run([openssl, *new], check=True)
        self.public_pem = output(openssl, "pkey", "-in", key, "-pubout")
        text = output(openssl, "pkey", "-in", key, "-noout", "-text")
        self.modulus, self.exponent = number(text, "modulus"), number(text, "privateExponent")

    def token(self, claims, length):
        """A token with these claims, but of this issuer and without a status, of this length."""
        header = encoded(b'{"typ":"at+jwt","alg":"RS256"}')
        claims = claims | {"iss": ISSUER, "jti": str(uuid.uuid4()), "x": ""}
        del claims["status"]
        claims["x"] = "x" * ((length - len(header) - 344) * 3 // 4 - len(json.dumps(claims)))
        text = f"{header}.{encoded(json.dumps(claims).encode())}"
        return f"{text}.{encoded(self.sign(text.encode()))}"

    def sign(self, text):
        """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2)."""
        digest = DIGEST_INFO + hashlib.sha256(text).digest()
        padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
        return pow(int.from_bytes(padded), self.exponent, self.modulus).to_bytes(256)


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def number(text, name):
    """A number as openssl prints it."""
    digits = re.search(rf"{name}:([0-9a-f:\s]+)", text)[1]
    return int("".join(re.findall("[0-9a-f]+", digits)), 16)
