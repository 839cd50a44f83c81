//! Kinds of IAM users, and what each truly is.

/// What a user truly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Somebody's own, or shared by some people.
    Person,
    /// A system's.
    Machine,
    /// Somebody's, and a system uses it, too.
    Mixed,
    /// Nobody's any more, and nobody will miss it.
    Unused,
}

macro_rules! habits {
    ($($name:ident $truth:ident $weight:literal $about:literal,)*) => {
        /// What a user is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Habit {
            $(#[doc = $about] $name,)*
        }

        impl Habit {
            /// All of them, and how many of a thousand users have it.
            pub const ALL: &'static [(Self, u32)] = &[$((Self::$name, $weight),)*];

            /// What such a user truly is.
            #[must_use]
            pub fn truth(self) -> Truth {
                match self {
                    $(Self::$name => Truth::$truth,)*
                }
            }

            /// What it is.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about,)*
                }
            }
        }
    };
}

habits! {
    ConsoleEngineer Person 110 "an engineer in the console",
    ConsoleOffice Person 90 "a designer or accountant in the console, some days",
    MonthlyAccountant Person 25 "somebody who looks at the bill once a month",
    ConsoleAndCli Person 90 "an engineer with console and AWS CLI",
    CliWithMfa Person 40 "an engineer whose CLI asks for a second factor",
    CliOnly Person 15 "an engineer with nothing but the CLI, without a second factor",
    TerraformByHand Person 25 "an engineer who runs Terraform",
    NotebookByHand Person 20 "somebody who works with boto3 in a notebook",
    NightOwl Person 15 "an engineer who works at night",
    CloudVpn Person 20 "an engineer behind a VPN in a cloud",
    SharedConsole Person 20 "one user that several people sign in with",
    FileTool Person 10 "somebody who moves files with a desktop program",
    ConsoleOldKey Person 30 "somebody in the console who has a key from long ago",
    RoundTheClock Machine 45 "an application on a server, at all hours",
    NightlyBatch Machine 45 "a batch at night",
    WeeklyBatch Machine 15 "a batch each week",
    MonthlyBatch Machine 15 "a batch each month",
    OfficeBatch Machine 20 "a batch in working hours, from the office's server room",
    GithubActions Machine 25 "GitHub Actions",
    OfficeJenkins Machine 20 "a build server in the office, run by pushes",
    ObjectsOnly Machine 25 "a program that moves objects and does nothing else",
    UploadOnEvent Machine 15 "a program in the office that uploads when somebody presses a button",
    Vendor Machine 20 "a vendor's monitoring",
    Mailer Machine 12 "sends mail by SMTP, which no log tells of",
    ScriptedCli Machine 15 "AWS CLI in a crontab of a server",
    YearlyBatch Machine 8 "a batch each year",
    MachineSeenByPerson Machine 10 "a server's user with which somebody signed in twice this year",
    KaigoDx Mixed 30 "somebody with MFA whose key a batch uses",
    NameOnly Mixed 10 "a user named for somebody, with MFA, that only a batch uses",
    KeyOnLaptopAndServer Mixed 20 "one key on the laptop and on a server",
    LaptopCronDaily Mixed 10 "somebody with a script in the laptop's crontab, on working days",
    LaptopCronMonthly Mixed 6 "somebody with a script in the laptop's crontab, once a month",
    SecondKeyAtBuild Mixed 15 "somebody whose second key is in the office's build server",
    KeyAtBuild Mixed 10 "somebody whose only key is at hand and in the office's build server",
    ConsoleAndObjects Mixed 12 "somebody in the console whose key a program moves objects with",
    LogShipper Mixed 12 "an engineer with console and AWS CLI whose key also ships log lines, which no log tells of",
    NeverUsed Unused 40 "was made and never used",
    LongUnused Unused 60 "was not used for half a year or more",
    BreakGlass Unused 12 "for emergencies",
}
