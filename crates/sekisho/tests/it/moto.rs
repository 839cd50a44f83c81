//! moto's server: an AWS that nobody here wrote.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::site::other_program;

/// A running server, ended when dropped.
pub(crate) struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// Starts it on a free port; none where there is no such program.
    pub(crate) fn start() -> Option<Self> {
        let server = other_program("SEKISHO_TEST_MOTO")?;
        let mut command = Command::new(server);
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, address) = line.split_once("Running on ")?;
            Some(address.trim().to_owned())
        });
        // It writes a line a request; nobody reading would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: url.expect("moto said where it runs") })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
