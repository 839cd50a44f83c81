//! `sekisho demo`: the whole job once, on a sample company. Every step is a command as anybody would type it.

mod company;
mod intruder;

use std::path::{Path, PathBuf};

use clap::Parser;
use sandbox::{Company, Config, KeyPair, SandboxServer, Start};

use crate::cli::{AwsFlags, Cli, Command, DemoArguments, StateFlags};
use crate::commands::sandbox::{EndSignals, environment, serve};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::plan_text::Fold;
use crate::render::style::{Ink, Text};
use crate::render::words::{count, duration_ms};

/// How much faster than AWS the demo's sandbox runs.
const SPEED: u32 = 20;

pub(super) async fn run(arguments: &DemoArguments, console: &Console) -> Result<Exit, CommandError> {
    let begun = std::time::Instant::now();
    let place = Place::choose(arguments.dir.as_deref())?;
    let company = Company::sample();
    let config = Config { speed: SPEED, ..Config::default() };
    let keys = (config.administrator.clone(), config.delegated.clone());
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = serve(address, config, Some(&company), Start::BeforeMigration).await?;
    let tour = Tour { console, server: &server, administrator: keys.0, own: keys.1 };
    let told = tour.walk(&company, &place).await;
    if told.is_ok() {
        tour.farewell(&place, arguments.keep, begun.elapsed())?;
        if arguments.keep {
            EndSignals::new()?.wait().await;
        }
    }
    server.shutdown().await;
    place.leave(arguments.keep || arguments.dir.is_some());
    told.map(|()| Exit::Done)
}

