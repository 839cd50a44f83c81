//! Who works at a company, and under which names they got their IAM users.

use super::names::{FAMILIES, GIVENS, Name};

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildPerson {
    /// Sign-in name of the directory.
    pub user_name: String,
    /// Given name, in Latin letters or kanji as the company writes it.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// As people read it.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// Contractors are not in the directory.
    pub in_directory: bool,
    /// Known there, and disabled.
    pub has_left: bool,
    given: &'static Name,
    family: &'static Name,
}

fn latin(name: &Name, random: &mut fastrand::Rng) -> &'static str {
    // Most write a name the usual way.
    if random.u32(0..10) < 8 {
        name.latin.first().copied().unwrap_or("x")
    } else {
        random.choice(name.latin).unwrap_or(&"x")
    }
}

fn pick(names: &'static [Name], random: &mut fastrand::Rng) -> &'static Name {
    const NOBODY: Name = Name { latin: &["x"], kanji: "", kana: "" };
    random.choice(names).unwrap_or(&NOBODY)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// So many people that some have several of the users.
pub(crate) fn draw(users: usize, random: &mut fastrand::Rng) -> Vec<WildPerson> {
    let in_kanji = random.bool();
    let address_style = random.u8(0..4);
    let mut taken = std::collections::BTreeSet::new();
    let mut people = Vec::new();
    for _ in 0..(users * 7 / 10).max(8) {
        let family = pick(FAMILIES, random);
        let given = pick(GIVENS, random);
        let (f, g) = (latin(family, random), latin(given, random).replace('-', ""));
        let initial = g.get(..1).unwrap_or("x");
        let mut local = match address_style {
            0 => format!("{g}.{f}"),
            1 => format!("{f}-{initial}"),
            2 => format!("{f}.{g}"),
            _ => format!("{initial}{f}"),
        };
        // The second of two with one address gets a number.
        while !taken.insert(local.clone()) {
            local = format!("{local}{}", random.u8(2..99));
        }
        let email = format!("{local}@example.co.jp");
        let written = |name: &Name, latin: &str| if in_kanji { name.kanji.to_owned() } else { capital(latin) };
        let (family_name, given_name) = (written(family, f), written(given, &g));
        let display_name = match random.u8(0..4) {
            0 => format!("{family_name} {given_name}"),
            1 => format!("{} {}", family.kana, given.kana),
            2 => format!("{family_name}\u{3000}{given_name}"),
            _ => format!("{given_name} {family_name}"),
        };
        people.push(WildPerson {
            user_name: if random.bool() { email.clone() } else { local },
            given_name,
            family_name,
            display_name,
            email,
            in_directory: random.u32(0..100) >= 6,
            has_left: random.u32(0..100) < 9,
            given,
            family,
        });
    }
    people
}

/// The name of a person's IAM user: companies have a habit, and everybody an exception from it.
pub(crate) fn user_name(person: &WildPerson, style: u8, random: &mut fastrand::Rng) -> String {
    let style = if random.u32(0..100) < 70 { style } else { random.u8(0..16) };
    let (f, g) = (latin(person.family, random), latin(person.given, random).replace('-', ""));
    let (fi, gi) = (f.get(..1).unwrap_or("x"), g.get(..1).unwrap_or("x"));
    match style {
        0 => format!("{g}.{f}"),
        1 => format!("{f}.{g}"),
        2 => format!("{gi}.{f}"),
        3 => format!("{f}-{gi}"),
        4 => format!("{gi}{f}"),
        5 => format!("{g}_{f}"),
        6 => person.email.clone(),
        7 => f.to_owned(),
        8 => format!("{g}-{f}"),
        9 => format!("{gi}{f}{:02}{:02}", random.u8(1..13), random.u8(1..29)),
        10 => format!("{f}-dev"),
        11 => f.chars().filter(|letter| !"aeiou".contains(*letter)).collect(),
        12 => format!("{fi}{gi}"),
        13 => capital(f) + &capital(&g),
        14 => g,
        _ => format!("user{}", random.u16(1..999)),
    }
}

/// How somebody writes the person's name into a tag.
pub(crate) fn tag_value(person: &WildPerson, random: &mut fastrand::Rng) -> String {
    let half = |kana: &str| -> String { kana.chars().map(half_width).collect() };
    match random.u8(0..8) {
        0 => person.email.clone(),
        1 => format!("{}{}", person.family.kanji, person.given.kanji),
        2 => format!("{}　{}", person.family.kanji, person.given.kanji),
        3 => format!("{} {}", half(person.family.kana), half(person.given.kana)),
        4 => format!("{} {}", latin(person.given, random), latin(person.family, random)),
        5 => format!("{} {}", latin(person.family, random).to_uppercase(), capital(latin(person.given, random))),
        6 => person.user_name.clone(),
        _ => person.display_name.clone(),
    }
}

/// Half-width katakana, as old systems write it; voiced sounds become two characters.
fn half_width(letter: char) -> String {
    const FULL: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー";
    const HALF: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ";
    const VOICED: &str = "ガギグゲゴザジズゼゾダヂヅデドバビブベボ";
    const PLAIN: &str = "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ";
    let find = |from: &str, to: &str| from.chars().position(|one| one == letter).and_then(|at| to.chars().nth(at));
    match (find(FULL, HALF), find(VOICED, PLAIN), find("パピプペポ", "ﾊﾋﾌﾍﾎ")) {
        (Some(half), ..) => half.to_string(),
        (_, Some(half), _) => format!("{half}ﾞ"),
        (_, _, Some(half)) => format!("{half}ﾟ"),
        _ => letter.to_string(),
    }
}
