//! Permission sets that hold what users hold: one for each different holding, or fewer, with what that gives to whom.

use std::collections::{BTreeMap, BTreeSet};

use model::iam_user::{IamInventory, IamUserRef};
use model::id::AccountId;
use policy::catalogue::AccessLevel;
use policy::merge::{Level, Merged, merge};
use policy::{
    ActionSet, Difference, ExtraLimits, PERMISSION_SET_INLINE_LIMIT, Policy, PrincipalPolicies, Verdict, cluster,
    compare, concatenate, managed,
};

use super::naming::Names;
use super::rights::{Boundary, Left, Origin, Rights, TranslationNote, rights};

/// How sets are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Everybody keeps exactly what is there; who holds the same shares a set.
    AsTheyAre,
    /// Sets are joined as long as nobody gains more actions than this.
    Fewer(ExtraLimits),
}

/// How to convert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionOptions {
    /// How sets are made.
    pub shape: Shape,
    /// Most managed policies of AWS that a set attaches; IAM takes ten for a role unless the quota was raised. What is more goes
    /// into the inline policy.
    pub most_attached: usize,
    /// Names of permission sets that are there already.
    pub taken_names: BTreeSet<String>,
}

impl Default for ConversionOptions {
    fn default() -> Self {
        Self { shape: Shape::AsTheyAre, most_attached: 10, taken_names: BTreeSet::new() }
    }
}

/// A policy that goes into a set's inline policy, in a file of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineSource {
    /// Name of the file, without `.json`.
    pub file: String,
    /// The policy.
    pub policy: Policy,
    /// Where it came from.
    pub origins: BTreeSet<Origin>,
}

/// A user whose rights a set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertedMember {
    /// The user.
    pub user: IamUserRef,
    /// Actions of the catalogue that the user could not do on anything before; empty where sets are as the users are.
    pub gained: Vec<String>,
    /// A request that the set allows and the user's policies do not: of such an action, or of one that the user may do elsewhere.
    pub example: Option<String>,
}

/// A permission set.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvertedSet {
    /// Its name.
    pub name: String,
    /// Whom it is for, in Latin letters, as AWS takes descriptions.
    pub description: String,
    /// ARNs of AWS managed policies.
    pub managed_policies: Vec<String>,
    /// What goes into the inline policy.
    pub inline: Vec<InlineSource>,
    /// The permissions boundary.
    pub boundary: Option<Boundary>,
    /// What it holds: the attached policies as they are in the accounts, and the others.
    pub policies: Vec<Policy>,
    /// Who.
    pub members: Vec<ConvertedMember>,
    /// The inline policy as it will be written, with its proof; none where there is none.
    pub merged: Option<Merged>,
    /// Whether it can change something, or hand out rights.
    pub is_strong: bool,
    /// Whether AWS's `ReadOnlyAccess` gives whoever has the set nothing that the set does not, proven.
    pub holds_read_only: bool,
}

/// Who needs a set in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Name of the set.
    pub set: String,
    /// The account.
    pub account: AccountId,
    /// The users whose rights it replaces.
    pub users: Vec<IamUserRef>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversion {
    /// The sets, by name.
    pub sets: Vec<ConvertedSet>,
    /// Who needs them where.
    pub grants: Vec<Grant>,
    /// Users that are not converted, and why.
    pub left: Vec<(IamUserRef, Left)>,
    /// What the translation says, user by user; nothing where everything stays as it is.
    pub notes: BTreeMap<IamUserRef, Vec<TranslationNote>>,
}

/// What makes holdings the same: attached policies, texts of the others, the boundary.
type HoldingKey = (BTreeSet<String>, Vec<String>, Option<String>);

/// Users that hold the same.
struct Holding {
    managed: BTreeSet<String>,
    inline: BTreeMap<String, (Policy, BTreeSet<Origin>)>,
    boundary: Option<Boundary>,
    members: Vec<Rights>,
}

impl Holding {
    fn policies(&self) -> Vec<Policy> {
        let managed = self.managed.iter().filter_map(|arn| {
            let known = self.members.first()?.sources.iter().find(|source| source.attachable() == Some(arn))?;
            Some(known.policy.clone())
        });
        managed.chain(self.inline.values().map(|(policy, _)| policy.clone())).collect()
    }
}

