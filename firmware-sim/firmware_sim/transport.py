"""A door's MQTT 3.1.1 connection (door-protocol.md 3.1), driven by the shared loop; dialling waits elsewhere."""

import logging
import random
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from firmware_sim.codec import topic_of
from firmware_sim.effects import Publish
from firmware_sim.loop import Loop
from firmware_sim.provisioning import Broker

log = logging.getLogger(__name__)
KEEPALIVE_S = 60
LOOK_S = 10
LONGEST_WAIT_S = 60


class Ends(Protocol):
    """Who is told what the line brings."""

    def will(self) -> Publish:
        """Asked before each connection."""

    def line_up(self) -> None:
        """Connected and subscribed."""

    def line_down(self) -> None:
        """No longer connected."""

    def message(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """What the broker delivers."""


class Line:
    """Dials while plugged in. A new MQTT client for each connection: nothing of an old one is ever sent again."""

    def __init__(
        self,
        loop: Loop,
        dialler: Executor,
        broker: Broker,
        door: str,
        topics: tuple[str, ...],
        ends: Ends,
        dice: random.Random,
    ) -> None:
        self._loop = loop
        self._dialler = dialler
        self._broker = broker
        self._door = door
        self._topics = topics
        self._ends = ends
        self._dice = dice
        self._client: Client | None = None
        self._socket: socket.socket | None = None
        self._failures = 0
        self.plugged = False
        self.up = False

    @property
    def state(self) -> str:
        """unplugged, up, or connecting (dialling, or waiting to)."""
        if not self.plugged:
            return "unplugged"
        return "up" if self.up else "connecting"

    def plug(self) -> None:
        """Dials at once."""
        if not self.plugged:
            self.plugged = True
            self._failures = 0
            self._dial()

    def unplug(self) -> None:
        """The socket is closed without a word: the broker sends the last will."""
        self.plugged = False
        self._hang_up()

    def leave(self) -> None:
        """In good order: DISCONNECT, so that no last will is sent."""
        self.plugged = False
        if self._client is not None and self.up:
            self._client.disconnect()
            self._client.loop_write()
        self._hang_up()

    def publish(self, message: Publish) -> None:
        """Sent if the line is up, else lost."""
        if self._client is not None and self.up:
            self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def flush(self) -> None:
        """After anything was published: what the socket did not take at once goes when there is room."""
        client, sock = self._client, self._socket
        if client is None or sock is None:
            return
        if client.want_write() and self._broken(client.loop_write()):
            return
        self._loop.watch_writing(sock, self._ready, wanted=client.want_write())

    def _dial(self) -> None:
        if not self.plugged or self._client is not None:
            return
        client = self._client = self._new_client(self._ends.will())
        broker = self._broker
        dialling = self._dialler.submit(client.connect, broker.host, broker.port, KEEPALIVE_S)
        dialling.add_done_callback(lambda done: self._loop.post(lambda: self._dialled(client, done.exception())))

    def _new_client(self, will: Publish) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._door,
            clean_session=True,
            protocol=MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._broker.user or self._door, self._broker.password)
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._answered
        client.on_message = self._arrived
        if self._broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca))
        return client

    def _dialled(self, client: Client, error: BaseException | None) -> None:
        sock = client.socket()
        if client is not self._client or not isinstance(sock, socket.socket):
            if isinstance(sock, socket.socket):
                sock.close()
            if client is self._client:
                log.info("no connection door=%s error=%s", self._door, error)
                self._lost()
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._loop.watch(sock, self._ready)
        self._loop.after(LOOK_S, lambda: self._look(client))
        self.flush()

    def _answered(self, client: Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("refused by the broker door=%s reason=%s", self._door, reason)
            return
        self._failures = 0
        self.up = True
        client.subscribe([(topic_of(self._door, ending), 1) for ending in self._topics])
        self._ends.line_up()

    def _arrived(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        self._ends.message(message.topic, bytes(message.payload), retained=message.retain)

    def _ready(self) -> None:
        client, sock = self._client, self._socket
        if client is None or sock is None:
            return
        if self._broken(client.loop_read()):
            return
        while isinstance(sock, ssl.SSLSocket) and self._socket is sock and sock.pending():
            if self._broken(client.loop_read()):
                return
        self.flush()

    def _look(self, client: Client) -> None:
        # keep-alive: the client asks the broker when nothing was heard, and gives up when it does not answer
        if client is self._client and not self._broken(client.loop_misc()):
            self.flush()
            self._loop.after(LOOK_S, lambda: self._look(client))

    def _broken(self, code: MQTTErrorCode) -> bool:
        if code in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            return self._client is None
        if self._client is not None:
            self._lost()
        return True

    def _lost(self) -> None:
        self._hang_up()
        if self.plugged:
            self._failures += 1
            wait_s = self._dice.uniform(0, min(LONGEST_WAIT_S, 2 ** min(self._failures, 6)))
            self._loop.after(wait_s, self._dial)

    def _hang_up(self) -> None:
        was_up, self.up = self.up, False
        sock, self._socket = self._socket, None
        self._client = None
        if sock is not None:
            self._loop.forget(sock)
            sock.close()
        if was_up:
            self._ends.line_down()


Dial = Callable[[Ends, random.Random], Line]
