"""Who is let in: every route and method of the router, by every wrong way in."""

import http.client
import re
from urllib.parse import quote, urlsplit

import pytest
import requests

from nbtrack.server.answer import Nothing
from nbtrack.server.description import description
from nbtrack.server.routes import PREFIX, ROUTES

METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
EXAMPLES = {
    "run": "01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66",
    "job": "01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66",
    "digest": "b3:" + "0" * 64,
    "position": "0",
    "rest": "nothing/here",
}


def example(pattern):
    """A path that a route's expression takes."""
    path = pattern.replace(r"\.", ".")
    for name, value in EXAMPLES.items():
        path = re.sub(rf"\(\?P<{name}>(?:[^()]|\([^()]*\))*\)", value, path)
    assert re.fullmatch(pattern, path), (pattern, path)
    return path


PATHS = [example(pattern) for pattern, _ in ROUTES]
CALLS = [(method, path) for path in PATHS for method in METHODS]


def implemented(route):
    """The methods that a route answers itself."""
    ours = {name for each in route.__mro__ if each.__module__.startswith("nbtrack.") for name in vars(each)}
    return ours & {"get", "head", "post", "patch", "put", "delete"}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_token_nobody_is_let_in(server, tally, method, path):
    tally["requests"] += 1
    answer = server.ask(method, path, token=False)
    assert answer.status_code in {403, 405}, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    if method != "HEAD":
        assert answer.json()["kind"] in {"forbidden", "method"}


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_token_is_none(server, path):
    answer = server.ask("GET", path, token=False, headers={"Authorization": "token " + "0" * 32})
    assert answer.status_code in {403, 405}


@pytest.mark.parametrize(("pattern", "route"), ROUTES, ids=[pattern for pattern, _ in ROUTES])
def test_every_method_of_every_route_is_authenticated_and_authorised(pattern, route):
    methods = implemented(route)
    assert methods
    for name in methods:
        # Each decorator leaves what it wraps: both are there, the login before the leave.
        outer = getattr(route, name)
        assert outer.__wrapped__.__wrapped__, f"{name} {pattern}"
        assert outer.__code__.co_filename.endswith("tornado/web.py")
        assert outer.__wrapped__.__code__.co_filename.endswith("jupyter_server/auth/decorator.py")
    assert route.auth_resource == "nbtrack"


@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_signed_in_but_not_authorised_is_refused(unauthorised, path):
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answer = unauthorised.ask(method, path, json={})
        assert answer.status_code in {403, 405}, f"{method} {path}: {answer.text}"


@pytest.fixture(scope="module")
def unauthorised(root, tmp_path_factory, serving):
    """A server whose authorizer lets nobody do anything; it answers once it refuses."""
    home = tmp_path_factory.mktemp("refusing")
    (home / "refusing.py").write_text(
        "from jupyter_server.auth import Authorizer\n"
        "class Refusing(Authorizer):\n"
        "    def is_authorized(self, handler, user, action, resource):\n"
        "        return resource != 'nbtrack'\n"
    )
    option = "--ServerApp.authorizer_class=refusing.Refusing"
    with serving(root, home, option, path=home, ready=403) as served:
        yield served


@pytest.mark.parametrize("path", PATHS)
def test_another_host_name_is_refused(server, tally, path):
    tally["requests"] += 1
    # DNS rebinding: a page of evil.example that resolves to this machine.
    answer = server.ask("GET", path, headers={"Host": "evil.example"})
    assert answer.status_code in {403, 405}


@pytest.fixture(scope="module")
def browser(server):
    """A signed-in browser: a cookie instead of a token."""
    session = requests.Session()
    session.get(f"{server.url}/?token={server.token}", timeout=30)
    assert session.cookies
    yield session
    session.close()


def xsrf(browser):
    return next(cookie.value for cookie in browser.cookies if cookie.name == "_xsrf")


def test_a_browser_gets_in_with_its_cookie_from_a_page_of_the_server(server, browser, filled):
    url = f"{server.url}/nbtrack/api/status"
    assert browser.get(url, headers={"X-XSRFToken": xsrf(browser)}, timeout=30).status_code == 200
    assert browser.get(url, headers={"Referer": f"{server.url}/lab"}, timeout=30).status_code == 200