/// Converts the users of which `wanted` says so.
#[must_use]
pub fn convert(
    inventory: &IamInventory,
    wanted: impl Fn(&IamUserRef) -> bool,
    options: &ConversionOptions,
) -> Conversion {
    let mut conversion = Conversion::default();
    let mut holdings: BTreeMap<HoldingKey, Holding> = BTreeMap::new();
    for (reference, user) in inventory.users().filter(|(reference, _)| wanted(reference)) {
        let Some(account) = inventory.accounts.get(&reference.account).and_then(|account| account.value()) else {
            continue;
        };
        match rights(&reference, user, account) {
            Ok(held) => {
                if !held.notes.is_empty() {
                    conversion.notes.insert(reference, held.notes.clone());
                }
                let alone = holding(held, options.most_attached);
                let boundary = alone.boundary.as_ref().map(|boundary| boundary.arn.clone());
                let key = (alone.managed.clone(), alone.inline.keys().cloned().collect(), boundary);
                match holdings.get_mut(&key) {
                    Some(known) => {
                        for (text, (_, origins)) in alone.inline {
                            known.inline.entry(text).and_modify(|(_, held)| held.extend(origins));
                        }
                        known.members.extend(alone.members);
                    }
                    None => drop(holdings.insert(key, alone)),
                }
            }
            Err(left) => conversion.left.push((reference, left)),
        }
    }
    let holdings: Vec<Holding> = holdings.into_values().collect();
    let mut writer = Writer::new(options);
    match options.shape {
        Shape::AsTheyAre => holdings.into_iter().for_each(|holding| writer.as_it_is(holding)),
        Shape::Fewer(limits) => writer.fewer(holdings, &limits),
    }
    conversion.left.extend(writer.left);
    conversion.left.sort_by(|left, right| left.0.cmp(&right.0));
    conversion.sets = writer.sets;
    conversion.sets.sort_by(|left, right| left.name.cmp(&right.name));
    conversion.grants = grants(&conversion.sets);
    conversion
}

fn holding(rights: Rights, most_attached: usize) -> Holding {
    let mut holding = Holding {
        managed: BTreeSet::new(),
        inline: BTreeMap::new(),
        boundary: rights.boundary.clone(),
        members: Vec::new(),
    };
    for source in &rights.sources {
        match source.attachable() {
            Some(arn) if holding.managed.len() < most_attached => drop(holding.managed.insert(arn.to_owned())),
            _ if source.translated.statements.is_empty() => {}
            _ => {
                let text = source.translated.canonical_text();
                let held = holding.inline.entry(text).or_insert_with(|| (source.translated.clone(), BTreeSet::new()));
                held.1.insert(source.origin.clone());
            }
        }
    }
    holding.members.push(rights);
    holding
}

fn grants(sets: &[ConvertedSet]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = Vec::new();
    for set in sets {
        let mut accounts: BTreeMap<&AccountId, Vec<IamUserRef>> = BTreeMap::new();
        for member in &set.members {
            accounts.entry(&member.user.account).or_default().push(member.user.clone());
        }
        grants.extend(accounts.into_iter().map(|(account, mut users)| {
            users.sort();
            Grant { set: set.name.clone(), account: account.clone(), users }
        }));
    }
    grants
}

struct Writer {
    names: Names,
    files: Names,
    /// Files by what stands in them: sets that hold the same policy share it.
    known_files: BTreeMap<String, String>,
    sets: Vec<ConvertedSet>,
    left: Vec<(IamUserRef, Left)>,
}

impl Writer {
    fn new(options: &ConversionOptions) -> Self {
        Self {
            names: Names::taken(options.taken_names.iter().cloned()),
            files: Names::default(),
            known_files: BTreeMap::new(),
            sets: Vec::new(),
            left: Vec::new(),
        }
    }

