"""Fifty people want the same hour, through the real web server: one gets it, forty-nine a clean answer (C1)."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.cookiejar import CookieJar

import pytest
from sqlalchemy import func, select

from booking.db import reading
from booking.models import Booking, Occurrence
from tests.fixtures_databases import copied
from tests.make import HELSINKI
from tests.system.town import running_town

PEOPLE = 50


@pytest.fixture(scope="module")
def town(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    with copied(template, folder) as url, running_town(url, folder) as town:
        yield town


class Caller:
    """A program signed in as one of the demo's people."""

    def __init__(self, town, name):
        self.base = town.base_url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with self.opener.open(f"{self.base}/dev/sign-in") as page:
            token = page.read().decode().split('name="csrf_token" value="')[1].split('"')[0]
        form = f"csrf_token={token}".encode()
        self.opener.open(f"{self.base}/dev/sign-in/{town.person(name).ref}", form).close()
        with self.opener.open(f"{self.base}/api/v1/me") as answer:
            self.token = json.load(answer)["csrf_token"]

    def post(self, path, body):
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        request = urllib.request.Request(f"{self.base}/api/v1{path}", json.dumps(body).encode(), headers)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def test_fifty_tries_for_one_slot_through_the_web_server(town):
    day = datetime.now(HELSINKI).date() + timedelta(days=40)
    callers = [Caller(town, name) for name in ("Sini", "Kaisa", "Saga", "Pirjo")]
    wish = {
        "space": town.space("Iso sali").ref,
        "title": "Sama tunti",
        "purpose": "members_meeting",
        "people": 20,
        "day": day.isoformat(),
        "start": "13:00",  # no season slot of the demo is so early
        "end": "14:30",
    }
    gate = threading.Barrier(PEOPLE)

    def attempt(number):
        gate.wait()
        return callers[number % len(callers)].post("/bookings", wish)

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(attempt, range(PEOPLE)))
    codes = sorted((status, body.get("code", "booked")) for status, body in answers)
    assert codes == [(201, "booked"), *[(409, "space_taken")] * (PEOPLE - 1)]
    with reading(town.sessions) as session:
        booked = select(func.count(Booking.id)).where(Booking.title == "Sama tunti")
        held = select(func.count(Occurrence.id)).join(Booking).where(Booking.title == "Sama tunti")
        assert (session.scalar(booked), session.scalar(held)) == (1, 1)
