//! `sekisho policy`: what people and programs read of it. The snapshots are transcripts: command, standard output, standard error
//! (behind `! `), exit code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::site::{Answer, finish, program};

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies")
}

fn run(arguments: &str) -> Answer {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    finish(program(&policies(), &[&["policy"], arguments.as_slice()].concat()))
}

fn with_input(arguments: &str, input: &str) -> Answer {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut command = program(&policies(), &[&["policy"], arguments.as_slice()].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // the program may have read enough before the end
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        messages: String::from_utf8(output.stderr).unwrap(),
    }
}

fn told(command: &str, answer: &Answer) -> String {
    assert!(!answer.out.contains('\u{1b}') && !answer.messages.contains('\u{1b}'), "colour without a terminal");
    let messages: String = answer.messages.lines().map(|line| format!("! {line}\n")).collect();
    format!("$ sekisho policy {command}\n{}{messages}[exit {}]\n\n", answer.out, answer.code)
}

fn transcript(commands: &[&str]) -> String {
    commands.iter().map(|command| told(command, &run(command))).collect()
}

#[test]
fn check() {
    insta::assert_snapshot!(transcript(&[
        "check developer.json",
        "check broken.json mistakes.json",
        "check trust.json",
        "check --strict future.json",
        "check --limit 100 developer.json",
        "check --format json mistakes.json",
        "check --format sarif broken.json",
    ]));
}

#[test]
fn compare() {
    insta::assert_snapshot!(transcript(&[
        "compare developer.json developer.json",
        "compare developer.json deployer.json",
        "compare aws:AmazonS3ReadOnlyAccess aws:AmazonS3FullAccess",
        "compare today.json future.json",
        "compare guard.json aws:AdministratorAccess",
        "compare developer.json,guard.json guard.json",
        "compare developer.json deployer.json --format json",
        "compare today.json future.json --format json",
    ]));
}

#[test]
fn merge() {
    insta::assert_snapshot!(transcript(&[
        "merge developer.json deployer.json",
        "merge --level l1-word --compact today.json",
        "merge --limit 2000 aws:AmazonECS_FullAccess developer.json",
        "merge --limit 100 developer.json",
        "merge trust.json",
        "merge developer.json deployer.json --format json",
        "merge --limit 2000 aws:AmazonECS_FullAccess developer.json --format json",
    ]));
}

#[test]
fn simulate() {
    let request = "simulate --action s3:GetObject --resource arn:aws:s3:::reports/taro/a.csv";
    let person = "--principal arn:aws:iam::111122223333:user/taro --context aws:SourceIp=10.1.2.3 --context aws:MultiFactorAuthPresent=true";
    insta::assert_snapshot!(transcript(&[
        &format!("{request} {person} developer.json"),
        &format!("{request} developer.json"),
        &format!("{request} --context aws:MultiFactorAuthPresent=true developer.json"),
        &format!("{request} {person} --scp aws:AmazonEC2ReadOnlyAccess developer.json"),
        &format!("{request} {person} --boundary aws:AmazonSQSFullAccess --expect allowed developer.json"),
        "simulate --action iam:CreateAccessKey --action iam:CreateUser --expect denied guard.json",
        "simulate --action s3:GetObjct --resource * developer.json",
        "simulate --action s3:Get* developer.json",
        "simulate --action s3:GetObject --context color developer.json",
        "simulate --action s3:GetObject --principal taro developer.json",
        "simulate --action ec2:CreateTags --resource * --expect allowed open.json",
        "simulate --action ec2:CreateTags --resource * --context aws:TagKeys=team open.json",
        "simulate --action sqs:SendMessage --resource arn:aws:sqs:ap-northeast-1:111122223333:jobs open.json",
        "simulate --action ec2:CreateTags --resource * open.json --format json",
        &format!("{request} {person} developer.json --format json"),
        &format!("{request} --context aws:MultiFactorAuthPresent=true developer.json --format json"),
    ]));
}

#[test]
fn explain() {
    insta::assert_snapshot!(transcript(&[
        "explain developer.json",
        "explain developer.json --language ja",
        "explain conditions.json",
        "explain conditions.json --language ja",
        "explain trust.json",
        "explain trust.json --language ja",
        "explain guard.json --language ja",
        "explain aws:SecurityAudit",
        "explain aws:SecurityAudit --language ja",
        "explain trust.json --language ja --format json",
    ]));
}

#[test]
fn find_managed() {
    insta::assert_snapshot!(transcript(&[
        "match aws:AmazonS3ReadOnlyAccess",
        "match developer.json",
        "match aws:AmazonS3ReadOnlyAccess --limit 1 --format json",
    ]));
}

