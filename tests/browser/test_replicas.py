"""Two replicas behind nginx, with the configuration that is committed: who stays where, and who takes over."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest

from benchmarks.visitors import Visitor, finished
from eogen.verdicts import campaigns, database, load
from tests import postgres
from tests.browser.harness import REPOSITORY, free_port, start
from tests.judged import SIDES

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here (tests/nginx.sh installs Debian's)")
QUERY = "lang=en&view=expert"


def ask(url, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def arrive(url):
    """Open the app as somebody who was never here; return their cookies."""
    cookies = {}
    for path in ("/", "/_stcore/health"):
        sent = {"Cookie": joined(cookies)} if cookies else {}
        answer, _ = ask(url, path, **sent)
        assert answer.status == 200
        for line in answer.msg.get_all("Set-Cookie", []):
            cookies |= {name: held.value for name, held in SimpleCookie(line).items()}
    return cookies


def joined(cookies):
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def gauge(server, name):
    """Return the sum of a family of the metrics of one replica, asked without the proxy."""
    _, body = ask(server.url, f"/_stcore/metrics?families={name}")
    return sum(
        float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", body.decode(), re.M)
    )


@pytest.fixture(scope="module")
def where_verdicts_are():
    """The address of a PostgreSQL that both replicas share."""
    yield postgres.fresh()
    database.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory, where_verdicts_are):
    """Two replicas with one secret, one cache folder and one database, and nginx before them."""
    folder = tmp_path_factory.mktemp("replicas")
    more = {
        "EOGEN_WARMUP": "0",
        "EOGEN_DB": where_verdicts_are,
        "OMP_NUM_THREADS": "1",
        "EOGEN_DATA": str(folder / "no_data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "STREAMLIT_SERVER_COOKIE_SECRET": "a secret that both replicas know",
    }
    with ThreadPoolExecutor(2) as pool:
        apps = list(
            pool.map(lambda n: start(REPOSITORY / "app.py", folder / f"{n}.log", environment=more), range(2))
        )
    port = free_port()
    site = (REPOSITORY / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for name, app in zip(("app1:8501", "app2:8501"), apps, strict=True):
        assert site.count(name) == 1
        site = site.replace(name, urlsplit(app.url).netloc)
    assert site.count("listen 8080") == 1
    (folder / "site.conf").write_text(
        site.replace("listen 8080", f"listen 127.0.0.1:{port}"), encoding="utf-8"
    )
    spill = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{'user root; ' if os.getuid() == 0 else ''}daemon off; worker_processes 1;\n"
        f"pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {spill}\ninclude {folder}/site.conf; }}\n",
        encoding="utf-8",
    )
    proxy = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 10
    while True:
        try:
            ask(url, "/_stcore/health")
            break
        except OSError:
            assert time.monotonic() < end
            assert proxy.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.05)
    try:
        yield url, apps
    finally:
        proxy.terminate()
        proxy.wait(10)
        for app in apps:  # not asked politely: it would first finish the pictures of its doors
            app.process.kill()
            app.process.wait(10)


async def reach(apps, wanted, seconds=60):
    """Wait until the replicas' numbers of sessions please `wanted`; return them."""
    end = time.monotonic() + seconds
    while not wanted(counts := [gauge(app, "active_sessions") for app in apps]):
        assert time.monotonic() < end, counts
        await asyncio.sleep(0.02)
    return counts


async def where(url, cookies, apps):
    """Open a session; return the number of the replica that has it.

    Those that an earlier test has left are waited for: one that ended while this one began would hide it.
    """
    await reach(apps, lambda counts: not any(counts))
    async with Visitor(url, "", QUERY, cookies=cookies):
        counts = await reach(apps, any)
    assert sorted(counts) == [0, 1]
    return counts.index(1)


def test_a_visitor_stays_with_one_replica_and_both_have_some(house):
    """Chance gives each visitor a replica; that forty come and all get the same one has a chance of 2^-39."""
    url, apps = house
    first = {}
    while len(first) < 8 or set(first.values()) != {0, 1}:
        assert len(first) < 40, "one replica has them all"
        cookies = joined(arrive(url))
        assert cookies not in first, "two visitors, two names"
        first[cookies] = finished(where(url, cookies, apps))
    assert {cookies: finished(where(url, cookies, apps)) for cookies in first} == first


def test_an_upload_reaches_the_replica_of_its_session(house):
    url, _ = house

    async def uploaded(cookies):
        async with Visitor(url, "", QUERY, cookies=joined(cookies)) as one:
            await one.open()
            body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.tif"\r\n\r\n'
            body += bytes(1_500_000) + b"\r\n--x--\r\n"
            headers = {
                "Cookie": joined(cookies),
                "X-Xsrftoken": cookies["_streamlit_xsrf"],
                "Content-Type": "multipart/form-data; boundary=x",
            }
            path = await one.upload_to()
            answer, said = await asyncio.to_thread(ask, url, path, "PUT", body, **headers)
            return answer.status, said

    for _ in range(3):  # whichever replica they are given
        status, said = finished(uploaded(arrive(url)))
        assert status == 204, said


def test_too_large_a_file_is_refused_at_the_door(house):
    url, _ = house
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.putrequest("PUT", "/_stcore/upload_file/a/b")
    connection.putheader("Content-Length", str(65 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_numbers_are_for_the_operator_alone(house):
    url, apps = house
    assert ask(url, "/_stcore/metrics")[0].status == 403
    assert ask(apps[0].url, "/_stcore/metrics")[0].status == 200


def test_what_each_replica_says_of_itself(house):
    _, apps = house
    for app in apps:  # the families are there once somebody has come
        finished(_open(app.url, ""))
        assert gauge(app, "eogen_jobs") == 0
        assert 50e6 < gauge(app, "eogen_memory_bytes") < 2e9
        assert (
            gauge(app, "eogen_weights")
            >= len(list((REPOSITORY / "assets/weights").glob("*/*.safetensors")))
            > 0
        )
        assert gauge(app, "eogen_info") == 1


def test_what_is_judged_on_one_replica_is_known_on_the_other(house, where_verdicts_are, open_page):
    _, apps = house
    made = campaigns.create("shared", SIDES, n=6, repeats=0, database=where_verdicts_are)
    for done, app in enumerate([*apps, *apps]):
        page = open_page(f"{app.url}/verdicts?lang=en&campaign={made.name}&reviewer=AB")
        page.get_by_text(f"{done} of 6").wait_for(timeout=60_000)
        page.locator(".st-key-verdicts_first button").click()
        page.get_by_text(f"{done + 1} of 6").wait_for(timeout=30_000)
        page.context.close()
    assert len(load(campaign=made.name, database=where_verdicts_are)) == 4


async def _open(url, cookies):
    async with Visitor(url, "", QUERY, cookies=cookies) as one:
        await one.open()
        assert not one.failed
        return {
            key: list(one.states[proto.id].string_array_value.data) for key, (_, proto) in one.widgets.items()
        }


def test_when_a_replica_dies_its_visitors_find_their_view_in_the_other(house):
    """The last test of the file: a replica is killed."""
    url, apps = house
    cookies = next(c for c in (joined(arrive(url)) for _ in range(40)) if finished(where(url, c, apps)) == 0)
    before = finished(_open(url, cookies))
    apps[0].process.send_signal(signal.SIGKILL)
    apps[0].process.wait(10)
    answer, _ = ask(url, "/", Cookie=cookies)
    assert answer.status == 200
    after = finished(_open(url, cookies))
    assert after == before
    assert after["lang"] == ["EN"]
    assert after["view"] == before["view"]
    assert gauge(apps[1], "active_sessions") >= 0
