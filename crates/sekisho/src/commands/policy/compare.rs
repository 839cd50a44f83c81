//! `sekisho policy compare`

use ::policy::{Difference, Permissions, Policy, Prepared, Relation, Request, Verdict, compare, compare_denies};
use serde::Serialize;

use super::input::{self, Loaded, Reader};
use crate::cli::Format;
use crate::cli::policy::ComparePolicyArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::policy_words::{RequestV1, absent_keys, absent_words, relation_words, request_lines};
use crate::render::style::{Ink, Text};

pub(super) fn run(arguments: &ComparePolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let mut reader = Reader::default();
    let first = reader.listed(&arguments.first, console)?;
    let second = reader.listed(&arguments.second, console)?;
    input::refuse_principals(&first, "compared")?;
    input::refuse_principals(&second, "compared")?;
    let [ours, theirs] =
        [&first, &second].map(|side| side.iter().map(|one| one.policy.clone()).collect::<Vec<Policy>>());
    let comparison = compare(&ours, &theirs);
    let told = Told {
        policies: [ours.clone(), theirs.clone()],
        names: [names(&first), names(&second)],
        sides: [permissions(&first)?, permissions(&second)?],
        all_strings: comparison.all_strings,
        catalogue: comparison.catalogue,
        denies: compare_denies(&ours, &theirs),
    };
    match arguments.format.format {
        Format::Text => console.lines(&told.lines())?,
        Format::Json => console.json(&told.v1())?,
    }
    Ok(Exit::Done)
}

fn names(side: &[Loaded]) -> String {
    side.iter().map(|one| one.source.name.as_str()).collect::<Vec<_>>().join(" + ")
}

/// The evaluator of one side, to say which statement decides.
fn permissions(side: &[Loaded]) -> Result<Permissions, CommandError> {
    let prepared = side.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    Ok(Permissions::of(prepared))
}

/// A policy ready to decide.
pub(super) fn prepare(loaded: &Loaded) -> Result<Prepared, CommandError> {
    let prepared = Prepared::new(&loaded.source.name, &loaded.policy).map_err(|problems| {
        let told = CommandError::new(format!("`{}` cannot be evaluated", loaded.source.name));
        problems.iter().fold(told, |told, problem| told.cause(problem.render(&loaded.source.text)))
    })?;
    Ok(prepared.located(&loaded.source.text))
}

struct Told {
    policies: [Vec<Policy>; 2],
    names: [String; 2],
    sides: [Permissions; 2],
    all_strings: Verdict,
    catalogue: Verdict,
    denies: Verdict,
}

impl Told {
    fn lines(&self) -> Vec<Line> {
        let [first, second] = &self.names;
        let relation = self.all_strings.relation;
        let mut lines =
            vec![Line::from(Text::new().with(Ink::Strong, relation_words(relation, first, second))), Line::empty()];
        for (adds, difference) in [(true, &self.all_strings.gained), (false, &self.all_strings.lost)] {
            lines.extend(self.difference(adds, difference));
        }
        let date = ::policy::catalogue::date();
        if self.catalogue.relation == relation {
            lines.push(aside(format!("the same over the actions known on {date}")));
        } else {
            let known = relation_words(self.catalogue.relation, "the first", "the second");
            lines.push(aside(format!("over the actions known on {date}: {known}")));
        }
        match self.denies.relation {
            Relation::Equal => {}
            Relation::Unknown | Relation::PossiblyDifferent => {
                lines.push(warning(
                    "whether both deny the same explicitly is not known; that counts where other policies allow more",
                ));
            }
            other => {
                let what = match other {
                    Relation::Broader => "denies more explicitly",
                    Relation::Narrower => "denies less explicitly",
                    _ => "denies other things explicitly",
                };
                lines.push(warning(&format!("{second} {what}; that counts where other policies allow it")));
            }
        }
        lines
    }

    fn difference(&self, adds: bool, difference: &Difference) -> Vec<Line> {
        let (sign, ink, verb) =
            if adds { ("+", Ink::Add, "allows also") } else { ("-", Ink::Remove, "no longer allows") };
        let mut lines = Vec::new();
        match difference {
            Difference::Never => return lines,
            Difference::Witness(request) => {
                let lead = Text::plain("  ").with(ink, format!("{sign} {verb}, for example, "));
                lines.extend(request_lines(lead, request, 6));
                let absent = absent_words(&self.absent(request), request);
                if !absent.is_empty() {
                    lines.push(Line::from(Text::plain(format!("      {absent}"))).hanging(8));
                }
                lines.push(aside_at(6, self.deciders(request)));
            }
            Difference::Possibly { candidate, because } => {
                let lead = Text::plain("  ").with(Ink::Warning, format!("? perhaps {verb} "));
                lines.extend(request_lines(lead, candidate, 6));
                lines.push(aside_at(6, because.clone()));
            }
            Difference::Unknown { because } => {
                let more = if adds { "more" } else { "less" };
                lines.push(warning(&format!("it is not known whether it allows {more}: {because}")));
            }
        }
        lines.push(Line::empty());
        lines
    }

