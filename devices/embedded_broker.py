"""The demo's own MQTT broker: amqtt, on loopback only. Never for real doors.

It leaks: on every connect it pushes retained messages to clients that did not subscribe to them, past its access
rules; it keeps no session for anonymous clients, and with thousands of clients it fails. Where mosquitto is found,
that is used instead (docs/door-protocol.md 14.3).
"""

from __future__ import annotations

import asyncio
import logging
import signal

from amqtt.broker import Broker

LOOPBACK = "127.0.0.1"


def settings(port: int) -> dict[str, object]:
    """amqtt's settings: one listener on loopback, anyone may connect, no packet logging."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}", "max_connections": 200}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def serve_until(stop: asyncio.Event, port: int) -> None:
    """Serves on 127.0.0.1:`port` until `stop` is set."""
    broker = Broker(settings(port))
    await broker.start()
    try:
        await stop.wait()
    finally:
        await broker.shutdown()


async def _serve_until_signal(port: int) -> None:
    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    await serve_until(stop, port)


def serve(port: int) -> None:
    """Serves on loopback until SIGINT or SIGTERM. Must run in the main thread of its process."""
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(_serve_until_signal(port))


if __name__ == "__main__":
    import click

    @click.command()
    @click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
    def main(port: int) -> None:
        """Serve the demo's broker on loopback. It leaks retained messages: never for real doors."""
        serve(port)

    main()