@pytest.mark.parametrize("path", [path for path in PATHS if "openapi" not in path])
def test_a_page_from_elsewhere_gets_nothing_with_the_cookie(server, browser, tally, path):
    url = f"{server.url}/nbtrack/api/{path}"
    for headers in ({"Origin": "https://evil.example"}, {"Referer": "https://evil.example/x"}, {}):
        tally["requests"] += 1
        answer = browser.get(url, headers=headers, timeout=30, allow_redirects=False)
        assert answer.status_code in {403, 404, 405}, f"{headers}: {answer.text}"
        assert answer.json()["kind"] in {"forbidden", "not_found", "method"}


@pytest.mark.parametrize("call", [call for call in CALLS if call[0] not in {"GET", "HEAD"}], ids=" ".join)
def test_a_change_needs_the_token_against_forgery(server, browser, filled, tally, call):
    method, path = call
    tally["requests"] += 2
    url = f"{server.url}/nbtrack/api/{path.replace(EXAMPLES['run'], filled.id('curve'))}"
    answer = browser.request(method, url, json={}, headers={"Referer": f"{server.url}/lab"}, timeout=30)
    assert answer.status_code in {403, 405}, answer.text
    answer = browser.request(
        method,
        url,
        json={},
        headers={"X-XSRFToken": xsrf(browser), "Origin": "https://evil.example"},
        timeout=30,
    )
    assert answer.status_code in {403, 404, 405}, answer.text


def test_a_change_from_a_page_of_the_server_is_taken(server, browser, filled):
    url = f"{server.url}/nbtrack/api/runs/{filled.id('plain 0')}"
    headers = {"X-XSRFToken": xsrf(browser), "Origin": server.url, "Referer": f"{server.url}/lab"}
    assert browser.patch(url, json={"starred": True}, headers=headers, timeout=30).status_code == 200


TRAVERSALS = [
    "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "....//....//etc", "\\..\\..\\windows", "~root/x",
    "file:///etc/passwd", "a/../../b.ipynb", "x\0y", "%00", "\u2024\u2024/etc", "C:/x", ".nbtrack/lineage.db",
]  # fmt: skip


PARAMETERS = [
    ("stores", "notebook"), ("status", "store"), ("runs", "store"), ("runs", "notebook"), ("runs", "experiment"),
    ("runs", "after"), ("runs", "order"), ("table", "columns"), ("table", "metric"), ("names", "notebook"),
    ("compare", "ids"), ("compare.html", "ids"), ("diff", "a"), ("jobs", "run"), ("runs/{}/curves", "metric"),
]  # fmt: skip


@pytest.mark.parametrize("attempt", TRAVERSALS)
def test_no_parameter_leads_out_of_the_store(server, filled, tally, attempt):
    for path, name in PARAMETERS:
        tally["requests"] += 1
        answer = server.ask("GET", path.replace("{}", filled.id("curve")), params={name: attempt})
        assert answer.status_code in {200, 400, 404}, f"{path}?{name}: {answer.text}"
        assert "root:" not in answer.text


@pytest.mark.parametrize("attempt", TRAVERSALS)
@pytest.mark.parametrize(
    "path",
    ["runs/{}", "jobs/{}", "{}", "runs/{run}/attachments/{}", "runs/{run}/datasets/{}", "runs/{run}/{}"],
)
def test_no_path_leads_out_of_the_routes(server, filled, tally, path, attempt):
    tally["requests"] += 1
    # As it is, without a client that tidies the path up.
    raw = path.replace("{run}", filled.id("curve")).replace("{}", quote(attempt, safe="./%~:"))
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    connection.request("GET", f"{PREFIX}/{raw}", headers={"Authorization": f"token {server.token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in {400, 404}, body
    assert b"root:" not in body


def test_looking_at_everything_changes_no_file(server, filled):
    def state():
        found = {}
        for file in (server.root / ".nbtrack").rglob("*"):
            status = file.stat()
            if not file.name.endswith("-shm"):  # memory that readers share
                found[file] = (status.st_size, status.st_mtime_ns)
        return found

    server.get("status")
    before = state()
    for path in PATHS:
        server.ask("GET", path.replace(EXAMPLES["run"], filled.id("curve")))
    assert state() == before


def test_the_router_and_the_description_have_the_same_routes_and_methods():
    described = {
        (re.sub(r"\{(\w+)\}", lambda match: EXAMPLES[match[1]], path.lstrip("/")), method)
        for path, item in description()["paths"].items()
        for method in item
        if method != "parameters"
    }
    routed = {
        (example(pattern), method)
        for pattern, route in ROUTES
        if route is not Nothing
        for method in implemented(route)
    }
    assert described == routed
