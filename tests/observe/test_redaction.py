"""Every secret here is made up at run time: none stands in this file."""

from __future__ import annotations

import ast
import random
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbtrack.observe.redaction import REDACTED, is_secret_name, redact, redact_value, secrets_in
from nbtrack.observe.shapes import looks_random

lot = random.Random(7)
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


def drawn(length: int, letters: str = ALNUM) -> str:
    text = "".join(lot.choices(letters, k=length))
    return text if any(map(str.isdigit, text)) or letters.isalpha() else drawn(length, letters)


PASSWORDS = ["hunter2", "correct horse battery", "s3cr3t!", "Tr0ub4dor&3", "pässword", "x"]
PASSWORD_SOURCES = [
    'password = "@"',
    "conn = connect(host='db', password='@')",
    '{"password": "@", "user": "bob"}',
    "db_password='@'  # not for you",
    'PASSWORD: str = "@"',
    'user, password = "bob", "@"',
    'auth=("bob", "@")',
    'requests.get(url, auth=HTTPBasicAuth("bob", "@"))',
    'if password == "@":\n    pass',
    'password = input() or "@"',
    "df = read(url, passwd=r'@')",
    'password = (\n    "@"\n)',
    'password = "@" "@"',
    'password = "@" + \\\n    "@"',
    'self.password = f"@"',
    'text = "{\\"password\\": \\"@\\"}"',
    'smtp.login("bob@example.com", "@")',
    'SecretStr("@")',
    'user.set_password("@")',
    'os.environ["DB_PASSWORD"] = "@"',
    'os.environ.get("DB_PASSWORD", "@")',
    'os.environ.setdefault("DB_PASSWORD", "@")',
    'setattr(cfg, "password", "@")',
    'parser.add_argument("--password", help="…", default="@")',
    'subprocess.run(["mysql", "--password", "@"])',
    'passwords = ["@", "@"]',
    'credentials = {"user": "@"}',
    'password = """@"""',
]
SHELL_LINES = [
    "!mysql --password @ db",
    "!mysql --password=@ db",
    "%env DB_PASSWORD=@",
    "export DB_PASSWORD=@",
    "%%writefile .env\nDB_PASSWORD=@\n",
    "DB_PASSWORD=@\nOTHER=1",
    "password: @\n",
    "Your password: @\n",
    'psycopg2.connect("dbname=x user=y password=@")',
    '"Server=x;Uid=bob;Pwd=@;"',
    'url = "postgresql://bob:@@db.local:5432/x"',
    'requests.get("https://x.org/?user=a&password=@")',
    "!curl -u bob:@ https://x.org",
]
TOKEN_SOURCES = [
    'api_key = "@"',
    "openai.api_key='@'",
    "client = Client(api_key='@')",
    'headers={"X-API-Key": "@"}',
    'headers = {"Authorization": "Bearer @"}',
    'headers = {"Authorization": "token @"}',
    '!curl -H "Authorization: Bearer @" https://x',
    "Authorization: Bearer @\n",
    'token: "@"',
    'token = "@"',
    "api_key: @\n",
    "https://x.org/v1?api_key=@&q=1",
    "%env WANDB_API_KEY=@",
    'wandb.login(key="@")',
    'login("@")',
    "client_secret: @\n",
    "aws_secret_access_key = @\n",
    'token = os.getenv("T", "@")',
    "print('token=@')",
    "INFO token=@ user=x",
    "TOKEN = b'@'",
    '{"username":"joe","key":"@"}',
    "auth_token: str | None = '@'",
    "redis://:@@cache:6379/0",
    "Cookie: session=@",
    'connection = "AccountName=x;AccountKey=@==;"',
]


@pytest.mark.parametrize("source", PASSWORD_SOURCES)
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_known_by_its_name_goes_and_the_source_still_parses(source, password):
    clean = redact(
        source.replace("@", password) if "bob@" not in source else source.replace('"@"', f'"{password}"')
    )
    assert REDACTED in clean
    if len(password) > 1:
        assert password not in clean
    if not source.startswith("parser"):
        ast.parse(clean)


@pytest.mark.parametrize("line", SHELL_LINES)
@pytest.mark.parametrize("password", ["hunter2", "s3cr3t!", "Tr0ub4dor-3"])
def test_a_password_without_quotes_goes(line, password):
    text = line.replace("bob:@@", f"bob:{password}@") if "@@" in line else line.replace("@", password)
    assert password not in redact(text)


@pytest.mark.parametrize("source", TOKEN_SOURCES)
@pytest.mark.parametrize("token", [drawn(40, HEX), drawn(32), drawn(40, ALNUM + "+-"), drawn(20)])
def test_a_token_known_by_its_name_goes(source, token):
    text = source.replace(":@@", f":{token}@") if "@@" in source else source.replace("@", token)
    assert token not in redact(text)


