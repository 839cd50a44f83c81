//! Statements about databases and tables, in Hive's language.

use std::collections::BTreeMap;

use super::hive::{Piece, pieces};

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Definition {
    CreateDatabase { name: String, may_exist: bool },
    DropDatabase { name: String, may_lack: bool, with_tables: bool },
    CreateTable { name: Name, may_exist: bool, table: Box<NewTable> },
    DropTable { name: Name, may_lack: bool },
    AddPartitions { name: Name, may_exist: bool, partitions: Vec<NewPartition> },
    ShowDatabases { like: Option<String> },
    ShowTables { database: Option<String>, like: Option<String> },
    ShowPartitions { name: Name },
}

/// A table by its name, and its database where that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) database: Option<String>,
    pub(super) table: String,
}

/// The values of a partition by its columns, and its place.
pub(super) type NewPartition = (Vec<(String, String)>, Option<String>);

/// What CREATE EXTERNAL TABLE says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NewTable {
    pub(super) columns: Vec<(String, String)>,
    pub(super) partitions: Vec<(String, String)>,
    pub(super) serde: String,
    pub(super) input_format: String,
    pub(super) location: String,
    pub(super) properties: BTreeMap<String, String>,
}

/// Why a statement is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is wrong.
    Malformed(String),
    /// It is not spoken here.
    Unknown(String),
}

struct Words {
    pieces: Vec<(Piece, usize, usize)>,
    at: usize,
}

/// Reads a statement that begins with CREATE, DROP, ALTER or SHOW.
pub(super) fn read(text: &str) -> Result<Definition, Refused> {
    let mut words = Words { pieces: pieces(text).map_err(Refused::Malformed)?, at: 0 };
    let definition = statement(&mut words)?;
    words.takes_sign(';');
    match words.peek() {
        None => Ok(definition),
        Some(_) => Err(words.wrong("the end of the statement")),
    }
}

fn statement(words: &mut Words) -> Result<Definition, Refused> {
    let unknown = |what: &str| Err(Refused::Unknown(what.to_owned()));
    let verb = words.word()?;
    match verb.as_str() {
        "create" if words.takes(&["database"]) || words.takes(&["schema"]) => {
            let may_exist = words.takes(&["if", "not", "exists"]);
            let name = words.word()?;
            if words.peek().is_some_and(|piece| *piece != Piece::Sign(';')) {
                return unknown("CREATE DATABASE with COMMENT, LOCATION or DBPROPERTIES");
            }
            Ok(Definition::CreateDatabase { name, may_exist })
        }
        "create" if words.takes(&["external", "table"]) => table(words),
        "create" => unknown("CREATE of anything but DATABASE and EXTERNAL TABLE"),
        "drop" if words.takes(&["database"]) || words.takes(&["schema"]) => {
            let may_lack = words.takes(&["if", "exists"]);
            let name = words.word()?;
            let with_tables = words.takes(&["cascade"]);
            words.takes(&["restrict"]);
            Ok(Definition::DropDatabase { name, may_lack, with_tables })
        }
        "drop" if words.takes(&["table"]) => {
            let may_lack = words.takes(&["if", "exists"]);
            Ok(Definition::DropTable { name: words.name()?, may_lack })
        }
        "drop" => unknown("DROP of anything but DATABASE and TABLE"),
        "alter" => {
            words.needs("table")?;
            let name = words.name()?;
            if !words.takes(&["add"]) {
                return unknown("ALTER TABLE with anything but ADD PARTITION");
            }
            let may_exist = words.takes(&["if", "not", "exists"]);
            let mut partitions = Vec::new();
            while words.takes(&["partition"]) {
                partitions.push(words.partition()?);
            }
            if partitions.is_empty() {
                return unknown("ALTER TABLE with anything but ADD PARTITION");
            }
            Ok(Definition::AddPartitions { name, may_exist, partitions })
        }
        "show" if words.takes(&["databases"]) || words.takes(&["schemas"]) => {
            Ok(Definition::ShowDatabases { like: words.like()? })
        }
        "show" if words.takes(&["tables"]) => {
            let inside = words.takes(&["in"]) || words.takes(&["from"]);
            let database = if inside { Some(words.word()?) } else { None };
            Ok(Definition::ShowTables { database, like: words.like()? })
        }
        "show" if words.takes(&["partitions"]) => Ok(Definition::ShowPartitions { name: words.name()? }),
        other => unknown(&format!("{} …", other.to_uppercase())),
    }
}

fn table(words: &mut Words) -> Result<Definition, Refused> {
    let may_exist = words.takes(&["if", "not", "exists"]);
    let name = words.name()?;
    let mut table = NewTable { columns: words.columns()?, ..NewTable::default() };
    loop {
        if words.takes(&["comment"]) {
            words.text()?;
        } else if words.takes(&["partitioned", "by"]) {
            table.partitions = words.columns()?;
        } else if words.takes(&["row", "format", "serde"]) {
            table.serde = words.text()?;
            if words.takes(&["with", "serdeproperties"]) {
                // what they name (paths, mappings) changes what is read
                for (key, value) in words.properties()? {
                    let known = ["serialization.format", "paths", "ignore.malformed.json"].contains(&key.as_str());
                    if !known {
                        return Err(Refused::Unknown(format!("the SERDEPROPERTIES '{key}'='{value}'")));
                    }
                }
            }
        } else if words.takes(&["row", "format"]) {
            return Err(Refused::Unknown("ROW FORMAT DELIMITED".to_owned()));
        } else if words.takes(&["stored", "as", "inputformat"]) {
            table.input_format = words.text()?;
            words.needs("outputformat")?;
            words.text()?;
        } else if words.takes(&["stored", "as", "textfile"]) {
        } else if words.takes(&["stored", "as"]) {
            return Err(Refused::Unknown(format!("STORED AS {}", words.word()?.to_uppercase())));
        } else if words.takes(&["location"]) {
            table.location = words.text()?;
        } else if words.takes(&["tblproperties"]) {
            table.properties = words.properties()?.into_iter().collect();
        } else {
            break;
        }
    }
    if table.location.is_empty() {
        return Err(Refused::Malformed("CREATE EXTERNAL TABLE needs a LOCATION".to_owned()));
    }
    Ok(Definition::CreateTable { name, may_exist, table: Box::new(table) })
}

