//! Length of files: a file longer than a few screens holds more than one noun.

use super::Verdict;
use crate::rust_text::{test_lines, without_comments_and_literals};
use crate::workspace::{self, RustFile};

/// Above this a file is named.
const WISHED: usize = 500;
/// Above this the check fails.
const ALLOWED: usize = 600;

pub(super) fn check() -> Result<Verdict, String> {
    let root = workspace::root();
    let mut files = workspace::rust_files(&root.join("crates"))?;
    files.extend(workspace::rust_files(&root.join("xtask"))?);
    let mut counted: Vec<(usize, &str)> =
        files.iter().filter(|file| is_counted(file)).map(|file| (code_lines(&file.text), file.path.as_str())).collect();
    counted.sort_unstable_by(|left, right| right.cmp(left));
    let long: Vec<String> = counted
        .iter()
        .filter(|(lines, _)| *lines > WISHED)
        .map(|(lines, path)| format!("{path}: {lines} lines; {WISHED} are wished, {ALLOWED} allowed"))
        .collect();
    if counted.first().is_some_and(|(lines, _)| *lines > ALLOWED) {
        return Ok(Verdict::Failed(long.join("\n")));
    }
    let longest =
        counted.first().map_or(String::new(), |(lines, path)| format!(", the longest {lines} lines ({path})"));
    let mut words = format!("{} files{longest}", counted.len());
    for line in long {
        words.push_str("\nwarning: ");
        words.push_str(&line);
    }
    Ok(Verdict::Passed(words))
}

/// Test code and generated code may be as long as they like.
fn is_counted(file: &RustFile) -> bool {
    let in_tests =
        file.path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"));
    let generated = file.text.lines().take(3).any(|line| line.contains("@generated"));
    !in_tests && !generated
}

/// Lines that are not test code.
fn code_lines(text: &str) -> usize {
    text.lines().count() - test_lines(&without_comments_and_literals(text))
}

#[cfg(test)]
mod tests {
    use super::code_lines;

    #[test]
    fn test_modules_do_not_count_and_all_else_does() {
        let text =
            "// why\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    // 1\n    fn t() {}\n}\nconst TEXT: &str = \"\n\";\n";
        assert_eq!(code_lines(text), 5);
    }
}