PROVIDER_KEYS = {
    "amazon": "AKIA" + drawn(16, UPPER),
    "amazon session": "ASIA" + drawn(16, UPPER),
    "github": "ghp_" + drawn(36),
    "github fine-grained": "github_pat_" + drawn(22) + "_" + drawn(59),
    "gitlab": "glpat-" + drawn(20),
    "slack": "xoxb-123456789012-123456789012-" + drawn(24),
    "google": "AIza" + drawn(35, ALNUM + "_-"),
    "google oauth": "ya29." + drawn(60),
    "openai": "sk-" + drawn(48),
    "openai project": "sk-proj-" + drawn(80, ALNUM + "_-"),
    "anthropic": "sk-ant-api03-" + drawn(90, ALNUM + "_-"),
    "stripe": "sk_live_" + drawn(24),
    "hugging face": "hf_" + drawn(34, string.ascii_letters),
    "groq": "gsk_" + drawn(52),
    "replicate": "r8_" + drawn(37),
    "npm": "npm_" + drawn(36),
    "sendgrid": "SG." + drawn(22) + "." + drawn(43),
    "databricks": "dapi" + drawn(32, HEX),
    "telegram": "123456789:AA" + drawn(33),
    "json web token": "eyJhbGciOiJIUzI1NiJ9.eyJ" + drawn(40) + "." + drawn(43, ALNUM + "_-"),
    "vault": "hvs." + drawn(24),
}


@pytest.mark.parametrize(
    "around", ["x = '@'", "# see @ here", "@", '["a", "@"]', "f(k='@', n=3)", "b'@'", "https://h/@/x"]
)
@pytest.mark.parametrize("key", PROVIDER_KEYS.values(), ids=PROVIDER_KEYS)
def test_a_key_known_by_its_shape_goes(key, around):
    clean = redact(around.replace("@", key))
    assert key[8:] not in clean
    if around != "@" and "/" not in around:
        ast.parse(clean)


def test_the_secret_half_of_an_amazon_pair_goes_too():
    secret = drawn(40, ALNUM + "/+")
    source = f'a = "AKIA{drawn(16, UPPER)}"\nb = "{secret}"'
    assert secret not in redact(source)


def private_key() -> str:
    lines = [drawn(64, ALNUM + "+/") for _ in range(4)]
    return "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "cut", [slice(None), slice(None, 200), slice(60, None)], ids=["whole", "head", "tail"]
)
def test_no_line_of_a_private_key_is_left_even_where_it_was_cut(cut):
    key = private_key()
    clean = redact(key[cut])
    assert not any(line in clean for line in key.split("\n")[1:-1])


def test_a_private_key_in_source_leaves_source_that_parses():
    key = private_key()
    for source in (f'k = """{key}"""', f"k = {key!r}"):
        clean = redact(source)
        assert key.split("\n")[2] not in clean
        ast.parse(clean)


def test_text_about_private_keys_is_no_key():
    text = 'if text.startswith("-----BEGIN RSA PRIVATE KEY-----"):\n    load(text)\n'
    assert redact(text) == text


ORDINARY = [
    "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
    "n_tokens=512",
    "max_tokens = 512",
    'df.sort_values(key="col")',
    'pd.merge(a, b, on="key")',
    'tokenizer.pad_token = "<pad>"',
    'mask_token="[MASK]", eos_token="</s>"',
    "for token in doc: print(token.text)",
    'token = "hello"',
    "tokens = ['the', 'cat', 'sat']",
    "token_ids = tokenizer.encode('a b')",
    "password = getpass.getpass('Password: ')",
    "api_key = os.environ['OPENAI_API_KEY']",
    "api_key=api_key",
    "client = Client(api_key=settings.api_key, timeout=3)",
    "def connect(user: str, password: str, token: str | None = None) -> None: ...",
    "password: str",
    "password = None",
    "password = ''",
    "token=''",
    "headers = {'Authorization': f'Bearer {token}'}",
    'url = f"postgresql://{user}:{password}@{host}/db"',
    'print(f"token={token}")',
    'print("Password: ", password)',
    "api_key = '<your key>'",
    'api_key = "YOUR_API_KEY"',
    "password = '***'",
    "export TOKEN=$OTHER",
    'cursor.execute("SELECT * FROM t WHERE password = %s", (password,))',
    "sha = '5d41402abc4b2a76b9719d911017c592'",
    "digest = 'b3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "primary_key = 'id'",
    "key = jax.random.PRNGKey(0)",
    "forward_pass = 'slow'",
    'author = "Ann Smith"',
    "from sklearn.model_selection import RandomizedSearchCV, StratifiedShuffleSplit",
    "HistGradientBoostingClassifier(max_iter=100).fit(X_train, y_train)",
    "https://archive.ics.uci.edu/ml/machine-learning-databases/00222/bank-additional.zip",
    "http://localhost:8888/?page=2",
    "git@github.com:someone/something.git",
    "some_probabilities_0.123456789012345678",
    "uuid = '123e4567-e89b-12d3-a456-426614174000'",
    "checkpoint = 'sk-learn-intelex-model'",
    "the secret of good features",
    "<matplotlib.axes._subplots.AxesSubplot at 0x7f3d2c1b8e50>",
    "array([0.12345678901234, 5.4321e-05])",
    "X_train.shape = (455, 30)",
    "keys: 12, tokens: 9000",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "module", ["sklearn.feature_extraction.text", "torch.nn.modules.transformer", "pandas.core.frame"]
)
def test_the_source_of_libraries_stays(module):
    import importlib
    import inspect

    source = inspect.getsource(importlib.import_module(module))
    assert redact(source) == source


