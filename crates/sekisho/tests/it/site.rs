//! A sandbox, a folder, and the program run between them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sandbox::{Company, Config, KeyPair, Latency, Sandbox, SandboxServer, Span, Start};

/// Everything one test needs; ends with it.
pub(crate) struct Site {
    pub(crate) server: SandboxServer,
    pub(crate) folder: tempfile::TempDir,
    key: KeyPair,
    /// The server's threads; ends after it.
    _runtime: tokio::runtime::Runtime,
}

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) messages: String,
}

impl Answer {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self:?}"))
    }

    /// The answer, if it ended with this code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.messages);
        assert!(
            !self.out.contains('\u{1b}') && !self.messages.contains('\u{1b}'),
            "colour without a terminal: {self:?}"
        );
        self
    }
}

impl Site {
    /// The sample company, with everything answered at once.
    pub(crate) fn new(start: Start) -> Self {
        Self::with(Config::calm(), start)
    }

    /// The sample company, in which asynchronous work takes a little while.
    pub(crate) fn slow(start: Start) -> Self {
        let some = Span::milliseconds(20, 60);
        let latency = Latency { assignment: some, provisioning: some, account_creation: some };
        Self::with(Config { latency, ..Config::calm() }, start)
    }

    pub(crate) fn with(config: Config, start: Start) -> Self {
        Self::of(Sandbox::with_company(config, &Company::sample(), start).unwrap())
    }

    /// What is in this sandbox.
    pub(crate) fn of(sandbox: Sandbox) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let key = sandbox.config().administrator.clone();
        let address = "127.0.0.1:0".parse().unwrap();
        let server = runtime.block_on(SandboxServer::start(address, sandbox)).unwrap();
        Self { _runtime: runtime, server, folder: tempfile::tempdir().unwrap(), key }
    }

    /// The same, as the delegated administrator.
    pub(crate) fn delegated(mut self) -> Self {
        self.key = self.server.with(|sandbox| sandbox.config().delegated.clone());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts the sample catalog into `access`.
    pub(crate) fn with_sample_catalog(self) -> Self {
        copy(&samples().join("company/access"), &self.path("access"));
        self
    }

    /// Changes a text in a file of the catalog; it must stand there.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path("access").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in {file}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }

    /// The program, in this folder, talking to this sandbox.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path(), arguments);
        command
            .env("AWS_ENDPOINT_URL", self.server.endpoint_url())
            .env("AWS_REGION", "ap-northeast-1")
            .env("AWS_ACCESS_KEY_ID", &self.key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &self.key.secret_access_key)
            .env("SEKISHO_RATE_FACTOR", "100");
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        finish(self.command(arguments))
    }

    /// Starts it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
    }
}

/// The program with an environment of its own.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TZ", "UTC")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", folder.join("no-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-credentials"))
        .stdin(Stdio::null());
    command
}

/// Where a program that `./test` installs is; none where the test has to be skipped.
pub(crate) fn other_program(variable: &str) -> Option<PathBuf> {
    match std::env::var_os(variable) {
        Some(path) => Some(path.into()),
        None if std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => panic!("{variable} is not set; run ./test"),
        None => {
            eprintln!("skipped: {variable} is not set; ./test sets it");
            None
        }
    }
}

pub(crate) fn finish(mut command: Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        messages: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Lines with four English words in a row, outside of code: what was to be said in Japanese and is not.
pub(crate) fn english_in(text: &str) -> Vec<String> {
    let is_word = |word: &str| {
        let word = word.trim_matches([',', '.', ';', ':', '(', ')', '*']);
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '\'')
    };
    let has_sentence = |line: &str| {
        // What stands between backticks is code.
        let prose = line.split('`').step_by(2).collect::<Vec<_>>().join(" 。 ");
        let mut row = 0;
        prose.split([' ', '、', '。', '「', '」']).any(|word| {
            row = if is_word(word) { row + 1 } else { 0 };
            row >= 4
        })
    };
    text.lines().filter(|line| has_sentence(line)).map(str::to_owned).collect()
}