/// The folder of the tour; the program works in it, so that every command looks as it would be typed.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn choose(wanted: Option<&Path>) -> Result<Self, CommandError> {
        let folder = match wanted {
            Some(folder) => {
                folder::refuse_filled(folder)?;
                folder.to_path_buf()
            }
            None => std::env::temp_dir().join(format!("sekisho-demo-{}", std::process::id())),
        };
        let failed = |error: std::io::Error| {
            CommandError::new(format!("cannot work in the folder `{}`", folder.display())).because(&error)
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        std::env::set_current_dir(&folder).map_err(failed)?;
        Ok(Self { folder })
    }

    /// Removes a folder that nobody asked for.
    fn leave(&self, keep: bool) {
        if !keep {
            // What stays of a folder for temporary files does no harm.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The way through.
struct Tour<'a> {
    console: &'a Console,
    server: &'a SandboxServer,
    /// Of the management account: what somebody else does.
    administrator: KeyPair,
    /// Of the delegated administrator: what Sekisho needs.
    own: KeyPair,
}

impl Tour<'_> {
    async fn walk(&self, company: &Company, place: &Place) -> Result<(), CommandError> {
        self.welcome(company, place)?;

        self.heading(1, "Mistakes are told where they are, and what to write instead")?;
        let catalog = company::catalog();
        let (wrong, mistakes) = company::with_mistakes(&catalog);
        folder::write_new(Path::new("access"), &wrong)?;
        self.stumbling(&["check", "--online"]).await?;
        for mistake in &mistakes {
            folder::write_file(
                &Path::new("access").join(mistake.file),
                catalog.get(mistake.file).map_or("", |text| text),
            )?;
        }
        for mistake in &mistakes {
            let told = format!("access/{}: {} → {}", mistake.file, mistake.wrong, mistake.right);
            self.aside(&told)?;
        }
        self.line(Text::new())?;
        self.going(&["check"]).await?;

        self.heading(2, "The plan: what would change, and what that means")?;
        self.going(&["plan", "--out", "plan.json"]).await?;

        self.heading(3, "Apply: within AWS's limits, each step read again afterwards")?;
        self.going(&["apply", "plan.json"]).await?;

        self.heading(4, "What is declared is so: a second plan is empty")?;
        self.going(&["plan"]).await?;

        self.heading(5, "Somebody clicks in the console")?;
        for told in intruder::meddle(&self.server.endpoint_url(), &self.administrator, f64::from(SPEED)).await? {
            self.aside(&told)?;
        }
        self.line(Text::new())?;
        self.going(&["drift"]).await?;
        self.going(&["apply", "--yes"]).await?;

        self.heading(6, "And why can she enter?")?;
        self.going(&["why", "山田花子", "minimo-prod"]).await?;
        Ok(())
    }

    fn welcome(&self, company: &Company, place: &Place) -> Result<(), CommandError> {
        let size = format!(
            "{}, {}, {}",
            count(company.accounts.len(), "account"),
            count(company.people.len(), "person"),
            count(company.groups.len(), "group")
        );
        self.line(Text::new().with(Ink::Strong, "Sekisho 関所").and("  a tour with a company that does not exist"))?;
        self.line(Text::new())?;
        self.line(Text::plain(format!("  株式会社サンプル has {size}, and years of clicking behind it.")))?;
        self.line(Text::plain(format!(
            "  AWS is played by a sandbox on {}: as strict as AWS, and its",
            self.server.endpoint_url()
        )))?;
        self.line(Text::plain(format!("  clock runs {SPEED} times faster, so that minutes become seconds.")))?;
        self.line(Text::plain(format!("  What shall be is written in {}/access.", place.folder.display())))
    }

    fn farewell(&self, place: &Place, keep: bool, took: std::time::Duration) -> Result<(), CommandError> {
        let took = duration_ms(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        self.line(Text::new())?;
        self.line(Text::new().with(Ink::Strong, "That was it").and(format!(", in {took}.")))?;
        if keep {
            self.line(Text::plain("The sandbox stays until Ctrl-C. In another terminal:"))?;
            self.line(Text::new())?;
            let folder = place.folder.display();
            self.console.data(&format!("cd {folder}\nexport SEKISHO_STATE_URL=sqlite://{folder}/state.db\n"))?;
            self.console.data(&environment(self.server, SPEED))?;
            self.line(Text::new())?;
            self.tries(&[
                ("sekisho who minimo-prod", "who can enter, through which path"),
                ("sekisho runs", "what was done; `sekisho undo RUN` takes it back"),
                ("aws sso-admin list-instances", "AWS CLI and boto3 talk to it, too"),
            ])?;
            return self.line(Text::plain("Change a line in access/, then `sekisho plan`."));
        }
        self.line(Text::plain("Try next:"))?;
        self.tries(&[
            ("sekisho demo --keep", "leaves the sandbox running for your own commands"),
            ("sekisho import access", "writes what your own Identity Center holds; changes nothing"),
            ("sekisho plan", "is empty right after that; change a line and look again"),
        ])
    }

    fn tries(&self, commands: &[(&str, &str)]) -> Result<(), CommandError> {
        for (command, meaning) in commands {
            let text = Text::plain("  ").with(Ink::Strong, *command).padded(34).with(Ink::Faint, *meaning);
            self.line(text)?;
        }
        Ok(())
    }

    fn line(&self, text: Text) -> Result<(), CommandError> {
        self.console.lines(&[text.into()])
    }

    fn heading(&self, number: u32, title: &str) -> Result<(), CommandError> {
        self.line(Text::new())?;
        self.line(Text::new().with(Ink::Good, format!("━━ {number} ━━ ")).with(Ink::Strong, title))?;
        self.line(Text::new())
    }

    fn aside(&self, text: &str) -> Result<(), CommandError> {
        self.line(Text::plain("  ").with(Ink::Change, "» ").and(text))
    }

    /// Runs a command that is to go well.
    async fn going(&self, words: &[&str]) -> Result<(), CommandError> {
        match self.command(words).await? {
            Ok(Exit::Done | Exit::ChangesPending) => Ok(()),
            Ok(exit) => {
                Err(CommandError::new(format!("`sekisho {}` ended with code {}", words.join(" "), exit.code())))
            }
            Err(error) => Err(error),
        }
    }

    /// Runs a command that is to find mistakes.
    async fn stumbling(&self, words: &[&str]) -> Result<(), CommandError> {
        if let Err(error) = self.command(words).await? {
            self.console.error(&error);
        }
        self.line(Text::new())
    }

    async fn command(&self, words: &[&str]) -> Result<Result<Exit, CommandError>, CommandError> {
        let typed = format!("sekisho {}", words.join(" "));
        self.line(Text::new().with(Ink::Faint, "$ ").with(Ink::Strong, &typed))?;
        let cli = Cli::try_parse_from(std::iter::once("sekisho").chain(words.iter().copied()))
            .map_err(|error| CommandError::new(format!("`{typed}` is no command")).because(&error))?;
        let mut command = cli.command;
        self.equip(&mut command);
        // The tour is a command itself; without the box its size would be its own part.
        Ok(Box::pin(super::run(command, self.console)).await)
    }

    /// What a reader would have in the environment.
    fn equip(&self, command: &mut Command) {
        let aws = |aws: &mut AwsFlags| {
            aws.endpoint_url = Some(self.server.endpoint_url());
            aws.rate_factor = Some(f64::from(SPEED));
            aws.credentials = Some(intruder::credentials(&self.own));
        };
        let state = |state: &mut StateFlags| state.state_url = Some("sqlite://state.db".to_owned());
        match command {
            Command::Check(arguments) => {
                aws(&mut arguments.aws);
                state(&mut arguments.state);
            }
            Command::Plan(arguments) => {
                aws(&mut arguments.inputs.aws);
                state(&mut arguments.inputs.state);
                arguments.fold = Some(Fold::BRIEF);
            }
            Command::Apply(arguments) => {
                aws(&mut arguments.inputs.aws);
                state(&mut arguments.inputs.state);
            }
            Command::Drift(arguments) => {
                aws(&mut arguments.inputs.aws);
                state(&mut arguments.inputs.state);
            }
            Command::Why(arguments) => {
                aws(&mut arguments.inputs.aws);
                state(&mut arguments.inputs.state);
            }
            _ => {}
        }
    }
}
