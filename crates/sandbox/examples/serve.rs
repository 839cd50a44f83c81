//! Serves the sample company until interrupted: `cargo run -p sandbox --example serve -- 127.0.0.1:4566 before 1`.
#![allow(clippy::print_stdout, clippy::allow_attributes, reason = "an example talks to whoever runs it")]

use sandbox::{Company, Config, Sandbox, SandboxServer, Start};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    let start = arguments.next().unwrap_or_default();
    let speed = arguments.next().map_or(Ok(1), |speed| speed.parse())?;
    let config = Config { speed, rates: if speed == 0 { None } else { Config::default().rates }, ..Config::default() };
    let keys = [config.administrator.clone(), config.delegated.clone()];
    let sandbox = match start.as_str() {
        "empty" => Sandbox::empty(config)?,
        "before" => Sandbox::with_company(config, &Company::sample(), Start::BeforeMigration)?,
        _ => Sandbox::with_company(config, &Company::sample(), Start::Declared)?,
    };
    let server = SandboxServer::start(address, sandbox).await?;
    println!("export AWS_ENDPOINT_URL={} AWS_REGION=ap-northeast-1", server.endpoint_url());
    for key in keys {
        println!("export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={}", key.access_key_id, key.secret_access_key);
    }
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