words = st.sampled_from(
    [
        "password",
        "token",
        "api_key",
        "=",
        ":",
        '"',
        "'",
        '"""',
        "\\",
        "\n",
        " ",
        "(",
        ",",
        "f",
        "b",
        "#",
        "Bearer ",
        "://",
        "@",
        "hunter2x",
        "--",
        "[",
        "{",
        "}",
        "-----BEGIN PRIVATE KEY-----",
        "ghp_",
        "A1b2C3d4E5f6G7h8I9j0",
        "or ",
        "get(",
        "é",
    ],
)


@given(st.lists(words, max_size=30).map("".join))
def test_on_any_mixture_of_names_quotes_and_keys_what_was_found_is_gone(text):
    once = redact(text)
    marks = once.count(REDACTED) + once.count("<redacted>")
    assert marks >= bool(secrets_in(text))
    assert (once == text) == (marks == 0)


@given(
    st.text(alphabet=ALNUM, min_size=8, max_size=40),
    st.sampled_from(["'", '"', '"""', "'''"]),
    st.sampled_from(["", "r", "b", "f", "rb"]),
)
def test_any_literal_under_a_secret_name_goes_and_the_source_parses(secret, quote, prefix):
    assume(secret not in REDACTED)
    clean = redact(f"password = {prefix}{quote}{secret}{quote}\nx = 1\n")
    assert secret not in clean
    ast.parse(clean)


def test_numbers_under_a_secret_name_leave_source_that_parses():
    clean = redact("connect(password=12345678, port=5432)")
    assert "12345678" not in clean
    assert "5432" in clean
    ast.parse(clean)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "dbPassword",
        "api_key",
        "apiKey",
        "x-api-key",
        "OPENAI_API_KEY",
        "client_secret",
        "token",
        "HF_TOKEN",
        "access_token",
        "X-Auth-Token",
        "private_key",
        "AWS_ACCESS_KEY_ID",
        "smtp_pass",
        "password1",
        "api_key_prod",
        "credentials",
    ],
)
def test_these_names_are_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer",
        "n_tokens",
        "max_tokens",
        "key",
        "keys",
        "pad_token",
        "token_ids",
        "token_count",
        "primary_key",
        "sort_key",
        "n_pass",
        "forward_pass",
        "author",
        "keyword",
        "password_hash",
        "password_length",
        "secretary",
        "compass",
        "passenger",
        "vocab_token",
        "",
    ],
)
def test_these_names_are_not(name):
    assert not is_secret_name(name)


def test_values_are_redacted_by_name_shape_and_key():
    key = PROVIDER_KEYS["github"]
    assert redact_value("password", "x") == (REDACTED, True)
    assert redact_value("password", b"x") == (REDACTED, True)
    assert redact_value("pin_password", 123456) == (REDACTED, True)
    assert redact_value("note", f"use {key}") == (f"use {REDACTED}", True)
    assert redact_value("config", {"token": key, "layers": [1, 2]}) == (
        {"token": REDACTED, "layers": [1, 2]},
        True,
    )
    assert redact_value("passwords", ("ab", "cd")) == ((REDACTED, REDACTED), True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "[CLS]"),
        ("password", ""),
        ("password", None),
        ("use_auth_token", True),
        ("max_tokens", 512),
        ("lr", 1e-3),
        ("key", "col"),
    ],
)
def test_ordinary_values_stay(name, value):
    assert redact_value(name, value) == (value, False)


def test_a_secret_known_from_a_cell_goes_from_another_cells_output():
    known = secrets_in('password = "hunter2x"')
    assert known == {"hunter2x"}
    assert redact("it is hunter2x indeed", known) == f"it is {REDACTED} indeed"


def test_randomness_is_told_from_words():
    assert looks_random(drawn(32))
    assert looks_random(drawn(40, HEX))
    assert not looks_random("RandomForestClassifier")
    assert not looks_random("classification_report")
    assert not looks_random("2026 11 23 and more")
