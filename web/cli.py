"""`vuoro`: one command line for every package's commands."""

from __future__ import annotations

from importlib import import_module

import click

# Each command is loaded only when asked for: name → module:function.
COMMANDS = {
    "report": "booking.cli_report:report",
    "round": "booking.cli_round:round_group",
    "rulebook": "booking.cli_rulebook:rulebook",
    "audit": "access.cli_audit:audit",
    "doors": "access.cli_prepare:doors",
    "bench": "bench.cli:bench",
    "invoice": "web.cli_invoice:invoice",
    "demo": "web.demo.command:demo",
    "import": "web.cli_import:import_group",
    "web": "web.commands:web",
    "jobs": "web.commands:jobs",
    "db": "web.commands:db",
}


class Commands(click.Group):
    """The group that knows where each package keeps its commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands)
def main() -> None:
    """Vuoro: associations get the rooms that stand empty, by rules everybody can read, and the door knows it."""


if __name__ == "__main__":
    main()
