//! What clap itself checks, and that every command shows how it is used.

use super::*;
use clap::CommandFactory;

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_examples() {
    fn look(command: &clap::Command) {
        for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
            let help = below.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:"), "{}", below.get_name());
            look(below);
        }
    }
    look(&Cli::command());
}
