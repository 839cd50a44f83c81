//! The ways in which a person's name may be written, by what they look like.

use std::collections::HashMap;

use super::super::directory::DirectoryPerson;
use super::super::name_form::{folded, is_japanese, is_kana, letters, skeleton, sound, words};
use super::reason::{NameForm, OwnerReason, Told};

/// Somebody whom something fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// A place in the list of people.
    pub(super) person: usize,
    /// How well: of 100.
    pub(super) score: u8,
    /// Why.
    pub(super) why: OwnerReason,
}

#[derive(Debug, Clone)]
struct Form {
    person: usize,
    score: u8,
    what: NameForm,
    /// Letters as they were written, before sounds were made one.
    written: String,
}

/// All forms of all names.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By [`sound`].
    forms: HashMap<String, Vec<Form>>,
    /// By e-mail address, and by user name, folded.
    exact: HashMap<String, usize>,
}

/// Words in user names that are nobody's name.
const NOISE: [&str; 24] = [
    "dev",
    "prod",
    "prd",
    "stg",
    "staging",
    "production",
    "admin",
    "adm",
    "user",
    "iam",
    "aws",
    "cli",
    "ext",
    "tmp",
    "test",
    "api",
    "console",
    "ops",
    "sre",
    "key",
    "local",
    "mac",
    "pc",
    "laptop",
];

/// Tags whose value says who it is.
const TELLING: [&str; 16] = [
    "owner",
    "name",
    "mail",
    "user",
    "person",
    "contact",
    "created",
    "responsible",
    "担当",
    "氏名",
    "名前",
    "所有",
    "責任",
    "利用者",
    "使用者",
    "作成",
];

impl Index {
    pub(super) fn new(people: &[DirectoryPerson]) -> Self {
        let mut index = Self::default();
        for (number, person) in people.iter().enumerate() {
            index.add(number, person);
        }
        index
    }

    /// Somebody's user name or e-mail address.
    pub(super) fn exactly(&self, text: &str) -> Option<usize> {
        self.exact.get(&folded(text)).copied()
    }

    fn form(&mut self, person: usize, score: u8, what: NameForm, text: &str) {
        let key = sound(text);
        if key.chars().count() >= 2 {
            let form = Form { person, score, what, written: letters(text) };
            self.forms.entry(key).or_default().push(form);
        }
    }

    fn add(&mut self, number: usize, person: &DirectoryPerson) {
        for text in [Some(person.user_name.as_str()), person.email.as_deref()].into_iter().flatten() {
            self.exact.insert(folded(text), number);
            let local = text.split('@').next().unwrap_or(text);
            self.form(number, 92, NameForm::DirectoryName, local);
        }
        let display = person.display_name.as_deref().unwrap_or_default();
        let pairs = pairs(person, display);
        for (family, given) in &pairs {
            let initial = |text: &str| sound(text).chars().next().map(String::from).unwrap_or_default();
            // The letter with which a name is written, not only the one with which it sounds.
            let letter = |text: &str| letters(text).chars().next().map(String::from).unwrap_or_default();
            for joined in [format!("{family} {given}"), format!("{given} {family}")] {
                self.form(number, 93, NameForm::FullName, &joined);
            }
            for first in [initial(given), letter(given)] {
                for joined in [format!("{first} {family}"), format!("{family} {first}")] {
                    self.form(number, 78, NameForm::FamilyNameWithInitial, &joined);
                }
            }
            self.form(number, 52, NameForm::GivenNameWithInitial, &format!("{given} {}", letter(family)));
            if letters(family).chars().count() >= 2 {
                self.form(number, 58, NameForm::FamilyName, family);
            }
            if letters(given).chars().count() >= 3 {
                self.form(number, 45, NameForm::GivenName, given);
            }
            let short = skeleton(&letters(family));
            if !is_japanese(family) && short.len() >= 3 {
                self.form(number, 45, NameForm::FamilyNameWithoutVowels, &short);
            }
        }
    }

    /// Whom a user name fits.
    pub(super) fn of_user_name(&self, name: &str) -> Vec<Candidate> {
        let told = &Told::Name { name: name.to_owned() };
        if let Some(person) = self.exactly(name) {
            return vec![Candidate { person, score: 99, why: OwnerReason::CalledSo { told: told.clone() } }];
        }
        if let Some((local, _)) = name.split_once('@') {
            return self.look(local, told, 4);
        }
        let mut found = self.look(name, told, 0);
        let (mut parts, had_digits) = words(name);
        if parts.len() > 1 {
            parts.retain(|part| !NOISE.contains(&part.as_str()));
        }
        let minus = if had_digits { 6 } else { 2 };
        found.extend(self.look(&parts.join(" "), told, minus));
        best_of_each(found)
    }

    /// Whom a tag fits.
    pub(super) fn of_tag(&self, key: &str, value: &str) -> Vec<Candidate> {
        let name = folded(key);
        let is_note = key.starts_with("AKIA");
        if !is_note && !TELLING.iter().any(|word| name.contains(word)) {
            return Vec::new();
        }
        let told = &Told::Tag { key: key.to_owned(), value: value.to_owned() };
        if let Some(person) = self.exactly(value.trim()) {
            return vec![Candidate { person, score: 99, why: OwnerReason::CalledSo { told: told.clone() } }];
        }
        let plain = ["さん", "様", "氏"].iter().fold(value.trim(), |text, ending| text.trim_end_matches(ending));
        let mut found = self.look(plain, told, 0);
        if is_note {
            // `taro laptop`: what the owner noted about a key.
            for word in words(value).0 {
                found.extend(self.look(&word, told, 8).into_iter().filter(|candidate| candidate.score >= 45));
            }
        }
        best_of_each(found)
    }

    fn look(&self, text: &str, told: &Told, minus: u8) -> Vec<Candidate> {
        let written = letters(text);
        let forms = self.forms.get(&sound(text)).into_iter().flatten();
        let found = forms.map(|form| {
            let is_exact = form.written == written;
            let exact = if is_exact { 4 } else { 0 };
            Candidate {
                person: form.person,
                score: (form.score + exact).saturating_sub(minus).min(98),
                why: OwnerReason::Fits { told: told.clone(), is_exact, form: form.what },
            }
        });
        best_of_each(found.collect())
    }
}

fn best_of_each(found: Vec<Candidate>) -> Vec<Candidate> {
    let mut best: Vec<Candidate> = Vec::new();
    for candidate in found {
        match best.iter_mut().find(|held| held.person == candidate.person) {
            Some(held) if held.score < candidate.score => *held = candidate,
            Some(_) => {}
            None => best.push(candidate),
        }
    }
    best
}

/// Family and given name in each writing that the directory has. Where it has kanji only, its e-mail address tells how they sound.
fn pairs(person: &DirectoryPerson, display: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut add = |family: &str, given: &str| {
        let pair = (folded(family), folded(given));
        if !family.is_empty() && !given.is_empty() && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    };
    add(&person.family_name, &person.given_name);
    let shown: Vec<String> = folded(display).split_whitespace().map(str::to_owned).collect();
    if let [one, other] = shown.as_slice() {
        // Kana and kanji stand family name first; of Latin letters nobody knows.
        add(one, other);
        if !is_japanese(display) && !is_kana(one) {
            add(other, one);
        }
    }
    if is_japanese(&person.family_name) {
        let local = person.email.as_deref().unwrap_or(&person.user_name).split('@').next().unwrap_or_default();
        if let [one, other] = words(local).0.as_slice() {
            // `hanako.yamada`, or `yamada.hanako`, or `yamada-h`.
            add(one, other);
            add(other, one);
        }
    }
    pairs
}
