"""Wrong requests to the control API are told what is wrong and change nothing."""

from http.client import HTTPConnection

import pytest

from sim_tests.conftest import Control, eventually


@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/doors/nowhere", None, 404),
        ("GET", "/doors/hall-a/tap", None, 405),
        ("POST", "/doors", "{}", 405),
        ("POST", "/doors/hall-a/explode", "{}", 404),
        ("POST", "/doors/hall-a/tap", "{", 400),
        ("POST", "/doors/hall-a/tap", "[]", 400),
        ("POST", "/doors/hall-a/tap", "{}", 422),
        ("POST", "/doors/hall-a/tap", '{"card":"62E3086CED","pin":"1234"}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":"62E308"}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":62}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":"zzzzzzzzzz"}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":"fffffff","format":"wiegand","bits":26}', 422),
        ("POST", "/doors/hall-a/tap", '{"pin":"12"}', 422),
        ("POST", "/doors/hall-a/tap", '{"pin":"١٢٣٤"}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":"62E3086CED","reader":"up"}', 422),
        ("POST", "/doors/hall-a/inputs", '{"fire":"yes"}', 422),
        ("POST", "/doors/hall-a/network", '{"plugged":"no"}', 422),
        ("POST", "/doors/hall-a/contact", '{"opened":true}', 422),
        ("POST", "/doors/hall-a/clock", "{}", 422),
        ("POST", "/doors/hall-a/clock", '{"offset_s":1e99}', 422),
        ("POST", "/doors/hall-a/clock", '{"offset_s":NaN}', 422),
        ("POST", "/doors/hall-a/clock", '{"state":"late"}', 422),
        ("POST", "/doors/hall-a/power", '{"off_s":-1}', 422),
        ("POST", "/doors/hall-a/tap", '{"card":"' + "0" * 5000 + '"}', 413),
    ],
)
def test_a_wrong_request_is_answered_with_what_is_wrong(
    control: Control, method: str, path: str, body: str | None, status: int
) -> None:
    got, answer = control.ask(method, path, body)
    assert got == status
    assert isinstance(answer["error"], str)
    assert control.get("/doors/hall-a")["decisions"] == []


@pytest.mark.mosquitto
def test_a_web_page_elsewhere_cannot_tap_a_card(control: Control) -> None:
    assert control.ask("POST", "/doors/hall-a/tap", '{"card":"62E3086CED"}', kind="text/plain")[0] == 415
    assert control.ask("POST", "/doors/hall-a/tap", '{"card":"62E3086CED"}', host="evil.example")[0] == 403
    assert control.get("/doors/hall-a")["decisions"] == []


@pytest.mark.mosquitto
def test_all_doors_are_listed_with_their_state(control: Control) -> None:
    doors = control.get("/doors")["doors"]
    assert [door["door"] for door in doors] == ["hall-a", "hall-b"]
    assert {"lock", "contact", "network", "clock", "list", "queue", "decisions"} <= doors[0].keys()


@pytest.mark.mosquitto
def test_a_tap_is_answered_and_remembered(control: Control) -> None:
    first = control.post("/doors/hall-a/tap", card="62E3086CED")
    again = control.post("/doors/hall-a/tap", card="62e3086ced")
    assert (first["decision"], first["reason"], again["decision"]) == ("denied", "no_list", "ignored")
    assert [seen["decision"] for seen in control.get("/doors/hall-a")["decisions"]] == ["ignored", "denied"]


@pytest.mark.mosquitto
def test_inputs_outlive_a_power_cut_and_fire_stays_latched(control: Control) -> None:
    state = control.post("/doors/hall-a/inputs", fire=True, interlock=True, rex=True)
    assert state["inputs"] == {"fire": "active", "interlock": "open", "rex": "fitted"}
    assert control.post("/doors/hall-a/power", off_s=0)["inputs"]["interlock"] == "open"
    assert control.post("/doors/hall-a/inputs", fire=False)["lock"] == "unlocked"
    assert control.post("/doors/hall-a/tap", pin="4938")["reason"] == "fire"
    kinds = [event["kind"] for event in control.get("/doors/hall-a/events")["events"]]
    assert [kind for kind in kinds if kind in ("fire", "rex")] == ["fire", "rex"]


@pytest.mark.mosquitto
def test_the_leaf_moves(control: Control) -> None:
    assert control.post("/doors/hall-a/contact", open=True)["contact"] == "open"
    assert control.get("/doors/hall-a/events")["events"][-1]["kind"] == "forced"
    assert control.post("/doors/hall-a/contact", open=False)["contact"] == "closed"


@pytest.mark.mosquitto
def test_a_jump_back_makes_the_clock_unknown(control: Control) -> None:
    assert control.post("/doors/hall-a/clock", state="synced")["clock"]["state"] == "synced"
    assert control.post("/doors/hall-a/clock", state="holdover", age_s=604800)["clock"]["uncertainty_s"] == 13
    assert control.post("/doors/hall-a/clock", jump_s=-7200)["clock"]["state"] == "unknown"


@pytest.mark.mosquitto
def test_a_clock_ahead_of_its_floor_can_be_set_right_again(control: Control) -> None:
    assert control.post("/doors/hall-a/clock", state="synced", jump_s=5)["clock"]["state"] == "synced"
    assert control.post("/doors/hall-a/clock", state="unknown")["clock"]["state"] == "unknown"
    assert control.post("/doors/hall-a/clock", jump_s=5)["clock"]["state"] == "unknown"
    assert control.post("/doors/hall-a/clock", state="synced")["clock"]["state"] == "synced"


@pytest.mark.mosquitto
def test_many_doors_are_acted_on_and_counted_at_once(control: Control) -> None:
    eventually(lambda: control.get("/summary")["network"] == {"up": 2})
    tapped = control.post("/all/tap", card="62E3086CED")
    assert (tapped["doors"], tapped["decisions"], len(tapped["ms"])) == (2, {"denied:no_list": 2}, 2)
    assert control.post("/all/network", doors="hall-b", plugged=False) == {"doors": 1, "no_power": 0}
    told = control.get("/summary")
    assert (told["network"], told["no_list"], told["power"]) == ({"up": 1, "unplugged": 1}, 2, 2)
    assert [door["door"] for door in control.get("/doors?doors=*-b&count=5")["doors"]] == ["hall-b"]


@pytest.mark.mosquitto
def test_weather_is_asked_for_and_taken_away(control: Control) -> None:
    assert control.post("/doors/hall-a/weather", loss=0.5, delay_ms=[1, 20])["door"] == "hall-a"
    assert control.post("/doors/hall-a/weather")["door"] == "hall-a"
    assert control.ask("POST", "/doors/hall-a/weather", '{"loss":2}')[0] == 422
    assert control.ask("POST", "/all/weather", '{"part":2}')[0] == 422
    assert control.ask("POST", "/all/dance", "{}")[0] == 404


@pytest.mark.mosquitto
def test_the_page_is_there_for_this_machine_only_and_takes_nothing_from_elsewhere(control: Control) -> None:
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
        line = HTTPConnection("127.0.0.1", control.port, timeout=10)
        line.request("GET", path)
        answer = line.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "http" not in answer.read().decode().replace("http-equiv", "")
        line.close()
    assert control.ask("GET", "/", host="evil.example")[0] == 403