    fn as_it_is(&mut self, holding: Holding) {
        let policies: Vec<Policy> = holding.inline.values().map(|(policy, _)| policy.clone()).collect();
        let merged = match (!policies.is_empty()).then(|| merge(&policies, PERMISSION_SET_INLINE_LIMIT)).transpose() {
            Ok(merged) => merged,
            Err(error) => {
                let left = Left::DoesNotFit { reason: error.to_string() };
                return self.left.extend(holding.members.into_iter().map(|member| (member.user, left.clone())));
            }
        };
        let all = holding.policies();
        let name = self.names.of_set(&wanted_name(&holding.members));
        let inline = match &merged {
            // What cannot stand side by side, because variables mean something in one version only, stands as one.
            Some(merged) if concatenate(&policies).is_err() => {
                let origins = holding.inline.into_values().flat_map(|(_, origins)| origins).collect();
                vec![InlineSource { file: self.files.of_file(&name), policy: merged.policy.clone(), origins }]
            }
            _ => {
                let sources = holding.inline.into_iter().map(|(text, (policy, origins))| InlineSource {
                    file: self.file(text, &origins, &name),
                    policy,
                    origins,
                });
                sources.collect()
            }
        };
        let mut members: Vec<IamUserRef> = holding.members.into_iter().map(|member| member.user).collect();
        members.sort();
        self.sets.push(ConvertedSet {
            description: description(&members),
            name,
            managed_policies: holding.managed.into_iter().collect(),
            inline,
            holds_read_only: holding.boundary.is_none() && holds_read_only(&all),
            boundary: holding.boundary,
            members: members
                .into_iter()
                .map(|user| ConvertedMember { user, gained: Vec::new(), example: None })
                .collect(),
            merged,
            is_strong: is_strong(&all),
            policies: all,
        });
    }

    /// Joins holdings of the same boundary. What is alone in the end stays as it is.
    fn fewer(&mut self, holdings: Vec<Holding>, limits: &ExtraLimits) {
        let mut by_boundary: BTreeMap<Option<String>, Vec<Holding>> = BTreeMap::new();
        for holding in holdings {
            let arn = holding.boundary.as_ref().map(|boundary| boundary.arn.clone());
            by_boundary.entry(arn).or_default().push(holding);
        }
        for holdings in by_boundary.into_values() {
            let principals: Vec<PrincipalPolicies> = holdings
                .iter()
                .map(|holding| PrincipalPolicies { name: String::new(), policies: holding.policies() })
                .collect();
            let (proposed, _) = cluster(&principals, limits);
            let mut holdings: Vec<Option<Holding>> = holdings.into_iter().map(Some).collect();
            for set in proposed.into_iter().filter(|set| set.members.len() > 1) {
                let policies: Vec<Policy> = set
                    .members
                    .iter()
                    .filter_map(|member| principals.get(member.principal))
                    .flat_map(|principal| principal.policies.clone())
                    .collect();
                // What does not fit is not joined, nor what takes something from somebody: one's Deny binds the others as well.
                let Ok(merged) = merge(&policies, PERMISSION_SET_INLINE_LIMIT) else { continue };
                let changes: Vec<Verdict> = set
                    .members
                    .iter()
                    .filter_map(|member| principals.get(member.principal))
                    .map(|before| compare(&before.policies, std::slice::from_ref(&merged.policy)).all_strings)
                    .collect();
                if changes.iter().any(|change| change.lost != Difference::Never) {
                    continue;
                }
                let mut taken = Vec::new();
                for (member, change) in set.members.iter().zip(changes) {
                    if let Some(holding) = holdings.get_mut(member.principal).and_then(Option::take) {
                        let gained = member.extra.iter().map(|(action, _)| action).collect::<Vec<_>>();
                        let example = match change.gained {
                            Difference::Witness(request) => Some(request.to_string()),
                            Difference::Possibly { candidate, .. } => Some(format!("perhaps {candidate}")),
                            Difference::Unknown { because } => Some(format!("perhaps something: {because}")),
                            Difference::Never => None,
                        };
                        taken.push((holding, gained, example));
                    }
                }
                self.joined(taken, merged);
            }
            holdings.into_iter().flatten().for_each(|holding| self.as_it_is(holding));
        }
    }

