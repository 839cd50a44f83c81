//! Start-up, read rate and memory: `cargo run --release -p sandbox --example measure`.
#![allow(clippy::print_stdout, clippy::allow_attributes, reason = "an example talks to whoever runs it")]

use std::time::Instant;

use sandbox::{Client, Company, Config, Sandbox, SandboxServer, Start};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().split(' ').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let sample = Sandbox::with_company(Config::calm(), &Company::sample(), Start::Declared)?;
    println!("sample company ready after {:?}", begun.elapsed());
    reads("sample", sample).await?;

    let begun = Instant::now();
    let company = Company::synthetic(500, 300, 400, 2_000, 50_000, 1);
    let large = Sandbox::with_company(Config::calm(), &company, Start::Declared)?;
    drop(company);
    println!("500 accounts, 50,000 assignments ready after {:?}, {} MB resident", begun.elapsed(), resident_mb());
    reads("large", large).await
}

/// Reads a pair again and again: in-process, and over one connection.
async fn reads(name: &str, mut sandbox: Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
    let now = jiff::Timestamp::UNIX_EPOCH;
    let fact = sandbox.provisioned().swap_remove(0);
    let account = sandbox.account_id(&fact.account).ok_or("no account")?;
    let body = json!({
        "InstanceArn": sandbox.instance_arn(),
        "AccountId": account.to_string(),
        "PermissionSetArn": sandbox.permission_set_arn(&fact.permission_set),
    });
    let request = client.json_request(now, "SWBExternalService.ListAccountAssignments", &body);
    let begun = Instant::now();
    for _ in 0..10_000 {
        sandbox.handle(now, &request);
    }
    println!("{name}: {:.0} reads/s in-process", 10_000.0 / begun.elapsed().as_secs_f64());
    if sandbox.config().trail.is_some() {
        let mut silent = Sandbox::restore(Config { trail: None, ..Config::calm() }, &sandbox.save()?)?;
        let begun = Instant::now();
        for _ in 0..10_000 {
            silent.handle(now, &request);
        }
        println!("{name}: {:.0} reads/s in-process without CloudTrail", 10_000.0 / begun.elapsed().as_secs_f64());
    }

    let server = SandboxServer::start("127.0.0.1:0".parse()?, sandbox).await?;
    let mut stream = tokio::net::TcpStream::connect(server.address()).await?;
    let mut text = String::from("POST / HTTP/1.1\r\n");
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    let bytes = [text.as_bytes(), &request.body].concat();
    let mut buffer = vec![0; 1 << 16];
    let begun = Instant::now();
    for _ in 0..5_000 {
        stream.write_all(&bytes).await?;
        // answers are small and come in one piece
        if stream.read(&mut buffer).await? == 0 {
            return Err("the connection ended".into());
        }
    }
    println!("{name}: {:.0} reads/s over one connection, client included", 5_000.0 / begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let state = server.with(|sandbox| sandbox.save())?;
    println!("{name}: {} MB resident after the reads", resident_mb());
    println!("{name}: state of {} KiB written after {:?}", state.len() / 1024, begun.elapsed());
    let begun = Instant::now();
    let again = Sandbox::restore(Config::calm(), &state)?;
    println!("{name}: taken up again after {:?}, {} assignments", begun.elapsed(), again.assigned().len());
    server.shutdown().await;
    Ok(())
}