impl Words {
    fn peek(&self) -> Option<&Piece> {
        self.pieces.get(self.at).map(|(piece, ..)| piece)
    }

    fn wrong(&self, expected: &str) -> Refused {
        Refused::Malformed(match self.pieces.get(self.at) {
            Some((piece, line, column)) => {
                let found = match piece {
                    Piece::Word(text) | Piece::Text(text) => text.clone(),
                    Piece::Sign(sign) => sign.to_string(),
                };
                format!("line {line}:{column}: mismatched input '{found}'. Expecting: {expected}")
            }
            None => format!("mismatched input '<EOF>'. Expecting: {expected}"),
        })
    }

    /// Takes these words if they stand next.
    fn takes(&mut self, wanted: &[&str]) -> bool {
        let next = self.pieces.iter().skip(self.at).map(|(piece, ..)| piece);
        let same = wanted.len() == next.clone().take(wanted.len()).count()
            && wanted.iter().zip(next).all(|(word, piece)| matches!(piece, Piece::Word(found) if found == word));
        if same {
            self.at += wanted.len();
        }
        same
    }

    fn takes_sign(&mut self, sign: char) -> bool {
        let same = self.peek() == Some(&Piece::Sign(sign));
        self.at += usize::from(same);
        same
    }

    fn needs(&mut self, word: &str) -> Result<(), Refused> {
        if self.takes(&[word]) { Ok(()) } else { Err(self.wrong(&format!("'{}'", word.to_uppercase()))) }
    }

    fn needs_sign(&mut self, sign: char) -> Result<(), Refused> {
        if self.takes_sign(sign) { Ok(()) } else { Err(self.wrong(&format!("'{sign}'"))) }
    }

    fn word(&mut self) -> Result<String, Refused> {
        match self.peek() {
            Some(Piece::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.wrong("a name")),
        }
    }

    fn text(&mut self) -> Result<String, Refused> {
        match self.peek() {
            Some(Piece::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.wrong("a text")),
        }
    }

    fn name(&mut self) -> Result<Name, Refused> {
        let first = self.word()?;
        if self.takes_sign('.') {
            return Ok(Name { database: Some(first), table: self.word()? });
        }
        Ok(Name { database: None, table: first })
    }

    fn like(&mut self) -> Result<Option<String>, Refused> {
        if self.takes(&["like"]) || matches!(self.peek(), Some(Piece::Text(_))) {
            return self.text().map(Some);
        }
        Ok(None)
    }

    /// `(name type, …)`
    fn columns(&mut self) -> Result<Vec<(String, String)>, Refused> {
        self.needs_sign('(')?;
        let mut columns = Vec::new();
        loop {
            let name = self.word()?;
            let kind = self.kind()?;
            if super::hive::kind(&kind).is_none() {
                return Err(Refused::Unknown(format!("the type {kind} of the column {name}")));
            }
            columns.push((name, kind));
            if self.takes(&["comment"]) {
                self.text()?;
            }
            if !self.takes_sign(',') {
                break;
            }
        }
        self.needs_sign(')')?;
        Ok(columns)
    }

    /// A type, as text without spaces.
    fn kind(&mut self) -> Result<String, Refused> {
        let mut kind = self.word()?;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(Piece::Sign('<')) => (depth, kind) = (depth + 1, kind + "<"),
                Some(Piece::Sign('>')) if depth > 0 => (depth, kind) = (depth - 1, kind + ">"),
                Some(Piece::Sign(sign @ (',' | ':'))) if depth > 0 => kind.push(*sign),
                Some(Piece::Word(word)) if depth > 0 => kind.push_str(word),
                _ if depth > 0 => return Err(self.wrong("a type")),
                _ => return Ok(kind),
            }
            self.at += 1;
        }
    }

    /// `('key'='value', …)`
    fn properties(&mut self) -> Result<Vec<(String, String)>, Refused> {
        self.needs_sign('(')?;
        let mut properties = Vec::new();
        loop {
            let key = self.text()?;
            self.needs_sign('=')?;
            properties.push((key, self.text()?));
            if !self.takes_sign(',') {
                break;
            }
        }
        self.needs_sign(')')?;
        Ok(properties)
    }

    /// `(name = 'value', …) LOCATION '…'`
    fn partition(&mut self) -> Result<NewPartition, Refused> {
        self.needs_sign('(')?;
        let mut values = Vec::new();
        loop {
            let name = self.word()?;
            self.needs_sign('=')?;
            let value = match self.peek() {
                Some(Piece::Word(word)) => {
                    let word = word.clone();
                    self.at += 1;
                    word
                }
                _ => self.text()?,
            };
            values.push((name, value));
            if !self.takes_sign(',') {
                break;
            }
        }
        self.needs_sign(')')?;
        let location = if self.takes(&["location"]) { Some(self.text()?) } else { None };
        Ok((values, location))
    }
}
