"""Settings from the environment (VUORO_…), read once by each process and passed on as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from environs import Env


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know of its surroundings.

    database_url: sqlite:///… or postgresql+psycopg://…
    secret_key: signs sessions and links; master_key: wraps door keys and PINs (both from the environment, never a file
    in the repository). broker: host and port of the MQTT broker, account and CA file where it asks for them.
    help: where people ask, and the hours of working days when the phone is answered ("9–15"); empty: not shown.
    witness_…: where checkpoints of the audit log go: addresses with commas between, a witness with its public key.
    tsa_…: a time-stamping authority and the file of its root certificates.
    metrics_…: what Prometheus must show to the pages, and where the doors process answers it (port 0: nowhere).
    """

    database_url: str
    secret_key: str
    master_key: str
    base_url: str = "http://127.0.0.1:8080"
    data_dir: Path = Path("var")
    broker_host: str = "127.0.0.1"
    broker_port: int = 1883
    broker_user: str = ""
    broker_password: str = ""
    broker_ca: str = ""
    smtp_url: str = ""
    mail_from: str = "vuoro@esimerkki.example"
    bench_url: str = ""
    demo: bool = False
    town_name: str = "Vuoro"
    help_phone: str = ""
    help_email: str = ""
    help_hours: str = ""
    witness_mail: str = ""
    witness_url: str = ""
    witness_key: str = ""
    tsa_url: str = ""
    tsa_roots: str = ""
    metrics_token: str = ""
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"


def read_settings() -> Settings:
    """Settings from VUORO_… variables. Raises environs.EnvError naming the variable that is missing or wrong."""
    env = Env(prefix="VUORO_")
    return Settings(
        database_url=env.str("DATABASE_URL"),
        secret_key=env.str("SECRET_KEY"),
        master_key=env.str("MASTER_KEY"),
        base_url=env.str("BASE_URL", "http://127.0.0.1:8080").rstrip("/"),
        data_dir=env.path("DATA_DIR", Path("var")),
        broker_host=env.str("BROKER_HOST", "127.0.0.1"),
        broker_port=env.int("BROKER_PORT", 1883),
        broker_user=env.str("BROKER_USER", ""),
        broker_password=env.str("BROKER_PASSWORD", ""),
        broker_ca=env.str("BROKER_CA", ""),
        smtp_url=env.str("SMTP_URL", ""),
        mail_from=env.str("MAIL_FROM", "vuoro@esimerkki.example"),
        bench_url=env.str("BENCH_URL", ""),
        demo=env.bool("DEMO", False),
        town_name=env.str("TOWN_NAME", "Vuoro"),
        help_phone=env.str("HELP_PHONE", ""),
        help_email=env.str("HELP_EMAIL", ""),
        help_hours=env.str("HELP_HOURS", ""),
        witness_mail=env.str("WITNESS_MAIL", ""),
        witness_url=env.str("WITNESS_URL", ""),
        witness_key=env.str("WITNESS_KEY", ""),
        tsa_url=env.str("TSA_URL", ""),
        tsa_roots=env.str("TSA_ROOTS", ""),
        metrics_token=env.str("METRICS_TOKEN", ""),
        metrics_port=env.int("METRICS_PORT", 0),
        metrics_host=env.str("METRICS_HOST", "127.0.0.1"),
    )
