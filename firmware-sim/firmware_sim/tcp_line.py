"""MQTT 3.1.1 over a socket (door-protocol.md 3.1), all of it in the shared loop: one file descriptor a door."""

import errno
import logging
import random
import socket
import ssl
from concurrent.futures import Executor
from ipaddress import ip_address

from firmware_sim import mqtt
from firmware_sim.codec import topic_of
from firmware_sim.effects import Publish
from firmware_sim.loop import Loop
from firmware_sim.provisioning import Broker
from firmware_sim.transport import Ends, Line

log = logging.getLogger(__name__)
KEEPALIVE_S = 60
LOOK_S = 20
QUIET_NS = 30_000_000_000
PATIENCE_NS = 45_000_000_000  # for an answer to CONNECT or PINGREQ
PIECE = 65536


class TcpLine(Line):
    """Each connection starts anew: nothing of an old one is ever sent again."""

    def __init__(
        self,
        loop: Loop,
        names: Executor,
        broker: Broker,
        door: str,
        topics: tuple[str, ...],
        ends: Ends,
        dice: random.Random,
        jitter_s: float = 0.0,
    ) -> None:
        """`names`: where names of machines are looked up, which may take long."""
        super().__init__(loop, ends, dice, jitter_s)
        self._io = loop
        self._names = names
        self._broker = broker
        self._door = door
        self._topics = topics
        self._socket: socket.socket | None = None
        self._packets = mqtt.Packets()
        self._outgoing = bytearray()
        self._mid = 0
        self._asked_ns: int | None = None
        self._sent_ns = 0

    # --- dialling ---

    def _dial(self) -> None:
        if not self.plugged or self._socket is not None:
            return
        call, broker = self._call, self._broker
        if _is_address(broker.host):
            self._open((broker.host, broker.port))
            return
        looking = self._names.submit(_look_up, broker.host, broker.port)
        looking.add_done_callback(lambda done: self._loop.post(lambda: self._found(call, done.result())))

    def _found(self, call: int, address: tuple[str, int] | None) -> None:
        if call != self._call or not self.plugged:
            return
        if address is None:
            log.info("no such machine door=%s host=%s", self._door, self._broker.host)
            self._lost()
        else:
            self._open(address)

    def _open(self, address: tuple[str, int]) -> None:
        made = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = made.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            made.close()
            self._lost()
            return
        self._socket = made
        self._packets, self._mid = mqtt.Packets(), 0
        self._outgoing = bytearray()
        self._asked_ns = self._sent_ns = self._loop.mono_ns()
        self._io.watch(made, self._opened)
        self._io.watch_writing(made, self._opened, wanted=True)
        self._look_later()

    def _opened(self) -> None:
        made = self._socket
        if made is None:
            return
        code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            log.info("no connection door=%s error=%s", self._door, errno.errorcode.get(code, code))
            self._lost()
        elif self._broker.tls:
            self._wrap(made)
        else:
            self._say_hello(made)

    def _wrap(self, made: socket.socket) -> None:
        context = _context(self._broker.ca)
        self._io.forget(made)
        wrapped = context.wrap_socket(made, server_hostname=self._broker.host, do_handshake_on_connect=False)
        self._socket = wrapped
        self._io.watch(wrapped, self._shake)
        self._shake()

    def _shake(self) -> None:
        sock = self._socket
        if not isinstance(sock, ssl.SSLSocket):
            return
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._io.watch_writing(sock, self._shake, wanted=False)
        except ssl.SSLWantWriteError:
            self._io.watch_writing(sock, self._shake, wanted=True)
        except OSError as error:
            log.warning("no TLS door=%s error=%s", self._door, error)
            self._lost()
        else:
            self._say_hello(sock)

    def _say_hello(self, sock: socket.socket) -> None:
        self._io.forget(sock)
        self._io.watch(sock, self._ready)
        will, broker = self._ends.will(), self._broker
        last = mqtt.Message(will.topic, will.payload, will.retain)
        user = broker.user or self._door
        hello = mqtt.connect(self._door, keepalive_s=KEEPALIVE_S, user=user, password=broker.password, will=last)
        self._outgoing += hello
        self.flush()

    # --- talking ---

    def _send(self, message: Publish) -> None:
        self._mid = self._mid % 65535 + 1
        self._outgoing += mqtt.publish(self._mid, message.topic, message.payload, retain=message.retain)

    def _say_goodbye(self) -> None:
        self._outgoing += mqtt.GOODBYE
        self.flush()

    def flush(self) -> None:
        """What the socket does not take at once goes when there is room."""
        sock = self._socket
        if sock is None:
            return
        try:
            while self._outgoing:
                del self._outgoing[: sock.send(self._outgoing)]
                self._sent_ns = self._loop.mono_ns()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            self._lost()
            return
        self._io.watch_writing(sock, self._ready, wanted=bool(self._outgoing))

    def _ready(self) -> None:
        sock, call = self._socket, self._call
        if sock is None:
            return
        try:
            received = sock.recv(PIECE)
            while isinstance(sock, ssl.SSLSocket) and sock.pending():
                received += sock.recv(PIECE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self.flush()
            return
        except OSError:
            received = b""
        self._took(received, call)

    def _took(self, received: bytes, call: int) -> None:
        try:
            for packet in self._packets.feed(received):
                self._heard(packet)
                if call != self._call:
                    return
        except mqtt.BadPacket as error:
            log.warning("no MQTT door=%s error=%s", self._door, error)
            received = b""
        if not received:
            self._lost()
            return
        self._asked_ns = None if self.up else self._asked_ns
        self.flush()

    def _heard(self, packet: mqtt.Packet) -> None:
        if packet.kind == mqtt.Kind.CONNACK:
            self._greeted(mqtt.refusal(packet))
        elif packet.kind == mqtt.Kind.PUBLISH:
            message = mqtt.message(packet)
            if message.mid is not None:
                self._outgoing += mqtt.puback(message.mid)
            self._arrived(message)

    def _greeted(self, refused: str | None) -> None:
        if refused is not None:
            log.warning("refused by the broker door=%s reason=%s", self._door, refused)
            self._lost()
            return
        self._mid += 1
        self._outgoing += mqtt.subscribe(self._mid, [topic_of(self._door, ending) for ending in self._topics])
        self._answered()

    # --- keeping alive ---

    def _look_later(self) -> None:
        call = self._call
        self._loop.after(LOOK_S, lambda: self._look() if call == self._call else None)

    def _look(self) -> None:
        now_ns = self._loop.mono_ns()
        if self._asked_ns is not None and now_ns - self._asked_ns > PATIENCE_NS:
            self._lost()
            return
        if self.up and self._asked_ns is None and now_ns - self._sent_ns > QUIET_NS:
            self._asked_ns = now_ns
            self._outgoing += mqtt.PING
            self.flush()
        self._look_later()

    def _close(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None:
            self._io.forget(sock)
            sock.close()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int) -> tuple[str, int] | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return None
    return str(found[0][4][0]), port


_CONTEXTS: dict[str | None, ssl.SSLContext] = {}


def _context(ca: str | None) -> ssl.SSLContext:
    if ca not in _CONTEXTS:
        _CONTEXTS[ca] = ssl.create_default_context(cafile=ca)
    return _CONTEXTS[ca]