    fn joined(&mut self, holdings: Vec<(Holding, Vec<String>, Option<String>)>, merged: Merged) {
        let boundary = holdings.first().and_then(|(holding, ..)| holding.boundary.clone());
        let mut members = Vec::new();
        let mut origins = BTreeSet::new();
        let mut all = Vec::new();
        for (holding, gained, example) in holdings {
            origins
                .extend(holding.members.iter().flat_map(|member| &member.sources).map(|source| source.origin.clone()));
            members.extend(holding.members.iter().map(|member| ConvertedMember {
                user: member.user.clone(),
                gained: gained.clone(),
                example: example.clone(),
            }));
            all.extend(holding.members);
        }
        members.sort_by(|left, right| left.user.cmp(&right.user));
        let name = self.names.of_set(&wanted_name(&all));
        let users: Vec<IamUserRef> = members.iter().map(|member| member.user.clone()).collect();
        self.sets.push(ConvertedSet {
            description: description(&users),
            managed_policies: Vec::new(),
            inline: vec![InlineSource { file: self.files.of_file(&name), policy: merged.policy.clone(), origins }],
            holds_read_only: boundary.is_none() && holds_read_only(std::slice::from_ref(&merged.policy)),
            boundary,
            members,
            is_strong: is_strong(std::slice::from_ref(&merged.policy)),
            policies: vec![merged.policy.clone()],
            merged: Some(merged),
            name,
        });
    }

    fn file(&mut self, text: String, origins: &BTreeSet<Origin>, set: &str) -> String {
        let files = &mut self.files;
        let name = self.known_files.entry(text).or_insert_with(|| {
            let wanted = match origins.first() {
                // The names of users' own policies say little by themselves: `inline`, `policy1`.
                Some(Origin::User { policy }) => format!("{set}-{policy}"),
                Some(origin) => origin.name().to_owned(),
                None => set.to_owned(),
            };
            files.of_file(&wanted)
        });
        name.clone()
    }
}

/// The groups that all of them are in; else the user; else the first of them.
fn wanted_name(members: &[Rights]) -> String {
    let mut groups = members.iter().map(|member| member.groups.iter().map(String::as_str).collect::<BTreeSet<_>>());
    let first = groups.next().unwrap_or_default();
    let common = groups.fold(first, |common, groups| common.intersection(&groups).copied().collect());
    let has_own =
        members.iter().flat_map(|member| &member.sources).any(|source| matches!(source.origin, Origin::User { .. }));
    let user = members.iter().map(|member| member.user.name.as_str()).min().unwrap_or_default();
    match (common.is_empty(), members.len()) {
        (false, 2..) => common.into_iter().collect::<Vec<_>>().join("-"),
        (false, _) if !has_own => common.into_iter().collect::<Vec<_>>().join("-"),
        (_, 1) => format!("user-{user}"),
        _ => format!("like-{user}"),
    }
}

fn description(users: &[IamUserRef]) -> String {
    let names: BTreeSet<&str> = users.iter().map(|user| user.name.as_str()).filter(|name| name.is_ascii()).collect();
    let mut text = "What these IAM users may do: ".to_owned();
    let mut told = 0;
    for name in &names {
        if text.len() + name.len() > 200 {
            break;
        }
        if told > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        told += 1;
    }
    match users.iter().map(|user| &user.name).collect::<BTreeSet<_>>().len() - told {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn is_strong(policies: &[Policy]) -> bool {
    let levels = ActionSet::possible(policies).by_level();
    levels.iter().any(|(level, count)| {
        *count > 0 && matches!(level, AccessLevel::Write | AccessLevel::PermissionsManagement | AccessLevel::Tagging)
    })
}

/// Whether `ReadOnlyAccess` gives nothing new. (Not asked of a set with a boundary, which does not bind the set beside it.)
fn holds_read_only(policies: &[Policy]) -> bool {
    let Some(read_only) = managed::resolve("ReadOnlyAccess").and_then(|known| known.policy()) else { return false };
    compare(&[read_only], policies).all_strings.lost == Difference::Never
}

impl ConvertedSet {
    /// Whether a read-only set beside this one makes sense: this one can change something, and the other gives nothing new.
    #[must_use]
    pub fn takes_companion(&self) -> bool {
        self.is_strong && self.holds_read_only
    }

    /// How far the ladder of merging had to be climbed; none where there is nothing to merge.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.merged.as_ref().map(|merged| merged.level)
    }
}
