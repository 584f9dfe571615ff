"""MQTT 3.1.1 transport on paho: callbacks only put on a queue, one thread of the caller reads it."""

from __future__ import annotations

import logging
import random
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any, TypeAlias

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices.failures import LinkLost

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 60.0
WINDOW = 100


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS 1.2 or newer; `ca` None: the system's authorities. A certificate of our own needs both its files."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom to connect. A stable client id without clean session keeps what came while we were away."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    clean_session: bool = False
    manual_ack: bool = False
    keepalive_s: int = 60
    longest_wait_s: float = LONGEST_WAIT_S


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when the connection dies."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker took us, and our subscriptions are asked for."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """No connection; the transport tries again by itself. `reason` is for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message. `mid` is for `acknowledge`."""

    topic: str
    payload: bytes
    retained: bool
    mid: int


Arrival: TypeAlias = Connected | Disconnected | Arrived


class MqttTransport:
    """One connection that heals itself, with growing random waits. What happens comes on `inbox`, in order."""

    def __init__(
        self,
        broker: Broker,
        subscriptions: Sequence[str],
        inbox: Queue[Arrival],
        *,
        will: Will | None = None,
    ) -> None:
        self.broker = broker
        self.inbox = inbox
        self._subscriptions = [(topic, 1) for topic in subscriptions]
        self._failures = 0
        self._turned_away = ""
        self._client = self._make_client(will)

    def start(self) -> None:
        """Connects in the background; the first `Connected` or `Disconnected` comes on the inbox."""
        self._client.connect_async(self.broker.host, self.broker.port, self.broker.keepalive_s)
        self._client.loop_start()

    def stop(self) -> None:
        """Leaves in good order; no will is published."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Listens to these topics too, now and after each reconnect."""
        known = {topic for topic, _qos in self._subscriptions}
        new = [(topic, 1) for topic in dict.fromkeys(topics) if topic not in known]
        self._subscriptions += new
        if new and self.connected:
            self._client.subscribe(new)

    def ask_again(self) -> None:
        """Have the broker say anew what it retains on our topics."""
        if self._subscriptions and self.connected:
            self._client.subscribe(self._subscriptions)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Sends at QoS 1. LinkLost when there is no connection: the caller keeps what must be sent."""
        if not self.connected:
            raise LinkLost(f"no connection to {self.broker.host}:{self.broker.port}")
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkLost(str(sent.rc))

    def acknowledge(self, arrived: Arrived) -> None:
        """Tells the broker that a message is safe with us (only with `manual_ack`; else done already)."""
        self._client.ack(arrived.mid, 1)

    def _make_client(self, will: Will | None) -> Client:
        broker = self.broker
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=broker.clean_session,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=broker.manual_ack,
        )
        client.max_inflight_messages_set(WINDOW)
        if broker.username:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            client.tls_set_context(broker.tls.context())
        if will:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._turned_away = str(reason)  # paho calls on_disconnect next, which no longer knows why
            return
        self._failures = 0
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        self.inbox.put(Connected())

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        self._lost("no broker")

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lost(self._turned_away or str(reason))
        self._turned_away = ""

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self.inbox.put(Arrived(message.topic, bytes(message.payload), message.retain, message.mid))

    def _lost(self, reason: str) -> None:
        log.warning("link lost broker=%s:%s reason=%s", self.broker.host, self.broker.port, reason)
        wait_s = pause_s(self._failures, self.broker.longest_wait_s)
        self._failures += 1
        # paho doubles the wait without jitter; asked anew each time with both bounds equal, it waits what we drew.
        self._client.reconnect_delay_set(wait_s, wait_s)  # type: ignore[arg-type]
        self.inbox.put(Disconnected(reason))


def concerns(pattern: str, topic: str) -> bool:
    """Whether a subscription takes in a topic."""
    return topic_matches_sub(pattern, topic)


def pause_s(failures: int, longest_s: float) -> float:
    """Seconds before the next try: random up to 2^failures and `longest_s`, so that a thousand do not come at once."""
    return random.uniform(0.0, min(longest_s, 2.0 ** min(failures, 16)))  # noqa: S311 - spreads load, guards nothing


def _send_at_once(_client: Client, _userdata: Any, sock: Any) -> None:
    # Nagle at both ends costs 88 ms a round trip, none 0.2 ms (measured; docs/door-protocol.md 14.2).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
