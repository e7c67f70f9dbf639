"""Whether a name says that its value is a secret: ``db_password`` and ``HF_TOKEN`` do, ``n_tokens`` does not."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

__all__ = ["Secrecy", "holds_secrets", "is_secret_name", "secrecy"]


class Secrecy(IntEnum):
    """How sure a name is about its value."""

    NONE = 0
    LIKELY = 1
    """``token``, ``pass``: a secret if the value looks like one."""
    CERTAIN = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRET = _words("""
    password passwd passphrase passcode passwort pwd secret apikey apitoken authkey authtoken
    accesskey accesstoken secretkey privatekey credential authorization mnemonic jwt
""")
_SECRET_PLURALS = _words("passwords passphrases secrets apikeys credentials creds")
_LIKELY = _words("token pass pw cookie")

# What stands before "key" and "token" and makes them secret.
_PROVIDERS = _words("""
    anthropic aws azure comet cohere databricks deepseek discord elevenlabs gcp gemini github gitlab google groq
    hf hub huggingface kaggle langchain langfuse langsmith mapbox mistral neptune ngrok notion openai openrouter
    perplexity pinecone pypi npm replicate roboflow sendgrid serpapi slack stability stripe tavily telegram
    together twilio vault voyage wandb weaviate xai zotero
""")
_KEY_QUALIFIERS = _PROVIDERS | _words("""
    access account api app auth consumer crypt decryption deploy encrypt encryption fernet function hmac host
    license master private secret security service session shared signing ssh storage subscription webhook
""")
_TOKEN_QUALIFIERS = _PROVIDERS | _words("""
    access api app auth authentication bearer bot client csrf deploy device id identity jupyter jwt login
    oauth personal private push read refresh registration sas secret security service session sso user
    verification write xsrf
""")
_PASS_QUALIFIERS = _words("""
    admin auth basic db database email ftp http imap jupyter login mail mongo my mysql pg postgres proxy redis
    root smtp sql ssh user web wifi
""")
_TEXT_TOKENS = _words("""
    begin bos boundary class cls context control current decoder delimiter each empty encoder end eol eos eot eow
    extra fill filler first fim for given image initial input invalid label last length longest mask masked max
    mean min most n new next no null num number number oov out output pad padding per placeholder prefix prev
    previous prompt rare sample sentence sep separator seq single skip sos sot space special split start stop
    sub subword suffix target text top total unk unknown vocab vocabulary word
""")
"""Words before "token" in language modelling, where a token is a piece of text."""

# A name that ends in one of these tells something about a secret, or names a column or function.
_ABOUT = _words("""
    age at attempts check checked checker class col cols column columns config count dataset dict dir embedding
    embeddings encoder endpoint enabled env error errors exists expiration expired expires expiry feature features
    field fields file filename folder form format func function handler hash hashed header hint idx ids index
    input is label labels len length limit limits list manager map mapping mask message missing msg name names
    needed number path pattern policy prob probs prompt provider regex required reset rotation scheme scope
    score separator set size source store strength type types uri url usage validation validator var variable vector
    vectors vocab weight weights widget
""")
# A name may end in one of these and is what it would be without.
_FORMS = _words("""
    b64 base64 bytes current default dev encoded live local main new old plain prod production raw staging
    str string test text tmp value
""")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def is_secret_name(name: str) -> bool:
    """Whether a value under this name is to be kept secret: ``api_key``, ``x-auth-token``, ``dbPassword``."""
    return secrecy(name) is not Secrecy.NONE


def holds_secrets(name: str) -> bool:
    """Whether the name is of several secrets, such as ``api_keys`` or ``credentials``."""
    words = _split(name)
    return bool(words) and (
        words[-1] in _SECRET_PLURALS
        or (words[-1] in {"keys", "tokens"} and secrecy(name[:-1]) is Secrecy.CERTAIN)
    )


@lru_cache(maxsize=4096)
def secrecy(name: str) -> Secrecy:
    """How sure the name is that its value is secret."""
    words = _split(name)
    if not words or words[-1] in _ABOUT:
        return Secrecy.NONE
    if holds_secrets(name) or any(_certain(words, position) for position in range(len(words))):
        return Secrecy.CERTAIN
    before = words[-2] if len(words) > 1 else ""
    if words[-1] in _LIKELY:
        if words[-1] in {"pass", "pw"}:
            return (
                Secrecy.LIKELY
                if not before
                else Secrecy.CERTAIN
                if before in _PASS_QUALIFIERS
                else Secrecy.NONE
            )
        return Secrecy.NONE if before in _TEXT_TOKENS else Secrecy.LIKELY
    return Secrecy.NONE


def _split(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(name) if not word.isdigit()]
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return words


def _certain(words: list[str], position: int) -> bool:
    word = words[position]
    before = words[position - 1] if position else ""
    if word == "key":
        return before in _KEY_QUALIFIERS
    if word == "token":
        return before in _TOKEN_QUALIFIERS
    return word in _SECRET
