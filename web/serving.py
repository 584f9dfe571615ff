"""The web server: gunicorn with threads, one process, so that rate limits in memory count everybody."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from booking.settings import Settings
from web import logs
from web.app import create_app


class Server(BaseApplication):
    """Gunicorn started from code instead of from its own command line."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.settings)


def serve(settings: Settings, *, host: str, port: int, threads: int) -> None:
    """Serve until told to stop by SIGTERM or SIGINT."""
    logs.configure()
    options = {
        "bind": f"{host}:{port}",
        "workers": 1,
        "threads": threads,
        "worker_class": "gthread",
        "graceful_timeout": 5,
        "timeout": 60,
        "loglevel": "warning",
        "proc_name": "vuoro-web",
        "control_socket_disable": True,
    }
    Server(settings, options).run()
