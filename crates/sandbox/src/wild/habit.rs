//! Habits: what kinds of IAM users there are, and what each does all day.

use super::schedule::{
    BY_HAND, Call, Credential, DATA_ONLY, DEPLOY, OFFICE, Offices, Place, SCRIPTS, SEND_MAIL, SHIP_LOGS, TERRAFORM,
    Timetable, WATCHING,
};
use super::truth::Habit;

/// Somebody or something that uses the user.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) credential: Credential,
    pub(crate) agent: &'static str,
    pub(crate) place: Place,
    pub(crate) times: Timetable,
    pub(crate) calls: Calls,
    /// Where most of it happens: a place in the list of Regions.
    pub(crate) region: usize,
}

/// Which calls.
#[derive(Debug, Clone)]
pub(crate) enum Calls {
    /// By somebody: favourites of their own, and something new now and then.
    ByHand { pool: &'static [Call], most_a_sitting: u32 },
    /// The same ones in the same order, some of them several times.
    Script { calls: &'static [Call], most_rounds: u32 },
}

/// What a user with a habit has and does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Life {
    pub(crate) has_password: bool,
    pub(crate) has_mfa: bool,
    pub(crate) keys: usize,
    pub(crate) is_named_for_person: bool,
    pub(crate) streams: Vec<Stream>,
}

const CHROME: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
const CLI_MAC: &str = "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#ec2.describe-instances";
const CLI_LINUX: &str = "aws-cli/2.15.30 Python/3.9.16 Linux/6.1.84-99.169.amzn2023.x86_64 source/x86_64.amzn.2023 prompt/off command/s3.sync";
const BOTO_LINUX: &str = "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.10.210-201.852.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.6 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.51";
const BOTO_MAC: &str = "Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.12.4 md/pyimpl#CPython Botocore/1.40.11";
const SERVER_SDKS: &[&str] = &[
    BOTO_LINUX,
    "aws-sdk-go/1.50.8 (go1.21.6; linux; amd64)",
    "aws-sdk-java/2.25.11 Linux/5.15.0 OpenJDK_64-Bit_Server_VM/17.0.10+7 Java/17.0.10",
    "aws-sdk-php/3.300.6 ua/2.0 OS/Linux#5.4 lang/php#8.1.27 GuzzleHttp/7",
    "aws-sdk-ruby3/3.191.3 ua/2.0 os/linux md/5.15.0 lang/ruby#3.2.2 api/s3#1.143.0",
    CLI_LINUX,
];
const TERRAFORM_MAC: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.9.4 (+https://www.terraform.io) terraform-provider-aws/5.60.0 aws-sdk-go-v2/1.30.3 ua/2.1 os/macos lang/go#1.22.5";
const TERRAFORM_LINUX: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) terraform-provider-aws/5.39.0 aws-sdk-go-v2/1.25.2 ua/2.1 os/linux lang/go#1.21.7";
const VENDORS: &[(&str, [u8; 3])] = &[
    ("Datadog/1.0 aws-sdk-go-v2/1.30.3", [34, 192, 9]),
    ("Boto3/1.28.1 Mackerel-AWS-Integration/1.0", [54, 64, 33]),
    ("NewRelic/1.0 aws-sdk-java/1.12.700", [50, 31, 164]),
];
const GITHUB: &[[u8; 2]] = &[[20, 57], [20, 102], [40, 76], [52, 150], [172, 183], [13, 83]];

/// Draws the details of a habit.
#[expect(clippy::too_many_lines, reason = "a table of habits, one arm each")]
pub(crate) fn live(habit: Habit, offices: &Offices, random: &mut fastrand::Rng) -> Life {
    let home = [126, random.u8(0..250), random.u8(0..250)];
    let office = offices.office(random);
    let at_work = Place::Networks(if random.bool() { vec![office] } else { vec![office, home] });
    let server =
        Place::Networks(vec![[*random.choice(&[3, 13, 18, 54]).unwrap_or(&3), random.u8(100..130), random.u8(0..250)]]);
    let server_room = Place::Networks(vec![office]);
    let browser = if random.bool() { CHROME } else { FIREFOX };
    let asks_for_mfa = matches!(habit, Habit::CliWithMfa | Habit::KaigoDx | Habit::NameOnly);
    let mfa = random.u32(0..100) < 85 || asks_for_mfa;
    let region = if random.u32(0..100) < 80 { 0 } else { random.usize(0..4) };
    let from_hour = offices.opening_hour + random.i64(0..2);
    let working = |percent: u32, sittings: i64, random: &mut fastrand::Rng| Timetable::Person {
        from_hour,
        hours: random.i64(7..11),
        days_percent: percent,
        sittings,
        weekend_percent: if random.u32(0..5) == 0 { 10 } else { 1 },
    };
    let console = |times: Timetable, pool: &'static [Call], place: &Place| Stream {
        credential: Credential::Console { mfa },
        agent: browser,
        place: place.clone(),
        times,
        calls: Calls::ByHand { pool, most_a_sitting: 14 },
        region,
    };
    let by_hand = |credential: Credential, agent: &'static str, times: Timetable, place: &Place| Stream {
        credential,
        agent,
        place: place.clone(),
        times,
        calls: Calls::ByHand { pool: BY_HAND, most_a_sitting: 9 },
        region,
    };
    let script_calls: &'static [Call] = random.choice(SCRIPTS).copied().unwrap_or(DATA_ONLY);
    let sdk = *random.choice(SERVER_SDKS).unwrap_or(&BOTO_LINUX);
    let rounds = random.u32(1..6);
    let script = |key: usize, agent: &'static str, times: Timetable, calls: &'static [Call], place: &Place| Stream {
        credential: Credential::Key(key),
        agent,
        place: place.clone(),
        times,
        calls: Calls::Script { calls, most_rounds: rounds },
        region,
    };
    let night = Timetable::Timer {
        hours: vec![random.i64(14..22)],
        minute: random.i64(0..60),
        weekdays: 0b111_1111,
        miss_percent: random.u32(0..4),
    };
    let any_timer = |random: &mut fastrand::Rng| match random.u8(0..5) {
        0 => Timetable::Polling { minutes: *random.choice(&[15, 60, 240]).unwrap_or(&60) },
        1 => Timetable::Timer { hours: vec![random.i64(0..10)], minute: 0, weekdays: 0b001_1111, miss_percent: 2 },
        2 => Timetable::OnEvent { from_hour: offices.opening_hour, hours: 10, per_hundred_days: random.u32(40..900) },
        3 => Timetable::Timer {
            hours: vec![random.i64(0..24)],
            minute: 30,
            weekdays: 1 << random.u8(0..7),
            miss_percent: 3,
        },
        _ => Timetable::Timer { hours: vec![random.i64(14..22)], minute: 10, weekdays: 0b111_1111, miss_percent: 1 },
    };
    let days = random.u32(20..90);
    let person = |keys: usize, streams: Vec<Stream>| Life {
        has_password: true,
        has_mfa: mfa,
        keys,
        is_named_for_person: true,
        streams,
    };
    let machine = |streams: Vec<Stream>| Life { keys: 1, streams, ..Life::default() };
    let pushes = Timetable::OnEvent { from_hour, hours: 10, per_hundred_days: random.u32(30..400) };
    match habit {
        Habit::ConsoleEngineer => person(0, vec![console(working(days, 3, random), BY_HAND, &at_work)]),
        Habit::ConsoleOffice => person(0, vec![console(working(random.u32(5..50), 1, random), OFFICE, &at_work)]),
        Habit::MonthlyAccountant => {
            let times = Timetable::Monthly { day: random.i8(1..9), hour: random.i64(1..9), miss_percent: 10 };
            person(0, vec![console(times, OFFICE, &at_work)])
        }
        Habit::ConsoleAndCli => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(
                    Credential::Key(0),
                    if random.bool() { CLI_MAC } else { CLI_LINUX },
                    working(days, 2, random),
                    &at_work,
                ),
            ],
        ),
        Habit::CliWithMfa => Life {
            has_mfa: true,
            ..person(
                1,
                vec![
                    console(working(days / 2, 1, random), BY_HAND, &at_work),
                    by_hand(Credential::Session, CLI_MAC, working(days, 3, random), &at_work),
                ],
            )
        },
        Habit::CliOnly => Life {
            has_password: false,
            has_mfa: false,
            ..person(1, vec![by_hand(Credential::Key(0), CLI_MAC, working(days, 3, random), &at_work)])
        },
        Habit::TerraformByHand => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days / 2, 1, random), &at_work),
                script(0, TERRAFORM_MAC, working(days / 2, 1, random), TERRAFORM, &at_work),
            ],
        ),
        Habit::NotebookByHand => person(
            1,
            vec![
                console(working(days, 1, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), BOTO_MAC, working(days, 2, random), &at_work),
            ],
        ),
        Habit::NightOwl => {
            let late = |percent| Timetable::Person {
                from_hour: 12,
                hours: 8,
                days_percent: percent,
                sittings: 2,
                weekend_percent: 25,
            };
            let homely = Place::Networks(vec![home]);
            person(
                1,
                vec![console(late(days), BY_HAND, &homely), by_hand(Credential::Key(0), CLI_MAC, late(days), &homely)],
            )
        }
        Habit::CloudVpn => {
            let vpn = Place::Networks(vec![offices.vpn]);
            person(
                1,
                vec![
                    console(working(days, 2, random), BY_HAND, &vpn),
                    by_hand(Credential::Key(0), CLI_MAC, working(days, 1, random), &vpn),
                ],
            )
        }
        Habit::SharedConsole => Life {
            is_named_for_person: false,
            has_mfa: false,
            ..person(
                0,
                vec![
                    console(working(80, 4, random), BY_HAND, &at_work),
                    console(working(40, 2, random), OFFICE, &Place::Networks(vec![home])),
                ],
            )
        },
        Habit::FileTool => Life {
            has_password: random.bool(),
            has_mfa: false,
            ..person(
                1,
                vec![Stream {
                    calls: Calls::ByHand { pool: OFFICE, most_a_sitting: 8 },
                    ..script(
                        0,
                        "Cyberduck/9.1.2.42722 (Mac OS X/14.5) (aarch64)",
                        working(30, 1, random),
                        DATA_ONLY,
                        &at_work,
                    )
                }],
            )
        },
        Habit::ConsoleOldKey => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(
                    Credential::Key(0),
                    CLI_MAC,
                    Timetable::Once { ago_s: vec![random.i64(100..700) * 86_400] },
                    &at_work,
                ),
            ],
        ),
        Habit::RoundTheClock => machine(vec![script(
            0,
            sdk,
            Timetable::Polling { minutes: *random.choice(&[20, 30, 60, 120]).unwrap_or(&60) },
            script_calls,
            &server,
        )]),
        Habit::NightlyBatch => machine(vec![script(0, sdk, night, script_calls, &server)]),
        Habit::WeeklyBatch => {
            let times = Timetable::Timer {
                hours: vec![random.i64(0..24)],
                minute: 0,
                weekdays: 1 << random.u8(0..7),
                miss_percent: 2,
            };
            machine(vec![script(0, sdk, times, script_calls, &server)])
        }
        Habit::MonthlyBatch => machine(vec![script(
            0,
            sdk,
            Timetable::Monthly { day: random.i8(1..28), hour: random.i64(0..24), miss_percent: 2 },
            script_calls,
            &server,
        )]),
        Habit::OfficeBatch => {
            let times = Timetable::Timer {
                hours: vec![1, 6],
                minute: random.i64(0..60),
                weekdays: 0b001_1111,
                miss_percent: 3,
            };
            machine(vec![script(0, sdk, times, script_calls, &server_room)])
        }
        Habit::GithubActions => {
            let agent = if random.bool() { CLI_LINUX } else { TERRAFORM_LINUX };
            machine(vec![script(0, agent, pushes, DEPLOY, &Place::Anywhere(GITHUB))])
        }
        Habit::OfficeJenkins => {
            let (agent, calls) = if random.bool() { (CLI_LINUX, DEPLOY) } else { (TERRAFORM_LINUX, TERRAFORM) };
            machine(vec![script(0, agent, pushes, calls, &server_room)])
        }
        Habit::ObjectsOnly => machine(vec![script(0, sdk, any_timer(random), DATA_ONLY, &server)]),
        Habit::UploadOnEvent => machine(vec![script(0, sdk, pushes, DATA_ONLY, &server_room)]),
        Habit::Vendor => {
            let (agent, network) = *random.choice(VENDORS).unwrap_or(&(BOTO_LINUX, [34, 0, 0]));
            machine(vec![script(
                0,
                agent,
                Timetable::Polling { minutes: *random.choice(&[10, 30, 60]).unwrap_or(&30) },
                WATCHING,
                &Place::Networks(vec![network]),
            )])
        }
        Habit::Mailer => machine(vec![script(0, "", Timetable::Polling { minutes: 180 }, &[SEND_MAIL], &server)]),
        Habit::ScriptedCli => machine(vec![script(0, CLI_LINUX, any_timer(random), script_calls, &server)]),
        Habit::YearlyBatch => machine(vec![script(
            0,
            sdk,
            Timetable::Once { ago_s: vec![random.i64(95..360) * 86_400] },
            script_calls,
            &server,
        )]),
        Habit::MachineSeenByPerson => {
            let twice = Timetable::Once { ago_s: vec![random.i64(5..90) * 86_400, random.i64(150..300) * 86_400] };
            let mut life = machine(vec![
                script(0, sdk, any_timer(random), script_calls, &server),
                console(twice, BY_HAND, &at_work),
            ]);
            life.has_password = true;
            life
        }
        Habit::KaigoDx => Life {
            has_mfa: true,
            ..person(
                1,
                vec![
                    console(working(days, 2, random), BY_HAND, &at_work),
                    script(0, sdk, any_timer(random), script_calls, &server),
                ],
            )
        },
        Habit::LogShipper => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days, 2, random), &at_work),
                script(0, sdk, any_timer(random), &[SHIP_LOGS], &server),
            ],
        ),
        Habit::NameOnly => {
            Life { has_mfa: true, ..person(1, vec![script(0, sdk, any_timer(random), script_calls, &server)]) }
        }
        Habit::KeyOnLaptopAndServer => person(
            1,
            vec![
                console(working(days, 1, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days, 2, random), &at_work),
                script(0, sdk, any_timer(random), script_calls, &server),
            ],
        ),
        Habit::LaptopCronDaily => {
            let times =
                Timetable::Timer { hours: vec![from_hour + 1], minute: 30, weekdays: 0b001_1111, miss_percent: 12 };
            person(
                1,
                vec![
                    console(working(days, 2, random), BY_HAND, &at_work),
                    by_hand(Credential::Key(0), CLI_MAC, working(days, 1, random), &at_work),
                    script(0, if random.bool() { CLI_MAC } else { BOTO_MAC }, times, script_calls, &at_work),
                ],
            )
        }
        Habit::LaptopCronMonthly => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days, 1, random), &at_work),
                script(
                    0,
                    if random.bool() { CLI_MAC } else { BOTO_MAC },
                    Timetable::Monthly { day: random.i8(1..28), hour: from_hour + 2, miss_percent: 12 },
                    script_calls,
                    &at_work,
                ),
            ],
        ),
        Habit::SecondKeyAtBuild => person(
            2,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days, 1, random), &at_work),
                script(1, if random.bool() { CLI_LINUX } else { TERRAFORM_LINUX }, pushes, DEPLOY, &server_room),
            ],
        ),
        Habit::KeyAtBuild => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                by_hand(Credential::Key(0), CLI_MAC, working(days, 1, random), &at_work),
                script(0, if random.bool() { CLI_LINUX } else { TERRAFORM_LINUX }, pushes, DEPLOY, &server_room),
            ],
        ),
        Habit::ConsoleAndObjects => person(
            1,
            vec![
                console(working(days, 2, random), BY_HAND, &at_work),
                script(0, sdk, any_timer(random), DATA_ONLY, &server),
            ],
        ),
        Habit::NeverUsed => Life {
            has_password: random.bool(),
            keys: random.usize(0..2),
            is_named_for_person: random.u8(0..3) > 0,
            ..Life::default()
        },
        Habit::LongUnused => {
            let ago_s = vec![random.i64(180..1100) * 86_400];
            let is_person = random.u8(0..4) > 0;
            let mut life =
                person(random.usize(0..2), vec![console(Timetable::Once { ago_s: ago_s.clone() }, BY_HAND, &at_work)]);
            if life.keys > 0 {
                life.streams.push(script(0, sdk, Timetable::Once { ago_s }, script_calls, &server));
            }
            life.is_named_for_person = is_person;
            life
        }
        Habit::BreakGlass => Life { has_password: true, has_mfa: true, ..Life::default() },
    }
}