#[test]
fn translate() {
    insta::assert_snapshot!(transcript(&[
        "translate --user arn:aws:iam::111122223333:user/taro developer.json conditions.json",
        "translate --user arn:aws:iam::111122223333:user/taro --resource-policy trust.json --resource-policy guard.json guard.json",
        "translate --user arn:aws:iam::111122223333:user/hanako --resource-policy trust.json guard.json",
        "translate --user taro developer.json",
        "translate --user arn:aws:iam::111122223333:user/taro --tag team developer.json",
        "translate --user arn:aws:iam::111122223333:user/taro --tag team=web developer.json --format json",
    ]));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let command =
        format!("translate --user arn:aws:iam::111122223333:user/taro --out {} developer.json", out.display());
    run(&command).expect(0);
    let written = std::fs::read_to_string(out.join("developer.json")).unwrap();
    assert!(written.contains("reports/taro/*") && !written.contains("aws:username"), "{written}");
    // nothing is ever overwritten
    assert!(run(&command).expect(1).messages.contains("not empty"));
}

#[test]
fn cluster() {
    insta::assert_snapshot!(transcript(&[
        "cluster users/taro users/hanako users/kiko.json",
        "cluster --extra-reading 0 users/taro users/hanako --format json",
        "cluster .",
        "cluster users",
    ]));
}

#[test]
fn catalogue() {
    insta::assert_snapshot!(transcript(&["catalogue show", "catalogue show --format json"]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actions.tsv");
    let file = file.display();
    let said = run(&format!("catalogue update reference.json --date 2026-11-22 --out {file}")).expect(0);
    insta::assert_snapshot!("catalogue_update", said.messages.replace(&file.to_string(), "actions.tsv"));
    let printed = run("catalogue update reference.json --date 2026-11-22").expect(0).out;
    assert_eq!(std::fs::read_to_string(file.to_string()).unwrap(), printed);
    let rows: String = printed
        .lines()
        .filter(|line| line.starts_with('#') || line.starts_with("demo\t"))
        .map(|line| format!("{line}\n"))
        .collect();
    insta::assert_snapshot!("catalogue_rows", rows);
    // what was unknown is known, and dated
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["demo:GetThing", "demo:GetThingy"], "Resource": "arn:aws:s3:::b"}}"#;
    insta::assert_snapshot!(
        "catalogue_used",
        told("check --catalogue actions.tsv -", &with_input(&format!("check --catalogue {file} -"), text))
    );
    // the rest is as it was
    let shown = run(&format!("catalogue show --catalogue {file} --format json")).expect(0).json();
    let embedded = run("catalogue show --format json").expect(0).json();
    assert_eq!(shown["actions"].as_u64().unwrap(), embedded["actions"].as_u64().unwrap() + 5);
    assert_eq!(shown["date"], "2026-11-22");
}

#[test]
fn a_catalogue_that_is_none_is_refused() {
    insta::assert_snapshot!(transcript(&[
        "catalogue update developer.json",
        "catalogue update reference.json --date 2020-01-01",
        "check --catalogue developer.json developer.json",
    ]));
    let list = r#"[{"service": "s3", "url": "https://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json"}]"#;
    insta::assert_snapshot!("catalogue_list", told("catalogue update -", &with_input("catalogue update -", list)));
}

#[test]
fn what_a_new_user_does_wrong() {
    let mut all = transcript(&[
        "check nope.json",
        "check ReadOnlyAccess",
        "check aws:ReadOnlyAcces",
        "explain arn:aws:iam::111122223333:policy/mine",
        "check users",
        "check -",
        "compare broken.json developer.json",
        "compare trust.json trust.json",
        "match trust.json",
        "simulate --action sts:AssumeRole trust.json",
        "cluster trust.json",
        "merge - -",
    ]);
    let inputs = [
        ("explain -", "   \n"),
        ("explain -", "not json"),
        ("check -", "{\"Version\": \"2012-10-17\", \"Statement\": ["),
        (
            "check -",
            "{\"RoleName\": \"x\", \"PolicyName\": \"y\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": []}}",
        ),
        ("explain -", "{\"Policy\": \"{}\"}"),
        (
            "check -",
            "\u{feff}{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::b/*\"}}",
        ),
    ];
    for (command, input) in inputs {
        all.push_str(&told(
            &format!("{command}  < {:?}", input.chars().take(60).collect::<String>()),
            &with_input(command, input),
        ));
    }
    insta::assert_snapshot!(all);
    let sarif = with_input("check --format sarif -", "{\"Statement\": []}").expect(1).json();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "standard%20input");
    let huge = " ".repeat(2 << 20);
    assert!(with_input("check -", &huge).expect(1).messages.contains("larger than 1 MiB"));
}
