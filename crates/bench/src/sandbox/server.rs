//! The server in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Held open: the program may still write to it.
    _said: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it on a free port; returns when it says where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("cannot tell where this program is: {error}"))?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        let said = child.stdout.take().map(BufReader::new);
        match said.ok_or_else(|| "the server has no output".to_owned()).and_then(address) {
            Ok((address, said)) => Ok(Self { child, _said: said, address }),
            Err(why) => {
                end(&mut child);
                Err(format!("the server with `{}`: {why}", arguments.join(" ")))
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn address(mut said: BufReader<ChildStdout>) -> Result<(SocketAddr, BufReader<ChildStdout>), String> {
    let mut line = String::new();
    loop {
        line.clear();
        if said.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err("it ended without saying where it listens".to_owned());
        }
        if let Some((_, address)) = line.trim_end().split_once("AWS_ENDPOINT_URL=http://") {
            let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
            return Ok((address, said));
        }
    }
}
