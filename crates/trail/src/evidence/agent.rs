//! User agents, folded to families with their main version: thousands of texts, a few programs.

/// Programs that bring others with them: where one of these is named anywhere, it is the family.
const TELLING: [(&str, &str); 14] = [
    ("Terraform/", "Terraform"),
    ("Pulumi/", "Pulumi"),
    ("aws-cdk", "aws-cdk"),
    ("Ansible", "Ansible"),
    ("kubernetes/", "kubernetes"),
    ("eksctl/", "eksctl"),
    ("configure-aws-credentials", "github-actions-credentials"),
    ("exec-env/CloudShell", "CloudShell"),
    // `AWS_Lambda_python3.13`, `AWS_ECS_FARGATE`: where the program runs, whatever it is.
    ("exec-env/AWS_Lambda", "exec-env:AWS_Lambda"),
    ("exec-env/AWS_ECS", "exec-env:AWS_ECS"),
    ("S3Console", "S3Console"),
    ("aws-cli/", "aws-cli"),
    ("SignInFront", "sign-in"),
    ("Cyberduck/", "Cyberduck"),
];

const BROWSERS: [(&str, &str); 5] =
    [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

/// Writes what a user agent is folded to.
pub(crate) fn fold(agent: &str, out: &mut Vec<u8>) {
    let agent = agent.trim().trim_start_matches('[').trim_end_matches(']');
    if agent.is_empty() {
        out.extend_from_slice(b"none");
        return;
    }
    if agent == "AWS Internal" {
        out.extend_from_slice(b"aws-internal");
        return;
    }
    if agent.ends_with(".amazonaws.com") {
        out.extend_from_slice(b"service:");
        out.extend_from_slice(agent.as_bytes());
        return;
    }
    for (mark, family) in TELLING {
        if let Some(at) = agent.find(mark) {
            let rest = agent.get(at + mark.len()..).unwrap_or_default();
            let version = if mark.ends_with('/') { main_version(rest) } else { "" };
            return write(family, version, out);
        }
    }
    if agent.starts_with("Mozilla/") || agent.starts_with("Opera/") {
        let browser = BROWSERS.iter().find(|(mark, _)| agent.contains(mark)).map_or("other", |(_, name)| name);
        out.extend_from_slice(b"browser:");
        out.extend_from_slice(browser.as_bytes());
        return;
    }
    let first = agent.split_ascii_whitespace().next().unwrap_or(agent);
    match first.split_once('/') {
        Some((name, rest)) => write(bounded(name), main_version(rest), out),
        None => write(bounded(first), "", out),
    }
}

fn write(family: &str, version: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(family.as_bytes());
    if !version.is_empty() {
        out.push(b'/');
        out.extend_from_slice(version.as_bytes());
    }
}

/// The digits up to the first point.
fn main_version(text: &str) -> &str {
    let text = text.trim_start_matches('v');
    let end = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    text.get(..end).unwrap_or_default()
}

/// What stands there may be anything; a name is short.
fn bounded(name: &str) -> &str {
    let end = (0..=name.len().min(64)).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn agents_are_folded() {
        for (agent, expected) in [
            ("aws-cli/2.15.24 md/awscrt#0.19.19 ua/2.0 os/macos#23.3.0", "aws-cli/2"),
            ("Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0", "Boto3/1"),
            ("[aws-sdk-rust/1.1.9 os/linux lang/rust/1.76.0]", "aws-sdk-rust/1"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) aws-sdk-go-v2/1.25.2", "Terraform/1"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
                "browser:Chrome",
            ),
            (
                "Boto3/1.40.4 md/Botocore#1.40.4 ua/2.1 os/linux#5.10 lang/python#3.13.5 exec-env/AWS_Lambda_python3.13 cfg/retry-mode#legacy",
                "exec-env:AWS_Lambda",
            ),
            ("aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 exec-env/AWS_ECS_FARGATE md/prompt#off", "exec-env:AWS_ECS"),
            ("aws-sdk-java/2.29.0 exec-env/AWS_ECS_EC2", "exec-env:AWS_ECS"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.7.4 exec-env/AWS_ECS_FARGATE", "Terraform/1"),
            ("AWS Internal", "aws-internal"),
            ("config.amazonaws.com", "service:config.amazonaws.com"),
            ("", "none"),
            ("stratus-red-team_fccf7123", "stratus-red-team_fccf7123"),
            ("関所/v12.3", "関所/12"),
        ] {
            let mut out = Vec::new();
            fold(agent, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{agent}");
        }
        let mut out = Vec::new();
        fold(&"関".repeat(100), &mut out);
        assert!(out.len() <= 64 && std::str::from_utf8(&out).is_ok());
    }
}