    fn absent(&self, request: &Request) -> Vec<String> {
        let [first, second] = &self.policies;
        absent_keys([first, second], request)
    }

    /// `allowed by statement 2 of b.json:9; not allowed by a.json`
    fn deciders(&self, request: &Request) -> String {
        let said = |side: &Permissions, name: &str| match side.evaluate(request) {
            ::policy::Decision::NotAllowed(_) => format!("{name}: no statement allows it"),
            decision => format!("{name}: {decision}"),
        };
        let [first, second] = &self.names;
        let [ours, theirs] = &self.sides;
        format!("{}; {}", said(ours, first), said(theirs, second))
    }

    fn v1(&self) -> CompareV1<'_> {
        let [first, second] = &self.names;
        CompareV1 {
            schema_version: 1,
            first,
            second,
            relation_all_strings: self.all_strings.relation.name(),
            relation_catalogue: self.catalogue.relation.name(),
            relation_denies: self.denies.relation.name(),
            witness: self.witness(&self.all_strings).or_else(|| self.witness(&self.catalogue)),
            all_strings: self.verdict(&self.all_strings),
            catalogue: self.verdict(&self.catalogue),
            denies: self.verdict(&self.denies),
            catalogue_date: ::policy::catalogue::date(),
        }
    }

    fn verdict(&self, verdict: &Verdict) -> VerdictV1 {
        VerdictV1 {
            relation: verdict.relation.name(),
            gained: self.difference_v1(&verdict.gained),
            lost: self.difference_v1(&verdict.lost),
        }
    }

    fn difference_v1(&self, difference: &Difference) -> DifferenceV1 {
        let (answer, request, because) = match difference {
            Difference::Never => ("never", None, None),
            Difference::Witness(request) => ("yes", Some(request), None),
            Difference::Possibly { candidate, because } => ("possibly", Some(candidate), Some(because.clone())),
            Difference::Unknown { because } => ("unknown", None, Some(because.clone())),
        };
        DifferenceV1 { answer, request: request.map(|request| self.request_v1(request)), because }
    }

    fn request_v1(&self, request: &Request) -> RequestV1 {
        RequestV1::of(request).without(self.absent(request))
    }

    /// The request to show, and which side allows it.
    fn witness(&self, verdict: &Verdict) -> Option<WitnessV1> {
        let sides = [("second", &verdict.gained), ("first", &verdict.lost)];
        let certain = sides.iter().find_map(|(side, difference)| match difference {
            Difference::Witness(request) => Some((*side, request, true)),
            _ => None,
        });
        let possible = || {
            sides.iter().find_map(|(side, difference)| match difference {
                Difference::Possibly { candidate, .. } => Some((*side, candidate, false)),
                _ => None,
            })
        };
        let (allowed_by, request, certain) = certain.or_else(possible)?;
        Some(WitnessV1 { request: self.request_v1(request), allowed_by, certain })
    }
}

fn aside(text: String) -> Line {
    aside_at(2, text)
}

fn aside_at(indent: usize, text: String) -> Line {
    Line::from(Text::plain(" ".repeat(indent)).with(Ink::Faint, text)).hanging(indent)
}

fn warning(text: &str) -> Line {
    crate::render::layout::warning(2, text)
}

#[derive(Serialize)]
struct CompareV1<'a> {
    schema_version: u32,
    first: &'a str,
    second: &'a str,
    relation_all_strings: &'static str,
    relation_catalogue: &'static str,
    relation_denies: &'static str,
    witness: Option<WitnessV1>,
    all_strings: VerdictV1,
    catalogue: VerdictV1,
    denies: VerdictV1,
    catalogue_date: &'static str,
}

#[derive(Serialize)]
struct WitnessV1 {
    #[serde(flatten)]
    request: RequestV1,
    /// `first` or `second`.
    allowed_by: &'static str,
    /// Replayed through the evaluator; else it hangs on something.
    certain: bool,
}

#[derive(Serialize)]
struct VerdictV1 {
    relation: &'static str,
    gained: DifferenceV1,
    lost: DifferenceV1,
}

#[derive(Serialize)]
struct DifferenceV1 {
    /// `never`, `yes`, `possibly` or `unknown`.
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}
