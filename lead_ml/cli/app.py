"""The tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from lead_ml.cli import demo, projects, registry, scoring, training

app = typer.Typer(
    name="lead-ml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Lead scoring that explains itself: conversion and fake-lead probabilities, MQL/SQL advice, honest evaluation.",
)

for module in (projects, training, scoring, registry, demo):
    for command in module.COMMANDS:
        app.command()(command)


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
    """Lead scoring that explains itself."""
