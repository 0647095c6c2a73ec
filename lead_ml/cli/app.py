"""The commands, and what an exception becomes: one message and an exit code."""

from __future__ import annotations

import errno
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lead_ml.cli import (
    audit,
    channels,
    clean,
    decay,
    demo,
    layout,
    match,
    merge,
    profile,
    projects,
    scoring,
    training,
)
from lead_ml.cli.console import INTERRUPTED, fail, say
from lead_ml.errors import LeadMLError


class Commands(TyperGroup):
    """The commands; none of them prints a traceback."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands with the whole first sentence of each."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, each.get_short_help_str(limit=400)) for name, each in commands.items() if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error becomes one paragraph on standard error and exit code 1."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            say("Interrupted. Finished work is kept.")
            raise typer.Exit(INTERRUPTED) from error
        except Exception as error:  # the last place where anything can be reported
            debugging = os.environ.get("LEAD_ML_DEBUG", "") not in ("", "0")
            if _is_typers(error) or (debugging and not isinstance(error, LeadMLError)):
                raise
            raise typer.Exit(fail(_worded(error))) from error


def _is_typers(error: Exception) -> bool:
    """Return whether the framework handles it: its own exceptions, and a pipe whose reader went away, as with head."""
    piped = isinstance(error, OSError) and error.errno == errno.EPIPE
    return piped or isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code")


def _worded(error: Exception) -> str:
    if isinstance(error, LeadMLError):
        return str(error)
    if isinstance(error, MemoryError):
        return "This machine has not enough memory for this data."
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}. Check that the path exists, is accessible, and has free space."
    return (
        f"Unexpected error ({type(error).__name__}: {error}). This is a bug in lead-ml, not in your data: please report "
        "it together with the output of the same command run with LEAD_ML_DEBUG=1."
    )


app = typer.Typer(
    name="lead-ml",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is there in half of the time
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (projects, training, audit, clean, match, profile, channels, decay, scoring, demo):
    for command in module.COMMANDS:
        app.command()(command)
app.add_typer(layout.app, name="layout")
app.add_typer(merge.app, name="merge")


def _version(shown: bool) -> None:
    if shown:
        from importlib.metadata import version

        typer.echo(version("lead-ml"))
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lead scoring that explains itself: conversion and fake-lead probabilities, MQL/SQL advice, honest evaluation.

    Example: lead-ml demo
    """
